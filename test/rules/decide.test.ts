import { describe, expect, it } from 'vitest';
import { type Decision, type DecisionContext, decide, type Verdict } from '../../handlers/rules/decide.ts';
import { expires, isResumable, type Observation } from '../../handlers/rules/secret.ts';
import type { LeadPolicy } from '../../handlers/rules/timing.ts';
import {
  CURRENT_ID,
  currentVersion,
  EXPIRES,
  epoch,
  expiringKey,
  OTHER_ID,
  observation,
  pendingVersion,
  STRANGER_ID,
  SUCCESSOR_ID,
} from '../worlds/observations.ts';

/** Half the lifetime is the longest lead there is, so that no jitter moves the instant: the key is due on 6 November at midnight. */
const HALF: LeadPolicy = { kind: 'percentage', percent: 50 };
const DUE = '2026-11-06T00:00:00Z';

/** What a case expects of a decision. Its instants have tests of their own. */
type Expected = Verdict & { readonly until?: number };

interface Case {
  readonly sentence: string;
  readonly now: string;
  readonly observed?: Partial<Observation>;
  readonly context?: Partial<DecisionContext>;
  readonly expected: Expected;
}

const DUE_REFRESH: Expected = { outcome: 'refresh', reason: 'due' };
const REQUESTED: Expected = { outcome: 'refresh', reason: 'requested' };
const RESUME: Expected = { outcome: 'resume', reason: 'pending-key' };
const LAPSED: Expected = { outcome: 'lapsed', reason: 'expired' };
const notDue: Expected = { outcome: 'wait', reason: 'not-due', until: epoch(DUE) };
const retryBooked = (until: string): Expected => ({
  outcome: 'wait',
  reason: 'retry-booked',
  until: epoch(until),
});
const justRefreshed = (until: string): Expected => ({
  outcome: 'wait',
  reason: 'just-refreshed',
  until: epoch(until),
});
const booked = (...instants: string[]): Partial<Observation> => ({ bookedAt: instants.map(epoch) });

function decideCase({ now, observed, context }: Case): Expected {
  return verdictOf(decide(observation(observed), { now: epoch(now), lead: HALF, ...context }));
}

function verdictOf({ dueAt, expiresAt, ...verdict }: Decision): Expected {
  return verdict;
}

