import { describe, expect, it } from 'vitest';
import {
  type Decision,
  type DecisionContext,
  decide,
  type Verdict,
  withinRotation,
} from '../../handlers/rules/decide.ts';
import { expires, isResumable, type Observation } from '../../handlers/rules/secret.ts';
import type { LeadPolicy } from '../../handlers/rules/timing.ts';
import { SECRET } from '../worlds/names.ts';
import {
  CURRENT_ID,
  currentVersion,
  epoch,
  expiringKey,
  NEVER_EXPIRING,
  OTHER_ID,
  observation,
  pendingVersion,
  STRANGER_ID,
  SUCCESSOR_ID,
} from '../worlds/observations.ts';

/** No jitter is added to the longest lead, half the lifetime. So the key is due at midnight of 6 November. */
const HALF: LeadPolicy = { kind: 'percentage', percent: 50 };
const CREATED = '01T00:00:00';
/** A pending key was issued half an hour ago, at noon. */
const PENDING = '05T12:30:00';
const DUE = '06T00:00:00';
const EXPIRED = '11T00:00:00';

/** A decision without the instants of the key. */
type Expected = Verdict & { readonly until?: number };
/** A sentence, the instant in November, what differs from a healthy observation or context, and the decision. */
type Case = readonly [string, string, Partial<Observation> & Partial<DecisionContext>, Expected];

const DUE_REFRESH: Expected = { outcome: 'refresh', reason: 'due' };
const REQUESTED: Expected = { outcome: 'refresh', reason: 'requested' };
const RESUME: Expected = { outcome: 'resume', reason: 'pending-key' };
const LAPSED: Expected = { outcome: 'lapsed', reason: 'expired' };
const NOT_DUE: Expected = { outcome: 'wait', reason: 'not-due', until: november(DUE) };
const PLACEHOLDER: Expected = { outcome: 'unseeded', reason: 'placeholder' };
const NO_EXPIRY: Expected = { outcome: 'never-expires', reason: 'no-expiry' };

function november(instant: string): number {
  return epoch(`2026-11-${instant}Z`);
}

function wait(reason: 'retry-booked' | 'just-refreshed' | 'too-soon', until: string): Expected {
  return { outcome: 'wait', reason, until: november(until) };
}

function booked(...instants: string[]): Partial<Observation> {
  return { bookedAt: instants.map(november) };
}

function decideAt(now: string, given: Case[2] = {}): Decision {
  return decide(observation(given), { now: november(now), lead: HALF, ...given });
}

function verdictOf({ dueAt, expiresAt, ...verdict }: Decision): Expected {
  return verdict;
}

function itDecides(cases: readonly Case[]): void {
  it.each(cases)('%s', (_, now, given, expected) => {
    expect(verdictOf(decideAt(now, given))).toEqual(expected);
  });
}

