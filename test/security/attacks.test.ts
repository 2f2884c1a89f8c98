import { describe, expect, it, vi } from 'vitest';
import { jwt } from '../worlds/keys.ts';
import { ACCOUNT, DAY, labelUpdated, MANUAL, SECRET, START, SWEEP, TOKEN } from '../worlds/names.ts';
import { healthyWorld } from '../worlds/situations.ts';
import { MANAGEMENT } from '../worlds/v2-world.ts';
import { errorOf, World } from '../worlds/world.ts';

const VERSION = '11111111-1111-4111-8111-111111111111';

const forged = (changes: object) => ({
  ...MANUAL,
  trigger: 'schedule',
  bookedFor: {
    wakeUp: 'x',
    at: '2026-01-02T00:00:00Z',
    versionId: VERSION,
    attempt: 1,
    demand: 'when-due',
    ...changes,
  },
});

describe('an event that names a secret that is not managed makes no call', () => {
  const names = [
    'others/password',
    `${SECRET}-2`,
    `${SECRET}/../others`,
    ` ${SECRET}`,
    SECRET.toUpperCase(),
    `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:others/password-AbCdEf`,
    `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${SECRET}-2-AbCdEf`,
    `arn:aws:ssm:us-east-1:${ACCOUNT}:secret:${SECRET}-AbCdEf`,
    `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${SECRET}`,
    `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${SECRET}-a1B2c3d`,
    ` arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${SECRET}-a1B2c3`,
    '__proto__',
    'constructor',
  ];
  const events: readonly [string, (name: string) => object][] = [
    ['a demand', (name) => ({ momento_auth_token_secret_name: name })],
    ['a wake-up', (name) => ({ ...forged({}), momento_auth_token_secret_name: name })],
    ['a label event', labelUpdated],
    ['a rotation', (name) => ({ Step: 'createSecret', SecretId: name, ClientRequestToken: TOKEN })],
  ];

  it.each(events)('if it is %s', async (_, event) => {
    const world = await healthyWorld();
    for (const name of names) {
      world.calls = [];
      expect(errorOf(await world.run(event(name))).name, name).toBe('SecretNameError');
      expect(world.calls, name).toEqual([]);
    }
  });
});

it('a forged wake-up of a secret that is not managed reads no secret and only reports it as abandoned', async () => {
  const world = await healthyWorld();
  const name = 'others-password-0123abcd-1767312000';
  const event = { ...forged({ wakeUp: name }), momento_auth_token_secret_name: 'others/password' };
  expect(await world.run(event)).toMatchObject({ result: { outcome: 'abandoned' } });
  expect(world.calls).toEqual(['CreateSchedule']);
});

describe('a forged wake-up or label event refreshes nothing that is not due', () => {
  it.each([
    ['a wake-up for an instant years ahead', forged({ at: '2036-01-01T00:00:00Z' })],
    ['a wake-up with the attempt 1000000000', forged({ attempt: 1_000_000_000 })],
    ['a wake-up with a demand for another version', forged({ demand: 'now' })],
    ['a wake-up with the name of the booked entry', forged({ wakeUp: 'momento-authentication-token' })],
    ['a label event', labelUpdated()],
  ])('if it is %s', async (_, event) => {
    const world = await healthyWorld();
    const { versionId } = world.current();
    expect(await world.run(event)).toMatchObject({ result: { outcome: 'wait' } });
    expect(world.current().versionId).toBe(versionId);
    expect(world.calls).not.toContain('RefreshApiKey');
    expect(world.booked()).toHaveLength(1);
  });
});

