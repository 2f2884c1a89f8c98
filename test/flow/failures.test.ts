import { describe, expect, it } from 'vitest';
import type { Fault } from '../worlds/faults.ts';
import { DAY, MANUAL, START, SWEEP } from '../worlds/names.ts';
import { halfDoneWorld, healthyWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

const fails = (moment: object) => ({ ...moment, mode: 'fail' }) as Fault;

describe('a demanded refresh in which one call fails', () => {
  it.each([
    [{ before: 'GetSecretValue' }, 'SecretAccessError', /cannot be read \(ECONNRESET\)/],
    [{ before: 'DescribeSecret' }, 'SecretAccessError', /cannot be read \(ECONNRESET\)/],
    [{ before: 'RefreshApiKey' }, 'RefreshFailedError', /Momento issued no new key \(UNAVAILABLE\)/],
    [{ after: 'RefreshApiKey' }, 'RefreshFailedError', /Momento issued no new key \(UNAVAILABLE\)/],
    [{ before: 'ListCaches' }, 'RefreshFailedError', /could not be asked .* stays pending/],
    [{ before: 'UpdateSecretVersionStage' }, 'RefreshFailedError', /not be made current \(ECONNRESET\)/],
    [{ after: 'UpdateSecretVersionStage' }, 'RefreshFailedError', /not be made current \(ECONNRESET\)/],
    [
      { before: 'CreateSchedule', nth: 2 },
      'RefreshFailedError',
      /was refreshed, but what comes after it failed\. .*did not book/,
    ],
  ] as const)('a lost call (%j) ends in %s, and a booked run refreshes', async (moment, name, message) => {
    const world = await healthyWorld();
    const old = world.current();

    expect(await world.run(MANUAL, fails(moment))).toMatchObject({
      error: { name, message: expect.stringMatching(message) },
    });
    expect(world.reported('failure')).toHaveLength(1);
    expect(world.current().works).toBe(true);
    expect(world.momento.accepts(String(old.record.apiKey))).toBe(true);
    expect(world.booked()).not.toEqual([]);

    await world.wakeUp();
    expect(world.current().works).toBe(true);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it.each([
    { before: 'ListSchedules' },
    { before: 'PutSecretValue' },
    { after: 'PutSecretValue' },
    { before: 'DeleteSchedule' },
  ])('the refresh succeeds despite a lost call (%j)', async (moment) => {
    const world = await healthyWorld();
    expect(await world.run(MANUAL, fails(moment))).toMatchObject({ result: { outcome: 'refresh' } });
  });

  it('is reported in whole sentences: what happened, until when the current key works, the next try and the command that helps', async () => {
    const world = await halfDoneWorld();
    // AWSCURRENT has moved, and the second observation fails.
    world.onceBefore('UpdateSecretVersionStage', () => world.seed());
    expect(errorOf(await world.run(MANUAL, fails({ before: 'GetSecretValue', nth: 3 }))).message).toMatch(
      /^The refresh of secret "momento\/authentication-token" failed\. Secret "momento\/authentication-token" cannot be read \(ECONNRESET\)\. Secrets Manager gave no usable answer\. This usually passes\. The current key works until \S+Z\. The next try is booked for \S+Z\. See whether it has: npm run status -- --region us-east-1$/,
    );
  });
});

describe('while the Scheduler books nothing', () => {
  it('a refresh stops before a key is issued as long as there is time', async () => {
    const world = await healthyWorld();
    world.faults = [{ before: 'CreateSchedule', mode: 'fail' }];
    expect(await world.run(MANUAL)).toMatchObject({
      error: {
        name: 'RefreshFailedError',
        message: expect.stringMatching(/did not book .*No retry could be booked: the sweep will try again/),
      },
    });
    expect(world.calls).not.toContain('RefreshApiKey');
  });

  it('a key is refreshed without a booking once half the lead is gone', async () => {
    const world = await healthyWorld();
    world.faults = [{ before: 'CreateSchedule', mode: 'fail' }];
    const old = world.current();
    world.now = Number(old.record.validUntil) - DAY;
    expect(errorOf(await world.run(MANUAL)).message).toContain('did not book');
    expect(world.current().versionId).not.toBe(old.versionId);
    expect(world.current().works).toBe(true);
    expect(world.reported('leftover')).toMatchObject([{ kind: 'leftover', effect: 'retry-booked' }]);
  });
});

it('retries are booked further and further apart while Momento is away, and refresh the key when it is back', async () => {
  const world = await healthyWorld();
  world.momento.outage = true;
  const dueMinute = Math.floor((world.scheduler.nextDueAt() ?? 0) / 60_000);
  const minutes: number[] = [];
  for (let n = 0; n < 9; n++) {
    const [outcome] = await world.wakeUp();
    expect(errorOf(outcome).name).toBe('RefreshFailedError');
    minutes.push(Math.floor(world.now / 60) - dueMinute);
  }
  // 1 (up to the whole minute: 2), 2, 4, 8, 16, 32, then 60 minutes apart.
  expect(minutes).toEqual([0, 2, 4, 8, 16, 32, 64, 124, 184]);

  world.momento.outage = false;
  expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'refresh' } }]);
  expect(world.booked()).toHaveLength(1);
});

