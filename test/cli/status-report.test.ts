import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import type { CommandLine } from '../../cli/command-line.ts';
import type { SafetyNetCheck } from '../../cli/safety-nets.ts';
import { type StatusReport, statusExitCode, statusJson, statusText } from '../../cli/status-report.ts';
import { duration, fromNow } from '../../cli/text-table.ts';
import type { SecretStatus } from '../../handlers/flow/status.ts';

const HEALTHY: SecretStatus = {
  secretName: 'a',
  state: 'healthy',
  reason: 'not-due',
  validUntil: '2026-01-31T00:00:00Z',
  expiresInSeconds: 2_592_000,
  plannedRefreshAt: '2026-01-28T00:00:00Z',
  nextWakeUpAt: '2026-01-28T00:00:00Z',
  booking: 'booked',
  sweepCanSave: true,
  versionId: 'v1',
  pendingVersionId: null,
};
const NONE = {
  validUntil: null,
  expiresInSeconds: null,
  plannedRefreshAt: null,
  nextWakeUpAt: null,
  booking: 'not-needed',
  sweepCanSave: null,
} as const;
const EXPIRED = {
  validUntil: '2025-12-29T00:00:00Z',
  expiresInSeconds: -259_200,
  plannedRefreshAt: '2025-12-26T00:00:00Z',
  nextWakeUpAt: null,
} as const;
const NETS: readonly SafetyNetCheck[] = [
  { check: 'sweep', subject: 'f-sweep', result: 'passed', detail: 'its schedule is enabled' },
  { check: 'label rule', subject: 'f-rule', result: 'passed', detail: 'the rule is enabled' },
];
const plainCommand: CommandLine = (script, ...args) => ['npm run', script, '--', ...args].join(' ');
const withoutColour = (_: string, text: string) => text;

type Parts = Partial<Omit<StatusReport, 'status'>>;

function reportOf(secrets: readonly Partial<SecretStatus>[], parts: Parts = {}): StatusReport {
  return {
    status: {
      outcome: 'status',
      at: '2026-01-01T00:00:00Z',
      secrets: secrets.map((secret) => ({ ...HEALTHY, ...secret })),
    },
    safetyNets: NETS,
    log: { failures: new Map() },
    ...parts,
  };
}

function textOf(secrets: readonly Partial<SecretStatus>[], parts: Parts = {}): string {
  return statusText(reportOf(secrets, parts), plainCommand, withoutColour);
}

/** The cells of the line of a single secret. */
function cellsOf(secret: Partial<SecretStatus>): string[] {
  return (textOf([secret]).split('\n')[3] ?? '').split(/ {2,}/);
}

/** The line about the only secret below the table. */
function noteOf(secret: Partial<SecretStatus>): string | undefined {
  return textOf([{ secretName: 'x', ...secret }]).split('\n')[5];
}

const ONE_IN_EACH_STATE: readonly Partial<SecretStatus>[] = [
  { secretName: 'team/healthy' },
  { ...NONE, secretName: 'team/never-expires', state: 'never-expires' },
  { ...NONE, secretName: 'team/unseeded', state: 'unseeded' },
  { secretName: 'team/due', state: 'due', plannedRefreshAt: '2026-01-01T00:00:00Z' },
  {
    secretName: 'team/retrying',
    state: 'retrying',
    plannedRefreshAt: '2025-12-31T22:00:00Z',
    nextWakeUpAt: '2026-01-01T00:32:00Z',
  },
  { secretName: 'team/half-done', state: 'half-done', nextWakeUpAt: '2026-01-01T00:01:00Z' },
  {
    secretName: 'team/overdue',
    state: 'overdue',
    expiresInSeconds: 86_400,
    validUntil: '2026-01-02T00:00:00Z',
    plannedRefreshAt: '2025-12-30T00:00:00Z',
    nextWakeUpAt: null,
    booking: 'missing',
  },
  {
    secretName: 'team/spent',
    state: 'unrefreshable',
    validUntil: '2026-01-31T00:00:00Z',
    nextStep: 'Replace it now: curl -X POST x && npm run seed -- team/spent --file momento-key.json',
  },
  { ...NONE, secretName: 'old/key', state: 'abandoned', nextStep: 'No longer managed. Acknowledge: aws x' },
  {
    ...NONE,
    secretName: 'team/unreadable',
    state: 'unreadable',
    booking: 'unknown',
    problem: {
      name: 'SecretAccessError',
      message: 'Secret "team/unreadable" cannot be read (AccessDenied).',
    },
  },
  { secretName: 'team/rejected', state: 'rejected' },
  { ...EXPIRED, secretName: 'team/lapsed', state: 'lapsed', booking: 'not-needed' },
];

