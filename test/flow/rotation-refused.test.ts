import { describe, expect, it } from 'vitest';
import { V1_KEY } from '../worlds/observations.ts';
import { healthyWorld, reserve, step, TOKEN } from '../worlds/rotation-steps.ts';
import { DAY, SECRET, START, World } from '../worlds/world.ts';

describe('a rotation that cannot be', () => {
  it.each([
    {
      what: 'no key yet',
      value: undefined,
      error: 'RotationError',
      says: /holds no key yet.*put-secret-value/,
    },
    {
      what: 'a key that never expires',
      value: { apiKey: V1_KEY, validUntil: 0 },
      error: 'RotationError',
      says: /its key never expires, and Momento refreshes only keys that do/,
    },
    {
      what: 'a key that has lapsed',
      value: { apiKey: V1_KEY, refreshToken: 'a-token', validUntil: START - 1 },
      error: 'KeyLapsedError',
      says: /lapsed at 2025-12-31T23:59:59Z/,
    },
    {
      what: 'rubbish',
      value: 'rubbish',
      error: 'SecretContentError',
      says: /is not a Momento key: it is not JSON/,
    },
  ])('$what: says so', async ({ value, error, says }) => {
    const world = new World();
    if (value !== undefined) world.put(value);
    reserve(world);
    const outcome = await step(world, 'createSecret');
    const repeated = await step(world, 'createSecret');
    expect(outcome).toEqual({
      error: expect.objectContaining({ name: error, message: expect.stringMatching(says) }),
    });
    expect(repeated).toEqual(outcome);
    expect(world.reports.filter(({ kind }) => kind === 'failure')).toHaveLength(2);
    if (error !== 'SecretContentError') expect(world.pendingVersionId()).toBeUndefined();
  });

  it('finishSecret without createSecret makes nothing current', async () => {
    const world = await healthyWorld();
    const { versionId } = world.current();
    reserve(world);
    expect(await step(world, 'finishSecret')).toEqual({
      error: expect.objectContaining({
        message: expect.stringContaining('createSecret has stored no key under its id'),
      }),
    });
    expect(world.current().versionId).toBe(versionId);
  });

  it('finishSecret proves for itself: a key that Momento rejects is not made current though testSecret was left out', async () => {
    const world = await healthyWorld();
    const { versionId } = world.current();
    reserve(world);
    await step(world, 'createSecret');
    const pending = world.secrets.getSecretValue({ SecretId: SECRET, VersionStage: 'AWSPENDING' });
    world.momento.revoke(JSON.parse(pending.SecretString ?? '{}').apiKey);
    for (const name of ['testSecret', 'finishSecret']) {
      expect(await step(world, name)).toEqual({
        error: expect.objectContaining({ message: expect.stringContaining('Momento rejected the new key') }),
      });
    }
    expect(world.current().versionId).toBe(versionId);

    // The retry that createSecret booked puts it right.
    await world.wakeUp();
    expect(world.current().works).toBe(true);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it('a value that somebody else stored under the id is not made current', async () => {
    const world = await healthyWorld();
    const { versionId } = world.current();
    reserve(world);
    world.secrets.putSecretValue({
      SecretId: SECRET,
      ClientRequestToken: TOKEN,
      SecretString: JSON.stringify(world.momento.generateKey({ lifetimeSeconds: 90 * DAY })),
      VersionStages: ['AWSPENDING'],
    });
    expect(await step(world, 'createSecret')).toEqual({
      error: expect.objectContaining({ name: 'RotationError' }),
    });
    expect(await step(world, 'testSecret')).toEqual({
      result: expect.objectContaining({ reason: 'foreign' }),
    });
    expect(await step(world, 'finishSecret')).toEqual({
      error: expect.objectContaining({ name: 'RotationError' }),
    });
    expect(world.current().versionId).toBe(versionId);
  });

  it('createSecret gets no key while another refresh is half-way, and none once that has renewed the secret', async () => {
    const world = await healthyWorld();
    const issued = () => world.recorded.filter(({ operation }) => operation === 'RefreshApiKey').length;
    reserve(world);
    // Killed before its proof: a scheduled refresh has taken AWSPENDING.
    await world.run({ momento_auth_token_secret_name: SECRET }, { call: 6, phase: 'before', mode: 'kill' });
    const before = issued();
    expect(await step(world, 'createSecret')).toEqual({
      error: expect.objectContaining({
        message: expect.stringContaining('another refresh of this secret is half-way'),
      }),
    });
    await world.wakeUp();
    const { versionId } = world.current();
    for (const name of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      expect(await step(world, name)).toHaveProperty('result');
    }
    expect(world.current().versionId).toBe(versionId);
    expect(issued()).toBe(before);
  });

  it('finishSecret is content with a key that a person puts in its last moment', async () => {
    const world = await healthyWorld();
    let theirs: unknown;
    world.meanwhile = (operation) => {
      if (operation === 'UpdateSecretVersionStage') theirs ??= world.seed({ lifetimeSeconds: 7 * DAY });
    };
    await world.rotate();
    expect(world.secrets.rotations.failures).toEqual([]);
    expect(world.current().record).toEqual(theirs);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it('a step for a secret that is not managed here is refused', async () => {
    const world = await healthyWorld();
    const SecretId = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:others/password-AbCdEf';
    expect(await world.run({ Step: 'createSecret', SecretId, ClientRequestToken: TOKEN })).toEqual({
      error: expect.objectContaining({ name: 'SecretAccessError' }),
    });
  });
});
