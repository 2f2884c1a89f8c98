/** v2 keys: single-use refresh tokens, lost answers, and the management key that replaces what cannot be refreshed. */
import { describe, expect, it, vi } from 'vitest';
import { statusExitCode } from '../../cli/status-report.ts';
import type { Check } from '../../handlers/flow/check.ts';
import type { StatusResult } from '../../handlers/flow/status.ts';
import { claimsOf } from '../../handlers/rules/key.ts';
import { wakeUpEvent } from '../../handlers/rules/wake-up.ts';
import { AccountError, type KeyAnswer, type KeyInfo } from '../../local/momento/account.ts';
import { DAY, labelUpdated, MANUAL, PREFLIGHT, SECRET, START, STATUS, SWEEP } from '../worlds/names.ts';
import { errorOf, type Outcome, type Turn, World } from '../worlds/world.ts';

const MANAGEMENT = 'momento/management-key';

/** A world whose secret holds Momento's own answer for a key of 30 days. */
function v2World({
  roleId = 'r-operator',
  withoutRefreshToken = false,
  managed = false,
  neverExpires = false,
  endpoint = undefined as string | undefined,
} = {}): World {
  const world = managed
    ? new World({ secretNames: [SECRET, MANAGEMENT], managementSecretName: MANAGEMENT })
    : new World();
  const { account } = world.momento;
  const description = 'the test';
  const lifetime = neverExpires ? {} : { lifetimeSeconds: 30 * DAY };
  world.put({ ...account.createKey({ roleId, description, withoutRefreshToken, ...lifetime }), endpoint });
  if (managed) world.put(account.createKey({ roleId: 'r-keys', lifetimeSeconds: 90 * DAY }), MANAGEMENT);
  world.now += DAY;
  return world;
}

function currentKey(world: World, secretName = SECRET) {
  const { record } = world.current(secretName);
  const info = record.key_info as { key_id: string; role_id: string; expires_at_epoch_seconds: number };
  return { ...info, works: world.momento.accepts(String(record.api_key)), record };
}

/** The secret's text, with each key, token and id replaced by its number: in the order in which Momento made them. */
function maskedText(world: World): string {
  const ids = world.momento.account.liveKeys().map(({ key_id }) => key_id);
  const number = (id: unknown) => ids.indexOf(String(id)) + 1;
  const { SecretString = '' } = world.secrets.getSecretValue({ SecretId: SECRET });
  return SecretString.replaceAll(/eyJ[\w.-]+/g, (token) => {
    const { t, jti, akid } = claimsOf(token) ?? {};
    return t === 'g' ? `<key ${number(jti)}>` : `<token ${number(akid)}>`;
  }).replace(/"key_id":( ?)"(\w+)"/, (_, blank, id) => `"key_id":${blank}"<id ${number(id)}>"`);
}