describe('a forged key under AWSPREVIOUS makes revoke-previous revoke no key of the account', () => {
  const APP = 'others/application';

  /** The attacker may write one secret, which held a key of its own. Others hold the key of an application and the management key. */
  function attackedWorld() {
    const secretNames = [SECRET, APP, MANAGEMENT];
    const world = new World({ secretNames, managementSecretName: MANAGEMENT });
    const { account } = world.momento;
    const own = account.createKey({ lifetimeSeconds: 30 * DAY });
    const application = account.createKey({ roleId: 'r-owner', lifetimeSeconds: 30 * DAY });
    const management = account.createKey({ roleId: 'r-keys', lifetimeSeconds: 30 * DAY });
    const elsewhere = account.createKey({ roleId: 'r-owner' });
    world.put(application, APP);
    world.put(management, MANAGEMENT);
    return { world, account, own, application, management, elsewhere };
  }

  /** A key with the id of another one. Only Momento can tell that its signature is wrong. */
  const forgery = (jti: string) => ({ apiKey: jwt({ t: 'g', jti, exp: START + 30 * DAY }) });

  it.each<[string, (made: ReturnType<typeof attackedWorld>) => object, RegExp]>([
    [
      'it has the id of the key of another application',
      ({ application }) => forgery(application.key_info.key_id),
      /secret "others\/application" holds the same key/,
    ],
    [
      'it has the id of the management key',
      ({ management }) => forgery(management.key_info.key_id),
      /secret "momento\/management-key" holds the same key/,
    ],
    [
      'it is a copy of the key of another application',
      ({ application }) => application,
      /secret "others\/application" holds the same key/,
    ],
    [
      'it names the id of another key beside a key without an id',
      ({ elsewhere }) => ({ apiKey: jwt({ t: 'g', exp: START + DAY }), keyId: elsewhere.key_info.key_id }),
      /It has no version AWSPREVIOUS with a key/,
    ],
  ])('if %s', async (_, value, message) => {
    const made = attackedWorld();
    const { world, account, own } = made;
    world.put(value(made));
    world.now += 60;
    world.put(own);
    const live = account.liveKeys();
    expect(errorOf(await world.run({ action: 'revoke-previous', ...MANUAL })).message).toMatch(message);
    expect(account.liveKeys()).toEqual(live);
    expect(world.calls).not.toContain('RevokeApiKey');
  });

  it('if it has the id of a key that no managed secret holds', async () => {
    const { world, account, own, elsewhere } = attackedWorld();
    world.put(forgery(elsewhere.key_info.key_id));
    world.now += 60;
    world.put(own);
    expect(await world.run({ action: 'revoke-previous', ...MANUAL })).toEqual({
      result: expect.objectContaining({ reason: 'already-gone' }),
    });
    expect(account.accepts(elsewhere.api_key)).toBe(true);
    expect(world.calls).not.toContain('RevokeApiKey');
  });
});

/** A world with a management key, and an owner's key that no secret holds. */
function accountWorld() {
  const world = new World({ secretNames: [SECRET, MANAGEMENT], managementSecretName: MANAGEMENT });
  const { account } = world.momento;
  world.put(account.createKey({ roleId: 'r-keys', lifetimeSeconds: 90 * DAY }), MANAGEMENT);
  const owner = account.createKey({ roleId: 'r-owner', lifetimeSeconds: 30 * DAY });
  return { world, account, owner };
}

function forgedKey(keyId: string, claims: object = { jti: keyId }) {
  const exp = START + 3600;
  const dates = { issued_at_epoch_seconds: START - 30 * DAY, expires_at_epoch_seconds: exp };
  return {
    api_key: jwt({ t: 'g', ...claims, exp }),
    key_info: { key_id: keyId, role_id: 'r-owner', description: 'x', ...dates },
  };
}

