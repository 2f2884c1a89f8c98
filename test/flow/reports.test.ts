import { describe, expect, it } from 'vitest';
import type { ReportEntry } from '../../handlers/reporting/report.ts';
import { healthyWorld, MANUAL, SWEEP } from '../worlds/situations.ts';
import { DAY, SECRET, START, World } from '../worlds/world.ts';

const UUID = /^[0-9a-f]{8}-/;
const OURS = /^[0-9a-f]{40}-[0-9a-f]{12}$/;

function effects(world: World): string[] {
  return world.reports.flatMap((entry) => (entry.kind === 'effect' ? [entry.effect] : []));
}

function leftovers(world: World): (ReportEntry & { kind: 'leftover' })[] {
  return world.reports.filter((entry) => entry.kind === 'leftover');
}

describe('what a run reports', () => {
  it('of a whole refresh: each decision and each effect with its ids and instants', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 30 * DAY });
    world.now = START + 60;
    await world.run(MANUAL);

    const subject = { secretName: 'momento/authentication-token', trigger: 'manual', attempt: 1 };
    const first = expect.stringMatching(UUID);
    const second = expect.stringMatching(OURS);
    const retry = 'momento-authentication-token-743659dd-1767225720';
    expect(world.reports).toEqual([
      {
        kind: 'decision',
        ...subject,
        decision: { outcome: 'refresh', reason: 'requested' },
        versionId: first,
        pendingVersionId: undefined,
        expiresAt: START + 30 * DAY,
        plannedRefreshAt: expect.any(Number),
      },
      { kind: 'effect', ...subject, effect: 'retry-booked', wakeUp: retry, at: START + 120 },
      { kind: 'effect', ...subject, effect: 'key-issued', at: START + 60 + 30 * DAY },
      { kind: 'effect', ...subject, effect: 'key-stored', versionId: second },
      { kind: 'effect', ...subject, effect: 'key-proved', versionId: second },
      { kind: 'effect', ...subject, effect: 'key-promoted', versionId: second, fromVersionId: first },
      {
        kind: 'decision',
        ...subject,
        decision: { outcome: 'wait', reason: 'not-due', until: expect.any(Number) },
        versionId: second,
        pendingVersionId: undefined,
        expiresAt: START + 60 + 30 * DAY,
        plannedRefreshAt: expect.any(Number),
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
    ]);
  });

  it('how long a refresh took, in seconds', async () => {
    const world = await healthyWorld();
    world.meanwhile = (operation) => {
      if (operation === 'ListCaches') world.now += 90;
    };
    await world.run(MANUAL);
    expect(world.reports).toContainEqual(expect.objectContaining({ kind: 'refreshed', durationSeconds: 90 }));
  });

  it('no booking of what was booked already', async () => {
    const world = await healthyWorld();
    await world.run(SWEEP);
    expect(effects(world)).toEqual([]);
    expect(world.reports.at(-1)).toEqual({
      kind: 'sweep',
      managed: 1,
      unseeded: 0,
      unreadable: 0,
      failed: 0,
      cancelled: 0,
    });
  });

  it('no booking where a list that failed hid one that is there', async () => {
    const world = await healthyWorld();
    const label = {
      source: 'aws.secretsmanager',
      'detail-type': 'Secret Label Updated',
      detail: { name: SECRET },
    };
    expect(await world.run(label, { call: 2, phase: 'before', mode: 'fail' })).toEqual({
      result: expect.objectContaining({ outcome: 'wait', reason: 'not-due' }),
    });
    expect(world.calls).toEqual([
      'GetSecretValue',
      'GetSecretValue',
      'ListSchedules',
      'CreateSchedule',
      'GetSchedule',
    ]);
    expect(effects(world)).toEqual([]);
  });

  it('a promotion that was superseded, and the pending label that is then taken off', async () => {
    const world = await healthyWorld();
    world.meanwhile = (operation) => {
      if (operation === 'UpdateSecretVersionStage') {
        world.meanwhile = () => {};
        world.seed({ lifetimeSeconds: 7 * DAY });
      }
    };
    await world.run(MANUAL);
    expect(effects(world)).toEqual([
      'retry-booked',
      'key-issued',
      'key-stored',
      'key-proved',
      'promotion-superseded',
      'wake-up-booked',
      'pending-released',
      'wake-up-cancelled',
    ]);
    expect(world.reports.some(({ kind }) => kind === 'refreshed')).toBe(false);
  });

  it('a key that was made current unproven, and no proof of it', async () => {
    const world = await healthyWorld();
    world.momento.gate.faultHook = (operation) => {
      if (operation === 'ListCaches') throw new Error('not reached');
    };
    world.now = Number(world.current().record.validUntil) - 90;
    await world.run(MANUAL);
    expect(effects(world)).toContain('key-promoted-unproven');
    expect(effects(world)).not.toContain('key-proved');
    expect(effects(world)).not.toContain('key-promoted');
  });

  it('what could not be tidied up, with what failed', async () => {
    const world = await healthyWorld();
    await world.run(MANUAL, { call: 11, phase: 'before', mode: 'fail' });
    expect(leftovers(world)).toEqual([
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

  it('a retry that could not be booked when half the lead is gone, and then the refresh', async () => {
    const world = await healthyWorld();
    world.scheduler.gate.faultHook = (operation, phase) => {
      if (operation === 'CreateSchedule' && phase === 'before') throw new Error('away');
    };
    world.now = Number(world.current().record.validUntil) - DAY;
    const before = world.current().versionId;
    const outcome = await world.run({ action: 'sweep' });
    expect(outcome).toEqual({ error: expect.objectContaining({ name: 'SweepFailedError' }) });
    expect(world.current().versionId).not.toBe(before);
    expect(leftovers(world)).toEqual([expect.objectContaining({ kind: 'leftover', effect: 'retry-booked' })]);
  });

  it('of a sweep: how many secrets are not seeded', async () => {
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
  async function pendingWorld(): Promise<World> {
    const world = await healthyWorld();
    // Killed between storing the new key and proving it.
    expect(await world.run(MANUAL, { call: 5, phase: 'after', mode: 'kill' })).toBe('killed');
    world.reports.length = 0;
    return world;
  }

  function pendingKey(world: World): string {
    const { SecretString = '' } = world.secrets.getSecretValue({
      SecretId: SECRET,
      VersionStage: 'AWSPENDING',
    });
    return JSON.parse(SecretString).apiKey;
  }

  it('is made current without another one', async () => {
    const world = await pendingWorld();
    const pending = world.pendingVersionId();
    await world.wakeUp();
    expect(world.current().versionId).toBe(pending);
    expect(effects(world)).not.toContain('key-issued');
  });

  it('is replaced at once where Momento rejects it', async () => {
    const world = await pendingWorld();
    const pending = world.pendingVersionId();
    world.momento.revoke(pendingKey(world));
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'resume' }) }]);
    expect(world.current().works).toBe(true);
    expect(world.current().versionId).not.toBe(pending);
    expect(effects(world).slice(1, 5)).toEqual(['key-issued', 'key-stored', 'key-proved', 'key-promoted']);
  });

  it('and that Momento rejects is given up where the current key, which could get another, has lapsed', async () => {
    const world = await pendingWorld();
    world.momento.revoke(pendingKey(world));
    const old = world.current();
    world.now = Number(old.record.validUntil);
    world.reports.length = 0;
    expect(await world.run(MANUAL)).toEqual({ error: expect.objectContaining({ name: 'KeyLapsedError' }) });
    expect(effects(world)).toEqual(['retry-booked']);
    expect(world.current().versionId).toBe(old.versionId);
    expect(world.pendingVersionId()).toBeUndefined();
    // Nothing is tried again: what is booked finds a lapsed key.
    world.calls = [];
    while (world.booked().length > 0) {
      for (const outcome of await world.wakeUp()) {
        expect(outcome).toEqual({ error: expect.objectContaining({ name: 'KeyLapsedError' }) });
      }
      expect(world.calls).not.toContain('ListCaches');
    }
  });

  it("made current by another run meanwhile is that run's refresh, not this one's", async () => {
    const world = await pendingWorld();
    const pending = world.pendingVersionId() ?? '';
    const current = world.current().versionId;
    world.meanwhile = (operation) => {
      if (operation !== 'UpdateSecretVersionStage') return;
      world.meanwhile = () => {};
      world.secrets.updateSecretVersionStage({
        SecretId: SECRET,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: current,
        MoveToVersionId: pending,
      });
    };
    expect(await world.wakeUp()).toEqual([
      { result: expect.objectContaining({ outcome: 'wait', reason: 'not-due' }) },
    ]);
    expect(effects(world)).toContain('promotion-superseded');
    expect(world.reports.some(({ kind }) => kind === 'refreshed')).toBe(false);
  });
});