describe('a v2 key', () => {
  it("is refreshed in Momento's own answer, twice, and every other byte of the secret stays", async () => {
    const world = new World();
    const answer = world.momento.account.createKey({ lifetimeSeconds: 30 * DAY });
    const indented = JSON.stringify(answer, undefined, 2);
    world.put(`${indented.slice(0, -2)},\n  "owner" :12345678901234567890, "10": 1.0,\n  "2":"\\u00e9"\n}\n`);
    const texts = [maskedText(world)];
    for (let refreshes = 0; refreshes < 2; refreshes++) {
      world.now += DAY;
      await world.run(MANUAL);
      texts.push(maskedText(world));
    }
    const rest = `,
  "owner" :12345678901234567890, "10": 1.0,
  "2":"\\u00e9"
}
`;
    expect(texts).toEqual([
      `{
  "api_key": "<key 1>",
  "refresh_token": "<token 1>",
  "key_info": {
    "key_id": "<id 1>",
    "account_id": "local-account",
    "description": "made by a person",
    "role_id": "r-operator",
    "expires_at_epoch_seconds": 1769817600,
    "issued_at_epoch_seconds": 1767225600
  }${rest}`,
      `{
  "api_key": "<key 2>",
  "refresh_token": "<token 2>",
  "key_info": {"key_id":"<id 2>","description":"made by a person","role_id":"r-operator","expires_at_epoch_seconds":1769904000,"issued_at_epoch_seconds":1767312000,"account_id":"local-account"}${rest}`,
      `{
  "api_key": "<key 3>",
  "refresh_token": "<token 3>",
  "key_info": {"key_id":"<id 3>","description":"made by a person","role_id":"r-operator","expires_at_epoch_seconds":1769990400,"issued_at_epoch_seconds":1767398400,"account_id":"local-account"}${rest}`,
    ]);
    expect(world.momento.account.liveKeys()).toHaveLength(3);
  });

  it('is refreshed in our own shape, with its endpoint, and proved there', async () => {
    const world = new World();
    const { api_key, refresh_token, key_info } = world.momento.account.createKey({
      lifetimeSeconds: 30 * DAY,
    });
    const endpoint = world.momento.endpoint;
    world.put({
      apiKey: api_key,
      endpoint,
      refreshToken: refresh_token,
      validUntil: key_info.expires_at_epoch_seconds,
      keyId: key_info.key_id,
    });
    world.now += DAY;
    await world.run(MANUAL);
    expect(world.calls).toEqual(expect.arrayContaining(['RefreshApiKeyV2', 'ListCaches']));
    const { record, works } = world.current();
    expect(works).toBe(true);
    expect(record).toMatchObject({ endpoint, validUntil: START + 31 * DAY });
    expect(record.keyId).not.toBe(key_info.key_id);
  });

  it.each(['key_info', 'description', 'expires_at_epoch_seconds'])(
    'is made current, with the role and lifetime of the old key, although Momento leaves out %s',
    async (left) => {
      const world = v2World();
      const { account } = world.momento;
      const refresh = account.refresh.bind(account);
      vi.spyOn(account, 'refresh').mockImplementationOnce((...request) => {
        const { key_info, ...answer } = refresh(...request);
        const info = Object.fromEntries(Object.entries(key_info).filter(([name]) => name !== left));
        return {
          ...answer,
          ...(left !== 'key_info' && { key_info: info as unknown as KeyInfo }),
        } as KeyAnswer;
      });
      expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
      const { record, works, ...info } = currentKey(world);
      expect(works).toBe(true);
      expect(info).toMatchObject({
        key_id: account.liveKeys().at(-1)?.key_id,
        role_id: 'r-operator',
        description: 'the test',
        issued_at_epoch_seconds: START + DAY,
        expires_at_epoch_seconds: START + 31 * DAY,
      });
      world.now += DAY;
      expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
    },
  );

  it('is stored with its own id in our shape although Momento describes it in no way', async () => {
    const world = new World();
    const { account } = world.momento;
    const { api_key, refresh_token, key_info } = account.createKey({ lifetimeSeconds: 30 * DAY });
    const validUntil = key_info.expires_at_epoch_seconds;
    world.put({ apiKey: api_key, refreshToken: refresh_token, validUntil, keyId: key_info.key_id });
    const refresh = account.refresh.bind(account);
    vi.spyOn(account, 'refresh').mockImplementationOnce((...request) => {
      const { api_key, refresh_token } = refresh(...request);
      return { api_key, refresh_token } as KeyAnswer;
    });
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.current()).toMatchObject({
      works: true,
      record: { keyId: account.liveKeys().at(-1)?.key_id },
    });
  });

  it('goes on by itself for a year', async () => {
    const world = v2World();
    await world.run(MANUAL);
    await world.passUntil(START + 365 * DAY);
    expect(currentKey(world).works).toBe(true);
    expect(world.reported('failure')).toEqual([]);
  });
});

const LOST = { after: 'RefreshApiKeyV2', mode: 'fail' } as const;

/** Momento refuses to generate keys. */
function refuseGeneration(status: ConstructorParameters<typeof AccountError>[0], message: string) {
  return ({ momento: { account } }: World): void => {
    account.gate.faultHook = (operation) => {
      if (operation === 'GenerateApiKeyV2') throw new AccountError(status, message);
    };
  };
}