describe('a secret without a key that expires', () => {
  it('a secret without a value is unseeded', () => {
    const given = { secretName: 'momento/authentication-token', bookedAt: [] };

    expect(decide(given, { now: epoch(DUE), lead: HALF })).toEqual({
      outcome: 'unseeded',
      reason: 'no-value',
    });
  });

  const placeholder = currentVersion({ content: { kind: 'placeholder' } });
  const neverExpires = currentVersion({ content: { kind: 'never-expires' } });

  it.each<Case>([
    {
      sentence: 'the placeholder is unseeded',
      now: DUE,
      observed: { current: placeholder },
      expected: { outcome: 'unseeded', reason: 'placeholder' },
    },
    {
      sentence: 'the placeholder is unseeded even if a person asks for a refresh',
      now: DUE,
      observed: { current: placeholder },
      context: { demandedVersionId: CURRENT_ID },
      expected: { outcome: 'unseeded', reason: 'placeholder' },
    },
    {
      sentence: 'the placeholder over a pending key is unseeded: a person took the key away',
      now: DUE,
      observed: { current: placeholder, pending: pendingVersion() },
      expected: { outcome: 'unseeded', reason: 'placeholder' },
    },
    {
      sentence: 'a key without expiry never expires',
      now: DUE,
      observed: { current: neverExpires },
      expected: { outcome: 'never-expires', reason: 'no-expiry' },
    },
    {
      sentence: 'a key without expiry is not refreshed even if a person asks for it',
      now: DUE,
      observed: { current: neverExpires },
      context: { demandedVersionId: CURRENT_ID },
      expected: { outcome: 'never-expires', reason: 'no-expiry' },
    },
    {
      sentence: 'a key without expiry is not replaced by a pending one',
      now: DUE,
      observed: { current: neverExpires, pending: pendingVersion() },
      expected: { outcome: 'never-expires', reason: 'no-expiry' },
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });
});

describe('the time', () => {
  it.each<Case>([
    { sentence: 'a new key waits until it is due', now: '2026-11-01T00:00:00Z', expected: notDue },
    { sentence: 'a wake-up 61 s early waits', now: '2026-11-05T23:58:59Z', expected: notDue },
    { sentence: 'a wake-up 60 s early is on time', now: '2026-11-05T23:59:00Z', expected: DUE_REFRESH },
    { sentence: 'a wake-up 59 s early is on time', now: '2026-11-05T23:59:01Z', expected: DUE_REFRESH },
    { sentence: 'a key is refreshed when it is due', now: DUE, expected: DUE_REFRESH },
    { sentence: 'a late wake-up refreshes', now: '2026-11-10T12:00:00Z', expected: DUE_REFRESH },
    { sentence: 'one second before expiry refreshes', now: '2026-11-10T23:59:59Z', expected: DUE_REFRESH },
    { sentence: 'at its expiry a key has lapsed', now: '2026-11-11T00:00:00Z', expected: LAPSED },
    { sentence: 'one second after expiry it has lapsed', now: '2026-11-11T00:00:01Z', expected: LAPSED },
    {
      sentence: 'a wake-up in the window of retries is no reason to touch a key that is not due',
      now: '2026-11-05T23:58:59Z',
      observed: booked('2026-11-06T00:30:00Z'),
      expected: notDue,
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });

  it('uses the default lead of a tenth of ten days, grown by the jitter of this secret and version', () => {
    const given = observation();

    expect(
      verdictOf(decide(given, { now: epoch('2026-11-09T23:53:28Z'), lead: { kind: 'default' } })),
    ).toEqual({
      outcome: 'wait',
      reason: 'not-due',
      until: epoch('2026-11-09T23:54:29Z'),
    });
    expect(
      verdictOf(decide(given, { now: epoch('2026-11-09T23:53:29Z'), lead: { kind: 'default' } })),
    ).toEqual(DUE_REFRESH);
  });

  it('counts the lifetime from the whole second in which the version was created', () => {
    const created = currentVersion({ createdAtMs: 1_793_491_200_999 });
    const given = observation({ current: created });

    expect(decide(given, { now: epoch(DUE), lead: HALF }).dueAt).toBe(1_793_923_200);
  });
});

describe('the instants of a decision', () => {
  it.each([
    { outcome: 'wait', now: '2026-11-01T00:00:00Z' },
    { outcome: 'refresh', now: DUE },
    { outcome: 'lapsed', now: EXPIRES },
  ])('are with "$outcome" when the key is due and when it expires', ({ outcome, now }) => {
    expect(decide(observation(), { now: epoch(now), lead: HALF })).toMatchObject({
      outcome,
      dueAt: 1_793_923_200,
      expiresAt: 1_794_355_200,
    });
  });

  it.each([{ kind: 'placeholder' }, { kind: 'never-expires' }] as const)(
    'are absent if the secret holds $kind',
    (content) => {
      const given = observation({ current: currentVersion({ content }) });

      const decision = decide(given, { now: epoch(DUE), lead: HALF });

      expect(decision).not.toHaveProperty('dueAt');
      expect(decision).not.toHaveProperty('expiresAt');
    },
  );
});

describe('a rotation that asks for its own version', () => {
  const asked = { demandedVersionId: SUCCESSOR_ID };
  const pending = pendingVersion();

  it.each<Case>([
    {
      sentence: 'resumes it although a retry is booked',
      now: DUE,
      observed: { pending, ...booked('2026-11-06T00:30:00Z') },
      context: asked,
      expected: RESUME,
    },
    {
      sentence: 'leaves it to the booked retry if the run answers a wake-up',
      now: DUE,
      observed: { pending, ...booked('2026-11-06T00:30:00Z') },
      context: { ...asked, isBooked: true },
      expected: retryBooked('2026-11-06T00:30:00Z'),
    },
    {
      sentence: 'does not ask for a refresh of the current version',
      now: '2026-11-01T00:00:00Z',
      context: asked,
      expected: notDue,
    },
    {
      sentence: 'does not refresh its version again once it is current',
      now: '2026-11-01T00:00:00Z',
      context: { demandedVersionId: CURRENT_ID, ownVersionId: CURRENT_ID },
      expected: notDue,
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });
});

describe('a person who asks for a refresh', () => {
  const demanded = { demandedVersionId: CURRENT_ID };

  it.each<Case>([
    {
      sentence: 'gets one of a key that is not due',
      now: '2026-11-01T00:00:00Z',
      context: demanded,
      expected: REQUESTED,
    },
    {
      sentence: 'gets one, by request, of a key that is due as well',
      now: DUE,
      context: demanded,
      expected: REQUESTED,
    },
    {
      sentence: 'gets one in the last second',
      now: '2026-11-10T23:59:59Z',
      context: demanded,
      expected: REQUESTED,
    },
    {
      sentence: 'gets one although the event says that another version became current',
      now: DUE,
      context: { ...demanded, announcedVersionId: OTHER_ID },
      expected: REQUESTED,
    },
    {
      sentence: 'gets none of a key that has lapsed',
      now: EXPIRES,
      context: demanded,
      expected: LAPSED,
    },
    {
      sentence: 'gets none where another version is current by now and not due',
      now: '2026-11-05T23:58:59Z',
      context: { demandedVersionId: OTHER_ID },
      expected: notDue,
    },
    {
      sentence: 'gets an ordinary one where another version is current by now and due',
      now: '2026-11-05T23:59:00Z',
      context: { demandedVersionId: OTHER_ID },
      expected: DUE_REFRESH,
    },
    {
      sentence: 'does not wait for a retry that is booked',
      now: DUE,
      observed: booked('2026-11-06T00:30:00Z'),
      context: demanded,
      expected: REQUESTED,
    },
    {
      sentence: 'waits for the booked retry where another version was meant',
      now: DUE,
      observed: booked('2026-11-06T00:30:00Z'),
      context: { demandedVersionId: OTHER_ID },
      expected: retryBooked('2026-11-06T00:30:00Z'),
    },
    {
      sentence: 'gets the pending key rather than a third one',
      now: '2026-11-05T12:30:00Z',
      observed: { pending: pendingVersion() },
      context: demanded,
      expected: RESUME,
    },
    {
      sentence: 'gets the pending key at once, whatever retry is booked',
      now: '2026-11-05T12:30:00Z',
      observed: { pending: pendingVersion(), ...booked('2026-11-05T13:00:00Z') },
      context: demanded,
      expected: RESUME,
    },
    {
      sentence: 'gets the pending key at once, by a call that no wake-up stands for',
      now: '2026-11-05T12:30:00Z',
      observed: { pending: pendingVersion(), ...booked('2026-11-05T13:00:00Z') },
      context: { ...demanded, isBooked: false },
      expected: RESUME,
    },
    {
      sentence: 'whose call is repeated by a wake-up leaves the pending key to another one that is booked',
      now: '2026-11-05T12:30:00Z',
      observed: { pending: pendingVersion(), ...booked('2026-11-05T13:00:00Z') },
      context: { ...demanded, isBooked: true },
      expected: retryBooked('2026-11-05T13:00:00Z'),
    },
    {
      sentence: 'whose call is repeated by a wake-up gets the pending key where no other one is booked',
      now: '2026-11-05T12:30:00Z',
      observed: { pending: pendingVersion() },
      context: { ...demanded, isBooked: true },
      expected: RESUME,
    },
    {
      sentence: 'whose call is repeated by a wake-up leaves the key to another one that is booked',
      now: '2026-11-05T12:30:00Z',
      observed: booked('2026-11-05T13:00:00Z'),
      context: { ...demanded, isBooked: true },
      expected: retryBooked('2026-11-05T13:00:00Z'),
    },
    {
      sentence: 'whose call is repeated by a wake-up gets a new key where no other one is booked',
      now: '2026-11-05T12:30:00Z',
      context: { ...demanded, isBooked: true },
      expected: REQUESTED,
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });
});

describe('the version that this run itself made current', () => {
  const own = { ownVersionId: CURRENT_ID };

  it.each<Case>([
    {
      sentence: 'waits like any other while it is not due',
      now: '2026-11-05T23:58:59Z',
      context: own,
      expected: notDue,
    },
    {
      sentence:
        'is not refreshed again by it where it is due 60 s from now: its wake-up comes when it is due',
      now: '2026-11-05T23:59:00Z',
      context: own,
      expected: justRefreshed('2026-11-06T00:00:00Z'),
    },
    {
      sentence: 'is not refreshed again by it where it is due in 59 s: its wake-up is a minute ahead',
      now: '2026-11-05T23:59:01Z',
      context: own,
      expected: justRefreshed('2026-11-06T00:00:01Z'),
    },
    {
      sentence: 'is not refreshed again by it where it is overdue: its wake-up is a minute ahead',
      now: '2026-11-08T00:00:00Z',
      context: own,
      expected: justRefreshed('2026-11-08T00:01:00Z'),
    },
    {
      sentence: 'does not rely on a booked retry, which is about to be cancelled',
      now: DUE,
      observed: booked('2026-11-06T00:30:00Z'),
      context: own,
      expected: justRefreshed('2026-11-06T00:01:00Z'),
    },
    { sentence: 'can have lapsed', now: EXPIRES, context: own, expected: LAPSED },
    {
      sentence: 'is another one: what a person put meanwhile is refreshed if it is due',
      now: DUE,
      context: { ownVersionId: OTHER_ID },
      expected: DUE_REFRESH,
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });
});

describe('a retry that is booked', () => {
  it.each<Case>([
    {
      sentence: 'in 119 s may be firing now: it is not relied on',
      now: DUE,
      observed: booked('2026-11-06T00:01:59Z'),
      expected: DUE_REFRESH,
    },
    {
      sentence: 'in 120 s is certain to come: the key is left to it',
      now: DUE,
      observed: booked('2026-11-06T00:02:00Z'),
      expected: retryBooked('2026-11-06T00:02:00Z'),
    },
    {
      sentence: 'an hour ahead is the last that can be a retry',
      now: DUE,
      observed: booked('2026-11-06T01:00:00Z'),
      expected: retryBooked('2026-11-06T01:00:00Z'),
    },
    {
      sentence: 'more than an hour ahead is none: the key is refreshed',
      now: DUE,
      observed: booked('2026-11-06T01:00:01Z'),
      expected: DUE_REFRESH,
    },
    {
      sentence: 'in the past has fired and lingers: the key is refreshed',
      now: DUE,
      observed: booked('2026-11-05T23:59:00Z'),
      expected: DUE_REFRESH,
    },
    {
      sentence: 'counts from the whole minute of the latest one where now is between minutes',
      now: '2026-11-06T00:00:01Z',
      observed: booked('2026-11-06T01:01:00Z'),
      expected: retryBooked('2026-11-06T01:01:00Z'),
    },
    {
      sentence: 'with 100 min left comes within 10 min',
      now: '2026-11-10T22:20:00Z',
      observed: booked('2026-11-10T22:30:00Z'),
      expected: retryBooked('2026-11-10T22:30:00Z'),
    },
    {
      sentence: 'with 100 min left and 11 min ahead is none',
      now: '2026-11-10T22:20:00Z',
      observed: booked('2026-11-10T22:31:00Z'),
      expected: DUE_REFRESH,
    },
    {
      sentence: 'close to expiry is never waited for',
      now: '2026-11-10T23:50:00Z',
      observed: booked('2026-11-10T23:51:00Z', '2026-11-10T23:52:00Z'),
      expected: DUE_REFRESH,
    },
    {
      sentence: 'of several the earliest counts',
      now: DUE,
      observed: booked('2026-11-06T00:40:00Z', '2026-11-06T00:10:00Z', '2026-11-06T00:20:00Z'),
      expected: retryBooked('2026-11-06T00:10:00Z'),
    },
    {
      sentence: 'of several the earliest counts that is certain to come',
      now: DUE,
      observed: booked('2026-11-06T00:01:00Z', '2026-11-09T00:00:00Z', '2026-11-06T00:40:00Z'),
      expected: retryBooked('2026-11-06T00:40:00Z'),
    },
    {
      sentence: 'does not hide that the key has lapsed',
      now: EXPIRES,
      observed: booked('2026-11-11T00:02:00Z'),
      expected: LAPSED,
    },
    {
      sentence: 'is left to resume the pending key',
      now: '2026-11-05T12:30:00Z',
      observed: { pending: pendingVersion(), ...booked('2026-11-05T12:32:00Z') },
      expected: retryBooked('2026-11-05T12:32:00Z'),
    },
    {
      sentence: 'in 119 s is not relied on for the pending key',
      now: '2026-11-05T12:30:00Z',
      observed: { pending: pendingVersion(), ...booked('2026-11-05T12:31:59Z') },
      expected: RESUME,
    },
    {
      sentence: 'is waited for ten minutes at most where the current key has lapsed and a pending one works',
      now: EXPIRES,
      observed: { pending: pendingVersion(), ...booked('2026-11-11T00:10:00Z') },
      expected: retryBooked('2026-11-11T00:10:00Z'),
    },
    {
      sentence: 'is not waited for longer than that',
      now: EXPIRES,
      observed: { pending: pendingVersion(), ...booked('2026-11-11T00:10:01Z') },
      expected: RESUME,
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });
});

describe('a pending key', () => {
  const NOT_DUE = '2026-11-05T12:30:00Z';
  const createdAtMs = Date.parse('2026-11-01T00:00:00Z');
  const SUCCESSOR_LABEL = 'successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7';
  const STRANGER_LABEL = 'successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf';

  it.each<Case>([
    {
      sentence: 'that an earlier try left is resumed, due or not',
      now: NOT_DUE,
      observed: { pending: pendingVersion() },
      expected: RESUME,
    },
    {
      sentence: 'is resumed rather than a new one issued where the current key is due',
      now: '2026-11-06T00:00:00Z',
      observed: { pending: pendingVersion() },
      expected: RESUME,
    },
    {
      sentence: 'replaces a current key that has lapsed',
      now: '2026-11-12T00:00:00Z',
      observed: { pending: pendingVersion() },
      expected: RESUME,
    },
    {
      sentence: 'whose id names the current version is resumed though its clock says it is older',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ createdAtMs: createdAtMs - 1 }) },
      expected: RESUME,
    },
    {
      sentence:
        'whose id names another version is ignored though it is younger: a person put a key meanwhile',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ versionId: STRANGER_ID }) },
      expected: notDue,
    },
    {
      sentence:
        'whose id names another version is not resumed where the current key is due: a new one is issued',
      now: DUE,
      observed: { pending: pendingVersion({ versionId: STRANGER_ID }) },
      expected: DUE_REFRESH,
    },
    {
      sentence: 'of an id that says nothing is resumed if a label names the current version',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ versionId: OTHER_ID, labels: [SUCCESSOR_LABEL] }) },
      expected: RESUME,
    },
    {
      sentence:
        'of an id that says nothing is ignored if a label names another version, though it is younger',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ versionId: OTHER_ID, labels: [STRANGER_LABEL] }) },
      expected: notDue,
    },
    {
      sentence: 'of which nothing says whom it succeeds is ignored, though it is younger',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ versionId: OTHER_ID, createdAtMs: createdAtMs + 1 }) },
      expected: notDue,
    },
    {
      sentence: 'that was current once is not made current again: a person moved the label back',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ wasCurrent: true }) },
      expected: notDue,
    },
    {
      sentence: 'that was current once does not save a lapsed key',
      now: EXPIRES,
      observed: { pending: pendingVersion({ wasCurrent: true }) },
      expected: LAPSED,
    },
    {
      sentence: 'is resumed one second before its own expiry',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ content: expiringKey('2026-11-05T12:30:01Z') }) },
      expected: RESUME,
    },
    {
      sentence: 'is not resumed at its own expiry',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ content: expiringKey('2026-11-05T12:30:00Z') }) },
      expected: notDue,
    },
    {
      sentence: 'that has lapsed does not save a lapsed key',
      now: '2026-11-15T12:00:00Z',
      observed: { pending: pendingVersion() },
      expected: LAPSED,
    },
    {
      sentence: 'without readable content is replaced when the current key is due',
      now: DUE,
      observed: { pending: { versionId: SUCCESSOR_ID, createdAtMs: createdAtMs + 1, wasCurrent: false } },
      expected: DUE_REFRESH,
    },
    {
      sentence: 'that is a placeholder is no key',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ content: { kind: 'placeholder' } }) },
      expected: notDue,
    },
    {
      sentence: 'that never expires is none of ours',
      now: NOT_DUE,
      observed: { pending: pendingVersion({ content: { kind: 'never-expires' } }) },
      expected: notDue,
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });

  it('is not resumable where there is no current version', () => {
    const nothingCurrent: Observation = {
      secretName: 'momento/authentication-token',
      bookedAt: [],
      pending: pendingVersion(),
    };

    expect(isResumable(nothingCurrent, epoch(NOT_DUE))).toBe(false);
  });

  it('is not resumable where there is none', () => {
    expect(isResumable(observation(), epoch(NOT_DUE))).toBe(false);
  });
});

