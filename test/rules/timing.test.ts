import { describe, expect, it } from 'vitest';
import {
  earliestSafeAt,
  idleRetryAt,
  type LeadPolicy,
  latestRetryAt,
  latestRetryOfRunAt,
  leadSeconds,
  mayHoldKey,
  refreshAt,
  retryAfterLostKeyAt,
  retryAt,
  sweepCanSave,
} from '../../handlers/rules/timing.ts';
import { epoch, SECRET_ARN } from '../worlds/observations.ts';

const DEFAULT: LeadPolicy = { kind: 'default' };
const DAY = 86_400;

/** A key of the given lifetime. The jitter of this secret and version is 0.0383… of its range (by sha256sum). */
function life(lifetimeSeconds: number) {
  const createdAt = epoch('2026-11-01T00:00:00Z');
  return {
    secretArn: SECRET_ARN,
    versionId: '11111111-1111-4111-8111-111111111111',
    createdAt,
    expiresAt: createdAt + lifetimeSeconds,
  };
}

const NOON = '2026-11-23T12:00:00Z';
const FAR = '2026-12-23T12:00:00Z';

describe('leadSeconds, by default,', () => {
  it.each([
    ['three days and the jitter for a key of 90 days', 90 * DAY, 260_193],
    ['three days and the jitter for a key of 30 days', 30 * DAY, 260_193],
    ['a tenth for a key of 30 days less 1000 s', 30 * DAY - 1000, 260_093],
    ['a tenth for a key of 7 days', 7 * DAY, 60_711],
    ['a tenth for a key of one day', DAY, 8_673],
    ['a tenth for a key of 3610 s', 3610, 362],
    ['six minutes for a key of an hour', 3600, 361],
    ['six minutes for a key of 3590 s', 3590, 361],
    ['six minutes and the jitter for a key of 722 s', 722, 361],
    ['half and no jitter for a key of 721 s', 721, 360],
    ['half for a key of 12 min', 720, 360],
    ['half, in whole seconds, for a key of 599 s', 599, 299],
    ['half for a key of a minute', 60, 30],
    ['0 for a key of a second', 1, 0],
    ['0 for a key without a lifetime', 0, 0],
  ])('is %s', (_, lifetime, expected) => {
    expect(leadSeconds(life(lifetime), DEFAULT)).toBe(expected);
  });
});

describe('leadSeconds, for a key of 30 days,', () => {
  const ofSeconds = (seconds: number): LeadPolicy => ({ kind: 'duration', seconds });
  const ofPercent = (percent: number): LeadPolicy => ({ kind: 'percentage', percent });

  it.each<[string, LeadPolicy, number]>([
    ['6 min if an operator sets 10 s', ofSeconds(10), 361],
    ['6 min if an operator sets 360 s', ofSeconds(360), 361],
    ['361 s and the jitter if an operator sets 361 s', ofSeconds(361), 362],
    ['10 days if an operator sets 10 days', ofSeconds(864_000), 867_312],
    ['15 days and no jitter if an operator sets 15 days', ofSeconds(1_296_000), 1_296_000],
    ['15 days if an operator sets 40 days', ofSeconds(3_456_000), 1_296_000],
    ['6 min if an operator sets 0 %', ofPercent(0), 361],
    ['1 % if an operator sets 1 %', ofPercent(1), 26_019],
    ['7.5 days if an operator sets 25 %', ofPercent(25), 650_484],
    ['49 % if an operator sets 49 %', ofPercent(49), 1_274_948],
    ['15 days if an operator sets 50 %', ofPercent(50), 1_296_000],
    ['15 days if an operator sets 100 %', ofPercent(100), 1_296_000],
  ])('is %s', (_, policy, expected) => {
    expect(leadSeconds(life(30 * DAY), policy)).toBe(expected);
  });
});

describe('the jitter', () => {
  it.each([
    ['almost none', 'version-137', 259_251],
    ['two thirds of a tenth', '22222222-2222-4222-8222-222222222222', 276_422],
    ['almost a tenth', 'version-198', 285_054],
  ])('depends on the version and may be %s', (_, versionId, expected) => {
    expect(leadSeconds({ ...life(30 * DAY), versionId }, DEFAULT)).toBe(expected);
  });

  it('depends on the secret', () => {
    const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/other-GhIjKl';

    expect(leadSeconds({ ...life(30 * DAY), secretArn }, DEFAULT)).toBe(265_969);
  });

  it('spreads a thousand keys made in one second evenly over a tenth of the lead', () => {
    const leads = Array.from({ length: 1000 }, (_, index) =>
      leadSeconds({ ...life(30 * DAY), versionId: `version-${index}` }, DEFAULT),
    );
    const quarters = [0, 0, 0, 0];
    for (const lead of leads) {
      const quarter = Math.floor((lead - 259_200) / 6480);
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }

    expect(quarters).toHaveLength(4);
    for (const count of quarters) expect(count).toBeGreaterThan(200);
  });
});

describe('refreshAt', () => {
  it('is one lead before the expiry', () => {
    expect(refreshAt(life(30 * DAY), { kind: 'percentage', percent: 50 })).toBe(
      epoch('2026-11-16T00:00:00Z'),
    );
  });

  it('rounds half a lifetime towards the expiry, because the lead is never more than half', () => {
    expect(refreshAt(life(61), DEFAULT)).toBe(epoch('2026-11-01T00:00:31Z'));
  });
});

