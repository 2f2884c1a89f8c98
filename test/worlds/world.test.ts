/** The test world itself: what its faults do to a run. */
import { describe, expect, it } from 'vitest';
import { MANUAL, START, SWEEP } from './names.ts';
import { healthyWorld, seededWorld } from './situations.ts';
import { errorOf } from './world.ts';

describe('the test world', () => {
  it('kills a run at the deadline of its process if a call hangs', async () => {
    const world = seededWorld();
    expect(await world.run(MANUAL, { before: 'PutSecretValue', mode: 'hang' })).toBe('killed');
    expect(world.now).toBe(START + 60 + 300);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it("fails a call that hangs once the function's time limit for a call is over", async () => {
    const world = seededWorld();
    world.callLimitSeconds = 10;
    const outcome = await world.run(MANUAL, { after: 'UpdateSecretVersionStage', mode: 'hang' });
    expect(errorOf(outcome).message).toContain('could not be made current (TimeoutError)');
    expect(world.now).toBe(START + 60 + 10);
  });

  it('lets two calls that hang at the same time cost one time limit', async () => {
    const world = seededWorld();
    world.callLimitSeconds = 10;
    world.faults = [{ before: 'GetSecretValue', mode: 'hang' }];
    expect(errorOf(await world.run(MANUAL)).message).toContain('cannot be read (TimeoutError)');
    expect(world.now).toBe(START + 60 + 10);
  });

  it('lets time go by while an answer is late', async () => {
    const world = seededWorld();
    await world.run(MANUAL, { after: 'ListCaches', mode: { lateSeconds: 90 } });
    expect(world.now).toBe(START + 150);
    expect(world.reports).toContainEqual(expect.objectContaining({ kind: 'refreshed', durationSeconds: 90 }));
  });

  it('refuses calls with the error code of the service until the given second', async () => {
    const world = seededWorld();
    const mode = { code: 'KMSAccessDeniedException' };
    world.faults = [{ before: 'PutSecretValue', mode, until: START + 120 }];
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.now).toBe(START + 120);
  });

  it('answers reads as before a write while they lag behind it', async () => {
    const world = await healthyWorld();
    const old = world.current();
    world.readLagSeconds = 30;
    await world.run(MANUAL, { after: 'UpdateSecretVersionStage', mode: 'kill' });
    const { versionId } = world.current();
    world.reports.length = 0;

    await world.run(SWEEP);
    world.now += 30;
    await world.run(SWEEP);

    expect(versionId).not.toBe(old.versionId);
    expect(world.reported('decision')).toMatchObject([{ versionId: old.versionId }, { versionId }]);
  });

  it('throws if the run made no call that the fault could happen to', async () => {
    const world = await healthyWorld();
    await expect(world.run(SWEEP, { before: 'PutSecretValue', mode: 'fail' })).rejects.toThrow(
      'no call met the fault',
    );
  });
});
