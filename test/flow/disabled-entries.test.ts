import { describe, expect, it } from 'vitest';
import { isoInstant } from '../../handlers/rules/wake-up.ts';
import { GROUP, labelUpdated, MANUAL, SECRET, START, STATUS, SWEEP } from '../worlds/names.ts';
import { disabledEntryWorld, healthyWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

describe('a booked entry that a person has disabled', () => {
  it('is shown by the status as a missing booking', async () => {
    const { world } = await disabledEntryWorld();
    expect(await world.run(STATUS)).toMatchObject({
      result: { secrets: [{ secretName: SECRET, booking: 'missing', nextWakeUpAt: null }] },
    });
  });

  it.each([
    ['a sweep', SWEEP],
    ['a label event', labelUpdated()],
  ])('is replaced by %s with an entry of the next second, which the status shows', async (_, event) => {
    const { world, disabledAt } = await disabledEntryWorld();
    const outcome = await world.run(event);
    expect(JSON.stringify(outcome)).toContain(`"nextRefreshAt":"${isoInstant(disabledAt + 1)}"`);
    expect(JSON.stringify(outcome)).not.toContain(isoInstant(disabledAt));
    expect(await world.run(STATUS)).toMatchObject({
      result: { secrets: [{ booking: 'booked', nextWakeUpAt: isoInstant(disabledAt + 1) }] },
    });
  });

  it('is replaced once, and the sweeps after it change nothing', async () => {
    const { world } = await disabledEntryWorld();
    await world.run(SWEEP);
    const entries = world.entries();
    await world.run(SWEEP);
    expect(world.entries()).toEqual(entries);
    expect(world.calls).not.toContain('CreateSchedule');
  });

  it('stays disabled', async () => {
    const { world, disabledAt } = await disabledEntryWorld();
    await world.run(SWEEP);
    const [name = ''] = world.entries();
    const disabled = name.replace(/\d{10}$/, String(disabledAt));
    expect(world.scheduler.getSchedule({ Name: disabled, GroupName: GROUP }).State).toBe('DISABLED');
  });

  it('is replaced again if its replacement is disabled too', async () => {
    const { world, disabledAt } = await disabledEntryWorld();
    await world.run(SWEEP);
    for (const name of world.entries()) world.disableEntry(name);
    await world.run(SWEEP);
    expect(world.booked()).toEqual([new Date((disabledAt + 2) * 1000).toISOString()]);
  });

  it('does not keep a key of an hour from being refreshed', async () => {
    const world = new World();
    const seeded = world.seed({ lifetimeSeconds: 3600 });
    await world.run(SWEEP);
    for (const name of world.entries()) world.disableEntry(name);
    world.now = START + 600;
    await world.run(SWEEP);
    await world.passUntil(START + 3600);
    expect(world.current().record.apiKey).not.toBe(seeded.apiKey);
    expect(world.current().works).toBe(true);
  });

  it('and was the retry of a refresh is replaced by a retry of the next second', async () => {
    const world = await healthyWorld();
    world.momento.outage = true;
    await world.run(MANUAL);
    const [retry = ''] = world.booked();
    const name = world.entries().find((entry) => entry.endsWith(String(Date.parse(retry) / 1000))) ?? '';
    world.disableEntry(name);
    expect(errorOf(await world.run(MANUAL)).message).toContain(
      `The next try is booked for ${isoInstant(Date.parse(retry) / 1000 + 1)}`,
    );
  });
});