describe('a refresh whose answer was lost', () => {
  it('is healed with the management key: same role, description and lifetime', async () => {
    const world = v2World({ managed: true });
    const before = currentKey(world);
    const lost = errorOf(await world.run(MANUAL, LOST));
    expect(lost.message).toContain('Momento issued no new key (UNREACHABLE). The current key works until');
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
    const after = currentKey(world);
    expect(after).toMatchObject({ works: true, role_id: 'r-operator', description: 'the test' });
    expect(after.expires_at_epoch_seconds).toBe(START + 31 * DAY + 60);
    expect(after.key_id).not.toBe(before.key_id);
    expect(world.effects()).toEqual(expect.arrayContaining(['key-generated', 'key-promoted']));
  });

  it('without a management key is a failure with the expiry and the commands, and the current key stays', async () => {
    const world = v2World();
    const before = currentKey(world);
    await world.run(MANUAL, LOST);
    const [outcome] = await world.wakeUp();
    expect(errorOf(outcome).message).toMatch(
      /The refresh token was used before, and the key that it gave was lost \(403 PermissionDenied\)\. The current key works until 2026-01-31T00:00:00Z\. The next try is booked for \S+\. With the setting managementSecretName the refresher replaces such a key by itself\. Replace it now: \(umask 077; curl -f -X POST https:\/\/mga\.registry\.prod\.a\.momentohq\.com\/api-keys -H "Authorization: \$MOMENTO_MANAGEMENT_KEY" -H "Content-Type: application\/json" -d '\{"role_id":"r-operator","description":"the test","expiry":'\$\(\(\$\(date \+%s\) \+ 2592000\)\)'\}' > momento-key\.json\) && npm run seed -- momento\/authentication-token --file momento-key\.json --region us-east-1$/,
    );
    expect(currentKey(world)).toEqual(before);
  });

  it('is healed if the process was killed while it held the key', async () => {
    const world = v2World({ managed: true });
    expect(await world.run(MANUAL, { after: 'RefreshApiKeyV2', mode: 'kill' })).toBe('killed');
    await world.wakeUp();
    expect(currentKey(world)).toMatchObject({ works: true, role_id: 'r-operator' });
    expect(currentKey(world).expires_at_epoch_seconds).toBe(START + 31 * DAY + 60);
  });

  it('is healed by the retry although the planned refresh is booked too', async () => {
    const world = v2World({ managed: true });
    await world.run(SWEEP);
    expect(world.booked()).toEqual(['2026-01-27T23:58:25.000Z', '2026-03-28T17:14:42.000Z']);
    await world.run(MANUAL, LOST);
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
    expect(currentKey(world).expires_at_epoch_seconds).toBe(START + 31 * DAY + 60);
  });

  it('of the management key itself is healed with that key, which still works', async () => {
    const world = v2World({ managed: true });
    const manual = { momento_auth_token_secret_name: MANAGEMENT };
    await world.run(manual, LOST);
    await world.wakeUp();
    expect(currentKey(world, MANAGEMENT)).toMatchObject({ works: true, role_id: 'r-keys' });
    expect(currentKey(world, MANAGEMENT).expires_at_epoch_seconds).toBe(START + 91 * DAY + 60);
  });

  it.each([
    [
      'its role may not manage keys',
      (world: World) => world.put(world.momento.account.createKey({ lifetimeSeconds: DAY }), MANAGEMENT),
      'The role of the management key in secret "momento/management-key" may not manage keys (403 PermissionDenied)',
    ],
    [
      'it was revoked',
      (world: World) => world.momento.account.revokeKey(String(currentKey(world, MANAGEMENT).record.api_key)),
      'Momento rejects the management key in secret "momento/management-key" (401 Unauthenticated)',
    ],
    [
      'its secret holds no key',
      (world: World) => world.put({ status: 'not seeded yet' }, MANAGEMENT),
      'The management secret "momento/management-key" holds no v2 key with an expiry',
    ],
    [
      'its secret holds rubbish',
      (world: World) => world.put('rubbish', MANAGEMENT),
      'The management key in secret "momento/management-key" could not be read (its value is not a Momento key)',
    ],
    [
      'its secret is being deleted',
      (world: World) => world.secrets.deleteSecret({ SecretId: MANAGEMENT }),
      'The management key in secret "momento/management-key" could not be read (InvalidRequestException)',
    ],
    [
      'it never expires',
      (world: World) => world.put(world.momento.account.createKey({ roleId: 'r-keys' }), MANAGEMENT),
      'holds no v2 key with an expiry. A key that never expires is not used, because a copy of it would work for ever',
    ],
    [
      'the account has too many keys',
      (world: World) => {
        world.momento.account.keyLimit = 2;
      },
      'and Momento generated no other key with the management key: The account has as many API keys as Momento allows ' +
        '(429 LimitExceeded). The current key works until 2026-01-31T00:00:00Z. The next try is booked for ' +
        '2026-01-02T00:03:00Z. In the Momento console, revoke a key that nobody needs. Then: npm run seed -- momento/authentication-token',
    ],
    [
      'the role of the current key was deleted',
      refuseGeneration(404, 'No such role'),
      'The role of the current key does not exist any more (404 NotFound). The current key works until 2026-01-31T00:00:00Z. ' +
        'The next try is booked for 2026-01-02T00:03:00Z. Choose another role for the next key. Replace it now: ' +
        '(umask 077; curl -f -X POST https://mga.registry.prod.a.momentohq.com/api-keys -H "Authorization: $MOMENTO_MANAGEMENT_KEY" ' +
        '-H "Content-Type: application/json" -d \'{"role_id":"ROLE_ID","description":"the test"',
    ],
    [
      'its role may only list keys',
      refuseGeneration(403, 'Insufficient permissions'),
      'The role of the management key may not generate keys (403 PermissionDenied). The current key works until ' +
        '2026-01-31T00:00:00Z. The next try is booked for 2026-01-02T00:03:00Z. Put a management key whose role has ' +
        'auth_management with read, write and list into its secret: npm run seed -- momento/management-key',
    ],
    [
      'the account is locked',
      refuseGeneration(403, 'The account is locked'),
      'Momento has locked the account (403 PermissionDenied). The current key works until 2026-01-31T00:00:00Z. The next try ' +
        'is booked for 2026-01-02T00:03:00Z. Ask the owner of the account. Then: npm run seed -- momento/authentication-token',
    ],
  ])('tells a person to act if the management key could not help because %s', async (_, happens, message) => {
    const world = v2World({ managed: true });
    await world.run(MANUAL, LOST);
    happens(world);
    const [outcome] = await world.wakeUp();
    expect(errorOf(outcome).message).toContain(message);
    expect(errorOf(outcome).message).not.toContain('With the setting managementSecretName');
    expect(world.reports.at(-2)).toMatchObject({ kind: 'state', flags: { KeyUnrefreshable: 1 } });
  });
});