describe('a new key', () => {
  it('is never made current if Momento rejects it, and the next try gets another', async () => {
    const world = await healthyWorld();
    const old = world.current();
    world.onceBefore('ListCaches', () => world.momento.revoke(world.pendingKey()));
    expect(errorOf(await world.run(MANUAL)).message).toContain('Momento rejected the new key');
    expect(world.current().versionId).toBe(old.versionId);
    expect(world.calls.filter((operation) => operation === 'RefreshApiKey')).toHaveLength(1);

    await world.wakeUp();
    expect(world.current().versionId).not.toBe(old.versionId);
    expect(world.current().works).toBe(true);
  });

  it('is made current although its narrow permissions do not let it list caches', async () => {
    const world = new World();
    world.put(world.momento.generateKey({ lifetimeSeconds: 30 * DAY, narrow: true }));
    world.now += 60;
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
  });

  it('that expires in the same second as the old one is made current', async () => {
    const world = new World();
    const seeded = world.seed();
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh', reason: 'requested' } });
    expect(world.current().record).toMatchObject({ validUntil: START + 30 * DAY });
    expect(world.current().record.apiKey).not.toBe(seeded.apiKey);
  });

  it('that expires one second before the old one is a failure, and the old key stays', async () => {
    const world = new World();
    const seeded = world.seed();
    const refresh = world.momento.refreshApiKey.bind(world.momento);
    world.momento.refreshApiKey = (...credentials) => ({
      ...refresh(...credentials),
      validUntil: START + 30 * DAY - 1,
    });
    expect(errorOf(await world.run(MANUAL)).message).toContain(
      "valid until 2026-01-30T23:59:59Z. That is past, or before the current key's 2026-01-31T00:00:00Z, so it was not used",
    );
    expect(world.current().record).toEqual(seeded);
  });

  it.each([
    // The SDK makes this of an expiry of 0.
    ['an infinite expiry', { validUntil: Number.POSITIVE_INFINITY }, 'without a usable expiry'],
    ['an expiry that no Date can hold', { validUntil: 1e18 }, 'without a usable expiry'],
    ['an expiry in milliseconds', { validUntil: 1_770_681_600_000 }, 'without a usable expiry'],
    ['an expiry that is not a number', { validUntil: Number.NaN }, 'without a usable expiry'],
    ['no refresh token', { refreshToken: '' }, 'that could not be refreshed again, so it was not used'],
  ])('with %s is a failure, and the old key stays', async (_, changes, message) => {
    const world = await healthyWorld();
    const old = world.current();
    const refresh = world.momento.refreshApiKey.bind(world.momento);
    world.momento.refreshApiKey = (...credentials) => ({ ...refresh(...credentials), ...changes });
    expect(errorOf(await world.run(MANUAL)).message).toContain(message);
    expect(world.current()).toEqual(old);
    expect(world.pendingVersionId()).toBeUndefined();
    expect(world.booked().length).toBeGreaterThan(1);
  });

  it('that could not be proved is made current only if the current one expires before the next try', async () => {
    const world = await healthyWorld();
    const old = world.current();
    const expiresAt = Number(old.record.validUntil);
    world.faults = [{ before: 'ListCaches', mode: 'fail' }];
    world.now = expiresAt - 3600;
    await world.run(MANUAL);
    expect(world.current().versionId).toBe(old.versionId);

    world.now = expiresAt - 90;
    await world.run(MANUAL);
    expect(world.current().versionId).not.toBe(old.versionId);
    expect(world.effects()).toContain('key-promoted-unproven');
    expect(world.effects()).not.toContain('key-proved');
    expect(world.effects()).not.toContain('key-promoted');
  });
});

describe("a person's change during a refresh", () => {
  it.each(['RefreshApiKey', 'PutSecretValue', 'ListCaches', 'UpdateSecretVersionStage'])(
    'a key put just before %s is never overwritten',
    async (moment) => {
      const world = await healthyWorld();
      const put: unknown[] = [];
      world.onceBefore(moment, () => put.push(world.seed({ lifetimeSeconds: 7 * DAY })));
      expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'wait', reason: 'not-due' } });
      expect([world.current().record]).toEqual(put);
      expect(world.pendingVersionId()).toBeUndefined();
    },
  );

  it('a pending key that succeeds an older key is not promoted over the key that a person put', async () => {
    const world = await halfDoneWorld();
    const stale = world.pendingVersionId();
    world.seed({ lifetimeSeconds: 7 * DAY });
    world.now += 60;
    expect(await world.run(MANUAL)).toMatchObject({ result: { reason: 'requested' } });
    expect(world.calls).toContain('RefreshApiKey');
    expect(world.current().versionId).not.toBe(stale);
    expect(world.current().record.validUntil).toBe(world.now + 7 * DAY);
  });

  it('a version that a person rolled back from is not promoted again', async () => {
    const world = await healthyWorld();
    const refreshed = world.current().versionId;
    const previous = world.previousVersionId();
    world.makeCurrent(previous);

    await world.run(SWEEP);

    expect(world.current().versionId).toBe(previous);
    await world.run(MANUAL);
    expect(world.current().works).toBe(true);
    expect([previous, refreshed]).not.toContain(world.current().versionId);
  });
});
