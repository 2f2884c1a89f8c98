import { describe, expect, it } from 'vitest';
import { type Fault, momentsOf } from '../worlds/faults.ts';
import { DAY, ROTATION_STEPS, SECRET, SWEEP, TOKEN } from '../worlds/names.ts';
import { reserve, step } from '../worlds/rotation-steps.ts';
import { healthyWorld } from '../worlds/situations.ts';
import { everyOrder, Turns } from '../worlds/turns.ts';
import type { Turn, World } from '../worlds/world.ts';

const LIFETIME = 30 * DAY;
const THEIR_LIFETIME = 7 * DAY;

/** Secrets Manager changes only with these; the rest of a run's calls cannot tell who was first. */
const SHARED = ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage'];
const isFree = (operation: string) => !SHARED.includes(operation);

interface StepFault {
  readonly step: string;
  readonly fault: Fault;
}

/** As Secrets Manager does it: reserves a version, takes the four steps, and repeats them all if one fails. */
async function rotate(
  world: World,
  { turn, fault, pause }: { turn?: Turn; fault?: StepFault; pause?: () => Promise<unknown> } = {},
) {
  reserve(world);
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (await takeSteps(world, turn, attempt === 1 ? fault : undefined)) return 'succeeded';
    await pause?.();
  }
  return 'failed';
}

async function takeSteps(world: World, turn: Turn | undefined, faulty: StepFault | undefined) {
  for (const name of ROTATION_STEPS) {
    const fault = faulty?.step === name ? faulty.fault : undefined;
    const outcome = await step(world, name, { fault, turn });
    if (outcome === 'killed' || 'error' in outcome) return false;
  }
  return true;
}

/** Whatever is booked within the next hours fires, and the sweep comes by. */
async function quiet(world: World): Promise<void> {
  await world.passUntil(world.now + 3 * 3600);
  await world.run(SWEEP);
}

/** What must be true whoever was first. */
async function assertSound(world: World, order: string): Promise<void> {
  expect(world.current().works, order).toBe(true);
  expect(world.pendingVersionId(), order).toBeUndefined();
  expect(world.booked(), order).not.toEqual([]);
  // The next rotation works, and cleans up whatever claim was left by a key that was overtaken.
  world.rotationStep = (event) => world.run(event);
  world.now += 60;
  const next = await world.rotate();
  expect(world.current().versionId, order).toBe(next);
  const labels = Object.values(world.stages()).flat();
  expect(
    labels.filter((label) => !label.startsWith('AWS')),
    order,
  ).toEqual([]);
}

/** How long keys of the current key's kind live: it tells a person's key and its successors from those before. */
function lifetime(world: World): number {
  const { CreatedDate } = world.secrets.getSecretValue({ SecretId: SECRET });
  const seconds = Number(world.current().record.validUntil) - (CreatedDate?.getTime() ?? 0) / 1000;
  return Math.abs(seconds - THEIR_LIFETIME) < DAY ? THEIR_LIFETIME : LIFETIME;
}

describe.each([
  ['leaves AWSPENDING where it is', false],
  ['takes AWSPENDING away', true],
])('if a promotion %s', (_, promotionEndsPending) => {
  it('a rotation and a scheduled refresh that meet leave one good key and no stuck AWSPENDING, in every order of their calls', async () => {
    const orders = await everyOrder(['rotation', 'refresh'], async (choose, order) => {
      const world = await healthyWorld();
      world.secrets.promotionEndsPending = promotionEndsPending;
      const event = world.nextEvent();
      const old = world.current();
      const turns = new Turns<'rotation' | 'refresh'>();
      const refreshed = turns.start('refresh', () => world.run(event, undefined, turns.gate('refresh')));
      // Secrets Manager repeats a rotation that failed minutes later: the refresh is over by then.
      const pause = () => refreshed;
      const both = Promise.all([
        turns.start('rotation', () => rotate(world, { turn: turns.gate('rotation'), pause })),
        refreshed,
      ]);
      await turns.play(choose, isFree);
      const [rotation, refresh] = await both;
      expect(rotation, order()).toBe('succeeded');
      expect(refresh, order()).toHaveProperty('result');
      expect(world.current().versionId, order()).not.toBe(old.versionId);
      await quiet(world);
      await assertSound(world, order());
    });
    expect(orders).toBeGreaterThan(100);
    console.log(
      `${orders} orders of a rotation and a scheduled refresh (promotion ends pending: ${promotionEndsPending})`,
    );
  }, 60_000);

  it("a key that a person puts at any moment of a rotation is never overwritten by an older key's successor", async () => {
    const orders = await everyOrder(['rotation', 'person'], async (choose, order) => {
      const world = await healthyWorld();
      world.secrets.promotionEndsPending = promotionEndsPending;
      const turns = new Turns<'rotation' | 'person'>();
      const both = Promise.all([
        turns.start('rotation', () => rotate(world, { turn: turns.gate('rotation') })),
        turns.start('person', async () => {
          await turns.gate('person')('PutSecretValue');
          world.seed({ lifetimeSeconds: THEIR_LIFETIME });
        }),
      ]);
      await turns.play(choose, isFree);
      await both;
      expect(lifetime(world), order()).toBe(THEIR_LIFETIME);
      await quiet(world);
      expect(lifetime(world), order()).toBe(THEIR_LIFETIME);
      await assertSound(world, order());
    });
    expect(orders).toBeGreaterThan(8);
  });
});

