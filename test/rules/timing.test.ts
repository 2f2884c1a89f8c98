import { describe, expect, it } from 'vitest';
import {
  CLOCK_TOLERANCE_SECONDS,
  type LeadPolicy,
  latestRetryAt,
  latestRetryOfRunAt,
  leadSeconds,
  refreshAt,
  retryAt,
  SCHEDULER_PRECISION_SECONDS,
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

describe('the default lead', () => {
  it.each([
    { sentence: '90 days: three days and the jitter', lifetime: 90 * DAY, expected: 260_193 },
    { sentence: '30 days: a tenth is just three days', lifetime: 30 * DAY, expected: 260_193 },
    { sentence: '1000 s less than 30 days: a tenth', lifetime: 30 * DAY - 1000, expected: 260_093 },
    { sentence: '7 days: a tenth', lifetime: 7 * DAY, expected: 60_711 },
    { sentence: 'one day: a tenth', lifetime: DAY, expected: 8_673 },
    { sentence: '3610 s: a tenth is a second more than six minutes', lifetime: 3610, expected: 362 },
    { sentence: 'an hour: a tenth is six minutes', lifetime: 3600, expected: 361 },
    { sentence: '3590 s: less than six minutes is lifted to six', lifetime: 3590, expected: 361 },
    { sentence: '722 s: half is just six minutes and the jitter', lifetime: 722, expected: 361 },
    { sentence: '721 s: the jitter does not lift it above half', lifetime: 721, expected: 360 },
    { sentence: '12 min: half', lifetime: 720, expected: 360 },
    { sentence: '599 s: half, in whole seconds', lifetime: 599, expected: 299 },
    { sentence: 'a minute: half', lifetime: 60, expected: 30 },
    { sentence: 'a second: none', lifetime: 1, expected: 0 },
    { sentence: 'no lifetime: none', lifetime: 0, expected: 0 },
  ])('$sentence', ({ lifetime, expected }) => {
    expect(leadSeconds(life(lifetime), DEFAULT)).toBe(expected);
  });
});

describe("an operator's lead for a key of 30 days", () => {
  it.each<{ sentence: string; policy: LeadPolicy; expected: number }>([
    { sentence: '10 s becomes 6 min', policy: { kind: 'duration', seconds: 10 }, expected: 361 },
    { sentence: '360 s', policy: { kind: 'duration', seconds: 360 }, expected: 361 },
    { sentence: '361 s', policy: { kind: 'duration', seconds: 361 }, expected: 362 },
    {
      sentence: '10 days are not cut to three',
      policy: { kind: 'duration', seconds: 864_000 },
      expected: 867_312,
    },
    {
      sentence: '15 days are half, and get no jitter',
      policy: { kind: 'duration', seconds: 1_296_000 },
      expected: 1_296_000,
    },
    {
      sentence: '40 days become half',
      policy: { kind: 'duration', seconds: 3_456_000 },
      expected: 1_296_000,
    },
    { sentence: '0 % becomes 6 min', policy: { kind: 'percentage', percent: 0 }, expected: 361 },
    { sentence: '1 %', policy: { kind: 'percentage', percent: 1 }, expected: 26_019 },
    {
      sentence: '25 % is not cut to three days',
      policy: { kind: 'percentage', percent: 25 },
      expected: 650_484,
    },
    { sentence: '49 %', policy: { kind: 'percentage', percent: 49 }, expected: 1_274_948 },
    { sentence: '50 % is half', policy: { kind: 'percentage', percent: 50 }, expected: 1_296_000 },
    { sentence: '100 % becomes half', policy: { kind: 'percentage', percent: 100 }, expected: 1_296_000 },
  ])('$sentence', ({ policy, expected }) => {
    expect(leadSeconds(life(30 * DAY), policy)).toBe(expected);
  });
});

describe('the jitter', () => {
  it.each([
    { sentence: 'almost none', versionId: 'version-137', expected: 259_251 },
    {
      sentence: 'two thirds of a tenth',
      versionId: '22222222-2222-4222-8222-222222222222',
      expected: 276_422,
    },
    { sentence: 'almost a tenth', versionId: 'version-198', expected: 285_054 },
  ])('is fixed by the version: $sentence', ({ versionId, expected }) => {
    expect(leadSeconds({ ...life(30 * DAY), versionId }, DEFAULT)).toBe(expected);
  });

  it('is fixed by the secret', () => {
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

describe('the instant of the refresh', () => {
  it('is the lead before expiry', () => {
    expect(refreshAt(life(30 * DAY), { kind: 'percentage', percent: 50 })).toBe(
      epoch('2026-11-16T00:00:00Z'),
    );
  });

  it('rounds half a lifetime towards expiry, since the lead is never more than half', () => {
    expect(refreshAt(life(61), DEFAULT)).toBe(epoch('2026-11-01T00:00:31Z'));
  });
});

describe('the next try', () => {
  const NOON = '2026-11-23T12:00:00Z';
  const FAR = '2026-12-23T12:00:00Z';

  it.each([
    { sentence: 'after the 1st failure: 1 min', now: NOON, attempt: 1, expires: FAR, at: '12:01:00' },
    { sentence: 'after the 2nd: 2 min', now: NOON, attempt: 2, expires: FAR, at: '12:02:00' },
    { sentence: 'after the 3rd: 4 min', now: NOON, attempt: 3, expires: FAR, at: '12:04:00' },
    { sentence: 'after the 4th: 8 min', now: NOON, attempt: 4, expires: FAR, at: '12:08:00' },
    { sentence: 'after the 5th: 16 min', now: NOON, attempt: 5, expires: FAR, at: '12:16:00' },
    { sentence: 'after the 6th: 32 min', now: NOON, attempt: 6, expires: FAR, at: '12:32:00' },
    { sentence: 'after the 7th: an hour, not 64 min', now: NOON, attempt: 7, expires: FAR, at: '13:00:00' },
    { sentence: 'after the 8th: an hour', now: NOON, attempt: 8, expires: FAR, at: '13:00:00' },
    { sentence: 'after the 2000th: an hour', now: NOON, attempt: 2000, expires: FAR, at: '13:00:00' },
    {
      sentence: 'with 10 h left: a tenth is an hour',
      now: NOON,
      attempt: 9,
      expires: '2026-11-23T22:00:00Z',
      at: '13:00:00',
    },
    {
      sentence: 'with 9 h 50 min left: a tenth is 59 min',
      now: NOON,
      attempt: 9,
      expires: '2026-11-23T21:50:00Z',
      at: '12:59:00',
    },
    {
      sentence: 'with 20 min left: a tenth is 2 min',
      now: NOON,
      attempt: 3,
      expires: '2026-11-23T12:20:00Z',
      at: '12:02:00',
    },
    {
      sentence: 'with 9 s more, the tenth is 120 whole seconds still',
      now: NOON,
      attempt: 3,
      expires: '2026-11-23T12:20:09Z',
      at: '12:02:00',
    },
    {
      sentence: 'with 10 s more, the tenth is 121 s, up to the next minute',
      now: NOON,
      attempt: 3,
      expires: '2026-11-23T12:20:10Z',
      at: '12:03:00',
    },
    {
      sentence: 'with 2 min left: a minute at least',
      now: NOON,
      attempt: 5,
      expires: '2026-11-23T12:02:00Z',
      at: '12:01:00',
    },
    {
      sentence: 'after expiry: a minute for the first',
      now: NOON,
      attempt: 1,
      expires: '2026-11-22T12:00:00Z',
      at: '12:01:00',
    },
    {
      sentence: 'after expiry: doubled as ever',
      now: NOON,
      attempt: 4,
      expires: '2026-11-22T12:00:00Z',
      at: '12:08:00',
    },
    {
      sentence: 'after expiry: ten minutes at most',
      now: NOON,
      attempt: 5,
      expires: '2026-11-22T12:00:00Z',
      at: '12:10:00',
    },
    {
      sentence: 'one second past a minute: up to the whole minute',
      now: '2026-11-23T12:00:01Z',
      attempt: 1,
      expires: FAR,
      at: '12:02:00',
    },
    {
      sentence: 'one second before a minute: up to the whole minute',
      now: '2026-11-23T12:00:59Z',
      attempt: 1,
      expires: FAR,
      at: '12:02:00',
    },
  ])('$sentence', ({ now, attempt, expires, at }) => {
    expect(retryAt(epoch(now), attempt, epoch(expires))).toBe(epoch(`2026-11-23T${at}Z`));
  });

  it.each([
    { sentence: 'with weeks left is in an hour', now: NOON, expires: FAR, at: '13:00:00' },
    { sentence: 'is rounded up too', now: '2026-11-23T12:00:01Z', expires: FAR, at: '13:01:00' },
    { sentence: 'with 100 min left is in ten', now: NOON, expires: '2026-11-23T13:40:00Z', at: '12:10:00' },
    { sentence: 'at expiry is in ten', now: NOON, expires: NOON, at: '12:10:00' },
  ])('the latest that can be booked $sentence', ({ now, expires, at }) => {
    expect(latestRetryAt(epoch(now), epoch(expires))).toBe(epoch(`2026-11-23T${at}Z`));
  });

  it.each([
    { sentence: 'with weeks left is in an hour', now: NOON, expires: FAR, at: '13:00:00' },
    {
      sentence: 'with ten minutes left is a minute after the end of a run that has just begun',
      now: NOON,
      expires: '2026-11-23T12:10:00Z',
      at: '12:06:00',
    },
  ])('the latest of a run that may still be at work $sentence', ({ now, expires, at }) => {
    expect(latestRetryOfRunAt(epoch(now), epoch(expires))).toBe(epoch(`2026-11-23T${at}Z`));
  });
});

it('allows the Scheduler its minute and the clocks two', () => {
  expect(SCHEDULER_PRECISION_SECONDS).toBe(60);
  expect(CLOCK_TOLERANCE_SECONDS).toBe(120);
});

describe('a sweep alone', () => {
  it.each([
    [3719, 3600, false],
    [3720, 3600, true],
    [720, 600, true],
  ])('with a lead of %i s and a sweep every %i s saves a key: %s', (lead, every, expected) => {
    expect(sweepCanSave(lead, every)).toBe(expected);
  });
});
