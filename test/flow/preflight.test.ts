import { describe, expect, it } from 'vitest';
import type { PreflightResult } from '../../handlers/flow/preflight.ts';
import { V1_KEY } from '../worlds/keys.ts';
import { PREFLIGHT, SECRET, START } from '../worlds/names.ts';
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
