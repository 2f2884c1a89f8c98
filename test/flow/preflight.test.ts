import { describe, expect, it, vi } from 'vitest';
import { preflightExitCode, preflightTable } from '../../cli/preflight-report.ts';
import type { PreflightResult } from '../../handlers/flow/preflight.ts';
import { V1_KEY } from '../worlds/keys.ts';
import { DAY, MANUAL, PREFLIGHT, SECRET, START } from '../worlds/names.ts';
import { MANAGEMENT, v2World } from '../worlds/v2-world.ts';
import { World } from '../worlds/world.ts';

async function preflightOf(world: World): Promise<PreflightResult> {
  return ((await world.run(PREFLIGHT)) as { result: PreflightResult }).result;
}

describe('the preflight', () => {
  it('passes a seeded secret whose key Momento accepts, and changes nothing', async () => {
    const world = new World();
    world.seed();
    const { checks, secretArns } = await preflightOf(world);
    expect(world.calls.toSorted()).toEqual([
      'DescribeSecret',
      'GetSecretValue',
      'ListCaches',
      'ListSchedules',
    ]);
    expect(world.reports).toEqual([]);
    expect(secretArns).toEqual([
      expect.stringMatching(/^arn:aws:secretsmanager:.*:momento\/authentication-token-/),
    ]);
    expect(checks).toEqual([
      {
        check: 'schedules',
        subject: 'momento-key-refresher',
        result: 'passed',
        detail: 'the group answers, entries in it: 0',
      },
      {
        check: 'secret',
        subject: SECRET,
        result: 'passed',
        detail: 'readable and well-formed, valid until 2026-01-31T00:00:00Z',
      },
      { check: 'key', subject: SECRET, result: 'passed', detail: 'Momento accepts it' },
    ]);
  });

  it('shows an unseeded secret as to do, and does not try a key that never expires', async () => {
    const world = new World({ secretNames: ['new', 'never'] });
    world.put({ apiKey: V1_KEY, validUntil: 0 }, 'never');
    const { checks } = await preflightOf(world);
    expect(checks.slice(1).map(({ check, subject, result }) => [check, subject, result])).toEqual([
      ['secret', 'new', 'passed'],
      ['key', 'new', 'to-do'],
      ['secret', 'never', 'passed'],
    ]);
    expect(checks[2]?.detail).toContain('npm run seed -- new --file momento-key.json --region us-east-1');
  });

  it('fails a missing secret, a value that is not a key, a lapsed key and a key that Momento rejects', async () => {
    const world = new World({ secretNames: ['gone', 'broken', 'lapsed', 'wrong'] });
    world.secrets.deleteSecret({ SecretId: 'gone' });
    world.put('{"apiKey": 5}', 'broken');
    world.put({ apiKey: V1_KEY, refreshToken: 'token', validUntil: START - 1 }, 'lapsed');
    world.put({ apiKey: V1_KEY, refreshToken: 'token', validUntil: START + 3600 }, 'wrong');
    const { checks } = await preflightOf(world);
    expect(checks.slice(1).map(({ check, subject, result }) => [check, subject, result])).toEqual([
      ['secret', 'gone', 'failed'],
      ['secret', 'broken', 'failed'],
      ['secret', 'lapsed', 'passed'],
      ['key', 'lapsed', 'failed'],
      ['secret', 'wrong', 'passed'],
      ['key', 'wrong', 'failed'],
    ]);
    expect(checks[2]?.detail).toContain('field apiKey must be a string');
    expect(checks[4]?.detail).toMatch(/^it lapsed at 2025-12-31T23:59:59Z/);
    expect(checks[6]?.detail).toMatch(/^Momento rejects it/);
  });

  it('names the primary region of a replica and the instant at which a secret will be deleted', async () => {
    const world = new World({ secretNames: ['replica', 'doomed'] });
    for (const secretName of ['replica', 'doomed']) world.seed({ secretName });
    world.secrets.makeReplica('replica', 'eu-west-1');
    world.secrets.deleteSecret({ SecretId: 'doomed', RecoveryWindowInDays: 7 });
    const { checks } = await preflightOf(world);
    expect(checks.slice(1)).toEqual([
      {
        check: 'secret',
        subject: 'replica',
        result: 'failed',
        detail:
          'a replica of the secret in eu-west-1, and a replica cannot be written. ' +
          'Deploy the stack in that region instead: AWS_REGION=eu-west-1 npx cdk deploy',
      },
      {
        check: 'secret',
        subject: 'doomed',
        result: 'failed',
        detail:
          'Secret "doomed" cannot be read (InvalidRequestException). It is scheduled for deletion at 2026-01-08T00:00:00Z. ' +
          'Nothing was changed. Restore it: aws secretsmanager restore-secret --region us-east-1 --secret-id doomed',
      },
    ]);
  });

  it('calls a key unknown if Momento cannot be asked, and fails if the bookings cannot be listed', async () => {
    const world = new World();
    world.seed();
    world.faults = [
      { before: 'ListCaches', mode: 'fail' },
      { before: 'ListSchedules', mode: 'fail' },
    ];
    const { checks } = await preflightOf(world);
    expect(checks.map(({ check, result }) => [check, result])).toEqual([
      ['schedules', 'failed'],
      ['secret', 'passed'],
      ['key', 'unknown'],
    ]);
  });
});