describe('decide', () => {
  it('answers unseeded if the secret has no value', () => {
    const decision = decide({ secretName: SECRET, bookedAt: [] }, { now: november(DUE), lead: HALF });
    expect(decision).toEqual({ outcome: 'unseeded', reason: 'no-value' });
  });

  const placeholder = { current: currentVersion({ content: { kind: 'placeholder' } }) };
  const neverExpires = { current: currentVersion({ content: NEVER_EXPIRING }) };
  const demanded = { demandedVersionId: CURRENT_ID };
  const pending = pendingVersion();

  itDecides([
    ['answers unseeded if the secret holds the placeholder', DUE, placeholder, PLACEHOLDER],
    [
      'answers unseeded if a person asks for a refresh of the placeholder',
      DUE,
      { ...placeholder, ...demanded },
      PLACEHOLDER,
    ],
    [
      'leaves a pending key alone if a person put the placeholder back',
      DUE,
      { ...placeholder, pending },
      PLACEHOLDER,
    ],
    ['leaves a key without an expiry alone', DUE, neverExpires, NO_EXPIRY],
    [
      'leaves a key without an expiry alone even if a person asks for a refresh',
      DUE,
      { ...neverExpires, ...demanded },
      NO_EXPIRY,
    ],
    [
      'does not replace a key without an expiry by a pending key',
      DUE,
      { ...neverExpires, pending },
      NO_EXPIRY,
    ],
    ['waits with a new key until it is due', CREATED, {}, NOT_DUE],
    ['waits if the wake-up is 61 s early', '05T23:58:59', {}, NOT_DUE],
    ['refreshes if the wake-up is 60 s early', '05T23:59:00', {}, DUE_REFRESH],
    ['refreshes if the wake-up is 59 s early', '05T23:59:01', {}, DUE_REFRESH],
    ['refreshes a key that is due', DUE, {}, DUE_REFRESH],
    ['refreshes a key that has been due for days', '10T12:00:00', {}, DUE_REFRESH],
    ['refreshes a key one second before it expires', '10T23:59:59', {}, DUE_REFRESH],
    ['answers lapsed at the second of the expiry', EXPIRED, {}, LAPSED],
    ['answers lapsed one second after the expiry', '11T00:00:01', {}, LAPSED],
    [
      'waits until the key is due although an entry is booked for half an hour later',
      '05T23:58:59',
      booked('06T00:30:00'),
      NOT_DUE,
    ],
  ]);

  it('adds the jitter of the secret and version to the default lead', () => {
    const lead: LeadPolicy = { kind: 'default' };
    expect(verdictOf(decideAt('09T23:53:28', { lead }))).toEqual({
      outcome: 'wait',
      reason: 'not-due',
      until: november('09T23:54:29'),
    });
    expect(verdictOf(decideAt('09T23:53:29', { lead }))).toEqual(DUE_REFRESH);
  });

  it('counts the lifetime from the whole second in which the version was created', () => {
    const current = currentVersion({ createdAtMs: 1_793_491_200_999 });
    expect(decideAt(DUE, { current }).dueAt).toBe(1_793_923_200);
  });

  it.each([
    ['wait', CREATED],
    ['refresh', DUE],
    ['lapsed', EXPIRED],
  ])('gives with "%s" the instants at which the key is due and expires', (outcome, now) => {
    expect(decideAt(now)).toMatchObject({ outcome, dueAt: 1_793_923_200, expiresAt: 1_794_355_200 });
  });

  it.each([
    ['the placeholder', placeholder],
    ['a key without an expiry', neverExpires],
  ])('gives no instants if the secret holds %s', (_, given) => {
    expect(decideAt(DUE, given)).not.toHaveProperty('dueAt');
    expect(decideAt(DUE, given)).not.toHaveProperty('expiresAt');
  });

  it('gives the same answer again and does not change the observation', () => {
    const given = observation({ pending, bookedAt: [3, 1, 2] });
    const before = structuredClone(given);
    const context = { now: november(DUE), lead: HALF };
    expect(decide(given, context)).toEqual(decide(given, context));
    expect(given).toEqual(before);
  });
});

describe('decide, when a rotation asks for its own version,', () => {
  const asked = { demandedVersionId: SUCCESSOR_ID };
  const pending = pendingVersion();

  itDecides([
    ['resumes it although a retry is booked', DUE, { ...asked, pending, ...booked('06T00:30:00') }, RESUME],
    [
      'leaves it to the booked retry if a wake-up started the run',
      DUE,
      { ...asked, isBooked: true, pending, ...booked('06T00:30:00') },
      wait('retry-booked', '06T00:30:00'),
    ],
    ['does not refresh the current version before it is due', CREATED, asked, NOT_DUE],
    [
      'does not refresh that version again once it is current',
      CREATED,
      { demandedVersionId: CURRENT_ID, ownVersionId: CURRENT_ID },
      NOT_DUE,
    ],
  ]);
});

describe('withinRotation', () => {
  it.each<[string, string, Partial<Observation>, string, Expected]>([
    [
      'promotes the pending version of the rotation',
      PENDING,
      { pending: pendingVersion() },
      SUCCESSOR_ID,
      RESUME,
    ],
    [
      'leaves another pending version to a retry',
      PENDING,
      { pending: pendingVersion() },
      OTHER_ID,
      wait('retry-booked', '05T12:31:00'),
    ],
    ['leaves a key that is due to a retry', DUE, {}, OTHER_ID, wait('retry-booked', '06T00:01:00')],
    ['keeps the decision to wait', CREATED, {}, OTHER_ID, NOT_DUE],
    ['keeps the decision about a lapsed key', EXPIRED, {}, OTHER_ID, LAPSED],
  ])('%s', (_, now, given, promoteOnly, expected) => {
    const decision = withinRotation(decideAt(now, given), observation(given), promoteOnly, november(now));
    expect(verdictOf(decision)).toEqual(expected);
  });
});