describe('a v2 key that only a person can replace', () => {
  const LABEL = 'refresher-unrefreshable';

  /** Each state that was told, with its troubles. */
  function statesOf(world: World) {
    return world.reports.splice(0).flatMap((entry) => (entry.kind === 'state' ? [entry] : []));
  }

  async function statusOf(world: World) {
    return (await world.run(STATUS)) as { result: StatusResult };
  }

  /** Its answer was lost, and its retry has found the refresh token spent. */
  async function spentWorld(options: { managed?: boolean } = {}): Promise<World> {
    const world = v2World(options);
    await world.run(MANUAL, LOST);
    return world;
  }

  it('is told although a key is pending if Momento rejects that key (seed 6)', async () => {
    const world = v2World();
    world.onceBefore('ListApiKeys', () => world.momento.account.revokeKey(world.pendingKey()));
    await world.run(MANUAL);
    await world.wakeUp();
    world.reports.splice(0);
    await world.run(SWEEP);
    expect(statesOf(world)[0]).toMatchObject({ state: 'unrefreshable', flags: { KeyUnrefreshable: 1 } });
  });

  it('is told at once, and by each sweep, until a person has put another key', async () => {
    const world = await spentWorld();
    world.reports.splice(0);
    await world.wakeUp();
    const troubles = ['KeyUnrefreshable', 'RefreshFailing'];
    const flags = { KeyUnrefreshable: 1, RefreshFailing: 1 };
    expect(statesOf(world)).toEqual([expect.objectContaining({ state: 'unrefreshable', troubles, flags })]);
    expect(world.stages()[world.current().versionId]).toContain(LABEL);

    await world.run(SWEEP);
    expect(statesOf(world)[0]).toMatchObject({ state: 'unrefreshable', flags: { KeyUnrefreshable: 1 } });

    world.put(world.momento.account.createKey({ lifetimeSeconds: 30 * DAY }));
    await world.run(labelUpdated());
    expect(statesOf(world)[0]).toMatchObject({ state: 'healthy', flags: { KeyUnrefreshable: 0 } });
    expect(world.stages()[world.current().versionId]).not.toContain(LABEL);
  });

  it('is shown by the status with its expiry and the commands that replace it', async () => {
    const world = await spentWorld();
    await world.wakeUp();
    const { result } = await statusOf(world);
    expect(result.secrets[0]).toMatchObject({
      state: 'unrefreshable',
      validUntil: '2026-01-31T00:00:00Z',
      nextStep: expect.stringMatching(
        /^With the setting managementSecretName .* Replace it now: \(umask 077; curl -f -X POST \S+ .*"role_id":"r-operator".* && npm run seed -- momento\/authentication-token --file momento-key\.json --region us-east-1$/,
      ),
    });
    expect(statusExitCode({ status: result, safetyNets: [] })).toBe(1);
  });

  it('is replaced by the next try once a management key is deployed', async () => {
    const world = await spentWorld();
    await world.wakeUp();
    world.secrets.createSecret({
      Name: MANAGEMENT,
      SecretString: JSON.stringify(
        world.momento.account.createKey({ roleId: 'r-keys', lifetimeSeconds: DAY }),
      ),
      ClientRequestToken: '0'.repeat(32),
    });
    world.configuration = { ...world.configuration, managementSecretName: MANAGEMENT };
    await world.wakeUp();
    expect(statesOf(world).at(-1)).toMatchObject({ state: 'healthy', flags: { KeyUnrefreshable: 0 } });
  });

  it('is refreshed if Momento takes its token after all, as after a lock that looked like a spent token', async () => {
    const world = v2World();
    const { gate } = world.momento.account;
    gate.faultHook = (operation) => {
      if (operation === 'RefreshApiKeyV2') throw new AccountError(403, 'Not now');
    };
    await world.run(MANUAL);
    expect(statesOf(world).at(-1)).toMatchObject({ state: 'unrefreshable' });
    gate.faultHook = undefined;
    await world.wakeUp();
    expect(statesOf(world).at(-1)).toMatchObject({ state: 'healthy', flags: { KeyUnrefreshable: 0 } });
  });

  it('is told by the booked retry if a rotation has found its token spent', async () => {
    const world = v2World();
    world.momento.account.refresh(String(currentKey(world).record.refresh_token));
    await world.rotate();
    expect(errorOf((await world.wakeUp())[0]).message).toContain('The refresh token was used before');
    expect(statesOf(world).at(-1)).toMatchObject({ flags: { KeyUnrefreshable: 1, RefreshFailing: 1 } });
    expect(world.stages()[world.current().versionId]).toContain(LABEL);
  });

  it('is told although the label cannot be set, and the next try sets it', async () => {
    const world = await spentWorld();
    world.faults = [{ before: 'UpdateSecretVersionStage', mode: 'fail' }];
    await world.wakeUp();
    expect(statesOf(world).at(-1)).toMatchObject({ flags: { KeyUnrefreshable: 1 } });
    expect(world.stages()[world.current().versionId]).not.toContain(LABEL);
    world.faults = [];
    await world.wakeUp();
    expect(world.stages()[world.current().versionId]).toContain(LABEL);
  });

  it.each<[string, (world: World) => void]>([
    [
      'Momento is away when the management key is used',
      (world) => {
        world.faults = [{ before: 'ListApiKeys', mode: 'fail' }];
      },
    ],
    [
      'Secrets Manager is away when the management key is read',
      (world) => {
        // After the proof of the current key.
        world.onceBefore('ListApiKeys', () => {
          world.faults = [{ before: 'GetSecretValue', mode: 'fail', until: world.now + 1 }];
        });
      },
    ],
    [
      'the answer with the successor is lost',
      (world) => {
        world.faults = [{ after: 'GenerateApiKeyV2', mode: 'fail' }];
      },
    ],
  ])('is not reported for a key that the next try may replace because %s', async (_, happens) => {
    const world = await spentWorld({ managed: true });
    happens(world);
    world.reports.splice(0);
    await world.wakeUp();
    expect(statesOf(world)[0]?.troubles).toEqual(['RefreshFailing']);
    world.faults = [];
    await world.wakeUp();
    expect(currentKey(world).works).toBe(true);
    expect(statesOf(world).at(-1)).toMatchObject({ state: 'healthy' });
  });
});

describe('a v2 key without refresh token', () => {
  it('is replaced with the management key, and refreshed with its token from then on', async () => {
    const world = v2World({ withoutRefreshToken: true, managed: true });
    await world.run(MANUAL);
    expect(currentKey(world)).toMatchObject({ works: true, role_id: 'r-operator' });
    expect(currentKey(world).record.refresh_token).toMatch(/^eyJ/);
    world.recorded.length = 0;
    await world.passUntil(START + 60 * DAY);
    expect(world.recorded.map(({ operation }) => operation)).not.toContain('GenerateApiKeyV2');
  });

  it('in our own shape is told with its lifetime, counted from the version that holds it', async () => {
    const world = new World();
    const { api_key: apiKey } = world.momento.account.createKey({
      lifetimeSeconds: 30 * DAY,
      withoutRefreshToken: true,
    });
    world.put({ apiKey, endpoint: world.momento.endpoint });
    world.now += DAY;
    const command =
      '{"role_id":"ROLE_ID","description":"DESCRIPTION","expiry":\'$(($(date +%s) + 2592000))\'}';
    expect(errorOf(await world.run(MANUAL)).message).toContain(command);
    const { result } = (await world.run(STATUS)) as { result: StatusResult };
    expect(result.secrets[0]?.nextStep).toContain(command);
  });

  it('without a management key is a failure with the commands', async () => {
    const world = v2World({ withoutRefreshToken: true });
    expect(errorOf(await world.run(MANUAL)).message).toMatch(
      /The current key cannot be refreshed at Momento \(it has no refresh token\)\..* Replace it now: \(umask 077; curl -f -X POST/,
    );
    expect(world.stages()[world.current().versionId]).toContain('refresher-unrefreshable');
  });
});

describe('the status and the preflight about a v2 key without refresh token', () => {
  const checksOf = (outcome: unknown) =>
    (outcome as { result: { checks: Check[] } }).result.checks.filter(
      ({ check, result }) => check === 'key' && result === 'to-do',
    );

  it('say until when a person must replace it if there is no management key', async () => {
    const world = v2World({ withoutRefreshToken: true });
    await world.run(SWEEP);
    const { result } = (await world.run(STATUS)) as { result: StatusResult };
    expect(result.secrets[0]).toMatchObject({
      state: 'unrefreshable',
      validUntil: '2026-01-31T00:00:00Z',
      nextStep: expect.stringMatching(/^With the setting managementSecretName .* Replace it now: .*curl/),
    });
    expect(statusExitCode({ status: result, safetyNets: [] })).toBe(1);
    expect(checksOf(await world.run(PREFLIGHT))).toEqual([
      expect.objectContaining({
        subject: SECRET,
        detail: expect.stringMatching(
          /^it has no refresh token\. A person must replace it before 2026-01-31T00:00:00Z\. With the setting managementSecretName .* Replace it now: .*curl/,
        ),
      }),
    ]);
  });

  it('say nothing of it if there is a management key', async () => {
    const world = v2World({ withoutRefreshToken: true, managed: true });
    await world.run(SWEEP);
    const { result } = (await world.run(STATUS)) as { result: StatusResult };
    expect(result.secrets[0]).toMatchObject({ state: 'healthy' });
    expect(checksOf(await world.run(PREFLIGHT))).toEqual([]);
  });
});

describe('a v2 key whose new keys Momento rejects', () => {
  /** Momento revokes each new key before it can be proved. */
  function rejectNewKeys(world: World): void {
    const { account } = world.momento;
    const old = new Set(account.liveKeys().map(({ key_id }) => key_id));
    world.meanwhile = (operation) => {
      if (operation !== 'PutSecretValue') return;
      const { SecretString = '{}' } = (world.recorded.at(-1)?.input ?? {}) as { SecretString?: string };
      const { api_key } = JSON.parse(SecretString);
      if (!old.has(String(claimsOf(api_key)?.jti))) account.revokeKey(api_key);
    };
  }

  it.each([
    ['one by a refresh and one by the management key', false, 1],
    ['both by the management key', true, 2],
  ])('gets two of them, and then a person is told: %s', async (_, withoutRefreshToken, generated) => {
    const world = v2World({ managed: true, withoutRefreshToken });
    rejectNewKeys(world);
    await world.run(MANUAL);
    await world.passUntil(START + 2 * DAY);
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(generated);
    const state = {
      kind: 'state',
      state: 'unrefreshable',
      flags: { KeyUnrefreshable: 1, RefreshFailing: 1 },
    };
    expect(world.reports.at(-1)).toMatchObject(state);
    const failure = world.reports.findLast((entry) => entry.kind === 'failure');
    expect(failure?.error.message).toContain(
      'and Momento rejected two keys that it issued in its place, so no third one is asked for. The current key works until',
    );
    expect(currentKey(world).works).toBe(true);
  });
});

describe("a v2 key whose endpoint is not one of Momento's", () => {
  it('gets no key with the management key, even without a refresh token', async () => {
    const world = v2World({ managed: true, withoutRefreshToken: true });
    world.put({ ...world.current().record, endpoint: 'cell-1.momentohq.example' });
    const { message } = errorOf(await world.run(MANUAL));
    expect(message).toContain(
      "The current key cannot be refreshed at Momento (its endpoint is not one of Momento's)",
    );
    await world.passUntil(START + 2 * DAY);
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(0);
  });
});

describe('a run that cannot find out whether another run holds the key', () => {
  const UNLISTED = { before: 'ListSchedules', nth: 2, mode: 'fail' } as const;

  it.each([true, false])('leaves the secret to its retry (management key: %s)', async (managed) => {
    const world = v2World({ managed });
    await world.run(MANUAL, LOST);
    world.now += 60;
    world.reports.splice(0);
    const { message } = errorOf(await world.run(world.nextEvent(), UNLISTED));
    expect(message).toMatch(/EventBridge Scheduler did not list .* The next try is booked for/);
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(0);
    expect(world.reports.at(-1)).toMatchObject({ kind: 'state', troubles: ['RefreshFailing'] });
  });

  it('generates a key if the current one would lapse before the next try', async () => {
    const world = v2World({ managed: true });
    world.now = START + 30 * DAY - 150;
    await world.run(MANUAL, LOST);
    const event = world.nextEvent();
    expect(await world.run(event, UNLISTED)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(1);
  });

  it('generates a key once half of the lead is over and no retry can be booked', async () => {
    const world = v2World({ managed: true });
    await world.run(MANUAL, LOST);
    world.deleteEntries();
    world.faults = [
      { before: 'CreateSchedule', mode: 'fail' },
      { before: 'ListSchedules', mode: 'fail' },
    ];
    // The lead is three days. The key is due a day ago, then two days ago.
    world.now = START + 28 * DAY;
    errorOf(await world.run(SWEEP));
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(0);
    world.now = START + 29 * DAY;
    errorOf(await world.run(SWEEP));
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(1);
    expect(world.effects()).toContain('key-promoted');
  });
});

describe('a run with less than a minute left', () => {
  it('uses no refresh token, and its retry refreshes the key', async () => {
    const world = v2World();
    world.timeoutSeconds = 59;
    const { message } = errorOf(await world.run(MANUAL));
    expect(message).toContain('Less than a minute of this run was left, too little to store a new key');
    expect(world.calls).not.toContain('RefreshApiKeyV2');
    world.timeoutSeconds = 300;
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'refresh' } }]);
  });

  it('generates no key, tells nobody to act, and its retry generates one', async () => {
    const world = v2World({ managed: true, withoutRefreshToken: true });
    const slowList = { before: 'ListApiKeys', nth: 2, mode: { lateSeconds: 241 } } as const;
    const { message } = errorOf(await world.run(MANUAL, slowList));
    expect(message).toContain('Less than a minute of this run was left, too little to store a new key');
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(0);
    expect(world.reports.at(-1)).toMatchObject({ kind: 'state', troubles: ['RefreshFailing'] });
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'refresh' } }]);
  });

  it('refreshes the key all the same if it would lapse before the next try', async () => {
    const world = v2World();
    world.now = START + 30 * DAY - 60;
    world.timeoutSeconds = 59;
    expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
  });
});

