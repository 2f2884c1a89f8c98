import { describe, expect, it } from 'vitest';
import { PLACEHOLDER } from '../../handlers/names.ts';
import { V1_KEY } from '../worlds/keys.ts';
import { ACCOUNT, DAY, MANUAL, ROTATION_STEPS, START, TOKEN } from '../worlds/names.ts';
import { reserve, step } from '../worlds/rotation-steps.ts';
import { healthyWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

describe('a rotation that cannot succeed', () => {
  it.each([
    [
      'no key yet',
      PLACEHOLDER,
      'RotationError',
      /holds no key yet.*npm run seed -- momento\/authentication-token --file momento-key\.json --region us-east-1$/,
      undefined,
    ],
    [
      'a key that never expires',
      { apiKey: V1_KEY, validUntil: 0 },
      'RotationError',
      /The key never expires.*aws secretsmanager cancel-rotate-secret --region us-east-1 --secret-id momento\/authentication-token$/,
      undefined,
    ],
    [
      'a key that has lapsed',
      { apiKey: V1_KEY, refreshToken: 'a-token', validUntil: START - 1 },
      'KeyLapsedError',
      /lapsed at 2025-12-31T23:59:59Z/,
      undefined,
    ],
    [
      'a value that is not a key',
      'rubbish',
      'SecretContentError',
      /is not a Momento key: it is not JSON/,
      TOKEN,
    ],
  ])(
    'fails in createSecret for a secret with %s and names the reason',
    async (_, value, name, says, pending) => {
      const world = new World();
      world.put(value);
      reserve(world);
      const outcome = await step(world, 'createSecret');
      const repeated = await step(world, 'createSecret');
      expect(outcome).toMatchObject({ error: { name, message: expect.stringMatching(says) } });
      expect(repeated).toEqual(outcome);
      expect(world.reported('failure')).toHaveLength(2);
      expect(world.pendingVersionId()).toBe(pending);
    },
  );

  it('makes nothing current if finishSecret comes without createSecret', async () => {
    const world = await healthyWorld();
    const { versionId } = world.current();
    reserve(world);
    expect(errorOf(await step(world, 'finishSecret')).message).toContain(
      'No key is stored under the id that Secrets Manager chose',
    );
    expect(world.current().versionId).toBe(versionId);
  });

  it('does not make a key current that Momento rejects, in testSecret or in finishSecret', async () => {
    const world = await healthyWorld();
    const { versionId } = world.current();
    reserve(world);
    await step(world, 'createSecret');
    world.momento.revoke(world.pendingKey());
    for (const name of ['testSecret', 'finishSecret']) {
      expect(errorOf(await step(world, name)).message).toContain('Momento rejected the new key');
    }
    expect(world.current().versionId).toBe(versionId);

    // The retry that createSecret booked puts it right.
    await world.wakeUp();
    expect(world.current().works).toBe(true);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it('does not make a value current that somebody else stored under its version id', async () => {
    const world = await healthyWorld();
    const { versionId } = world.current();
    reserve(world);
    world.putPending(TOKEN, JSON.stringify(world.momento.generateKey({ lifetimeSeconds: 90 * DAY })));
    expect(await step(world, 'createSecret')).toMatchObject({ error: { name: 'RotationError' } });
    expect(await step(world, 'testSecret')).toMatchObject({ result: { reason: 'foreign' } });
    expect(await step(world, 'finishSecret')).toMatchObject({ error: { name: 'RotationError' } });
    expect(world.current().versionId).toBe(versionId);
  });

  it('issues no key while another refresh is half-way, and none after that one has ended', async () => {
    const world = await healthyWorld();
    reserve(world);
    // A refresh that was killed before its proof has taken AWSPENDING.
    await world.run(MANUAL, { before: 'ListCaches', mode: 'kill' });
    const before = world.issueCalls();
    expect(errorOf(await step(world, 'createSecret')).message).toContain(
      'Another refresh of this secret is half-way',
    );
    await world.wakeUp();
    const { versionId } = world.current();
    for (const name of ROTATION_STEPS) {
      expect(await step(world, name)).toHaveProperty('result');
    }
    expect(world.current().versionId).toBe(versionId);
    expect(world.issueCalls()).toBe(before);
  });

  it('succeeds without a promotion if a person puts a key just before finishSecret would promote', async () => {
    const world = await healthyWorld();
    const put: unknown[] = [];
    world.onceBefore('UpdateSecretVersionStage', () => put.push(world.seed({ lifetimeSeconds: 7 * DAY })));
    await world.rotate();
    expect(world.secrets.rotations.failures).toEqual([]);
    expect([world.current().record]).toEqual(put);
    expect(world.pendingVersionId()).toBeUndefined();
  });

  it('is refused for a secret that is not managed', async () => {
    const world = await healthyWorld();
    const SecretId = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:others/password-AbCdEf`;
    expect(await world.run({ Step: 'createSecret', SecretId, ClientRequestToken: TOKEN })).toMatchObject({
      error: { name: 'SecretNameError' },
    });
  });
});