describe('decide, when a person asks for a refresh,', () => {
  const demanded = { demandedVersionId: CURRENT_ID };
  const another = { demandedVersionId: OTHER_ID };
  const repeated = { ...demanded, isBooked: true };
  const pending = pendingVersion();

  itDecides([
    ['refreshes a key that is not due', CREATED, demanded, REQUESTED],
    ['gives the request as the reason even if the key is due', DUE, demanded, REQUESTED],
    ['refreshes a key in its last second', '10T23:59:59', demanded, REQUESTED],
    [
      'refreshes the key although the event announces another version',
      DUE,
      { ...demanded, announcedVersionId: OTHER_ID },
      REQUESTED,
    ],
    ['answers lapsed if the key has expired', EXPIRED, demanded, LAPSED],
    ['waits if another version has become current that is not due', '05T23:58:59', another, NOT_DUE],
    ['refreshes another version that has become current if it is due', '05T23:59:00', another, DUE_REFRESH],
    ['does not wait for a booked retry', DUE, { ...demanded, ...booked('06T00:30:00') }, REQUESTED],
    [
      'waits for the booked retry if another version has become current',
      DUE,
      { ...another, ...booked('06T00:30:00') },
      wait('retry-booked', '06T00:30:00'),
    ],
    ['resumes a pending key instead of issuing a new one', PENDING, { ...demanded, pending }, RESUME],
    [
      'resumes a pending key at once although a retry is booked',
      PENDING,
      { ...demanded, pending, ...booked('05T13:00:00') },
      RESUME,
    ],
    [
      'resumes a pending key at once if no wake-up started the run',
      PENDING,
      { ...demanded, isBooked: false, pending, ...booked('05T13:00:00') },
      RESUME,
    ],
    [
      'leaves a pending key to the next booked retry if a wake-up repeats the call',
      PENDING,
      { ...repeated, pending, ...booked('05T13:00:00') },
      wait('retry-booked', '05T13:00:00'),
    ],
    [
      'resumes a pending key if a wake-up repeats the call and no other retry is booked',
      PENDING,
      { ...repeated, pending },
      RESUME,
    ],
    [
      'leaves the current key to the next booked retry if a wake-up repeats the call',
      PENDING,
      { ...repeated, ...booked('05T13:00:00') },
      wait('retry-booked', '05T13:00:00'),
    ],
    [
      'refreshes the current key if a wake-up repeats the call and no other retry is booked',
      PENDING,
      repeated,
      REQUESTED,
    ],
  ]);
});

describe('decide, when this run has made the current version,', () => {
  const own = { ownVersionId: CURRENT_ID };

  itDecides([
    ['waits until the key is due', '05T23:58:59', own, NOT_DUE],
    [
      'waits until the key is due if that is in 60 s',
      '05T23:59:00',
      own,
      wait('just-refreshed', '06T00:00:00'),
    ],
    ['waits a minute if the key is due in 59 s', '05T23:59:01', own, wait('just-refreshed', '06T00:00:01')],
    ['waits a minute if the key is overdue', '08T00:00:00', own, wait('just-refreshed', '08T00:01:00')],
    [
      'does not rely on a booked retry, because the run cancels it',
      DUE,
      { ...own, ...booked('06T00:30:00') },
      wait('just-refreshed', '06T00:01:00'),
    ],
    ['answers lapsed if the key has expired', EXPIRED, own, LAPSED],
    [
      'refreshes a key that a person has put since then if it is due',
      DUE,
      { ownVersionId: OTHER_ID },
      DUE_REFRESH,
    ],
  ]);
});

