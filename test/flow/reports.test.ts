import { describe, expect, it } from 'vitest';
import { DAY, labelUpdated, MANUAL, SECRET, START, SWEEP } from '../worlds/names.ts';
import { halfDoneWorld, healthyWorld, seededWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

const UUID = /^[0-9a-f]{8}-/;
const OURS = /^[0-9a-f]{40}-[0-9a-f]{12}$/;

describe('the report of a run', () => {
  it('lists each decision and each effect of a refresh with its ids and instants', async () => {
    const world = seededWorld();
    await world.run(MANUAL);

    const subject = { secretName: 'momento/authentication-token', trigger: 'manual', attempt: 1 };
    const first = expect.stringMatching(UUID);
    const second = expect.stringMatching(OURS);
    const retry = 'momento-authentication-token-743659dd-1767225720';
    expect(world.reports).toEqual([
      {
        kind: 'decision',
        ...subject,
        decision: {
          outcome: 'refresh',
          reason: 'requested',
          expiresAt: START + 30 * DAY,
          dueAt: expect.any(Number),
        },
        versionId: first,
        pendingVersionId: undefined,
      },
      { kind: 'effect', ...subject, effect: 'retry-booked', wakeUp: retry, at: START + 120 },
      { kind: 'effect', ...subject, effect: 'key-issued', at: START + 60 + 30 * DAY },
      { kind: 'effect', ...subject, effect: 'key-stored', versionId: second },
      { kind: 'effect', ...subject, effect: 'key-proved', versionId: second },
      { kind: 'effect', ...subject, effect: 'key-promoted', versionId: second, fromVersionId: first },
      {
        kind: 'decision',
        ...subject,
        decision: {
          outcome: 'wait',
          reason: 'not-due',
          until: expect.any(Number),
          expiresAt: START + 60 + 30 * DAY,
          dueAt: expect.any(Number),
        },
        versionId: second,
        pendingVersionId: undefined,
      },
      {
        kind: 'effect',
        ...subject,
        effect: 'wake-up-booked',
        wakeUp: expect.stringMatching(/^momento-authentication-token-743659dd-17695\d{5}$/),
        at: expect.any(Number),
      },
      { kind: 'effect', ...subject, effect: 'wake-up-cancelled' },
      {
        kind: 'refreshed',
        ...subject,
        decision: { outcome: 'refresh', reason: 'requested' },
        durationSeconds: 0,
      },
      {
        kind: 'state',
        ...subject,
        state: 'healthy',
        troubles: [],
        flags: {
          KeyUnusable: 0,
          KeyUnrefreshable: 0,
          HalfLeadUsed: 0,
          SecretUnattended: 0,
          RefreshFailing: 0,
        },
        createdAt: START + 60,
        expiresAt: START + 60 + 30 * DAY,
        plannedRefreshAt: expect.any(Number),
      },
    ]);
  });

  it('says how many seconds a refresh took', async () => {
    const world = await healthyWorld();
    await world.run(MANUAL, { before: 'ListCaches', mode: { lateSeconds: 90 } });
    expect(world.reports).toContainEqual(expect.objectContaining({ kind: 'refreshed', durationSeconds: 90 }));
  });

  it('has no booking if the wake-up is booked already', async () => {
    const world = await healthyWorld();
    await world.run(labelUpdated());
    world.reports.length = 0;
    await world.run(SWEEP);
    expect(world.calls).toEqual(['ListSchedules', 'GetSecretValue', 'DescribeSecret']);
    expect(world.effects()).toEqual([]);
    expect(world.reports.at(-1)).toEqual({
      kind: 'sweep',
      managed: 1,
      unseeded: 0,
      unreadable: 0,
      failed: 0,
      cancelled: 0,
    });
  });

  it('has no booking if the wake-up is booked already and the list of bookings failed', async () => {
    const world = await healthyWorld();
    await world.run(labelUpdated());
    world.reports.length = 0;
    expect(await world.run(labelUpdated(), { before: 'ListSchedules', mode: 'fail' })).toMatchObject({
      result: { outcome: 'wait', reason: 'not-due' },
    });
    expect(world.calls).toEqual([
      'GetSecretValue',
      'DescribeSecret',
      'ListSchedules',
      'CreateSchedule',
      'GetSchedule',
      'ListCaches',
    ]);
    expect(world.effects()).toEqual([]);
  });

  it('shows a promotion that came too late, and that the pending label was released', async () => {
    const world = await healthyWorld();
    world.onceBefore('UpdateSecretVersionStage', () => world.seed({ lifetimeSeconds: 7 * DAY }));
    await world.run(MANUAL);
    expect(world.effects()).toEqual([
      'retry-booked',
      'key-issued',
      'key-stored',
      'key-proved',
      'promotion-superseded',
      'wake-up-booked',
      'pending-released',
      'wake-up-cancelled',
    ]);
    expect(world.reported('refreshed')).toEqual([]);
  });

  it('names a retry that could not be cancelled, with the error', async () => {
    const world = await healthyWorld();
    await world.run(MANUAL, { before: 'DeleteSchedule', mode: 'fail' });
    expect(world.reported('leftover')).toEqual([
      {
        kind: 'leftover',
        secretName: 'momento/authentication-token',
        trigger: 'manual',
        attempt: 1,
        effect: 'wake-up-cancelled',
        error: expect.objectContaining({ name: 'WakeUpError' }),
      },
    ]);
  });

  it('counts the secrets that a sweep found unseeded', async () => {
    const world = new World({ secretNames: [SECRET, 'team/one', 'team/two'] });
    world.seed();
    await world.run(SWEEP);
    expect(world.reports.at(-1)).toEqual({
      kind: 'sweep',
      managed: 3,
      unseeded: 2,
      unreadable: 0,
      failed: 0,
      cancelled: 0,
    });
  });
});

describe('a key that was left pending', () => {
  it('is made current by the retry, which issues no other', async () => {
    const world = await halfDoneWorld();
    const pending = world.pendingVersionId();
    await world.wakeUp();
    expect(world.current().versionId).toBe(pending);
    expect(world.effects()).not.toContain('key-issued');
  });

  it('is replaced at once if Momento rejects it', async () => {
    const world = await halfDoneWorld();
    const pending = world.pendingVersionId();
    world.momento.revoke(world.pendingKey());
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'resume' } }]);
    expect(world.current().works).toBe(true);
    expect(world.current().versionId).not.toBe(pending);
    expect(world.effects().slice(1, 5)).toEqual(['key-issued', 'key-stored', 'key-proved', 'key-promoted']);
  });

  it('is given up if Momento rejects it and the current key has lapsed', async () => {
    const world = await halfDoneWorld();
    world.momento.revoke(world.pendingKey());
    const old = world.current();
    world.now = Number(old.record.validUntil);
    expect(await world.run(MANUAL)).toMatchObject({ error: { name: 'KeyLapsedError' } });
    expect(world.effects()).toEqual(['retry-booked']);
    expect(world.current().versionId).toBe(old.versionId);
    expect(world.pendingVersionId()).toBeUndefined();

    // Later wake-ups find a lapsed key and try nothing.
    const known = world.recorded.length;
    const errors = new Set<string>();
    while (world.booked().length > 0) {
      for (const outcome of await world.wakeUp()) errors.add(errorOf(outcome).name);
    }
    expect([...errors]).toEqual(['KeyLapsedError']);
    expect(world.recorded.slice(known).map(({ operation }) => operation)).not.toContain('ListCaches');
  });

  it('and that another run makes current first is not reported as a refresh of this run', async () => {
    const world = await halfDoneWorld();
    const pending = world.pendingVersionId() ?? '';
    world.onceBefore('UpdateSecretVersionStage', () => world.makeCurrent(pending));
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'wait', reason: 'not-due' } }]);
    expect(world.effects()).toContain('promotion-superseded');
    expect(world.reported('refreshed')).toEqual([]);
  });
});
