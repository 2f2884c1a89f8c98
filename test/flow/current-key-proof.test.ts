import { describe, expect, it } from 'vitest';
import { countOf } from '../worlds/faults.ts';
import { DAY, labelUpdated, MANUAL, SECRET, SWEEP } from '../worlds/names.ts';
import { healthyWorld } from '../worlds/situations.ts';
import { errorOf, type World } from '../worlds/world.ts';

const LABEL = 'refresher-rejected';
const HOUR = 3600;

function isLabelled(world: World): boolean {
  return (world.stages()[world.current().versionId] ?? []).includes(LABEL);
}

/** A healthy chain whose current key was revoked at Momento. */
async function revokedWorld(): Promise<World> {
  const world = await healthyWorld();
  world.momento.revoke(String(world.current().record.apiKey));
  return world;
}

describe('a current key that Momento rejects', () => {
  it('is seen within a day by the hourly sweep, labelled and reported', async () => {
    const world = await revokedWorld();
    for (let hour = 0; hour < 24; hour++, world.now += HOUR) await world.run(SWEEP);
    expect(isLabelled(world)).toBe(true);
    expect(world.reported('failure')[0]).toMatchObject({
      secretName: SECRET,
      error: { name: 'KeyRejectedError' },
    });
  });

  it('is seen at once in the run that a label change starts', async () => {
    const world = await revokedWorld();
    const { name, message } = errorOf(await world.run(labelUpdated()));
    expect(name).toBe('KeyRejectedError');
    expect(message).not.toMatch(/works until/);
    expect(isLabelled(world)).toBe(true);
  });

  it('is seen at once in the run whose refresh Momento rejects', async () => {
    const world = await revokedWorld();
    const { name, message } = errorOf(await world.run(MANUAL));
    expect(name).toBe('KeyRejectedError');
    expect(message).not.toMatch(/works until/);
    expect(isLabelled(world)).toBe(true);
    expect(world.reports.at(-1)).toMatchObject({ state: 'rejected', flags: { KeyUnusable: 1 } });
  });

  it('is proved in every sweep while it carries the label, which is removed once Momento accepts the key', async () => {
    const world = await revokedWorld();
    await world.run(labelUpdated());
    await world.run(SWEEP);
    expect(world.calls).toContain('ListCaches');
    world.momento.restore(String(world.current().record.apiKey));
    await world.run(SWEEP);
    expect(isLabelled(world)).toBe(false);
    expect(world.effects()).toContain('rejection-cleared');
  });

  it('keeps its label while Momento cannot be asked', async () => {
    const world = await revokedWorld();
    await world.run(labelUpdated());
    world.faults = [{ before: 'ListCaches', mode: 'fail' }];
    await world.run(SWEEP);
    expect(isLabelled(world)).toBe(true);
  });

  it('has its label moved to the next version that is rejected', async () => {
    const world = await revokedWorld();
    await world.run(labelUpdated());
    const key = world.seed({ lifetimeSeconds: 7 * DAY });
    world.momento.revoke(key.apiKey);
    await world.run(labelUpdated());
    expect(isLabelled(world)).toBe(true);
    expect(
      Object.values(world.stages())
        .flat()
        .filter((label) => label === LABEL),
    ).toHaveLength(1);
  });
});

describe('a current key that works', () => {
  it('is proved once a day by the sweeps', async () => {
    const world = await healthyWorld();
    let proofs = 0;
    for (let hour = 0; hour < 24; hour++, world.now += HOUR) {
      await world.run(SWEEP);
      proofs += countOf('ListCaches', world.calls);
    }
    expect(proofs).toBe(1);
  });
});
