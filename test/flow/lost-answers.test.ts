/** A refresh token that is spent without a successor in hand: the management key replaces the key, or a person is told. */
import { describe, expect, it } from 'vitest';
import { statusExitCode } from '../../cli/status-report.ts';
import type { StatusResult } from '../../handlers/flow/status.ts';
import { AccountError } from '../../local/momento/account.ts';
import { DAY, labelUpdated, MANUAL, SECRET, START, STATUS, SWEEP } from '../worlds/names.ts';
import { currentKey, LOST, MANAGEMENT, refuse, v2World } from '../worlds/v2-world.ts';
import { errorOf, World } from '../worlds/world.ts';

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
      refuse('GenerateApiKeyV2', 404, 'No such role'),
      'The role of the current key does not exist any more (404 NotFound). The current key works until 2026-01-31T00:00:00Z. ' +
        'The next try is booked for 2026-01-02T00:03:00Z. Choose another role for the next key. Replace it now: ' +
        '(umask 077; curl -f -X POST https://mga.registry.prod.a.momentohq.com/api-keys -H "Authorization: $MOMENTO_MANAGEMENT_KEY" ' +
        '-H "Content-Type: application/json" -d \'{"role_id":"ROLE_ID","description":"the test"',
    ],
    [
      'its role may only list keys',
      refuse('GenerateApiKeyV2', 403, 'Insufficient permissions'),
      'The role of the management key may not generate keys (403 PermissionDenied). The current key works until ' +
        '2026-01-31T00:00:00Z. The next try is booked for 2026-01-02T00:03:00Z. Put a management key whose role has ' +
        'auth_management with read, write and list into its secret: npm run seed -- momento/management-key',
    ],
    [
      'the account is locked',
      refuse('GenerateApiKeyV2', 403, 'The account is locked'),
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

it('a generated key expires no earlier than the current one, whatever the clock of the run says (seed 1549)', async () => {
  const world = v2World({ managed: true, withoutRefreshToken: true });
  world.now = START;
  world.skewSeconds = -100;
  expect(await world.run(MANUAL)).toMatchObject({ result: { outcome: 'refresh' } });
  expect(world.callsOf('GenerateApiKeyV2')).toBe(1);
});

describe('a v2 key that only a person can replace', () => {
  const LABEL = 'refresher-unrefreshable';

  /** Each reported state, with its troubles. */
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

  it('is reported although a key is pending, if Momento rejects the pending key (seed 6)', async () => {
    const world = v2World();
    world.onceBefore('ListApiKeys', () => world.momento.account.revokeKey(world.pendingKey()));
    await world.run(MANUAL);
    await world.wakeUp();
    world.reports.splice(0);
    await world.run(SWEEP);
    expect(statesOf(world)[0]).toMatchObject({ state: 'unrefreshable', flags: { KeyUnrefreshable: 1 } });
  });

  it('is reported at once, and by each sweep, until a person has put another key', async () => {
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

  it('is reported by the booked retry if a rotation has found its token spent', async () => {
    const world = v2World();
    world.momento.account.refresh(String(currentKey(world).record.refresh_token));
    await world.rotate();
    expect(errorOf((await world.wakeUp())[0]).message).toContain('The refresh token was used before');
    expect(statesOf(world).at(-1)).toMatchObject({ flags: { KeyUnrefreshable: 1, RefreshFailing: 1 } });
    expect(world.stages()[world.current().versionId]).toContain(LABEL);
  });

  it('is reported although the label cannot be set, and the next try sets it', async () => {
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

describe('a run that cannot find out whether another run holds the key', () => {
  const UNLISTED = { before: 'ListSchedules', nth: 2, mode: 'fail' } as const;

  it.each([true, false])('leaves the secret to its retry (management key: %s)', async (managed) => {
    const world = v2World({ managed });
    await world.run(MANUAL, LOST);
    world.now += 60;
    world.reports.splice(0);
    const { message } = errorOf(await world.run(world.nextEvent(), UNLISTED));
    expect(message).toMatch(/EventBridge Scheduler did not list .* The next try is booked for/);
    expect(world.callsOf('GenerateApiKeyV2')).toBe(0);
    expect(world.reports.at(-1)).toMatchObject({ kind: 'state', troubles: ['RefreshFailing'] });
  });

  it('generates a key if the current one would lapse before the next try', async () => {
    const world = v2World({ managed: true });
    world.now = START + 30 * DAY - 150;
    await world.run(MANUAL, LOST);
    const event = world.nextEvent();
    expect(await world.run(event, UNLISTED)).toMatchObject({ result: { outcome: 'refresh' } });
    expect(world.callsOf('GenerateApiKeyV2')).toBe(1);
  });

  it('generates a key once half of the lead is over', async () => {
    const world = v2World({ managed: true });
    await world.run(MANUAL, LOST);
    world.deleteEntries();
    world.faults = [{ before: 'ListSchedules', mode: 'fail' }];
    // The lead is three days. The key has been due for a day, then for two days.
    world.now = START + 28 * DAY;
    errorOf(await world.run(SWEEP));
    expect(world.callsOf('GenerateApiKeyV2')).toBe(0);
    world.now = START + 29 * DAY;
    errorOf(await world.run(SWEEP));
    expect(world.callsOf('GenerateApiKeyV2')).toBe(1);
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
    expect(world.callsOf('GenerateApiKeyV2')).toBe(0);
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
