/** v2 keys whose refresh token works, those without one, and keys of no use. */
import { describe, expect, it, vi } from 'vitest';
import { statusExitCode } from '../../cli/status-report.ts';
import type { Check } from '../../handlers/flow/check.ts';
import type { StatusResult } from '../../handlers/flow/status.ts';
import { claimsOf } from '../../handlers/rules/key.ts';
import type { KeyAnswer, KeyInfo } from '../../local/momento/account.ts';
import { DAY, MANUAL, PREFLIGHT, SECRET, START, STATUS, SWEEP } from '../worlds/names.ts';
import { currentKey, v2World } from '../worlds/v2-world.ts';
import { errorOf, World } from '../worlds/world.ts';

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

  it('in our own shape is reported with its lifetime, counted from the version that holds it', async () => {
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
    expect(world.callsOf('GenerateApiKeyV2')).toBe(generated);
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
    expect(world.callsOf('GenerateApiKeyV2')).toBe(0);
  });
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

it('a sweep refreshes a key out of a drawer that would lapse before the next one, although an entry is booked for a newer key (seed 9)', async () => {
  const world = v2World();
  await world.run(MANUAL);
  const older = world.momento.account.createKey({ lifetimeSeconds: DAY });
  world.now += DAY - 50 * 60;
  world.put(older);
  await world.run(SWEEP);
  expect(currentKey(world).expires_at_epoch_seconds).toBe(world.now + DAY);
});
