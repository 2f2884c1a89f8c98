import { describe, expect, it } from 'vitest';
import { everyOrder, Turns } from '../worlds/turns.ts';
import { DAY, type Fault, SECRET, START, World } from '../worlds/world.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher';
const TOKEN = '99999999-9999-4999-8999-999999999999';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const LIFETIME = 30 * DAY;
const THEIR_LIFETIME = 7 * DAY;

type Turn = (operation: string) => Promise<void>;

/** Secrets Manager changes only with these; the rest of a run's calls cannot tell who was first. */
const SHARED = ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage'];
const isFree = (operation: string) => !SHARED.includes(operation);

/** A secret whose key has just become due, and the event of the wake-up that fires. */
async function dueWorld(promotionEndsPending: boolean): Promise<{ world: World; event: unknown }> {
  const world = new World({ promotionEndsPending });
  world.seed({ lifetimeSeconds: LIFETIME });
  world.now = START + 60;
  await world.run({ momento_auth_token_secret_name: SECRET });
  world.now = Math.floor((world.scheduler.nextDueAt() ?? 0) / 1000);
  const [delivery] = world.scheduler.takeDue();
  if (delivery === undefined) throw new Error('nothing is due');
  world.scheduler.delivered(delivery);
  return { world, event: JSON.parse(delivery.input) };
}

/** As Secrets Manager does it: reserves a version, then takes the four steps, and the whole again where one fails. */
async function rotate(
  world: World,
  { turn, faults = [], pause }: { turn?: Turn; faults?: StepFault[]; pause?: () => Promise<unknown> } = {},
) {
  // What Secrets Manager would call by itself comes to nothing: the steps are taken here.
  world.rotationStep = async () => 'killed';
  const { ARN: SecretId } = world.secrets.rotateSecret({
    SecretId: SECRET,
    ClientRequestToken: TOKEN,
    RotationLambdaARN: FUNCTION_ARN,
  });
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (await takeSteps(world, { SecretId, turn, faults })) return 'succeeded';
    faults = [];
    await pause?.();
  }
  return 'failed';
}

interface StepFault {
  readonly step: string;
  readonly fault: Fault;
}

async function takeSteps(
  world: World,
  { SecretId, turn, faults }: { SecretId: string | undefined; turn: Turn | undefined; faults: StepFault[] },
): Promise<boolean> {
  for (const Step of STEPS) {
    const fault = faults.find(({ step }) => step === Step)?.fault;
    const outcome = await world.run({ Step, SecretId, ClientRequestToken: TOKEN }, fault, turn);
    if (outcome === 'killed' || 'error' in outcome) return false;
  }
  return true;
}

/** Whatever is booked within the next hours fires, and the sweep comes by. */
async function quiet(world: World): Promise<void> {
  const end = world.now + 3 * 3600;
  while ((world.scheduler.nextDueAt() ?? Infinity) < end * 1000) await world.wakeUp();
  world.now = end;
  await world.run({ action: 'sweep' });
}

/** What must be true whoever was first. */
async function assertSound(world: World, order: string): Promise<void> {
  expect(world.current().works, order).toBe(true);
  expect(world.pendingVersionId(), order).toBeUndefined();
  expect(world.booked().length, order).toBeGreaterThan(0);
  // The next rotation works, and cleans up whatever claim was left by a key that was overtaken.
  world.rotationStep = (step) => world.run(step);
  world.now += 60;
  const next = await world.rotate();
  expect(world.current().versionId, order).toBe(next);
  const stages = Object.values(world.secrets.describeSecret({ SecretId: SECRET }).VersionIdsToStages ?? {});
  expect(
    stages.flat().filter((label) => !label.startsWith('AWS')),
    order,
  ).toEqual([]);
}

/** How long the current key's line lives: it tells a person's key, and its successors, from those before. */
function lifetime(world: World): number {
  const { CreatedDate } = world.secrets.getSecretValue({ SecretId: SECRET });
  const seconds = Number(world.current().record.validUntil) - (CreatedDate?.getTime() ?? 0) / 1000;
  return Math.abs(seconds - THEIR_LIFETIME) < DAY ? THEIR_LIFETIME : LIFETIME;
}

