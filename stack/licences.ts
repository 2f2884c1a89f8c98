/** Collects the licences of the packages in a bundle, as the licences require: one text, sorted by the packages' names. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

/**
 * @param root the folder of node_modules and of the project's own licence, Apache-2.0
 * @param inputs paths of bundled files, relative to the root; the project's own are passed over
 */
export function licences(root: string, inputs: readonly string[]): string {
  const folders = new Set(
    inputs.flatMap((path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
  const packagesByText = new Map<string, Set<string>>();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const text = licenceText(join(root, folder)) || (license === 'Apache-2.0' ? licenceText(root) : '');
    const packages = packagesByText.get(text) ?? new Set();
    packagesByText.set(text, packages.add(`${name} ${version} (${license})`));
  }
  return [...packagesByText]
    .map(([text, packages]) => `${[...packages].sort().join('\n')}\n\n${text}`)
    .sort()
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Empty if the package has no such file. */
function licenceText(folder: string): string {
  const files = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .sort();
  return files
    .map((file) => `${readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim()}\n`)
    .join('\n');
}
