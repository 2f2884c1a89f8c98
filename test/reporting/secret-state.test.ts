import { describe, expect, test } from 'vitest';
import { assess, conditionOf, unattended } from '../../handlers/reporting/secret-state.ts';
import type { Observation } from '../../handlers/rules/secret.ts';
import {
  currentVersion,
  epoch,
  expiringKey,
  NEVER_EXPIRING,
  observation,
  pendingVersion,
} from '../worlds/observations.ts';

/** The key of 1 November, refreshed one day before it expires on the 11th. Half of that day is over at noon of the 10th. */
const LEAD = { kind: 'duration', seconds: 86_400 } as const;
const PLANNED =
  assess(observation(), { now: epoch('2026-11-02T00:00:00Z'), lead: LEAD }).plannedRefreshAt ?? 0;
const HOUR = 3600;

/** The condition of the secret at that instant, with a sweep each hour. */
function at(now: number, changes: Partial<Observation> = {}, hasFailed = false) {
  return told(now, observation(changes), hasFailed);
}

function told(now: number, seen: Observation | undefined, hasFailed = false) {
  return conditionOf(seen, { now, policy: { lead: LEAD, sweepEverySeconds: HOUR }, hasFailed });
}

const rejected = { current: currentVersion({ isRejected: true }) };
const unrefreshable = currentVersion({ isUnrefreshable: true });
const neverExpires = { current: currentVersion({ content: NEVER_EXPIRING }) };
const unseeded = { current: currentVersion({ content: { kind: 'placeholder' } }) };
const retryIn = (seconds: number) => ({ bookedAt: [PLANNED + seconds] });
const pending = { pending: pendingVersion({ createdAtMs: PLANNED * 1000 }) };
const putTooLate = { current: currentVersion({ createdAtMs: epoch('2026-11-12T00:00:00Z') * 1000 }) };
const EXPIRES_AT = epoch('2026-11-11T00:00:00Z');

describe('conditionOf', () => {
  test.each([
    ['is healthy before the planned refresh', at(PLANNED - 61), 'healthy', []],
    ['is due at the planned refresh', at(PLANNED), 'due', []],
    ['is due five minutes after the planned refresh', at(PLANNED + 300), 'due', []],
    ['is overdue after five minutes without a retry', at(PLANNED + 301), 'overdue', ['RefreshFailing']],
    ['is retrying if a retry is booked', at(PLANNED + 400, retryIn(1000)), 'retrying', ['RefreshFailing']],
    [
      'reports no failing refresh if only the wake-up is some minutes late',
      at(PLANNED + 60, retryIn(240)),
      'retrying',
      [],
    ],
    [
      'reports a failing refresh if this run failed',
      at(PLANNED + 60, retryIn(240), true),
      'retrying',
      ['RefreshFailing'],
    ],
    [
      'is overdue after half of the lead although a retry is booked',
      at(PLANNED + 13 * HOUR, retryIn(13 * HOUR + 600)),
      'overdue',
      ['HalfLeadUsed', 'RefreshFailing'],
    ],
    ['is half-done with a new pending key', at(PLANNED + 60, pending), 'half-done', []],
    [
      'reports a failing refresh if a key is pending for more than five minutes',
      at(PLANNED + 301, pending),
      'half-done',
      ['RefreshFailing'],
    ],
    [
      'is lapsed if the key has expired',
      at(EXPIRES_AT),
      'lapsed',
      ['KeyUnusable', 'HalfLeadUsed', 'RefreshFailing'],
    ],
    [
      'is overdue if the key has expired and a pending key can replace it',
      at(EXPIRES_AT, pending),
      'overdue',
      ['KeyUnusable', 'HalfLeadUsed', 'RefreshFailing'],
    ],
    [
      'reports only an unusable key if the key was put after its expiry',
      at(EXPIRES_AT + 86_400 * 2, putTooLate),
      'lapsed',
      ['KeyUnusable'],
    ],
    [
      'is rejected if Momento rejected the key before it expires',
      at(PLANNED - 5 * HOUR, rejected),
      'rejected',
      ['KeyUnusable'],
    ],
    [
      'is rejected if Momento rejected a key without an expiry',
      at(PLANNED, { current: currentVersion({ isRejected: true, content: NEVER_EXPIRING }) }),
      'rejected',
      ['KeyUnusable'],
    ],
    [
      'is unrefreshable if only a person can replace the key, although a retry is booked',
      at(PLANNED + 400, { current: unrefreshable, ...retryIn(1000) }),
      'unrefreshable',
      ['KeyUnrefreshable', 'RefreshFailing'],
    ],
    [
      'is unrefreshable although a key is pending, because Momento has rejected that key',
      at(PLANNED + 60, { current: unrefreshable, ...pending }),
      'unrefreshable',
      ['KeyUnrefreshable', 'RefreshFailing'],
    ],
    [
      'goes on to report that the key cannot be refreshed once it has lapsed',
      at(EXPIRES_AT, { current: unrefreshable }),
      'lapsed',
      ['KeyUnusable', 'KeyUnrefreshable', 'HalfLeadUsed', 'RefreshFailing'],
    ],
    ['has no trouble with a key without an expiry', at(PLANNED, neverExpires), 'never-expires', []],
    ['is unseeded with the placeholder', at(PLANNED, unseeded), 'unseeded', []],
    ['reports a failing refresh if the run has failed', at(PLANNED, {}, true), 'due', ['RefreshFailing']],
    [
      'is unreadable if the secret cannot be read',
      told(PLANNED, undefined),
      'unreadable',
      ['SecretUnattended'],
    ],
  ])('a secret %s', (_, { state, troubles }, expectedState, expectedTroubles) => {
    expect({ state, troubles }).toEqual({ state: expectedState, troubles: expectedTroubles });
  });
});

describe('the flags of conditionOf', () => {
  const ALL_CLEAR = {
    KeyUnusable: 0,
    KeyUnrefreshable: 0,
    HalfLeadUsed: 0,
    SecretUnattended: 0,
    RefreshFailing: 0,
  };
  const CREATED_AT = epoch('2026-11-01T00:00:00Z');
  const shortKey = { current: currentVersion({ content: expiringKey('2026-11-01T03:00:00Z') }) };

  test.each([
    [
      'sends each trouble as 1 and no other flag',
      at(EXPIRES_AT),
      { KeyUnusable: 1, HalfLeadUsed: 1, RefreshFailing: 1 },
    ],
    ['clears all flags for a new healthy version', at(CREATED_AT + 60), ALL_CLEAR],
    ['clears all flags for a new key without an expiry', at(CREATED_AT, neverExpires), ALL_CLEAR],
    ['sends nothing for a healthy version of two sweep intervals', at(CREATED_AT + 2 * HOUR), {}],
    ['sends the trouble of a new version', at(CREATED_AT, rejected), { KeyUnusable: 1 }],
    ['sends nothing for the placeholder', at(CREATED_AT, unseeded), {}],
    [
      'sends nothing for a key that is due within the period, because a 0 would delay its next alarm',
      at(CREATED_AT + 60, shortKey),
      {},
    ],
    ['sends SecretUnattended for an unreadable secret', told(CREATED_AT, undefined), { SecretUnattended: 1 }],
  ])('a run %s', (_, { flags }, expected) => {
    expect(flags).toEqual(expected);
  });
});

test('unattended sends SecretUnattended for an abandoned secret', () => {
  expect(unattended('abandoned')).toEqual({
    state: 'abandoned',
    troubles: ['SecretUnattended'],
    flags: { SecretUnattended: 1 },
  });
});