/** Does it once, when a run whose refresh token is spent has looked at the entries but not at the secret, or the other way round. */
function betweenLooks(happen: () => Promise<void>): Turn {
  const looks = new Set<'entries' | 'secret'>();
  let isSpent = false;
  return async (operation) => {
    const look = operation === 'ListSchedules' ? 'entries' : 'secret';
    if (isSpent && looks.size === 1 && !looks.has(look)) await happen();
    if (isSpent) looks.add(look);
    isSpent ||= operation === 'RefreshApiKeyV2';
  };
}

function callsOf(world: World, wanted: string): number {
  return world.recorded.filter(({ operation }) => operation === wanted).length;
}

describe('a refresh whose answer was lost in an account that is throttled at five calls a second', () => {
  it.each([700, 12_000])('is healed although the account has %i keys', async (count) => {
    const world = new World({ secretNames: [SECRET, MANAGEMENT], managementSecretName: MANAGEMENT });
    const { account } = world.momento;
    account.keyLimit = 20_000;
    for (let made = 0; made < count; made++) account.createKey();
    world.put(account.createKey({ description: 'the test', lifetimeSeconds: 30 * DAY }));
    world.put(account.createKey({ roleId: 'r-keys', lifetimeSeconds: 90 * DAY }), MANAGEMENT);
    account.gate.throttling = { requestsPerSecond: 5 };
    world.now += DAY;
    await world.run(MANUAL, LOST);
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'refresh' } }]);
    expect(currentKey(world)).toMatchObject({ works: true, description: 'the test' });
  });
});

