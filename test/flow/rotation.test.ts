import { describe, expect, it } from 'vitest';
import { V1_KEY } from '../worlds/observations.ts';
import { attach, FUNCTION_ARN, healthyWorld, reserve, stagesOf, step } from '../worlds/rotation-steps.ts';
import { DAY, SECRET, START, World } from '../worlds/world.ts';

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
    expect(steps).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
    const observe = ['GetSecretValue', 'GetSecretValue', 'ListSchedules'];
    expect(calls).toEqual([
      [...observe, 'DescribeSecret', 'CreateSchedule', 'RefreshApiKey', 'PutSecretValue'],
      [],
      [...observe, 'ListCaches'],
      [
        ...[...observe, 'ListCaches', 'UpdateSecretVersionStage'],
        ...[...observe, 'CreateSchedule', 'UpdateSecretVersionStage'],
      ],
    ]);
    const renewed = world.current();
    expect(renewed.versionId).toBe(versionId);
    expect(renewed.works).toBe(true);
    expect(renewed.record.validUntil).toBe(START + 31 * DAY);
    expect(stagesOf(world)).toEqual({
      [versionId]: ['AWSPENDING', 'AWSCURRENT'],
      [old.versionId]: ['AWSPREVIOUS'],
    });
    expect(world.reports.filter(({ kind }) => kind === 'refreshed').at(-1)).toMatchObject({
      trigger: 'rotation',
      decision: { outcome: 'refresh', reason: 'requested' },
    });

    // The wake-up of the old key and the retry end as `wait`; the chain goes on from the new key.
    const { versionId: before } = world.current();
    while ((world.scheduler.nextDueAt() ?? 0) < (START + 27.5 * DAY) * 1000) await world.wakeUp();
    expect(world.current().versionId).toBe(before);
    await world.wakeUp();
    expect(world.current().versionId).not.toBe(before);
  });

  it('shows its configuration, and works again as soon as it is done', async () => {
    const world = await healthyWorld();
    await world.rotate();
    world.now += 3600;
    const second = await world.rotate();
    expect(world.current().versionId).toBe(second);
    expect(world.secrets.describeSecret({ SecretId: SECRET })).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: FUNCTION_ARN,
      RotationRules: { AutomaticallyAfterDays: 90 },
      LastRotatedDate: new Date((START + DAY + 3600) * 1000),
    });
  });

  it.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])('survives %s twice', async (twice) => {
    const world = await healthyWorld();
    world.rotationStep = async (event) => {
      if (event.Step === twice) await world.run(event);
      return await world.run(event);
    };
    const before = world.recorded.filter(({ operation }) => operation === 'RefreshApiKey').length;
    const versionId = await world.rotate();
    expect(world.secrets.rotations.failures).toEqual([]);
    expect(world.current().versionId).toBe(versionId);
    expect(world.recorded.filter(({ operation }) => operation === 'RefreshApiKey')).toHaveLength(before + 1);
  });

  it('takes every step for a rotation that is long done without effect', async () => {
    const world = await healthyWorld();
    const versionId = await world.rotate();
    world.now += 3600;
    await world.run({ momento_auth_token_secret_name: SECRET });
    const state = stagesOf(world);
    for (const name of ['createSecret', 'testSecret', 'finishSecret']) {
      expect(await step(world, name, versionId)).toHaveProperty('result');
    }
    expect(stagesOf(world)).toEqual(state);
  });
});

describe('attached without a rotation (RotateImmediately: false)', () => {
  it.each([
    { what: 'a seeded secret', prepare: (world: World) => void world.seed() },
    { what: 'an unseeded secret', prepare: () => {} },
    {
      what: 'a key that never expires',
      prepare: (world: World) => world.put({ apiKey: V1_KEY, validUntil: 0 }),
    },
    {
      what: 'a secret while Momento is away',
      prepare: (world: World) => {
        world.seed();
        world.momento.outage = true;
      },
    },
  ])('$what survives the trial, unchanged', async ({ prepare }) => {
    const world = new World();
    prepare(world);
    const before = stagesOf(world);
    attach(world);
    await world.secrets.rotations.settled();
    expect(world.secrets.rotations.failures).toEqual([]);
    expect(stagesOf(world)).toEqual(before);
    expect(world.secrets.describeSecret({ SecretId: SECRET }).RotationEnabled).toBe(true);
  });

  it('so it does where the version on trial has no value', async () => {
    const world = await healthyWorld();
    reserve(world);
    expect(await step(world, 'testSecret')).toEqual({
      result: expect.objectContaining({ outcome: 'rotation' }),
    });
  });
});
