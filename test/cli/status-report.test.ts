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

describe('statusText', () => {
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

  it('shows a name of 40 characters in full', () => {
    const secretName = 'payments/production/momento-cache-key-eu';
    expect(cellsOf({ secretName, nextWakeUpAt: '2026-01-01T00:05:00Z' })).toEqual([
      secretName,
      'healthy',
      'in 30 d',
      'in 27 d',
      'in 5 min (harmless)',
    ]);
  });

  it.each<[string, string, Partial<SecretStatus>]>([
    ['at the planned refresh', 'in 27 d', {}],
    ['one minute before the planned refresh', 'in 26 d', { nextWakeUpAt: '2026-01-27T23:59:00Z' }],
    [
      'more than one minute before the planned refresh',
      'in 26 d (harmless)',
      { nextWakeUpAt: '2026-01-27T23:58:59Z' },
    ],
    [
      'that makes a stored key current',
      'in 53 s',
      { state: 'half-done', nextWakeUpAt: '2026-01-01T00:00:53Z' },
    ],
    [
      'that tries again to refresh a key whose refresh token is used up',
      'in 1 h',
      { state: 'unrefreshable', nextWakeUpAt: '2026-01-01T01:00:00Z' },
    ],
    [
      'after the planned refresh',
      'in 27 d (TOO LATE)',
      { nextWakeUpAt: '2026-01-28T01:00:00Z', booking: 'missing' },
    ],
    ['that is missing', 'MISSING', { nextWakeUpAt: null, booking: 'missing' }],
    ['at the planned refresh with a short lead', 'in 27 d (wake-ups only)', { sweepCanSave: false }],
    [
      'long before the planned refresh with a short lead',
      'in 5 min (harmless, wake-ups only)',
      { nextWakeUpAt: '2026-01-01T00:05:00Z', sweepCanSave: false },
    ],
  ])('shows for an entry %s in the column "next run": %s', (_, expected, secret) => {
    expect(cellsOf(secret)[4]).toBe(expected);
  });

  it('has no line below the table for a due key with a booked run', () => {
    expect(noteOf({ state: 'due' })).toBeUndefined();
  });

  it('names the command for a key without a booked run', () => {
    expect(noteOf({ booking: 'missing', nextWakeUpAt: null })).toBe(
      'x: No run is booked in time. The current key works until 2026-01-31T00:00:00Z. ' +
        'The next sweep books one. To refresh the key and book now: npm run seed -- x',
    );
  });

  it('says that an expired key does not work', () => {
    expect(noteOf({ state: 'overdue', ...EXPIRED, pendingVersionId: 'v2' })).toBe(
      'x: The refresh is late. The current key has expired: whoever reads it fails. Refresh it now: npm run seed -- x',
    );
  });

  it('names the fault of a value that is not a key once, with the one command of the error', () => {
    const problem = { name: 'SecretContentError', message: 'It is not JSON. Put a key: npm run seed -- x' };
    expect(noteOf({ ...NONE, state: 'unreadable', booking: 'unknown', problem })).toBe(
      'x: It is not JSON. Put a key: npm run seed -- x',
    );
  });

  it('shows the answers of Momento if it was asked', () => {
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

  it('also says what to do about a secret in trouble whose key Momento could not be asked about', () => {
    const proof = { result: 'unproven', detail: 'TIMEOUT' } as const;
    expect(
      textOf([{ secretName: 'x', state: 'retrying', proof }])
        .split('\n')
        .slice(5),
    ).toEqual([
      'x: The refresh failed. The current key works until 2026-01-31T00:00:00Z. The next run tries again. ' +
        'To try now: npm run seed -- x',
      'x: Momento could not be asked about the key (TIMEOUT). Ask again: npm run status -- --prove',
      'Momento accepts 0 of 1 keys now.',
    ]);
  });

  it('shows which parts of the deployment are missing or could not be checked', () => {
    const safetyNets = [
      { check: 'sweep', subject: 'g', result: 'failed', detail: 'It is missing. Restore it: npx cdk x' },
      { check: 'label rule', subject: 'f', result: 'unknown', detail: 'AccessDenied' },
    ] as const;
    expect(textOf([{}], { safetyNets }).split('\n').slice(5)).toEqual([
      'Deployment: sweep FAILED. It is missing. Restore it: npx cdk x',
      'Deployment: the label rule could not be checked. AccessDenied',
    ]);
  });

  it('says why the last failures are not known', () => {
    expect(textOf([{}], { log: { failures: new Map(), problem: 'no access' } })).toMatch(
      /\n\nLast failures: no access$/,
    );
  });
});

describe('statusExitCode', () => {
  it.each<[string, number, Partial<SecretStatus>]>([
    ['healthy and booked', 0, {}],
    ['a key that never expires', 0, { state: 'never-expires', booking: 'not-needed' }],
    ['due, and its run is booked', 0, { state: 'due' }],
    ['retrying, and its run is booked', 0, { state: 'retrying' }],
    ['half-done, and its run is booked', 0, { state: 'half-done' }],
    ['due, and no run is booked', 1, { state: 'due', booking: 'missing' }],
    ['half-done, and no run is booked', 1, { state: 'half-done', booking: 'missing' }],
    ['overdue, though a retry is booked', 1, { state: 'overdue' }],
    ['healthy, and no run is booked', 1, { booking: 'missing' }],
    ['unseeded', 1, { state: 'unseeded', booking: 'not-needed' }],
    ['lapsed', 1, { state: 'lapsed', booking: 'not-needed' }],
    ['rejected', 1, { state: 'rejected' }],
    ['abandoned', 1, { state: 'abandoned' }],
    ['unreadable', 1, { state: 'unreadable', booking: 'unknown' }],
    ['healthy, and Momento accepts the key', 0, { proof: { result: 'accepted' } }],
    ['healthy, and Momento could not be asked', 2, { proof: { result: 'unproven', detail: 'X' } }],
  ])('for a healthy secret and one that is %s is %i', (_, code, secret) => {
    expect(statusExitCode(reportOf([{}, secret]))).toBe(code);
  });

  it.each([
    ['passed', 'passed', 0],
    ['failed', 'passed', 1],
    ['passed', 'failed', 1],
    ['unknown', 'failed', 1],
    ['unknown', 'passed', 2],
  ] as const)('for the sweep check %s and the label rule check %s is %i', (sweep, rule, code) => {
    const safetyNets = [
      { check: 'sweep', subject: 's', result: sweep, detail: '' },
      { check: 'label rule', subject: 'r', result: rule, detail: '' },
    ] as const;
    expect(statusExitCode(reportOf([{}], { safetyNets }))).toBe(code);
  });
});

test('statusJson has a null for a secret without a failure, and no field if the failures are not known', () => {
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
])('duration formats %i seconds as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [5400, 'in 1 h 30 min'],
  [-5400, '1 h ago'],
  [-1, '1 s ago'],
])('fromNow formats %i seconds as %s', (seconds, text) => {
  expect(fromNow(seconds)).toBe(text);
});
