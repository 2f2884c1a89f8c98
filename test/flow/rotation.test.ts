import { describe, expect, it } from 'vitest';
import { V1_KEY } from '../worlds/keys.ts';
import { DAY, FUNCTION_ARN, MANUAL, ROTATION_STEPS, SECRET, START, SWEEP, TOKEN } from '../worlds/names.ts';
import { reserve, step } from '../worlds/rotation-steps.ts';
import { dueWorld, healthyWorld } from '../worlds/situations.ts';
import { World } from '../worlds/world.ts';

function takeTwice(world: World, twice: string): void {
  world.rotationStep = async (event) => {
    if (event.Step === twice) await world.run(event);
    return await world.run(event);
  };
}

describe('a rotation by Secrets Manager', () => {
  it('refreshes the key under the id that Secrets Manager chose, and books its next wake-up', async () => {
    const world = await healthyWorld();
    const old = world.current();
    const steps: string[] = [];
    const calls: string[][] = [];
    world.rotationStep = async (event) => {
      steps.push(event.Step);
      const outcome = await world.run(event);
      calls.push([...world.calls]);
      return outcome;
    };

    const versionId = await world.rotate();

    expect(world.secrets.rotations.failures).toEqual([]);
    expect(steps).toEqual(ROTATION_STEPS);
    const observe = ['GetSecretValue', 'DescribeSecret', 'GetSecretValue', 'ListSchedules'];
    expect(calls).toEqual([
      [...observe, 'CreateSchedule', 'RefreshApiKey', 'PutSecretValue'],
      [],
      [...observe, 'ListCaches'],
      [
        ...[...observe, 'CreateSchedule', 'GetSchedule', 'ListCaches', 'UpdateSecretVersionStage'],
        ...['CreateSchedule', 'UpdateSecretVersionStage', 'DeleteSchedule'],
      ],
    ]);
    const renewed = world.current();
    expect(renewed.versionId).toBe(versionId);
    expect(renewed.works).toBe(true);
    expect(renewed.record.validUntil).toBe(START + 32 * DAY);
    expect(world.stages()).toEqual({
      [versionId]: ['AWSPENDING', 'AWSCURRENT'],
      [old.versionId]: ['AWSPREVIOUS'],
    });
    expect(world.reported('refreshed').at(-1)).toMatchObject({
      trigger: 'rotation',
      decision: { outcome: 'refresh', reason: 'requested' },
    });

    // The wake-up of the old key and the retry end as `wait`; the chain goes on from the new key.
    const { versionId: before } = world.current();
    await world.passUntil(START + 28.5 * DAY);
    expect(world.current().versionId).toBe(before);
    await world.wakeUp();
    expect(world.current().versionId).not.toBe(before);
  });

  it('can be repeated an hour later, and leaves its settings on the secret', async () => {
    const world = await healthyWorld();
    await world.rotate();
    world.now += 3600;
    const second = await world.rotate();
    expect(world.current().versionId).toBe(second);
    expect(world.secrets.describeSecret({ SecretId: SECRET })).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: FUNCTION_ARN,
      RotationRules: { AutomaticallyAfterDays: 90 },
      LastRotatedDate: new Date((START + 2 * DAY + 3600) * 1000),
    });
  });

  it.each(ROTATION_STEPS)('issues one key and succeeds if Secrets Manager takes %s twice', async (twice) => {
    const world = await healthyWorld();
    takeTwice(world, twice);
    const before = world.issueCalls();
    const versionId = await world.rotate();
    expect(world.secrets.rotations.failures).toEqual([]);
    expect(world.current().versionId).toBe(versionId);
    expect(world.issueCalls()).toBe(before + 1);
  });

  it('that is over changes nothing if Secrets Manager repeats one of its steps', async () => {
    const world = await healthyWorld();
    const versionId = await world.rotate();
    world.now += 3600;
    await world.run(MANUAL);
    const state = world.stages();
    for (const name of ['createSecret', 'testSecret', 'finishSecret']) {
      expect(await step(world, name, { versionId })).toHaveProperty('result');
    }
    expect(world.stages()).toEqual(state);
  });
});

describe('a rotation that was given up before it stored a value', () => {
  it('loses AWSPENDING in the sweep more than an hour after the last change, and the next rotation succeeds', async () => {
    const world = await healthyWorld();
    reserve(world);
    world.now += 3600;
    await world.run(SWEEP);
    expect(world.stages()[TOKEN]).toEqual(['AWSPENDING']);
    world.now += 1;
    await world.run(SWEEP);
    expect(world.stages()[TOKEN]).toBeUndefined();
    expect(world.effects()).toEqual(['pending-released']);
    world.rotationStep = (event) => world.run(event);
    const versionId = await world.rotate();
    expect(world.current().versionId).toBe(versionId);
  });

  it('keeps AWSPENDING if it is repeated and its last step does not see yet what its first has stored', async () => {
    const world = await healthyWorld();
    reserve(world);
    world.now += 7200;
    world.readLagSeconds = 60;
    await step(world, 'createSecret');

    await step(world, 'finishSecret');

    expect(world.effects()).not.toContain('pending-released');
    expect(world.stages()[TOKEN]).toContain('AWSPENDING');
  });

  it('keeps AWSPENDING on the version that the next refresh stores', async () => {
    const world = await dueWorld();
    world.now -= 7200;
    reserve(world);
    world.now += 7200;
    await world.run(SWEEP);
    expect(world.effects()).not.toContain('pending-released');
    expect(world.stages()[world.current().versionId]).toEqual(['AWSPENDING', 'AWSCURRENT']);
  });
});

describe('a rotation that is attached with RotateImmediately: false', () => {
  it.each([
    ['a seeded secret', (world: World) => void world.seed()],
    ['an unseeded secret', () => {}],
    ['a key that never expires', (world: World) => world.put({ apiKey: V1_KEY, validUntil: 0 })],
    [
      'a secret while Momento is away',
      (world: World) => {
        world.seed();
        world.momento.outage = true;
      },
    ],
  ])('tries its function and does not change %s', async (_, prepare) => {
    const world = new World();
    prepare(world);
    const before = world.stages();
    world.secrets.rotateSecret({
      SecretId: SECRET,
      ClientRequestToken: TOKEN,
      RotationLambdaARN: FUNCTION_ARN,
      RotationRules: { AutomaticallyAfterDays: 90 },
      RotateImmediately: false,
    });
    await world.secrets.rotations.settled();
    expect(world.secrets.rotations.failures).toEqual([]);
    expect(world.stages()).toEqual(before);
    expect(world.secrets.describeSecret({ SecretId: SECRET }).RotationEnabled).toBe(true);
  });

  it('passes testSecret if the version on trial has no value', async () => {
    const world = await healthyWorld();
    reserve(world);
    expect(await step(world, 'testSecret')).toEqual({
      result: expect.objectContaining({ outcome: 'rotation' }),
    });
  });
});
