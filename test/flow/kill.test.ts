import { describe, expect, it } from 'vitest';
import { type Moment, momentsOf } from '../worlds/faults.ts';
import { DAY, MANUAL, SWEEP } from '../worlds/names.ts';
import { dueWorld, seededWorld } from '../worlds/situations.ts';
import type { World } from '../worlds/world.ts';

const whole = await dueWorld();
await whole.run(whole.nextEvent());
/** Before and after every call that a refresh makes. */
const moments = momentsOf(whole.calls);
const retryIsBooked = moments.findIndex(({ after }) => after === 'CreateSchedule');

/** Such as `a refresh killed after call 2 of CreateSchedule is finished`. */
function title({ before, after, nth = 1 }: Moment): string {
  const when = before === undefined ? 'after' : 'before';
  return `a refresh killed ${when} call ${nth} of ${before ?? after} is finished`;
}

describe.each([
  [
    'the next sweep',
    moments,
    async (world: World) => {
      world.now += 3600;
      await world.run(SWEEP);
    },
  ],
  [
    'the event that Lambda delivers again',
    moments.slice(0, retryIsBooked),
    async (world: World, event: unknown) => {
      world.now += 60;
      await world.run(event);
    },
  ],
  [
    'the wake-up that is booked',
    moments.slice(retryIsBooked),
    async (world: World) => await world.passUntil(world.now + DAY),
  ],
])('%s finishes a refresh whose process was killed', (_, killedAt, finish) => {
  it.each(killedAt.map((moment) => [title(moment), moment] as const))('%s', async (_, moment) => {
    const world = await dueWorld();
    const old = world.current();
    const event = world.nextEvent();

    expect(await world.run(event, { ...moment, mode: 'kill' })).toBe('killed');
    expect(world.current().works).toBe(true);
    await finish(world, event);

    const renewed = world.current();
    expect(renewed.works).toBe(true);
    expect(renewed.versionId).not.toBe(old.versionId);
    expect(world.momento.accepts(String(old.record.apiKey))).toBe(true);
    expect(world.pendingVersionId()).toBeUndefined();
    expect(world.booked()).toContainEqual(expect.stringMatching(/^2026-02-2/));

    // Whatever is delivered or booked besides refreshes nothing a second time.
    await world.run(event);
    await world.passUntil(world.now + DAY);
    expect(world.current().versionId).toBe(renewed.versionId);
  });
});

describe('a demanded refresh that was killed before the new key was stored', () => {
  it('is finished by its retry although the key is not due', async () => {
    const world = seededWorld();
    const seeded = world.current();

    expect(await world.run(MANUAL, { after: 'RefreshApiKey', mode: 'kill' })).toBe('killed');
    expect(world.current()).toEqual(seeded);

    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'refresh', reason: 'requested' } }]);
    expect(world.current().record.apiKey).not.toBe(seeded.record.apiKey);
  });

  it('is not carried over to a key that a person put meanwhile', async () => {
    const world = seededWorld();
    await world.run(MANUAL, { after: 'RefreshApiKey', mode: 'kill' });
    const theirs = world.seed({ lifetimeSeconds: 90 * DAY });

    await world.wakeUp();

    expect(world.current().record).toEqual(theirs);
  });
});
