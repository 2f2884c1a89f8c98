/** Run before each test file: registers every key that is made, and searches the console, the streams and the schedules for them. */
import { afterEach, expect } from 'vitest';
import { Momento } from '../../../local/momento/momento.ts';
import { Scheduler } from '../../../local/scheduler/scheduler.ts';
import { remember, searched, takeLeaks } from './suite.ts';

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Lets the method work as ever, with a look at what goes in and out. */
function watch(owner: object, name: string, look: (given: unknown[], answer: unknown) => void): void {
  const original = Reflect.get(owner, name) as Method;
  const watched: Method = function (...given) {
    const answer = original.apply(this, given);
    look(given, answer);
    return answer;
  };
  Object.defineProperty(owner, name, { value: watched, configurable: true, writable: true });
}

function rememberKey(_given: unknown[], answer: unknown): void {
  const { apiKey, refreshToken } = answer as { apiKey: string; refreshToken?: string };
  remember(apiKey);
  if (refreshToken !== undefined) remember(refreshToken);
  const inner = /"api_key":"([^"]+)"/.exec(Buffer.from(apiKey, 'base64').toString())?.[1];
  if (inner !== undefined) remember(inner);
}

for (const operation of ['generateKey', 'refreshApiKey']) watch(Momento.prototype, operation, rememberKey);
watch(Scheduler.prototype, 'createSchedule', ([input]) => searched('a schedule', input));
for (const method of ['debug', 'info', 'warn', 'error', 'log']) {
  watch(console, method, (given) => searched(`console.${method}`, given));
}
for (const stream of [process.stdout, process.stderr]) {
  watch(stream, 'write', ([text]) => searched('a stream', String(text)));
}

afterEach(() => {
  expect(takeLeaks(), 'parts of keys or tokens came out').toEqual([]);
});
