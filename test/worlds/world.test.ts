/** The test world itself: what its faults do to a run. */
import { describe, expect, it } from 'vitest';
import { MANUAL, START, SWEEP } from './names.ts';
import { healthyWorld, seededWorld } from './situations.ts';

describe('the test world', () => {
  it('kills a run at the deadline of its process if a call hangs', async () => {
    const world = seededWorld();
    expect(await world.run(MANUAL, { before: 'PutSecretValue', mode: 'hang' })).toBe('killed');
    expect(world.now).toBe(START + 60 + 300);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it('throws if the run made no call that the fault could happen to', async () => {
    const world = await healthyWorld();
    await expect(world.run(SWEEP, { before: 'PutSecretValue', mode: 'fail' })).rejects.toThrow(
      'no call met the fault',
    );
  });
});
