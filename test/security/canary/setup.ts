/** Runs before each test file: registers every key, and searches the console, the streams and the schedules for it. */
import { afterEach, expect } from 'vitest';
import { type KeyAnswer, MomentoAccount } from '../../../local/momento/account.ts';
import { Momento } from '../../../local/momento/momento.ts';
import { Scheduler } from '../../../local/scheduler/scheduler.ts';
import { remember, searched, takeLeaks, watch, watchConsole } from './suite.ts';

function rememberKey(_given: unknown[], answer: unknown): void {
  const { apiKey, refreshToken } = answer as { apiKey: string; refreshToken?: string };
  remember(apiKey);
  if (refreshToken !== undefined) remember(refreshToken);
  const inner = /"api_key":"([^"]+)"/.exec(Buffer.from(apiKey, 'base64').toString())?.[1];
  if (inner !== undefined) remember(inner);
}

function rememberV2Key(_given: unknown[], answer: unknown): void {
  const { api_key: apiKey, refresh_token: refreshToken = '' } = answer as KeyAnswer;
  remember(apiKey);
  remember(refreshToken);
}

for (const operation of ['generateKey', 'refreshApiKey']) watch(Momento.prototype, operation, rememberKey);
for (const operation of ['createKey', 'generate', 'refresh']) {
  watch(MomentoAccount.prototype, operation, rememberV2Key);
}
watch(Scheduler.prototype, 'createSchedule', ([input]) => searched('a schedule', input));
watchConsole(console);
for (const stream of [process.stdout, process.stderr]) {
  watch(stream, 'write', ([text]) => searched('a stream', String(text)));
}

afterEach(() => {
  expect(takeLeaks(), 'parts of keys or tokens were written').toEqual([]);
});
