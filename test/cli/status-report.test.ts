import { describe, expect, test } from 'vitest';
import { statusExitCode, statusJson, statusTable } from '../../cli/status-report.ts';
import { duration } from '../../cli/text-table.ts';
import type { SecretStatus, StatusResult } from '../../handlers/flow/status.ts';

const HEALTHY: SecretStatus = {
  secretName: 'a',
  state: 'healthy',
  reason: 'not-due',
  validUntil: '2026-01-31T00:00:00Z',
  expiresInSeconds: 2_592_000,
  plannedRefreshAt: '2026-01-28T00:00:00Z',
  nextWakeUpAt: '2026-01-28T00:00:00Z',
  booking: 'booked',
  versionId: 'v1',
  pendingVersionId: null,
};
const NO_FAILURES = { failures: new Map() };

function statusOf(...secrets: Partial<SecretStatus>[]): StatusResult {
  return {
    outcome: 'status',
    at: '2026-01-01T00:00:00Z',
    secrets: secrets.map((secret) => ({ ...HEALTHY, ...secret })),
  };
}

describe('the exit code', () => {
  test.each<[string, Partial<SecretStatus>, number]>([
    ['healthy and booked', {}, 0],
    ['a key that never expires', { state: 'never-expires', booking: 'not-needed' }, 0],
    ['due, its wake-up about to come', { state: 'due', booking: 'booked' }, 0],
    ['due, and no wake-up', { state: 'due', booking: 'missing' }, 1],
    ['overdue, though a retry is booked', { state: 'overdue', booking: 'booked' }, 1],
    ['overdue, and no wake-up', { state: 'overdue', booking: 'missing' }, 1],
    ['healthy, and no wake-up', { booking: 'missing' }, 1],
    ['retrying', { state: 'retrying' }, 1],
    ['half-done', { state: 'half-done' }, 1],
    ['unseeded', { state: 'unseeded', booking: 'not-needed' }, 1],
    ['lapsed', { state: 'lapsed', booking: 'not-needed' }, 1],
    ['unreadable', { state: 'unreadable', booking: 'unknown' }, 1],
  ])('%s', (_, secret, code) => {
    expect(statusExitCode(statusOf({}, secret))).toBe(code);
  });
});

test('the table, with the last failure beside a key that is well again and what is wrong below', () => {
  const failures = new Map([['a', { at: '2025-12-31T22:30:00Z', name: 'KeyIssueError', message: 'no key' }]]);
  const problem = { name: 'SecretAccessError', message: 'Secret "b" cannot be read.' };
  const status = statusOf(
    { pendingVersionId: '0123456789abcdef' },
    {
      secretName: 'b',
      state: 'unreadable',
      booking: 'unknown',
      expiresInSeconds: null,
      nextWakeUpAt: null,
      problem,
    },
  );
  expect(statusTable(status, { failures })).toBe(
    'At 2026-01-01T00:00:00Z\n\n' +
      'secret  state       expires in  next wake-up          booking  pending version  last failure\n' +
      'a       healthy     30 d        2026-01-28T00:00:00Z  booked   0123456789abc    KeyIssueError 1 h 30 min ago\n' +
      'b       unreadable  -           -                     unknown  -                none in 7 d\n\n' +
      'b: Secret "b" cannot be read.',
  );
});

test('as JSON: null where there was no failure, and no word of failures where they are unknown', () => {
  expect(JSON.parse(statusJson(statusOf({}), NO_FAILURES)).secrets[0]).toEqual({
    ...HEALTHY,
    lastFailure: null,
  });
  const unknown = JSON.parse(statusJson(statusOf({}), { ...NO_FAILURES, problem: 'no access' }));
  expect(unknown).toMatchObject({ lastFailuresUnknown: 'no access' });
  expect(unknown.secrets[0]).toEqual(HEALTHY);
});

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [3661, '1 h 1 min'],
  [90_000, '1 d 1 h'],
  [86_460, '1 d'],
  [-5400, '-1 h 30 min'],
])('%i seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