describe('two runs of one secret', () => {
  const AT_ONCE = { withoutRefreshToken: false, laterSeconds: 0, aheadSeconds: 0, requests: 1 };

  it.each([
    ['the first holds the key', 'PutSecretValue', AT_ONCE],
    ['the first has booked the same retry', 'RefreshApiKeyV2', AT_ONCE],
    ['its clock is ahead (seed 489)', 'PutSecretValue', { ...AT_ONCE, aheadSeconds: 90, requests: 2 }],
    ['the first will generate it', 'GenerateApiKeyV2', { ...AT_ONCE, withoutRefreshToken: true }],
    [
      'the first has generated it half a minute ago',
      'PutSecretValue',
      { ...AT_ONCE, withoutRefreshToken: true, laterSeconds: 30 },
    ],
  ])('the second ends quietly and gets no key if %s', async (_, operation, options) => {
    const { withoutRefreshToken, laterSeconds, aheadSeconds, requests } = options;
    const world = v2World({ managed: true, withoutRefreshToken });
    const { outcome, during } = await world.runDuring(operation, async () => {
      world.now += laterSeconds;
      world.skewSeconds = aheadSeconds;
      const second = await world.run(MANUAL);
      world.skewSeconds = 0;
      return second;
    });
    expect(during).toEqual({ result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }) });
    expect(outcome).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
    await world.passUntil(START + 2 * DAY);
    expect(currentKey(world).works).toBe(true);
    expect(callsOf(world, 'RefreshApiKeyV2') + callsOf(world, 'GenerateApiKeyV2')).toBe(requests);
    expect(world.momento.account.liveKeys()).toHaveLength(3);
  });

  it('the second ends quietly if its clock is behind and the retries come late (seed 286)', async () => {
    const world = v2World({ managed: true });
    world.now = START + 30 * DAY - 131 * 60;
    const { versionId } = world.current();
    const event = wakeUpEvent({
      name: 'momento-authentication-token-0123abcd-1',
      at: world.now - 600,
      secretName: SECRET,
      versionId,
      attempt: 5,
      demand: 'when-due',
    });
    const outcomes: Outcome[] = [];
    const acts = [
      async () => {
        world.skewSeconds = -60;
        outcomes.push(await world.run(event));
        world.skewSeconds = 60;
      },
    ];
    world.skewSeconds = 60;
    outcomes.push(
      await world.run(event, undefined, async (operation) => {
        if (operation === 'PutSecretValue') await acts.pop()?.();
      }),
    );
    expect(outcomes).toMatchObject([{ result: { outcome: 'wait' } }, { result: { outcome: 'refresh' } }]);
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(0);
  });

  it('the second goes on with what the first made current meanwhile', async () => {
    const world = v2World({ managed: true });
    const { outcome } = await world.runDuring('RefreshApiKeyV2', async () => {
      world.now += 60;
      await world.run(MANUAL);
    });
    expect(outcome).toEqual({ result: expect.objectContaining({ outcome: 'wait' }) });
    expect(world.momento.account.liveKeys()).toHaveLength(3);
  });

  it('the second generates no key if the first ends while the second looks for it', async () => {
    const world = v2World({ managed: true });
    let end = () => {};
    const mayEnd = new Promise<void>((resolve) => {
      end = resolve;
    });
    const first = world.run(MANUAL, undefined, async (operation) => {
      if (operation === 'PutSecretValue') await mayEnd;
    });
    await new Promise(setImmediate);
    world.now += 60;
    const second = await world.run(
      MANUAL,
      undefined,
      betweenLooks(async () => {
        end();
        await first;
      }),
    );
    expect(await first).toEqual({ result: expect.objectContaining({ outcome: 'refresh' }) });
    expect(second).toEqual({ result: expect.objectContaining({ outcome: 'wait' }) });
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(0);
  });
});