describe('the text of the status', () => {
  it('has a line for each secret, the most urgent first, and below one line for each that is not well', () => {
    const failures = new Map([
      ['team/retrying', { at: '2025-12-31T23:30:00Z', name: 'KeyIssueError', message: 'no key' }],
      ['team/healthy', { at: '2025-12-31T23:30:00Z', name: 'KeyIssueError', message: 'no key' }],
    ]);
    expect(textOf(ONE_IN_EACH_STATE, { log: { failures } })).toBe(`At 2026-01-01T00:00:00Z

secret              state          expires          due      next run
team/lapsed         lapsed         expired 3 d ago  6 d ago  -
team/rejected       rejected       in 30 d          in 27 d  in 27 d
team/unreadable     unreadable     -                -        -
old/key             abandoned      -                -        -
team/spent          unrefreshable  in 30 d          in 27 d  in 27 d
team/overdue        overdue        in 1 d           2 d ago  MISSING
team/half-done      half-done      in 30 d          in 27 d  in 1 min (harmless)
team/retrying       retrying       in 30 d          2 h ago  in 32 min
team/due            due            in 30 d          in 0 s   in 27 d
team/unseeded       unseeded       -                -        -
team/never-expires  never-expires  -                -        -
team/healthy        healthy        in 30 d          in 27 d  in 27 d

team/lapsed: The key has expired. Whoever reads it fails. Make a new key in the Momento console, then: npm run seed -- team/lapsed --file momento-key.json
team/rejected: Momento rejects the key. Whoever reads it fails. Make a new key in the Momento console, then: npm run seed -- team/rejected --file momento-key.json
team/unreadable: Secret "team/unreadable" cannot be read (AccessDenied). See what is missing: npm run preflight --
old/key: No longer managed. Acknowledge: aws x
team/spent: Nothing can refresh this key: its refresh token is used up or missing. The current key works until 2026-01-31T00:00:00Z. Replace it now: curl -X POST x && npm run seed -- team/spent --file momento-key.json
team/overdue: The refresh is late. The current key works until 2026-01-02T00:00:00Z. Refresh it now: npm run seed -- team/overdue
team/half-done: A new key is stored and not yet current. The current key works until 2026-01-31T00:00:00Z. The next run goes on. To go on now: npm run seed -- team/half-done
team/retrying: Last failure: KeyIssueError, 30 min ago. The refresh failed. The current key works until 2026-01-31T00:00:00Z. The next run tries again. To try now: npm run seed -- team/retrying
team/unseeded: It holds no key yet. Make a new key in the Momento console, then: npm run seed -- team/unseeded --file momento-key.json`);
  });

  it('gives the states their colours without moving the columns', () => {
    const painted: string[] = [];
    const paint = (colour: string, text: string) => {
      painted.push(`${text} is ${colour}`);
      return `\u001B[31m${text}\u001B[39m`;
    };
    const coloured = statusText(reportOf(ONE_IN_EACH_STATE), plainCommand, paint);
    expect(painted).toEqual([
      'lapsed is red',
      'rejected is red',
      'unreadable is red',
      'abandoned is red',
      'unrefreshable is red',
      'overdue is red',
      'MISSING is red',
      'half-done is yellow',
      'retrying is yellow',
      'due is yellow',
      'unseeded is yellow',
      'never-expires is green',
      'healthy is green',
    ]);
    expect(stripVTControlCharacters(coloured)).toBe(textOf(ONE_IN_EACH_STATE));
  });

  it('stays within 100 columns, and shortens only the names', () => {
    const long = { secretName: `payments/${'x'.repeat(400)}/momento`, sweepCanSave: false };
    const times = { expiresInSeconds: 35_940, plannedRefreshAt: '2026-01-01T09:59:00Z' };
    const text = textOf([
      { ...long, ...times, nextWakeUpAt: '2026-01-01T09:57:00Z' },
      { ...long, ...times, state: 'never-expires', nextWakeUpAt: '2026-01-01T09:59:00Z' },
      { ...long, ...EXPIRED, state: 'lapsed', expiresInSeconds: -3540 },
    ]);
    expect(text.split('\n').slice(2, 6)).toEqual([
      'secret     state          expires             due            next run',
      'paym…ento  lapsed         expired 59 min ago  6 d ago        -',
      'paym…ento  never-expires  in 9 h 59 min       in 9 h 59 min  in 9 h 59 min (wake-ups only)',
      'paym…ento  healthy        in 9 h 59 min       in 9 h 59 min  in 9 h 57 min (harmless, wake-ups only)',
    ]);
  });

  it('shows a name of 40 characters whole beside the usual columns', () => {
    const secretName = 'payments/production/momento-cache-key-eu';
    expect(cellsOf({ secretName, nextWakeUpAt: '2026-01-01T00:05:00Z' })).toEqual([
      secretName,
      'healthy',
      'in 30 d',
      'in 27 d',
      'in 5 min (harmless)',
    ]);
  });

  it.each<[string, Partial<SecretStatus>, string]>([
    ['at the planned refresh', {}, 'in 27 d'],
    ['a minute before it', { nextWakeUpAt: '2026-01-27T23:59:00Z' }, 'in 26 d'],
    ['more than a minute before it', { nextWakeUpAt: '2026-01-27T23:58:59Z' }, 'in 26 d (harmless)'],
    ['after it', { nextWakeUpAt: '2026-01-28T01:00:00Z', booking: 'missing' }, 'in 27 d (TOO LATE)'],
    ['at no time', { nextWakeUpAt: null, booking: 'missing' }, 'MISSING'],
    ['at the planned refresh of a short lead', { sweepCanSave: false }, 'in 27 d (wake-ups only)'],
    [
      'early, and the lead is short',
      { nextWakeUpAt: '2026-01-01T00:05:00Z', sweepCanSave: false },
      'in 5 min (harmless, wake-ups only)',
    ],
  ])('of an entry %s says so in the column "next run"', (_, secret, expected) => {
    expect(cellsOf(secret)[4]).toBe(expected);
  });

  it('has no line for a key that is due and whose run is booked', () => {
    expect(noteOf({ state: 'due' })).toBeUndefined();
  });

  it('tells what to do for a key whose run is missing', () => {
    expect(noteOf({ booking: 'missing', nextWakeUpAt: null })).toBe(
      'x: No run is booked in time. The current key works until 2026-01-31T00:00:00Z. ' +
        'The next sweep books one. To refresh the key and book now: npm run seed -- x',
    );
  });

  it('never says that an expired key works', () => {
    expect(noteOf({ state: 'overdue', ...EXPIRED, pendingVersionId: 'v2' })).toBe(
      'x: The refresh is late. The current key has expired: whoever reads it fails. Refresh it now: npm run seed -- x',
    );
  });

  it('of a value that is no key says what is wrong with it and how to put a key', () => {
    const problem = { name: 'SecretContentError', message: 'It is not JSON. Nothing was changed.' };
    expect(noteOf({ ...NONE, state: 'unreadable', booking: 'unknown', problem })).toBe(
      'x: It is not JSON. Nothing was changed. Make a new key in the Momento console, then: npm run seed -- x --file momento-key.json',
    );
  });

  it('tells what Momento answered if it was asked', () => {
    const text = textOf([
      { proof: { result: 'accepted' } },
      { ...NONE, secretName: 'b', state: 'never-expires' },
      { secretName: 'c', proof: { result: 'unproven', detail: 'SERVER_UNAVAILABLE' } },
    ]);
    expect(text.split('\n').slice(7)).toEqual([
      'c: Momento could not be asked about the key (SERVER_UNAVAILABLE). Ask again: npm run status -- --prove',
      'Momento accepts 1 of 2 keys now.',
    ]);
  });

  it('tells of the deployment what is missing and what could not be checked', () => {
    const safetyNets = [
      { check: 'sweep', subject: 'g', result: 'failed', detail: 'It is missing. Restore it: npx cdk x' },
      { check: 'label rule', subject: 'f', result: 'unknown', detail: 'AccessDenied' },
    ] as const;
    expect(textOf([{}], { safetyNets }).split('\n').slice(5)).toEqual([
      'Deployment: sweep FAILED. It is missing. Restore it: npx cdk x',
      'Deployment: the label rule could not be checked. AccessDenied',
    ]);
  });

  it('tells why the last failures are not known', () => {
    expect(textOf([{}], { log: { failures: new Map(), problem: 'no access' } })).toMatch(
      /\n\nLast failures: no access$/,
    );
  });
});

