/** The command `npm run symbolicate`: reads a stack trace or log lines of the function, and names the lines of the sources. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative } from 'node:path';
import { ASSET_FOLDER, ensureBundle, MAP_FOLDER } from './bundle.ts';

const ROOT = join(import.meta.dirname, '..');
/** A place in a stack trace of the deployed function. */
const PLACE = /(?:\/var\/task\/)?\b(index|momento)\.js:(\d+):(\d+)/g;

/**
 * Replaces each place in the bundle by its place in the sources. A place that is not in the map stays unchanged.
 * @param text a stack trace, or log lines with one
 * @param mapOf the source map of a file of the bundle, such as `index`
 */
export function symbolicate(text: string, mapOf: (file: string) => SourceMap): string {
  return text.replaceAll(PLACE, (place, file: string, line: string, column: string) => {
    const origin = mapOf(file).findOrigin(Number(line), Number(column));
    if (!('fileName' in origin)) return place;
    const path = relative(ROOT, join(ASSET_FOLDER, origin.fileName));
    return `${path}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

/** The source maps of the bundle that this folder's sources produce. Check out the deployed commit first. */
export function writtenMap(file: string): SourceMap {
  return new SourceMap(JSON.parse(readFileSync(join(MAP_FOLDER, `${file}.js.map`), 'utf8')));
}

if (import.meta.main) {
  await ensureBundle();
  process.stdout.write(symbolicate(readFileSync(0, 'utf8'), writtenMap));
}