describe('expires', () => {
  it.each([
    { sentence: 'a secret with an expiring key expires', given: observation(), expected: true },
    {
      sentence: 'a secret without a value does not',
      given: { secretName: 'a', bookedAt: [] },
      expected: false,
    },
    {
      sentence: 'the placeholder does not',
      given: observation({ current: currentVersion({ content: { kind: 'placeholder' } }) }),
      expected: false,
    },
    {
      sentence: 'a key without expiry does not',
      given: observation({ current: currentVersion({ content: { kind: 'never-expires' } }) }),
      expected: false,
    },
  ])('$sentence', ({ given, expected }) => {
    expect(expires(given)).toBe(expected);
  });
});

it('leaves what was observed as it was and answers the same again', () => {
  const given = observation({ pending: pendingVersion(), bookedAt: [3, 1, 2] });
  const before = structuredClone(given);
  const context = { now: epoch(DUE), lead: HALF };

  expect(decide(given, context)).toEqual(decide(given, context));
  expect(given).toEqual(before);
});

describe('a due version of which the event says that another one became current', () => {
  const announced = { announcedVersionId: OTHER_ID };
  const reread: Expected = { outcome: 'wait', reason: 'too-soon', until: epoch('2026-11-06T00:02:00Z') };

  it.each<Case>([
    { sentence: 'is read again in two minutes', now: DUE, context: announced, expected: reread },
    {
      sentence: 'is read again before its pending key is resumed',
      now: DUE,
      observed: { pending: pendingVersion() },
      context: announced,
      expected: reread,
    },
    {
      sentence: 'is refreshed if it would lapse before that',
      now: '2026-11-10T23:57:00Z',
      context: announced,
      expected: DUE_REFRESH,
    },
    {
      sentence: 'is refreshed by a retry',
      now: DUE,
      context: { ...announced, isRetry: true },
      expected: DUE_REFRESH,
    },
    {
      sentence: 'is refreshed if the event names this version',
      now: DUE,
      context: { announcedVersionId: CURRENT_ID },
      expected: DUE_REFRESH,
    },
  ])('$sentence', (given) => {
    expect(decideCase(given)).toEqual(given.expected);
  });
});