/** Before and after every call of every step, as a rotation makes them. */
async function everyKill(): Promise<(StepFault & { readonly killed: string })[]> {
  const world = await healthyWorld();
  const kills: (StepFault & { readonly killed: string })[] = [];
  world.rotationStep = async (event) => {
    const outcome = await world.run(event);
    for (const moment of momentsOf(world.calls)) {
      const killed = `${event.Step} ${JSON.stringify(moment)}`;
      kills.push({ step: event.Step, fault: { ...moment, mode: 'kill' }, killed });
    }
    return outcome;
  };
  await world.rotate();
  return kills;
}

const kills = await everyKill();

it('a rotation calls services in three of its steps', () => {
  expect([...new Set(kills.map(({ step: name }) => name))]).toEqual([
    'createSecret',
    'testSecret',
    'finishSecret',
  ]);
});

/** A rotation in which one step was killed and that Secrets Manager then gave up. */
async function abandonedRotation(fault: StepFault): Promise<{ world: World; oldVersionId: string }> {
  const world = await healthyWorld();
  const oldVersionId = world.current().versionId;
  world.rotationStep = async (event) =>
    await world.run(event, event.Step === fault.step ? fault.fault : undefined);
  await world.rotate();
  expect(world.secrets.rotations.failures).toHaveLength(1);
  world.rotationStep = (event) => world.run(event);
  return { world, oldVersionId };
}

describe.each(kills)('a rotation that was killed in $killed', (fault) => {
  it('is finished with one new key when Secrets Manager repeats it', async () => {
    const world = await healthyWorld();
    const before = world.issueCalls();
    expect(await rotate(world, { fault })).toBe('succeeded');
    expect(world.current().versionId).toBe(TOKEN);
    await quiet(world);
    expect(world.current().versionId).toBe(TOKEN);
    // A key that was issued and not stored is lost, and another issued in its place.
    expect(world.issueCalls() - before).toBeLessThanOrEqual(2);
    await assertSound(world, '');
  });

  it("never overwrites a person's key when it is taken up again", async () => {
    const { world } = await abandonedRotation(fault);
    world.seed({ lifetimeSeconds: THEIR_LIFETIME });
    const theirs = world.current().versionId;
    await quiet(world);
    expect(lifetime(world)).toBe(THEIR_LIFETIME);
    expect(world.current().versionId).toBe(theirs);
  });
});

/** Until createSecret has booked its retry, an abandoned rotation leaves nothing but its reservation. */
const retryIsBooked = kills.findIndex(({ fault }) => fault.after === 'CreateSchedule');

describe.each(kills.slice(0, retryIsBooked))(
  'a rotation that was killed in $killed and given up',
  (fault) => {
    it('is taken up by the next rotation within an hour', async () => {
      const { world, oldVersionId } = await abandonedRotation(fault);
      await world.passUntil(world.now + 1800);
      await world.run(SWEEP);
      expect(world.pendingVersionId()).toBeDefined();
      await expect(world.rotate()).rejects.toThrow("A previous rotation isn't complete");
      await world.secrets.rotations.settled();
      await quiet(world);
      await assertSound(world, '');
      expect(world.current().versionId).not.toBe(oldVersionId);
    });
  },
);

describe.each(kills.slice(retryIsBooked))('a rotation that was killed in $killed and given up', (fault) => {
  it('is finished by what is booked', async () => {
    const { world, oldVersionId } = await abandonedRotation(fault);
    await quiet(world);
    await assertSound(world, '');
    expect(world.current().versionId).not.toBe(oldVersionId);
  });
});