describe('the exit code of the status', () => {
  it.each<[string, Partial<SecretStatus>, number]>([
    ['healthy and booked', {}, 0],
    ['a key that never expires', { state: 'never-expires', booking: 'not-needed' }, 0],
    ['due, and its run is booked', { state: 'due' }, 0],
    ['retrying, and its run is booked', { state: 'retrying' }, 0],
    ['half-done, and its run is booked', { state: 'half-done' }, 0],
    ['due, and no run is booked', { state: 'due', booking: 'missing' }, 1],
    ['half-done, and no run is booked', { state: 'half-done', booking: 'missing' }, 1],
    ['overdue, though a retry is booked', { state: 'overdue' }, 1],
    ['healthy, and no run is booked', { booking: 'missing' }, 1],
    ['unseeded', { state: 'unseeded', booking: 'not-needed' }, 1],
    ['lapsed', { state: 'lapsed', booking: 'not-needed' }, 1],
    ['rejected', { state: 'rejected' }, 1],
    ['abandoned', { state: 'abandoned' }, 1],
    ['unreadable', { state: 'unreadable', booking: 'unknown' }, 1],
    ['healthy, and Momento accepts the key', { proof: { result: 'accepted' } }, 0],
    ['healthy, and Momento could not be asked', { proof: { result: 'unproven', detail: 'X' } }, 2],
  ])('beside a healthy secret, for one that is %s', (_, secret, code) => {
    expect(statusExitCode(reportOf([{}, secret]))).toBe(code);
  });

  it.each([
    ['passed', 'passed', 0],
    ['failed', 'passed', 1],
    ['passed', 'failed', 1],
    ['unknown', 'failed', 1],
    ['unknown', 'passed', 2],
  ] as const)('for a sweep that %s and a label rule that %s is %i', (sweep, rule, code) => {
    const safetyNets = [
      { check: 'sweep', subject: 's', result: sweep, detail: '' },
      { check: 'label rule', subject: 'r', result: rule, detail: '' },
    ] as const;
    expect(statusExitCode(reportOf([{}], { safetyNets }))).toBe(code);
  });
});

test('the JSON has null for a secret without a failure, and no word of failures if they are not known', () => {
  expect(JSON.parse(statusJson(reportOf([{}])))).toMatchObject({
    secrets: [{ ...HEALTHY, lastFailure: null }],
    safetyNets: [{ check: 'sweep' }, { check: 'label rule' }],
  });
  const log = { failures: new Map(), problem: 'no access' };
  const unknown = JSON.parse(statusJson(reportOf([{}], { log })));
  expect(unknown).toMatchObject({ lastFailuresUnknown: 'no access' });
  expect(unknown.secrets[0]).toEqual(HEALTHY);
});

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [3661, '1 h 1 min'],
  [36_060, '10 h'],
  [90_000, '1 d 1 h'],
  [86_460, '1 d'],
  [2_591_999, '29 d'],
])('%i seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [5400, 'in 1 h 30 min'],
  [-5400, '1 h ago'],
  [-1, '1 s ago'],
])('an instant %i seconds from now is %s', (seconds, text) => {
  expect(fromNow(seconds)).toBe(text);
});
