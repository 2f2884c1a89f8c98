import { describe, expect, test } from 'vitest';
import { flagsOf } from '../../handlers/rules/flags.ts';
import type { Observation } from '../../handlers/rules/secret.ts';
import { assess, assessUnobserved } from '../../handlers/rules/secret-state.ts';
import { currentVersion, epoch, expiringKey, observation, pendingVersion } from '../worlds/observations.ts';

/** The key of 1 November, refreshed one day before it expires on the 11th. Half of that day is over at noon of the 10th. */
const LEAD = { kind: 'duration', seconds: 86_400 } as const;
const PLANNED =
  assess(observation(), { now: epoch('2026-11-02T00:00:00Z'), lead: LEAD }).plannedRefreshAt ?? 0;
const HOUR = 3600;

function at(now: number, changes: Partial<Observation> = {}, hasFailed = false) {
  return assess(observation(changes), { now, lead: LEAD, hasFailed });
}

const rejected = { current: currentVersion({ isRejected: true }) };
const neverExpires = { current: currentVersion({ content: { kind: 'never-expires' } }) };
const unseeded = { current: currentVersion({ content: { kind: 'placeholder' } }) };
const retryIn = (seconds: number) => ({ bookedAt: [PLANNED + seconds] });
const pending = { pending: pendingVersion({ createdAtMs: PLANNED * 1000 }) };
const putTooLate = { current: currentVersion({ createdAtMs: epoch('2026-11-12T00:00:00Z') * 1000 }) };
const EXPIRES_AT = epoch('2026-11-11T00:00:00Z');

describe('the state of a secret and its troubles', () => {
  test.each([
    ['before its planned refresh a key is healthy', at(PLANNED - 61), 'healthy', []],
    ['a key whose refresh is due now is due', at(PLANNED), 'due', []],
    ['five minutes late is still due', at(PLANNED + 300), 'due', []],
    ['later than five minutes without a retry is overdue', at(PLANNED + 301), 'overdue', ['RefreshFailing']],
    [
      'a booked retry means that a refresh failed',
      at(PLANNED + 400, retryIn(1000)),
      'retrying',
      ['RefreshFailing'],
    ],
    [
      'half of the lead used is overdue, a booked retry or not',
      at(PLANNED + 13 * HOUR, retryIn(13 * HOUR + 600)),
      'overdue',
      ['HalfLeadUsed', 'RefreshFailing'],
    ],
    ['a new pending key is half-done', at(PLANNED + 60, pending), 'half-done', []],
    [
      'a pending key of more than five minutes is stuck',
      at(PLANNED + 301, pending),
      'half-done',
      ['RefreshFailing'],
    ],
    [
      'an expired key has lapsed',
      at(EXPIRES_AT),
      'lapsed',
      ['KeyUnusable', 'HalfLeadUsed', 'RefreshFailing'],
    ],
    [
      'an expired key is unusable while a pending key can still replace it',
      at(EXPIRES_AT, pending),
      'overdue',
      ['KeyUnusable', 'HalfLeadUsed', 'RefreshFailing'],
    ],
    [
      'a key that was put after its expiry has only lapsed',
      at(EXPIRES_AT + 86_400 * 2, putTooLate),
      'lapsed',
      ['KeyUnusable'],
    ],
    [
      'a rejected key is rejected, however long it is valid',
      at(PLANNED - 5 * HOUR, rejected),
      'rejected',
      ['KeyUnusable'],
    ],
    [
      'a rejected key that does not expire is rejected',
      at(PLANNED, { current: currentVersion({ isRejected: true, content: { kind: 'never-expires' } }) }),
      'rejected',
      ['KeyUnusable'],
    ],
    ['a key without an expiry is left alone', at(PLANNED, neverExpires), 'never-expires', []],
    ['a placeholder is unseeded', at(PLANNED, unseeded), 'unseeded', []],
    ['a failed run is in trouble, whatever the state', at(PLANNED, {}, true), 'due', ['RefreshFailing']],
    [
      'a secret that could not be read is unreadable',
      assessUnobserved('unreadable'),
      'unreadable',
      ['SecretUnattended'],
    ],
    [
      'an abandoned secret is unattended too',
      assessUnobserved('abandoned'),
      'abandoned',
      ['SecretUnattended'],
    ],
  ])('%s', (_, { state, troubles }, expectedState, expectedTroubles) => {
    expect({ state, troubles }).toEqual({ state: expectedState, troubles: expectedTroubles });
  });
});

describe('the flags of a secret', () => {
  const ALL_CLEAR = { KeyUnusable: 0, HalfLeadUsed: 0, SecretUnattended: 0, RefreshFailing: 0 };
  const CREATED_AT = epoch('2026-11-01T00:00:00Z');
  const shortKey = { current: currentVersion({ content: expiringKey('2026-11-01T03:00:00Z') }) };

  test.each([
    [
      'each trouble is sent as 1, and nothing else',
      at(EXPIRES_AT),
      EXPIRES_AT,
      { KeyUnusable: 1, HalfLeadUsed: 1, RefreshFailing: 1 },
    ],
    ['a new version that is well clears all', at(CREATED_AT + 60), CREATED_AT + 60, ALL_CLEAR],
    ['a new key that does not expire clears all', at(CREATED_AT, neverExpires), CREATED_AT, ALL_CLEAR],
    ['a version of two sweep intervals is not new', at(CREATED_AT + 2 * HOUR), CREATED_AT + 2 * HOUR, {}],
    ['a new version in trouble sends its trouble', at(CREATED_AT, rejected), CREATED_AT, { KeyUnusable: 1 }],
    ['a placeholder clears nothing', at(CREATED_AT, unseeded), CREATED_AT, {}],
    [
      'a key that is due within the period clears nothing: that would delay its next alarm',
      at(CREATED_AT + 60, shortKey),
      CREATED_AT + 60,
      {},
    ],
    ['an unreadable secret', assessUnobserved('unreadable'), CREATED_AT, { SecretUnattended: 1 }],
  ])('%s', (_, assessment, now, expected) => {
    expect(flagsOf(assessment, now, HOUR)).toEqual(expected);
  });
});
