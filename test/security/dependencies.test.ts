import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly inBundle?: boolean;
  readonly resolved?: string;
}

const root = join(import.meta.dirname, '../..');
const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));
const manifest = readJson('package.json') as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
};
const locked = Object.entries(readJson('package-lock.json').packages as Record<string, LockedPackage>)
  .filter(([path]) => path !== '')
  .map(([path, details]) => ({ name: path.split('node_modules/').at(-1) ?? '', ...details }));
const shipped = locked.filter(({ dev }) => dev !== true);

/** Permissive licences, which a work under Apache-2.0 may include. */
const COMPATIBLE = [
  'Apache-2.0',
  'MIT',
  'MIT-0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'BlueOak-1.0.0',
];

/** An expression such as `(MIT OR GPL-3.0-or-later)`: of alternatives one must be compatible, of a conjunction all. */
function isCompatible(expression: string): boolean {
  const plain = expression.replaceAll(/[()]/g, '');
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => COMPATIBLE.includes(licence.trim())));
}

/** The packages that the files of a folder import. */
function importsOf(folder: string): string[] {
  const names = globSync(`${folder}/**/*.ts`, { cwd: root }).flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(/(?<![-\w])(?:from|import)\s*\(?'([^'.][^']*)'/g),
    ].map(([, name = '']) => name),
  );
  const packages = names
    .filter((name) => !isBuiltin(name))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  return [...new Set(packages)].sort();
}

describe('the dependencies', () => {
  it('have licences that are compatible with Apache-2.0', () => {
    expect(shipped.length).toBeGreaterThan(50);
    const others = shipped.filter(({ license = 'none' }) => !isCompatible(license));
    expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
  });

  it('contain every package that the function and the stack import', () => {
    // These files replace the indexes of the SDK's own packages in the bundle, so they import what the SDK brings.
    const sdkParts = importsOf('stack/momento');
    const imported = [
      ...importsOf('handlers'),
      ...importsOf('stack').filter((name) => !sdkParts.includes(name)),
    ];
    expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining(imported));
    expect(shipped.map(({ name }) => name)).toEqual(expect.arrayContaining(sdkParts));
  });

  it('contain no AGPL package: only tests import the IAM simulator, which is one', () => {
    const affero = locked.filter(({ license }) => license?.startsWith('AGPL'));
    expect(affero.map(({ name }) => name)).toEqual([
      '@cloud-copilot/iam-policy',
      '@cloud-copilot/iam-simulate',
      '@cloud-copilot/iam-utils',
    ]);
    expect(affero.every(({ dev }) => dev === true)).toBe(true);
    for (const folder of ['handlers', 'stack', 'local']) {
      expect(importsOf(folder).filter((name) => name.startsWith('@cloud-copilot/'))).toEqual([]);
    }
  });
});

describe('npm install', () => {
  it('runs only the listed install scripts', () => {
    const withScripts = locked.filter(({ hasInstallScript }) => hasInstallScript === true);
    expect(withScripts.map(({ name }) => name).sort()).toEqual(Object.keys(manifest.allowScripts).sort());
    // `node` fetches the function's own Node.js for this platform; the others work without theirs.
    expect(manifest.allowScripts).toEqual({ node: true, esbuild: false, protobufjs: false });
  });

  it('takes exact versions whose integrity is locked', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    }
    const unchecked = locked.filter(
      ({ integrity, inBundle }) => integrity === undefined && inBundle !== true,
    );
    // The linter's binaries for other platforms: not every registry serves them, and none is in the function.
    expect(unchecked.filter(({ name }) => !/^@biomejs\/cli-/.test(name)).map(({ name }) => name)).toEqual([]);
    // A package without an address comes from the registry that npm is configured for.
    const elsewhere = locked.filter(({ resolved }) => resolved !== undefined);
    expect(elsewhere.map(({ name }) => name)).toEqual([]);
  });
});