describe('decide, when entries are booked,', () => {
  const pending = pendingVersion();

  itDecides([
    ['does not rely on one in 119 s, because it may be firing now', DUE, booked('06T00:01:59'), DUE_REFRESH],
    [
      'waits for one in 120 s, which is certain to fire',
      DUE,
      booked('06T00:02:00'),
      wait('retry-booked', '06T00:02:00'),
    ],
    ['waits for one in an hour', DUE, booked('06T01:00:00'), wait('retry-booked', '06T01:00:00')],
    ['does not take one in more than an hour for a retry', DUE, booked('06T01:00:02'), DUE_REFRESH],
    ['ignores one in the past, which has fired', DUE, booked('05T23:59:00'), DUE_REFRESH],
    [
      'rounds the latest instant of a retry up to the minute',
      '06T00:00:01',
      booked('06T01:01:00'),
      wait('retry-booked', '06T01:01:00'),
    ],
    [
      'waits for one in 10 min if the key expires in 100 min',
      '10T22:20:00',
      booked('10T22:30:00'),
      wait('retry-booked', '10T22:30:00'),
    ],
    [
      'waits for one at a whole minute in 12 min, the retry of a run that could not store its key',
      '10T22:20:00',
      booked('10T22:32:00'),
      wait('retry-booked', '10T22:32:00'),
    ],
    [
      'does not take one in 12 min for a retry if it is not at a whole or half minute (seed 1662)',
      '10T22:20:00',
      booked('10T22:31:55'),
      DUE_REFRESH,
    ],
    [
      'does not take one in 13 min for a retry if the key expires in 100 min',
      '10T22:20:00',
      booked('10T22:33:00'),
      DUE_REFRESH,
    ],
    [
      'waits for one in 8 min if the key expires in 10 min',
      '10T23:50:00',
      booked('10T23:58:00'),
      wait('retry-booked', '10T23:58:00'),
    ],
    [
      'does not wait for one in 9 min if the key expires in 10 min',
      '10T23:50:00',
      booked('10T23:51:00', '10T23:59:00'),
      DUE_REFRESH,
    ],
    [
      'waits for the earliest of several retries',
      DUE,
      booked('06T00:40:00', '06T00:10:00', '06T00:20:00'),
      wait('retry-booked', '06T00:10:00'),
    ],
    [
      'waits for the earliest retry that is certain to fire',
      DUE,
      booked('06T00:01:00', '09T00:00:00', '06T00:40:00'),
      wait('retry-booked', '06T00:40:00'),
    ],
    [
      'waits for the entry of a run that has left the secret to another',
      DUE,
      booked('06T00:05:30'),
      wait('retry-booked', '06T00:05:30'),
    ],
    [
      'does not make a retry wait for the entry of a run that has left the secret to it',
      DUE,
      { isRetry: true, ...booked('06T00:05:30') },
      DUE_REFRESH,
    ],
    [
      'makes a retry wait for another retry',
      DUE,
      { isRetry: true, ...booked('06T00:05:30', '06T00:06:00') },
      wait('retry-booked', '06T00:06:00'),
    ],
    [
      'answers lapsed if the key has expired, although a retry is booked',
      EXPIRED,
      booked('11T00:02:00'),
      LAPSED,
    ],
    [
      'leaves a pending key to a retry in 120 s',
      PENDING,
      { pending, ...booked('05T12:32:00') },
      wait('retry-booked', '05T12:32:00'),
    ],
    [
      'resumes a pending key although the retry of a run that could not store its key is in ten minutes (seed 1696)',
      '10T23:00:00',
      { pending, ...booked('10T23:10:00') },
      RESUME,
    ],
    [
      'resumes a pending key if the retry is in 119 s',
      PENDING,
      { pending, ...booked('05T12:31:59') },
      RESUME,
    ],
    [
      'leaves a pending key to a retry in ten minutes if the current key has lapsed',
      EXPIRED,
      { pending, ...booked('11T00:10:00') },
      wait('retry-booked', '11T00:10:00'),
    ],
    [
      'resumes a pending key if the current key has lapsed and the retry is in more than ten minutes',
      EXPIRED,
      { pending, ...booked('11T00:10:02') },
      RESUME,
    ],
  ]);
});

