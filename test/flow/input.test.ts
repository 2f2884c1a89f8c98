import { describe, expect, it } from 'vitest';
import { V1_KEY } from '../worlds/keys.ts';
import { DAY, labelUpdated, MANUAL, SECRET, START, SWEEP, TOKEN } from '../worlds/names.ts';
import { lapsedWorld } from '../worlds/situations.ts';
import { errorOf, World } from '../worlds/world.ts';

const KEY = { apiKey: V1_KEY, refreshToken: 'token', validUntil: START + 30 * DAY };

const text = (changes: object) => JSON.stringify({ ...KEY, ...changes });

describe('a secret that holds', () => {
  it.each([
    ['text that is not JSON', 'apiKey=canary', 'SecretContentError', /it is not JSON/],
    [
      'a key that has lapsed',
      text({ validUntil: START - 1 }),
      'KeyLapsedError',
      /a person must put a new one.*npm run seed -- momento\/authentication-token --file momento-key\.json --region us-east-1$/,
    ],
  ])('%s ends in an error that says so, and is not changed', async (_, value, name, message) => {
    const world = new World();
    world.put(value);
    const before = world.secrets.getSecretValue({ SecretId: SECRET });

    const error = errorOf(await world.run(MANUAL));

    expect(error).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(error.message).not.toContain('canary');
    expect(world.secrets.getSecretValue({ SecretId: SECRET })).toEqual(before);
    expect(world.booked()).toEqual([]);
  });

  it('binary data ends in an error that says so', async () => {
    const world = new World();
    const SecretBinary = Buffer.from('canary');
    world.secrets.putSecretValue({ SecretId: SECRET, SecretBinary, ClientRequestToken: TOKEN });
    expect(errorOf(await world.run(MANUAL)).message).toContain('it is binary');
  });

  it.each([MANUAL, SWEEP])(
    'the placeholder is reported as unseeded with the command that seeds it, not as a failure, to %j',
    async (event) => {
      const world = new World();
      const outcome = JSON.stringify(await world.run(event));
      expect(outcome).toContain(
        '{"outcome":"unseeded","reason":"placeholder","secretName":"momento/authentication-token"',
      );
      expect(outcome).toContain(
        'npm run seed -- momento/authentication-token --file momento-key.json --region us-east-1',
      );
      expect(world.reported('failure')).toEqual([]);
      expect(world.booked()).toEqual([]);
    },
  );

  it.each([
    ['validUntil 0', { ...KEY, validUntil: 0 }],
    ['neither expiry nor refresh token', { apiKey: V1_KEY }],
  ])('%s is reported as never expiring, and nothing is booked', async (_, record) => {
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

  it('other fields keeps them, the name authToken and the type of validUntil', async () => {
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

describe('a key that has lapsed', () => {
  it('is reported with the command that helps, by a sweep', async () => {
    const world = lapsedWorld();
    expect(await world.run(SWEEP)).toMatchObject({
      result: {
        secrets: [
          {
            outcome: 'lapsed',
            reason: 'expired',
            nextRefreshAt: null,
            nextStep: expect.stringContaining(
              'npm run seed -- momento/authentication-token --file momento-key.json --region us-east-1',
            ),
          },
        ],
      },
    });
    expect(await world.run(MANUAL)).toMatchObject({ error: { name: 'KeyLapsedError' } });
    expect(world.issueCalls()).toBe(0);
    expect(world.booked()).toEqual([]);
  });

  it('is refreshed by wake-ups again once a person has put a new one', async () => {
    const world = lapsedWorld();
    world.seed({ lifetimeSeconds: 7 * DAY });
    expect(await world.run(labelUpdated())).toMatchObject({ result: { outcome: 'wait', reason: 'not-due' } });
    expect(await world.wakeUp()).toMatchObject([{ result: { outcome: 'refresh' } }]);
  });

  it('is replaced by a pending key if there is one', async () => {
    const world = new World();
    world.seed({ lifetimeSeconds: 7 * DAY });
    world.now = START + 6 * DAY;
    await world.run(MANUAL, { after: 'PutSecretValue', mode: 'kill' });
    world.now = START + 8 * DAY;
    expect(world.current().works).toBe(false);
    await world.run(SWEEP);
    expect(world.current().works).toBe(true);
  });
});

describe('an event that names a secret', () => {
  it('that is not managed ends in an error with its name and the managed ones, without a call', async () => {
    const world = new World();
    expect(await world.run({ momento_auth_token_secret_name: 'other' })).toMatchObject({
      error: {
        name: 'SecretNameError',
        message: expect.stringMatching(
          /"other" is not managed .*Managed are: momento\/authentication-token.*secretNames/,
        ),
      },
    });
    expect(world.calls).toEqual([]);
  });

  it('that was deleted ends in an error with its name', async () => {
    const world = new World();
    world.secrets.deleteSecret({ SecretId: SECRET });
    world.now += 30 * DAY;
    expect(errorOf(await world.run(MANUAL)).message).toMatch(
      /"momento\/authentication-token" cannot be read \(ResourceNotFoundException\)/,
    );
  });
});
