import { describe, expect, it } from 'vitest';
import { V1_KEY } from '../worlds/observations.ts';
import { DAY, SECRET, START, World } from '../worlds/world.ts';

const MANUAL = { momento_auth_token_secret_name: SECRET };
const SWEEP = { action: 'sweep' };

const KEY = { apiKey: V1_KEY, refreshToken: 'token', validUntil: START + 30 * DAY };
const V2_TOKEN = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"t":"gr","akid":"x"}').toString('base64url')}.sig`;

describe('what a secret may hold, and what it gets', () => {
  it.each([
    ['text that is no JSON', 'apiKey=canary', 'SecretContentError', /it is not JSON/],
    ['a list', '["canary"]', 'SecretContentError', /it is not a JSON object/],
    ['no key', JSON.stringify({ refreshToken: 't' }), 'SecretContentError', /field apiKey is missing/],
    [
      'no expiry',
      JSON.stringify({ ...KEY, validUntil: undefined }),
      'SecretContentError',
      /field validUntil is missing/,
    ],
    [
      'a wrong type',
      JSON.stringify({ ...KEY, apiKey: 7 }),
      'SecretContentError',
      /field apiKey must be a string/,
    ],
    [
      'a v2 refresh token as the key',
      JSON.stringify({ ...KEY, apiKey: V2_TOKEN }),
      'SecretContentError',
      /field apiKey holds a v2 refresh token, not an API key/,
    ],
    [
      'a key that has lapsed',
      JSON.stringify({ ...KEY, validUntil: START - 1 }),
      'KeyLapsedError',
      /a person must put a new one.*aws secretsmanager put-secret-value/s,
    ],
  ])('%s: an error that says so, and the secret is untouched', async (_, text, name, message) => {
    const world = new World();
    world.put(text);
    const before = world.secrets.getSecretValue({ SecretId: SECRET });

    const outcome = await world.run(MANUAL);

    if (outcome === 'killed' || !('error' in outcome)) throw new Error('it did not fail');
    expect(outcome.error).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(outcome.error.message).not.toContain('canary');
    expect(world.secrets.getSecretValue({ SecretId: SECRET })).toEqual(before);
    expect(world.booked()).toEqual([]);
  });

  it('binary: an error that says so', async () => {
    const world = new World();
    world.secrets.putSecretValue({
      SecretId: SECRET,
      SecretBinary: Buffer.from('canary'),
      ClientRequestToken: '11111111-1111-4111-8111-111111111111',
    });
    expect(await world.run(MANUAL)).toEqual({
      error: expect.objectContaining({ message: expect.stringContaining('it is binary') }),
    });
  });

  it.each([MANUAL, SWEEP])(
    'the placeholder: unseeded, with the command that seeds it, and no failure for %j',
    async (event) => {
      const world = new World();
      const outcome = await world.run(event);
      expect(JSON.stringify(outcome)).toContain(
        '{"outcome":"unseeded","reason":"placeholder","secretName":"momento/authentication-token"',
      );
      expect(JSON.stringify(outcome)).toContain(
        'aws secretsmanager put-secret-value --secret-id momento/authentication-token --secret-string file://momento-key.json',
      );
      expect(world.reports.map(({ kind }) => kind)).not.toContain('failure');
      expect(world.booked()).toEqual([]);
    },
  );

  it.each([
    ['validUntil 0', { ...KEY, validUntil: 0 }],
    ['neither expiry nor refresh token', { apiKey: V1_KEY }],
  ])('%s: never-expires, nothing booked, nothing failed', async (_, record) => {
    const world = new World();
    world.put(record);
    expect(await world.run(MANUAL)).toEqual({
      result: {
        outcome: 'never-expires',
        reason: 'no-expiry',
        secretName: SECRET,
        versionId: expect.any(String),
        validUntil: null,
        nextRefreshAt: null,
      },
    });
    expect(world.booked()).toEqual([]);
  });
});

describe('a key that has lapsed', () => {
  it('is left alone until a person puts a new one, then it goes on by itself', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 7 * DAY });
    world.now = START + 8 * DAY;
    expect(await world.run(SWEEP)).toEqual({
      result: expect.objectContaining({
        secrets: [
          expect.objectContaining({
            outcome: 'lapsed',
            reason: 'expired',
            nextRefreshAt: null,
            nextStep: expect.stringContaining('aws secretsmanager put-secret-value'),
          }),
        ],
      }),
    });
    expect(await world.run(MANUAL)).toEqual({ error: expect.objectContaining({ name: 'KeyLapsedError' }) });
    expect(world.calls).not.toContain('RefreshApiKey');
    expect(world.booked()).toEqual([]);

    world.seed({ lifetimeSeconds: 7 * DAY });
    const labelUpdated = {
      source: 'aws.secretsmanager',
      'detail-type': 'Secret Label Updated',
      detail: { name: SECRET, labelUpdated: 'AWSCURRENT', versionId: world.current().versionId },
    };
    expect(await world.run(labelUpdated)).toEqual({
      result: expect.objectContaining({ outcome: 'wait', reason: 'not-due' }),
    });
    expect(await world.wakeUp()).toEqual([{ result: expect.objectContaining({ outcome: 'refresh' }) }]);
  });

  it('is saved where a pending key is waiting', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 7 * DAY });
    world.now = START + 6 * DAY;
    // Killed after the new key was stored.
    expect(await world.run(MANUAL, { call: 5, phase: 'after', mode: 'kill' })).toBe('killed');
    world.now = START + 8 * DAY;
    expect(world.current().works).toBe(false);
    await world.run(SWEEP);
    expect(world.current().works).toBe(true);
  });
});

describe('secrets that are not there', () => {
  it('one that is not managed: says which, and which are', async () => {
    const world = new World();
    expect(await world.run({ momento_auth_token_secret_name: 'other' })).toEqual({
      error: expect.objectContaining({
        name: 'SecretAccessError',
        message: expect.stringMatching(
          /"other" is not managed .*Managed are: momento\/authentication-token.*secretNames/,
        ),
      }),
    });
    expect(world.calls).toEqual([]);
  });

  it('one that was deleted: says which, and what to do', async () => {
    const world = new World();
    world.secrets.deleteSecret({ SecretId: SECRET, ForceDeleteWithoutRecovery: true });
    expect(await world.run(MANUAL)).toEqual({
      error: expect.objectContaining({
        message: expect.stringMatching(
          /"momento\/authentication-token" cannot be read \(ResourceNotFoundException\)/,
        ),
      }),
    });
  });
});

describe('records of other shapes', () => {
  it('keeps the name authToken, unknown fields, and the type of validUntil', async () => {
    const world = new World();
    const { apiKey, refreshToken, validUntil } = world.momento.generateKey({ lifetimeSeconds: 30 * DAY });
    world.put({ authToken: apiKey, refreshToken, validUntil: String(validUntil), note: { kept: true } });
    world.now += 60;
    await world.run(MANUAL);
    const { record } = world.current();
    expect(record).toEqual({
      authToken: expect.any(String),
      refreshToken: expect.any(String),
      validUntil: String(START + 60 + 30 * DAY),
      note: { kept: true },
    });
    expect(record.authToken).not.toBe(apiKey);
  });
});
