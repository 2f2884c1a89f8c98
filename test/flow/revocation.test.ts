/** The revocation of the key before the current one. */
import { describe, expect, it, vi } from 'vitest';
import { DAY, MANUAL, SECRET, SWEEP } from '../worlds/names.ts';
import { currentKey, MANAGEMENT, v2World } from '../worlds/v2-world.ts';
import { errorOf, World } from '../worlds/world.ts';

describe('the revocation of the previous key', () => {
  const REVOKE = { action: 'revoke-previous', ...MANUAL };

  async function refreshedWorld(): Promise<World> {
    const world = v2World({ managed: true });
    await world.run(MANUAL);
    return world;
  }

  it('takes effect at once, once, and the current key goes on', async () => {
    const world = v2World({ managed: true });
    const leaked = currentKey(world);
    await world.run(MANUAL);
    const answer = { outcome: 'revoked', secretName: SECRET, keyId: leaked.key_id };
    expect(await world.run(REVOKE)).toEqual({
      result: expect.objectContaining({ ...answer, reason: 'requested' }),
    });
    expect(world.momento.accepts(String(leaked.record.api_key))).toBe(false);
    expect(currentKey(world).works).toBe(true);
    expect(await world.run(REVOKE)).toEqual({
      result: expect.objectContaining({ ...answer, reason: 'already-gone' }),
    });
    expect(world.effects()).toContain('key-revoked');
  });

  it.each<[string, (world: World) => unknown, string]>([
    [
      'after a rollback AWSPREVIOUS is newer than the current key',
      async (world) => {
        world.makeCurrent(world.previousVersionId());
        await world.run(SWEEP);
      },
      'The key under AWSPREVIOUS is newer than the current one',
    ],
    [
      'a person put the older key again, so its version is newer and its key is not',
      (world) => {
        const VersionStage = 'AWSPREVIOUS';
        const { SecretString = '' } = world.secrets.getSecretValue({ SecretId: SECRET, VersionStage });
        world.now += 60;
        world.put(SecretString);
      },
      'The key under AWSPREVIOUS is newer than the current one',
    ],
    [
      'Momento does not list the current key',
      (world) => {
        const { account } = world.momento;
        const list = account.list.bind(account);
        const { key_id } = currentKey(world);
        vi.spyOn(account, 'list').mockImplementation((...request) => ({
          key_info: list(...request).key_info.filter((info) => info.key_id !== key_id),
        }));
      },
      'Momento does not tell its age',
    ],
    [
      'the current version holds the same key',
      (world) => world.put({ ...world.current().record, note: 1 }),
      'The current or the pending version of secret "momento/authentication-token" holds the same key. Refresh that secret first: npm run seed -- momento/authentication-token --region us-east-1',
    ],
    [
      'another secret holds the same key in a shape that the refresher refuses',
      (world) => {
        const VersionStage = 'AWSPREVIOUS';
        const { SecretString = '' } = world.secrets.getSecretValue({ SecretId: SECRET, VersionStage });
        world.put({ token: JSON.parse(SecretString).api_key }, MANAGEMENT);
      },
      'The current or the pending version of secret "momento/management-key" holds the same key',
    ],
    [
      'another secret cannot be read',
      (world) => {
        world.faults = [{ before: 'DescribeSecret', mode: { code: 'AccessDeniedException' } }];
      },
      'cannot be read (AccessDeniedException)',
    ],
    [
      'the current key does not work',
      (world) => world.momento.account.revokeKey(String(currentKey(world).record.api_key)),
      'The current key could not be proved, and its readers would be left without a key. Refresh the secret first: npm run seed -- momento/authentication-token --region us-east-1',
    ],
    [
      'Momento cannot be asked about the current key',
      (world) => {
        world.momento.account.outage = true;
      },
      'The current key could not be proved, and its readers would be left without a key. Refresh the secret first: npm run seed -- momento/authentication-token --region us-east-1',
    ],
  ])('is refused: %s', async (_, happens, message) => {
    const world = await refreshedWorld();
    await happens(world);
    const live = world.momento.account.liveKeys();
    expect(errorOf(await world.run(REVOKE)).message).toContain(message);
    expect(world.momento.account.liveKeys()).toEqual(live);
    expect(world.calls).not.toContain('RevokeApiKey');
  });

  it('is refused if Momento cannot be asked about the previous key', async () => {
    const world = await refreshedWorld();
    const outcome = await world.run(REVOKE, { before: 'ListApiKeys', nth: 2, mode: 'fail' });
    expect(errorOf(outcome).message).toContain(
      'Momento could not be asked whether the key under AWSPREVIOUS works. This usually passes.',
    );
    expect(world.calls).not.toContain('RevokeApiKey');
  });

  it.each<[string, () => World]>([
    ['never expires', () => v2World({ managed: true, neverExpires: true })],
    [
      'has a wrong endpoint beside it',
      () => v2World({ managed: true, endpoint: 'cell-9.prod.a.momentohq.com' }),
    ],
  ])('takes effect on a key that %s', async (_, make) => {
    const world = make();
    const leaked = currentKey(world);
    const { account } = world.momento;
    world.put(account.createKey({ description: 'the test', lifetimeSeconds: 30 * DAY }));
    expect(await world.run(REVOKE)).toEqual({
      result: expect.objectContaining({ reason: 'requested', keyId: leaked.key_id }),
    });
    expect(account.accepts(String(leaked.record.api_key))).toBe(false);
  });

  it('is refused if it names another key than the one under AWSPREVIOUS, and the message has the command', async () => {
    const world = v2World({ managed: true });
    const { key_id: keyId } = currentKey(world);
    await world.run(MANUAL);
    world.now += 60;
    await world.run(MANUAL);
    expect(errorOf(await world.run({ ...REVOKE, keyId })).message).toContain(
      `AWSPREVIOUS holds another key than the one with the id ${keyId}. Revoke that key itself, if nobody needs it: curl`,
    );
    expect(world.calls).not.toContain('RevokeApiKey');
  });

  it('takes effect if it names the key under AWSPREVIOUS', async () => {
    const world = v2World({ managed: true });
    const { key_id: keyId } = currentKey(world);
    await world.run(MANUAL);
    expect(await world.run({ ...REVOKE, keyId })).toEqual({
      result: expect.objectContaining({ reason: 'requested', keyId }),
    });
  });

  it('takes effect if the current key never expires', async () => {
    const world = v2World({ managed: true });
    const leaked = currentKey(world);
    world.put(world.momento.account.createKey({ description: 'the test' }));
    expect(await world.run(REVOKE)).toEqual({
      result: expect.objectContaining({ reason: 'requested', keyId: leaked.key_id }),
    });
  });

  it('takes effect although another managed secret is scheduled for deletion', async () => {
    const world = await refreshedWorld();
    world.configuration = { ...world.configuration, secretNames: [SECRET, MANAGEMENT, 'gone'] };
    expect(await world.run(REVOKE)).toEqual({ result: expect.objectContaining({ reason: 'requested' }) });
  });

  it('is refused for a v1 key, for a first key, and without a management key', async () => {
    const v1 = new World();
    v1.seed();
    expect(errorOf(await v1.run(REVOKE)).message).toContain('It has no version AWSPREVIOUS with a key');
    await v1.run(MANUAL);
    expect(errorOf(await v1.run(REVOKE)).message).toContain('v1 keys cannot be revoked through an API');
    const v2 = v2World();
    await v2.run(MANUAL);
    expect(errorOf(await v2.run(REVOKE)).message).toContain('That needs a management key');
  });
});