describe('the next retry', () => {
  it.each([
    ['in 1 min after the 1st failure', NOON, 1, FAR, '12:01:00'],
    ['in 2 min after the 2nd failure', NOON, 2, FAR, '12:02:00'],
    ['in 4 min after the 3rd failure', NOON, 3, FAR, '12:04:00'],
    ['in 8 min after the 4th failure', NOON, 4, FAR, '12:08:00'],
    ['in 16 min after the 5th failure', NOON, 5, FAR, '12:16:00'],
    ['in 32 min after the 6th failure', NOON, 6, FAR, '12:32:00'],
    ['in an hour after the 7th failure', NOON, 7, FAR, '13:00:00'],
    ['in an hour after the 8th failure', NOON, 8, FAR, '13:00:00'],
    ['in an hour after the 2000th failure', NOON, 2000, FAR, '13:00:00'],
    ['in an hour if the key expires in 10 h', NOON, 9, '2026-11-23T22:00:00Z', '13:00:00'],
    ['in 59 min if the key expires in 9 h 50 min', NOON, 9, '2026-11-23T21:50:00Z', '12:59:00'],
    ['in 2 min if the key expires in 20 min', NOON, 3, '2026-11-23T12:20:00Z', '12:02:00'],
    ['in 2 min if the key expires in 20 min and 9 s', NOON, 3, '2026-11-23T12:20:09Z', '12:02:00'],
    ['in 3 min if the key expires in 20 min and 10 s', NOON, 3, '2026-11-23T12:20:10Z', '12:03:00'],
    ['in 1 min if the key expires in 2 min', NOON, 5, '2026-11-23T12:02:00Z', '12:01:00'],
    ['in 1 min after the 1st failure of an expired key', NOON, 1, '2026-11-22T12:00:00Z', '12:01:00'],
    ['in 8 min after the 4th failure of an expired key', NOON, 4, '2026-11-22T12:00:00Z', '12:08:00'],
    ['in 10 min after the 5th failure of an expired key', NOON, 5, '2026-11-22T12:00:00Z', '12:10:00'],
    ['rounded up to the minute one second after a whole minute', '2026-11-23T12:00:01Z', 1, FAR, '12:02:00'],
    ['rounded up to the minute one second before a whole minute', '2026-11-23T12:00:59Z', 1, FAR, '12:02:00'],
  ])('is %s', (_, now, attempt, expires, at) => {
    expect(retryAt(epoch(now), attempt, epoch(expires))).toBe(epoch(`2026-11-23T${at}Z`));
  });

  it.each([
    ['is in an hour if the key expires in weeks', NOON, FAR, '13:00:00'],
    ['is rounded up to the minute', '2026-11-23T12:00:01Z', FAR, '13:01:00'],
    [
      'is in 12 min, as that of a run that cannot store its key, if the key expires in 100 min',
      NOON,
      '2026-11-23T13:40:00Z',
      '12:12:00',
    ],
    [
      'is before the Scheduler could be too late if the key expires in 10 min',
      NOON,
      '2026-11-23T12:10:00Z',
      '12:08:59',
    ],
    ['is in ten minutes if the key expires now', NOON, NOON, '12:10:00'],
  ])('%s if it is the latest that can be booked', (_, now, expires, at) => {
    expect(latestRetryAt(epoch(now), epoch(expires))).toBe(epoch(`2026-11-23T${at}Z`));
  });

  it.each([
    ['is in an hour if the key expires in weeks', NOON, FAR, '13:00:00'],
    [
      'is a minute after the end of a run that has just begun if the key expires in five minutes',
      NOON,
      '2026-11-23T12:05:00Z',
      '12:06:00',
    ],
  ])('%s, for the latest of a run that may still be at work', (_, now, expires, at) => {
    expect(latestRetryOfRunAt(epoch(now), epoch(expires))).toBe(epoch(`2026-11-23T${at}Z`));
  });
});

describe('the retry after a key that could not be stored', () => {
  it.each([
    ["is two minutes after Lambda's repeat, with clocks apart,", 1, FAR, '12:07:00'],
    ['is as late as any other after the 6th failure', 6, FAR, '12:32:00'],
    ['is as early as any other if the key would lapse before it', 1, '2026-11-23T12:08:00Z', '12:01:00'],
  ])('%s', (_, attempt, expires, at) => {
    expect(retryAfterLostKeyAt(epoch(NOON), attempt, epoch(expires))).toBe(epoch(`2026-11-23T${at}Z`));
  });
});

describe('a retry that was moved', () => {
  it('tells others that its run may hold a key unless the run has left the secret to another one', () => {
    const moved = idleRetryAt(epoch(NOON));
    expect([moved, mayHoldKey(moved), mayHoldKey(epoch(NOON))]).toEqual([
      epoch('2026-11-23T12:00:30Z'),
      false,
      true,
    ]);
  });
});

describe('earliestSafeAt', () => {
  it.each([
    ['12:00:00', '12:03:00'],
    ['12:00:01', '12:04:00'],
    ['12:00:59', '12:04:00'],
    ['12:01:00', '12:04:00'],
  ])('gives at %s the whole minute %s, at least three minutes ahead', (now, at) => {
    expect(earliestSafeAt(epoch(`2026-11-23T${now}Z`))).toBe(epoch(`2026-11-23T${at}Z`));
  });
});

describe('sweepCanSave', () => {
  it.each([
    [3719, 3600, false],
    [3720, 3600, true],
    [720, 600, true],
  ])('answers for a lead of %i s and a sweep every %i s: %s', (lead, every, expected) => {
    expect(sweepCanSave(lead, every)).toBe(expected);
  });
});