describe('the orphans of the preflight', () => {
  /** Two secrets whose keys share the role and the description. */
  function twinWorld(seed: number): World {
    const secretNames = [SECRET, 'twin', MANAGEMENT];
    const world = new World({ secretNames, managementSecretName: MANAGEMENT, seed });
    const { account } = world.momento;
    for (const name of [SECRET, 'twin']) world.put(account.createKey({ lifetimeSeconds: 30 * DAY }), name);
    world.put(account.createKey({ roleId: 'r-keys', lifetimeSeconds: 90 * DAY }), MANAGEMENT);
    return world;
  }

  async function orphansOf(world: World) {
    const { checks } = await preflightOf(world);
    return checks.filter(({ check }) => check === 'orphan');
  }

  it('are not the keys that another secret holds, and each is named once', async () => {
    const world = twinWorld(2);
    const { key_info } = world.momento.account.createKey({ lifetimeSeconds: 30 * DAY });
    expect(await orphansOf(world)).toEqual([
      {
        check: 'orphan',
        subject: SECRET,
        result: 'note',
        detail:
          `key ${key_info.key_id}, 0 day(s) old, has the role and description of this secret's key, and no labelled version of ` +
          'a managed secret holds it. It may be an earlier key. Revoke it in the Momento console if nobody uses it',
      },
    ]);
  });

  it('are named although a secret cannot be read, which may hold them', async () => {
    const world = twinWorld(3);
    world.secrets.deleteSecret({ SecretId: SECRET });
    const orphans = await orphansOf(world);
    expect(orphans.map(({ subject }) => subject)).toEqual(['twin']);
    expect(orphans[0]?.detail).toContain(
      `It may be an earlier key, or a key of ${SECRET}, which could not be read. Revoke it`,
    );
  });

  it('are the earlier keys of three refreshes and no expired key, and the preflight still passes', async () => {
    const world = twinWorld(4);
    const { account } = world.momento;
    for (let refreshes = 0; refreshes < 3; refreshes++) {
      world.now += DAY;
      await world.run(MANUAL);
    }
    const { key_info: expired } = account.createKey({ lifetimeSeconds: 1 });
    world.now += 1;
    const list = account.list.bind(account);
    // Whether Momento lists expired keys is not documented.
    vi.spyOn(account, 'list').mockImplementation((...request) => ({
      key_info: [expired, ...list(...request).key_info],
    }));
    const { checks } = await preflightOf(world);
    const notes = checks.filter(({ result }) => result === 'note');
    expect(notes.map(({ detail }) => detail.slice(24, 35))).toEqual([', 3 day(s) ', ', 2 day(s) ']);
    expect(preflightExitCode(checks)).toBe(0);
    expect(preflightTable(checks)).toMatch(/\n\n8 of 8 passed$/);
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