describe('decide, when a key is pending,', () => {
  const createdAtMs = november(CREATED) * 1000;
  const pendingOf = (changes: Parameters<typeof pendingVersion>[0] = {}) => ({
    pending: pendingVersion(changes),
  });
  const stranger = pendingOf({ versionId: STRANGER_ID });
  const wasCurrent = pendingOf({ wasCurrent: true });

  itDecides([
    ['resumes it although the current key is not due', PENDING, pendingOf(), RESUME],
    ['resumes it instead of issuing a new key if the current key is due', DUE, pendingOf(), RESUME],
    ['resumes it if the current key has lapsed', '12T00:00:00', pendingOf(), RESUME],
    [
      'resumes the successor of the current version although it seems older',
      PENDING,
      pendingOf({ createdAtMs: createdAtMs - 1 }),
      RESUME,
    ],
    ['ignores the successor of another version', PENDING, stranger, NOT_DUE],
    [
      'issues a new key if the current key is due and the pending one succeeds another',
      DUE,
      stranger,
      DUE_REFRESH,
    ],
    [
      'resumes a version that a label calls the successor of the current one',
      PENDING,
      pendingOf({ versionId: OTHER_ID, labels: ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7'] }),
      RESUME,
    ],
    [
      'ignores a version that a label calls the successor of another one',
      PENDING,
      pendingOf({ versionId: OTHER_ID, labels: ['successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf'] }),
      NOT_DUE,
    ],
    [
      'ignores a younger version if neither its id nor a label says whom it succeeds',
      PENDING,
      pendingOf({ versionId: OTHER_ID, createdAtMs: createdAtMs + 1 }),
      NOT_DUE,
    ],
    ['ignores a version that was current before a person moved the label back', PENDING, wasCurrent, NOT_DUE],
    [
      'answers lapsed if the current key has lapsed and the pending one was current',
      EXPIRED,
      wasCurrent,
      LAPSED,
    ],
    [
      'resumes it one second before its own expiry',
      PENDING,
      pendingOf({ content: expiringKey('2026-11-05T12:30:01Z') }),
      RESUME,
    ],
    [
      'ignores it at the second of its own expiry',
      PENDING,
      pendingOf({ content: expiringKey('2026-11-05T12:30:00Z') }),
      NOT_DUE,
    ],
    ['answers lapsed if both keys have expired', '15T12:00:00', pendingOf(), LAPSED],
    [
      'issues a new key if the current key is due and the pending version cannot be read',
      DUE,
      { pending: { versionId: SUCCESSOR_ID, createdAtMs: createdAtMs + 1, wasCurrent: false } },
      DUE_REFRESH,
    ],
    ['ignores a pending placeholder', PENDING, pendingOf({ content: { kind: 'placeholder' } }), NOT_DUE],
    ['ignores a pending key without an expiry', PENDING, pendingOf({ content: NEVER_EXPIRING }), NOT_DUE],
  ]);
});

describe('decide, when the read may be stale,', () => {
  const reread = wait('too-soon', '06T00:02:00');

  itDecides([
    ['waits two minutes and reads again before it refreshes', DUE, { mayBeStale: true }, reread],
    ['refreshes in a retry', DUE, { mayBeStale: true, isRetry: true }, DUE_REFRESH],
    [
      'refreshes the version that a person asked for',
      DUE,
      { mayBeStale: true, demandedVersionId: CURRENT_ID },
      REQUESTED,
    ],
  ]);
});

describe('decide, when the event says that another version became current,', () => {
  const announced = { announcedVersionId: OTHER_ID };
  const reread = wait('too-soon', '06T00:02:00');

  itDecides([
    ['reads a version that is due again in two minutes', DUE, announced, reread],
    ['reads again before it resumes a pending key', DUE, { ...announced, pending: pendingVersion() }, reread],
    [
      'reads again before it resumes the pending key of a key that is not due',
      '04T12:00:00',
      { ...announced, pending: pendingVersion() },
      wait('too-soon', '04T12:02:00'),
    ],
    ['refreshes if the key would lapse before it is read again', '10T23:57:00', announced, DUE_REFRESH],
    [
      'refreshes in a sweep if the key would lapse before the next one',
      '10T23:10:00',
      { ...announced, nextSweepAt: november('11T00:10:00') },
      DUE_REFRESH,
    ],
    ['refreshes in a retry', DUE, { ...announced, isRetry: true }, DUE_REFRESH],
    [
      'refreshes if the event names the version that was read',
      DUE,
      { announcedVersionId: CURRENT_ID },
      DUE_REFRESH,
    ],
  ]);
});

describe('isResumable', () => {
  it('is false if no version is current', () => {
    const given = { secretName: SECRET, bookedAt: [], pending: pendingVersion() };
    expect(isResumable(given, november(PENDING))).toBe(false);
  });

  it('is false if no version is pending', () => {
    expect(isResumable(observation(), november(PENDING))).toBe(false);
  });
});

describe('expires', () => {
  it.each<[boolean, string, Observation]>([
    [true, 'holds a key with an expiry', observation()],
    [false, 'has no value', { secretName: SECRET, bookedAt: [] }],
    [
      false,
      'holds the placeholder',
      observation({ current: currentVersion({ content: { kind: 'placeholder' } }) }),
    ],
    [
      false,
      'holds a key without an expiry',
      observation({ current: currentVersion({ content: NEVER_EXPIRING }) }),
    ],
  ])('is %s if the secret %s', (expected, _, given) => {
    expect(expires(given)).toBe(expected);
  });
});
