import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ASSET_FOLDER } from '../../stack/bundle.ts';
import { symbolicate, writtenMap } from '../../stack/symbolicate.ts';

/** Where the bundle has this text, as a stack trace names it. */
function placeOf(text: string): string {
  const before = readFileSync(join(ASSET_FOLDER, 'index.js'), 'utf8').split(text)[0] ?? '';
  const lines = before.split('\n');
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

it('names the file and the line of the sources in a stack trace of the deployed function', () => {
  const trace = `EventError: The event cannot be understood\n    at parseEvent (/var/task/index.js:${placeOf('it has none of the fields')})`;
  const lines = readFileSync('handlers/event.ts', 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('it has none of the fields')) + 1;
  expect(symbolicate(trace, writtenMap)).toMatch(
    new RegExp(`^EventError: .*\\n    at parseEvent \\(handlers/event\\.ts:${line}:\\d+\\)$`),
  );
});

it('leaves places that are not in the bundle as they are', () => {
  const trace = '    at process.processTicksAndRejections (node:internal/process/task_queues:104:5)';
  expect(symbolicate(trace, writtenMap)).toBe(trace);
});
