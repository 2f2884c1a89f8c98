import { expect, it } from 'vitest';
import { SWEEP } from '../worlds/names.ts';
import { healthyWorld } from '../worlds/situations.ts';
import { errorOf } from '../worlds/world.ts';

const SCHEDULER = ['ListSchedules', 'CreateSchedule', 'GetSchedule', 'DeleteSchedule'];

it('a sweep refreshes a key that has 2.4 hours left while the Scheduler hangs, ends in time and reports the failure', async () => {
  const world = await healthyWorld();
  const { versionId, record } = world.current();
  world.callLimitSeconds = 10;
  world.faults = SCHEDULER.map((before) => ({ before, mode: 'hang' }));
  world.now = Number(record.validUntil) - 2.4 * 3600;
  const startedAt = world.now;

  const error = errorOf(await world.run(SWEEP));

  expect(error.name).toBe('SweepFailedError');
  expect(error.message).toContain('EventBridge Scheduler did not list momento-key-refresher (TimeoutError)');
  expect(error.message).toContain('was refreshed, but what comes after it failed');
  expect(world.current().versionId).not.toBe(versionId);
  expect(world.current().works).toBe(true);
  expect(world.now - startedAt).toBeLessThan(120);
  expect(world.reported('failure')).toHaveLength(1);
});
