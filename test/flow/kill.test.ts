import { describe, expect, it } from 'vitest';
import { DAY, type Fault, SECRET, START, World } from '../worlds/world.ts';

const MANUAL = { momento_auth_token_secret_name: SECRET };
const SWEEP = { action: 'sweep' };

/** The calls of one whole refresh that its own wake-up starts. */
const CALLS = 12;

/** A secret whose key has just become due; its wake-up is the next thing to fire. */
async function dueWorld(): Promise<World> {
  const world = new World();
  world.seed({ lifetimeSeconds: 30 * DAY });
  world.now = START + 60;
  await world.run(MANUAL);
  world.now = Math.floor((world.scheduler.nextDueAt() ?? 0) / 1000);
  return world;
}

/** The event of the wake-up that is due, taken out of the Scheduler as a delivery is. */
function dueEvent(world: World): unknown {
  const [delivery] = world.scheduler.takeDue();
  if (delivery === undefined) throw new Error('nothing is due');
  world.scheduler.delivered(delivery);
  return JSON.parse(delivery.input);
}

const everyInstant = Array.from({ length: CALLS }, (_, call) => call).flatMap((call) => [
  { call, phase: 'before' as const },
  { call, phase: 'after' as const },
]);

describe.each([
  { who: 'the next wake-up that is booked', withSweep: false },
  { who: 'the sweep', withSweep: true },
])('a process killed between any two effects: $who finishes the job', ({ withSweep }) => {
  it.each(everyInstant)('killed $phase call $call', async ({ call, phase }) => {
    const world = await dueWorld();
    const old = world.current();
    const event = dueEvent(world);
    const fault: Fault = { call, phase, mode: 'kill' };

    const killed = await world.run(event, fault);
    expect(killed).toBe('killed');
    expect(world.current().works).toBe(true);

    if (withSweep) {
      world.now += 3600;
      await world.run(SWEEP);
    } else if (
      world.current().versionId !== old.versionId &&
      (world.scheduler.nextDueAt() ?? 0) > (world.now + DAY) * 1000
    ) {
      // Killed when all was done.
    } else if (world.booked().length > 0) {
      await world.wakeUp();
    } else {
      // Killed before anything was booked: Lambda delivers the event again.
      world.now += 60;
      await world.run(event);
    }

    const renewed = world.current();
    expect(renewed.works).toBe(true);
    expect(renewed.versionId).not.toBe(old.versionId);
    expect(world.momento.accepts(String(old.record.apiKey))).toBe(true);
    expect(world.pendingVersionId()).toBeUndefined();
    expect(world.booked().some((at) => at.startsWith('2026-02-2'))).toBe(true);

    // Whatever is booked or delivered still: nothing is refreshed twice in a row.
    await world.run(event);
    while ((world.scheduler.nextDueAt() ?? Infinity) < (world.now + DAY) * 1000) await world.wakeUp();
    expect(world.current().versionId).toBe(renewed.versionId);
  });
});

it('the walk above covers every call of a refresh', async () => {
  const world = await dueWorld();
  await world.run(dueEvent(world));
  expect(world.calls).toHaveLength(CALLS);
});

it('a demanded refresh that was killed is finished although the key is not due', async () => {
  const world = new World();
  const seeded = world.seed({ lifetimeSeconds: 30 * DAY });
  world.now += 60;

  // Between the new key's issue and its storing.
  expect(await world.run(MANUAL, { call: 4, phase: 'after', mode: 'kill' })).toBe('killed');
  expect(world.current().record.apiKey).toBe(seeded.apiKey);
  const outcomes = await world.wakeUp();

  expect(outcomes).toEqual([
    { result: expect.objectContaining({ outcome: 'refresh', reason: 'requested' }) },
  ]);
  expect(world.current().record.apiKey).not.toBe(seeded.apiKey);
});

it('a demand is not carried over to a key that a person put meanwhile', async () => {
  const world = new World();
  world.seed({ lifetimeSeconds: 30 * DAY });
  world.now += 60;
  await world.run(MANUAL, { call: 4, phase: 'after', mode: 'kill' });
  const theirs = world.seed({ lifetimeSeconds: 90 * DAY });

  await world.wakeUp();

  expect(world.current().record).toEqual(theirs);
});