describe('a secret that somebody else may write gets no key with more rights through the management key', () => {
  const EVENTS = [
    ['the label event', labelUpdated()],
    ['a sweep', SWEEP],
    ['a demand', MANUAL],
  ] as const;

  it.each(EVENTS)('if its forged key names an id that does not exist, after %s', async (_, event) => {
    const { world, account } = accountWorld();
    world.put(forgedKey('forged'));
    const before = account.liveKeys();
    await world.run(event);
    expect(account.liveKeys()).toEqual(before);
    expect(world.calls).not.toContain('GenerateApiKeyV2');
    const { versionId } = world.current();
    expect(world.stages()[versionId]).toContain('refresher-rejected');
    const state = { kind: 'state', secretName: SECRET, state: 'rejected' };
    expect(world.reports).toContainEqual(expect.objectContaining(state));
  });

  it.each(EVENTS)("if its forged key names the id of an owner's key, after %s", async (_, event) => {
    const { world, account, owner } = accountWorld();
    world.put(forgedKey(owner.key_info.key_id));
    const before = account.liveKeys();
    await world.run(event);
    expect(account.liveKeys()).toEqual(before);
  });

  it('if its key works, and the fields beside it name another role, description and lifetime', async () => {
    const { world, account } = accountWorld();
    const { api_key, key_info } = account.createKey({
      roleId: 'r-viewer',
      description: 'mine',
      lifetimeSeconds: 30 * DAY,
      withoutRefreshToken: true,
    });
    const issuedAt = START - 300 * DAY;
    const lies = { role_id: 'r-owner', description: 'theirs', issued_at_epoch_seconds: issuedAt };
    world.put({ api_key, key_info: { ...key_info, ...lies } });
    world.now += DAY;
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.current().record.key_info).toMatchObject({
      role_id: 'r-viewer',
      description: 'mine',
      issued_at_epoch_seconds: START + DAY,
      expires_at_epoch_seconds: START + 31 * DAY,
    });
  });

  it("if its key works and names no id, and the field beside it names an owner's key", async () => {
    const { world, account, owner } = accountWorld();
    const forged = forgedKey(owner.key_info.key_id, {});
    world.put(forged);
    vi.spyOn(account, 'roleOf').mockReturnValue({ managesKeys: true, listsCaches: true });
    const { message } = errorOf(await world.run(MANUAL));
    expect(message).toContain('Momento does not list its key with an expiry');
    expect(world.calls).not.toContain('GenerateApiKeyV2');
  });

  it('if Momento cannot be asked whether its key works; the next try asks again', async () => {
    const { world, account } = accountWorld();
    world.put(account.createKey({ lifetimeSeconds: 30 * DAY, withoutRefreshToken: true }));
    world.now += DAY;
    const before = account.liveKeys();
    const failed = errorOf(await world.run(MANUAL, { before: 'ListApiKeys', mode: 'fail' }));
    expect(failed.message).toContain(
      'Momento could not be asked whether the current key works (UNREACHABLE), so the management key was not used. ' +
        'The current key works until 2026-01-31T00:00:00Z. The next try is booked for 2026-01-02T00:01:00Z.',
    );
    expect(account.liveKeys()).toEqual(before);
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
  });

  it('if its key was revoked: a person puts another one', async () => {
    const { world, account } = accountWorld();
    const key = account.createKey({ lifetimeSeconds: 30 * DAY, withoutRefreshToken: true });
    world.put(key);
    world.now += DAY;
    account.revokeKey(key.api_key);
    const before = account.liveKeys();
    expect(errorOf(await world.run(MANUAL)).message).toMatch(/^Momento rejects the current key in secret/);
    expect(account.liveKeys()).toEqual(before);
    expect(world.reports.at(-1)).toMatchObject({
      kind: 'state',
      state: 'rejected',
      flags: { KeyUnusable: 1 },
    });
  });

  it('if a rotation asks for it', async () => {
    const { world, account } = accountWorld();
    world.put(forgedKey('forged'));
    const before = account.liveKeys();
    await world.rotate();
    expect(account.liveKeys()).toEqual(before);
    const told = world.reports.find((entry) => entry.kind === 'failure');
    expect(told?.error.message).toMatch(/^Momento rejects the current key in secret/);
  });
});
