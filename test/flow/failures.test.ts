import { describe, expect, it } from 'vitest';
import { RefreshFailedError } from '../../handlers/errors.ts';
import { healthyWorld, MANUAL } from '../worlds/situations.ts';
import { DAY, SECRET, World } from '../worlds/world.ts';

describe('each call of a demanded refresh made to fail, before or after it took effect', () => {
  it.each([
    { call: 0, phase: 'before', error: 'SecretAccessError', says: /cannot be read \(ECONNRESET\)/ },
    { call: 1, phase: 'before', error: 'SecretAccessError', says: /cannot be read \(ECONNRESET\)/ },
    {
      call: 4,
      phase: 'before',
      error: 'RefreshFailedError',
      says: /Momento issued no new key \(UNAVAILABLE\)/,
    },
    {
      call: 4,
      phase: 'after',
      error: 'RefreshFailedError',
      says: /Momento issued no new key \(UNAVAILABLE\)/,
    },
    { call: 5, phase: 'before', error: 'RefreshFailedError', says: /could not be stored \(ECONNRESET\)/ },
    { call: 5, phase: 'after', error: 'RefreshFailedError', says: /could not be stored \(ECONNRESET\)/ },
    { call: 6, phase: 'before', error: 'RefreshFailedError', says: /could not be asked .* stays pending/ },
    {
      call: 7,
      phase: 'before',
      error: 'RefreshFailedError',
      says: /could not be made current \(ECONNRESET\)/,
    },
    {
      call: 7,
      phase: 'after',
      error: 'RefreshFailedError',
      says: /could not be made current \(ECONNRESET\)/,
    },
    { call: 8, phase: 'before', error: 'RefreshFailedError', says: /cannot be read \(ECONNRESET\)/ },
    {
      call: 10,
      phase: 'before',
      error: 'RefreshFailedError',
      says: /was refreshed, but what comes after it failed: .*did not book/,
    },
  ] as const)('call $call $phase: $error', async ({ call, phase, error, says }) => {
    const world = await healthyWorld();
    const old = world.current();

    const outcome = await world.run(MANUAL, { call, phase, mode: 'fail' });

    if (outcome === 'killed' || 'result' in outcome) throw new Error('it did not fail');
    expect(outcome.error.name).toBe(error);
    expect(outcome.error.message).toMatch(says);
    expect(world.reports.filter(({ kind }) => kind === 'failure')).toHaveLength(1);
    expect(world.current().works).toBe(true);
    expect(world.momento.accepts(String(old.record.apiKey))).toBe(true);
    expect(world.booked().length).toBeGreaterThan(0);

    await world.wakeUp();
    expect(world.current().works).toBe(true);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it.each([
    { call: 2, phase: 'before', what: 'the look at what is booked' },
    { call: 11, phase: 'before', what: 'the cancelling of the retry' },
  ] as const)('$what may fail without harm', async ({ call, phase }) => {
    const world = await healthyWorld();
    const outcome = await world.run(MANUAL, { call, phase, mode: 'fail' });
    expect(outcome).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
  });
});

describe('a Scheduler that books nothing', () => {
  function withoutBookings(world: World): void {
    world.scheduler.gate.faultHook = (operation) => {
      if (operation === 'CreateSchedule') throw new Error('the Scheduler is away');
    };
  }

  it('stops a refresh before anything is issued, as long as there is time', async () => {
    const world = await healthyWorld();
    withoutBookings(world);
    expect(await world.run(MANUAL)).toEqual({
      error: expect.objectContaining({
        name: 'RefreshFailedError',
        message: expect.stringMatching(/did not book .*No retry could be booked: the sweep will try again/),
      }),
    });
    expect(world.calls).not.toContain('RefreshApiKey');
  });

  it('does not stop it once half the lead is gone: a fresh key without a booking beats a dead one', async () => {
    const world = await healthyWorld();
    withoutBookings(world);
    const old = world.current();
    world.now = Number(old.record.validUntil) - DAY;
    expect(await world.run(MANUAL)).toEqual({
      error: expect.objectContaining({ message: expect.stringContaining('did not book') }),
    });
    expect(world.current().versionId).not.toBe(old.versionId);
    expect(world.current().works).toBe(true);
  });
});

describe('retries', () => {
  it('are booked further and further apart while Momento is away, and end the outage by themselves', async () => {
    const world = await healthyWorld();
    world.momento.outage = true;
    world.now = Math.floor((world.scheduler.nextDueAt() ?? 0) / 1000);
    const dueMinute = Math.floor(world.now / 60);
    const minutes: number[] = [];
    for (let n = 0; n < 9; n++) {
      const [outcome] = await world.wakeUp();
      expect(outcome).toEqual({ error: expect.any(RefreshFailedError) });
      minutes.push(Math.floor(world.now / 60) - dueMinute);
    }
    // 1 (up to the whole minute: 2), 2, 4, 8, 16, 32, then 60 minutes apart.
    expect(minutes).toEqual([0, 2, 4, 8, 16, 32, 64, 124, 184]);

    world.momento.outage = false;
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
    expect(world.booked()).toHaveLength(1);
  });
});

describe('what Momento answers', () => {
  it('a new key that it rejects is never made current, and the next try takes another', async () => {
    const world = await healthyWorld();
    const old = world.current();
    world.meanwhile = (operation) => {
      // The key that was just stored stops working before it is proved.
      if (operation !== 'ListCaches') return;
      const pending = world.secrets.getSecretValue({ SecretId: SECRET, VersionStage: 'AWSPENDING' });
      world.momento.revoke(JSON.parse(pending.SecretString ?? '{}').apiKey);
    };
    expect(await world.run(MANUAL)).toEqual({
      error: expect.objectContaining({ message: expect.stringContaining('Momento rejected the new key') }),
    });
    expect(world.current().versionId).toBe(old.versionId);
    expect(world.calls.filter((operation) => operation === 'RefreshApiKey')).toHaveLength(1);

    world.meanwhile = () => {};
    await world.wakeUp();
    expect(world.current().versionId).not.toBe(old.versionId);
    expect(world.current().works).toBe(true);
  });

  it('a narrow key that may not list caches is a good key', async () => {
    const world = new World();
    world.put(world.momento.generateKey({ lifetimeSeconds: 30 * DAY, narrow: true }));
    world.now += 60;
    expect(await world.run(MANUAL)).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
  });

  it('an expiry that is no later than the old one is a failure, and the old key stays', async () => {
    const world = new World();
    const seeded = world.seed();
    const outcome = await world.run(MANUAL);
    expect(outcome).toEqual({
      error: expect.objectContaining({ message: expect.stringContaining("not after the current key's") }),
    });
    expect(world.current().record).toEqual(seeded);
  });

  it.each([0, 1e18])(
    'a new key without a usable expiry (%d) is a failure, and the old key stays',
    async (validUntil) => {
      const world = await healthyWorld();
      const old = world.current();
      const refresh = world.momento.refreshApiKey.bind(world.momento);
      // The SDK makes Infinity of an expiry of 0.
      world.momento.refreshApiKey = (...credentials) => ({
        ...refresh(...credentials),
        validUntil: validUntil || Number.POSITIVE_INFINITY,
      });
      expect(await world.run(MANUAL)).toEqual({
        error: expect.objectContaining({ message: expect.stringContaining('without a usable expiry') }),
      });
      expect(world.current().versionId).toBe(old.versionId);
    },
  );

  it('an unproven key is made current only when the current one would be dead before the next try', async () => {
    const world = await healthyWorld();
    const old = world.current();
    const expiresAt = Number(old.record.validUntil);
    world.momento.gate.faultHook = (operation) => {
      if (operation === 'ListCaches') throw new Error('not reached');
    };
    world.now = expiresAt - 3600;
    await world.run(MANUAL);
    expect(world.current().versionId).toBe(old.versionId);

    world.now = expiresAt - 90;
    await world.run(MANUAL);
    expect(world.current().versionId).not.toBe(old.versionId);
    expect(world.reports).toContainEqual(expect.objectContaining({ effect: 'key-promoted-unproven' }));
  });
});

describe('others at the same secret', () => {
  it('a key that a person puts while the refresh is at work is never overwritten', async () => {
    for (const moment of ['RefreshApiKey', 'PutSecretValue', 'ListCaches', 'UpdateSecretVersionStage']) {
      const world = await healthyWorld();
      let theirs: unknown;
      world.meanwhile = (operation) => {
        if (operation !== moment || theirs !== undefined) return;
        theirs = world.seed({ lifetimeSeconds: 7 * DAY });
      };
      const outcome = await world.run(MANUAL);
      expect(outcome).toEqual({ result: expect.objectContaining({ outcome: 'wait', reason: 'not-due' }) });
      expect(world.current().record).toEqual(theirs);
      expect(world.pendingVersionId()).toBeUndefined();
    }
  });

  it('a pending key of an older one is not promoted in place of a new one', async () => {
    const world = await healthyWorld();
    // Killed after the new key was stored; then a person puts one of their own.
    expect(await world.run(MANUAL, { call: 5, phase: 'after', mode: 'kill' })).toBe('killed');
    const stale = world.pendingVersionId();
    world.seed({ lifetimeSeconds: 7 * DAY });
    world.now += 60;
    expect(await world.run(MANUAL)).toEqual({ result: expect.objectContaining({ reason: 'requested' }) });
    expect(world.calls).toContain('RefreshApiKey');
    expect(world.current().versionId).not.toBe(stale);
    expect(world.current().record.validUntil).toBe(world.now + 7 * DAY);
  });

  it('a version that a person rolled back from is not promoted again', async () => {
    const world = await healthyWorld();
    const refreshed = world.current().versionId;
    const { VersionIdsToStages = {} } = world.secrets.describeSecret({ SecretId: SECRET });
    const [previous = ''] = Object.entries(VersionIdsToStages)
      .filter(([, stages]) => stages.includes('AWSPREVIOUS'))
      .map(([id]) => id);
    world.secrets.updateSecretVersionStage({
      SecretId: SECRET,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: refreshed,
      MoveToVersionId: previous,
    });

    await world.run({ action: 'sweep' });

    expect(world.current().versionId).toBe(previous);
    await world.run(MANUAL);
    expect(world.current().works).toBe(true);
    expect([previous, refreshed]).not.toContain(world.current().versionId);
  });
});