describe.each([
  { aws: 'a promotion leaves AWSPENDING where it is', promotionEndsPending: false },
  { aws: 'a promotion takes AWSPENDING away', promotionEndsPending: true },
])('where $aws', ({ promotionEndsPending }) => {
  it('a rotation and a scheduled refresh that meet, in every order of their calls, leave one good key and no stuck AWSPENDING', async () => {
    const orders = await everyOrder(['rotation', 'refresh'], async (choose, order) => {
      const { world, event } = await dueWorld(promotionEndsPending);
      const old = world.current();
      const turns = new Turns<'rotation' | 'refresh'>();
      const refreshed = turns.start('refresh', () => world.run(event, undefined, turns.gate('refresh')));
      // It repeats a rotation that failed minutes later: the refresh is over by then.
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

  it("a key that a person puts at any moment of a rotation is never overwritten by an older one's successor", async () => {
    const orders = await everyOrder(['rotation', 'person'], async (choose, order) => {
      const { world } = await dueWorld(promotionEndsPending);
      world.now -= 10 * DAY;
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

/** Each step's calls, as rotation.test.ts lists them. */
const CALLS = { createSecret: 7, testSecret: 4, finishSecret: 10 };
const everyInstant = Object.entries(CALLS)
  .flatMap(
    ([step, calls]) =>
      Array.from({ length: calls }, (_, call) => call).flatMap((call) =>
        (['before', 'after'] as const).map((phase) => ({ step, call, phase })),
      ),
    // The version under AWSPENDING has no value yet: that call fails by itself.
  )
  .filter(({ step, call, phase }) => !(step === 'createSecret' && call === 1 && phase === 'after'));

describe.each(everyInstant)('killed in $step $phase call $call', ({ step, call, phase }) => {
  const faults: StepFault[] = [{ step, fault: { call, phase, mode: 'kill' } }];

  async function healthyWorld(): Promise<World> {
    const { world } = await dueWorld(false);
    world.now -= 10 * DAY;
    return world;
  }

  it('the rotation is finished when Secrets Manager repeats it, with one new key', async () => {
    const world = await healthyWorld();
    const issued = () => world.recorded.filter(({ operation }) => operation === 'RefreshApiKey').length;
    const before = issued();
    expect(await rotate(world, { faults })).toBe('succeeded');
    expect(world.current().versionId).toBe(TOKEN);
    await quiet(world);
    expect(world.current().versionId).toBe(TOKEN);
    // A key that was issued and not stored is lost, and another issued in its place.
    expect(issued() - before).toBeLessThanOrEqual(2);
    await assertSound(world, '');
  });

  it('what is booked finishes it where Secrets Manager gives up, and the next rotation works', async () => {
    const world = await healthyWorld();
    const old = world.current();
    world.rotationStep = async (event) =>
      await world.run(event, faults.find((fault) => fault.step === event.Step)?.fault);
    await world.rotate();
    expect(world.secrets.rotations.failures).toHaveLength(1);
    await quiet(world);
    world.rotationStep = (event) => world.run(event);
    if (world.pendingVersionId() !== undefined) {
      // Killed before the retry was booked: only the reservation is left, and RotateSecret takes it up again.
      expect(step).toBe('createSecret');
      await expect(world.rotate()).rejects.toThrow("A previous rotation isn't complete");
      await world.secrets.rotations.settled();
    }
    await quiet(world);
    await assertSound(world, '');
    expect(world.current().versionId).not.toBe(old.versionId);
  });

  it("a person's key is safe though the rotation is taken up again", async () => {
    const world = await healthyWorld();
    world.rotationStep = async (event) =>
      await world.run(event, faults.find((fault) => fault.step === event.Step)?.fault);
    await world.rotate();
    world.seed({ lifetimeSeconds: THEIR_LIFETIME });
    const theirs = world.current().versionId;
    await quiet(world);
    expect(lifetime(world)).toBe(THEIR_LIFETIME);
    if (world.pendingVersionId() === undefined) expect(world.current().versionId).toBe(theirs);
  });
});