describe('a run that finds the refresh token spent while the retry of another run is booked', () => {
  it('keeps a retry of its own, which replaces the key if that of the other run never comes', async () => {
    const world = v2World({ managed: true });
    await world.run(MANUAL, { after: 'RefreshApiKeyV2', mode: 'fail' });
    const [other = ''] = world.entries();
    world.now += 20;
    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ reason: 'retry-booked', nextRefreshAt: '2026-01-02T00:02:30Z' }),
    });
    expect(world.booked()).toEqual(['2026-01-02T00:01:00.000Z', '2026-01-02T00:02:30.000Z']);
    world.disableEntry(other);
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
    expect(currentKey(world).works).toBe(true);
  });

  it('keeps no other run waiting, so two chains of retries do not wait for each other for ever (seed 154)', async () => {
    const world = v2World({ managed: true });
    const unheard = { before: 'RefreshApiKeyV2', mode: 'fail' } as const;
    await world.run(MANUAL, { after: 'RefreshApiKeyV2', mode: 'fail' });
    await world.run(world.nextEvent(), unheard);
    await world.run(world.nextEvent(), unheard);
    world.now += 10;
    await world.run(MANUAL);
    expect(world.booked()).toEqual(['2026-01-02T00:05:30.000Z', '2026-01-02T00:07:00.000Z']);
    const waits = { result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }) };
    expect(await world.run(world.nextEvent())).toEqual(waits);
    expect(await world.run(world.nextEvent())).toEqual({
      result: expect.objectContaining({ outcome: 'refresh' }),
    });
  });
});

describe('a read that does not show yet what another run has made current (seed 401)', () => {
  it('leads to no second key if an entry is booked for after the expiry of the key that was read', async () => {
    const world = v2World({ managed: true });
    world.now = START + 28 * DAY;
    world.readLagSeconds = 60;
    await world.run(MANUAL);
    world.now += 20;
    expect(await world.run(MANUAL)).toEqual({
      result: expect.objectContaining({ outcome: 'wait', reason: 'retry-booked' }),
    });
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ reason: 'not-due' }) }]);
    expect(callsOf(world, 'GenerateApiKeyV2')).toBe(0);
    expect(currentKey(world).works).toBe(true);
  });
});

it('a sweep refreshes the management key before the keys that need it', async () => {
  const world = v2World({ withoutRefreshToken: true, managed: true });
  const manual = { momento_auth_token_secret_name: MANAGEMENT };
  await world.run(manual);
  world.deleteEntries();
  world.now = START + 90 * DAY;
  const { account } = world.momento;
  world.put(account.createKey({ lifetimeSeconds: DAY, withoutRefreshToken: true }));
  world.now += DAY - 3600;
  await world.run(SWEEP);
  expect(currentKey(world).works).toBe(true);
  const operations = world.calls.filter((operation) => operation.endsWith('V2'));
  expect(operations).toEqual(['RefreshApiKeyV2', 'GenerateApiKeyV2']);
});

it('an answer that cannot be read is a failure that keeps the current key, and the next try replaces the spent token', async () => {
  const world = v2World({ managed: true });
  const before = currentKey(world);
  const { account } = world.momento;
  const refresh = account.refresh.bind(account);
  vi.spyOn(account, 'refresh').mockImplementationOnce((...request) => ({
    ...refresh(...request),
    api_key: '',
  }));
  const failed = await world.run(MANUAL);
  expect(errorOf(failed).message).toContain(
    'Momento issued no new key (200 UNREADABLE). The current key works',
  );
  expect(currentKey(world)).toEqual(before);
  expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
  expect(currentKey(world)).toMatchObject({ works: true, role_id: 'r-operator' });
  expect(world.calls).toContain('GenerateApiKeyV2');
});

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

describe('the preflight with a management key', () => {
  const checksOf = (outcome: unknown) => {
    const { result } = outcome as {
      result: { checks: { check: string; subject: string; detail: string }[] };
    };
    return result.checks.filter(({ check }) => check === 'management' || check === 'orphan');
  };

  it('says that it may list keys, and names the key of a lost answer', async () => {
    const world = v2World({ managed: true });
    const before = new Set(world.momento.account.liveKeys().map(({ key_id }) => key_id));
    await world.run(MANUAL, { after: 'RefreshApiKeyV2', mode: 'fail' });
    const orphan = world.momento.account.liveKeys().find(({ key_id }) => !before.has(key_id));
    world.now += 2 * DAY;
    expect(checksOf(await world.run(PREFLIGHT))).toEqual([
      expect.objectContaining({
        subject: MANAGEMENT,
        result: 'passed',
        detail: 'its key may list keys, 3 in the account. Whether it may generate them shows only in use',
      }),
      {
        check: 'orphan',
        subject: SECRET,
        result: 'note',
        detail:
          `key ${orphan?.key_id}, 2 day(s) old, has the role and description of this secret's key, and no labelled version of ` +
          'a managed secret holds it. It may be an earlier key. Revoke it in the Momento console if nobody uses it',
      },
    ]);
  });

  it('finds the keys that no version holds on every page of the list', async () => {
    const world = v2World({ managed: true });
    const { account } = world.momento;
    for (let count = 0; count < 248; count++)
      account.createKey({ description: 'of others', lifetimeSeconds: DAY });
    const { key_info } = account.createKey({ description: 'the test', lifetimeSeconds: 30 * DAY });
    const checks = checksOf(await world.run(PREFLIGHT));
    expect(checks.map(({ check, detail }) => [check, detail.slice(0, 46)])).toEqual([
      ['management', 'its key may list keys, 251 in the account. Whe'],
      ['orphan', `key ${key_info.key_id}, 0 day(s) old, has th`],
    ]);
    // Three pages, and a proof of each of the two keys.
    expect(world.calls.filter((operation) => operation === 'ListApiKeys')).toHaveLength(5);
  });

  it('fails if the management key may not list keys', async () => {
    const world = v2World({ managed: true });
    world.put(world.momento.account.createKey({ lifetimeSeconds: 90 * DAY }), MANAGEMENT);
    expect(checksOf(await world.run(PREFLIGHT))).toEqual([
      expect.objectContaining({
        result: 'failed',
        detail: expect.stringContaining(
          'The role of the management key in secret "momento/management-key" may not manage keys (403 PermissionDenied)',
        ),
      }),
    ]);
  });
});

it('a sweep refreshes a key out of a drawer that would lapse before the next one, although an entry is booked for a newer key (seed 9)', async () => {
  const world = v2World();
  await world.run(MANUAL);
  const older = world.momento.account.createKey({ lifetimeSeconds: DAY });
  world.now += DAY - 50 * 60;
  world.put(older);
  await world.run(SWEEP);
  expect(currentKey(world).expires_at_epoch_seconds).toBe(world.now + DAY);
});
