import { CacheClient, Configurations, CredentialProvider, NoopMomentoLoggerFactory } from '@gomomento/sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AccountError, MomentoAccount } from '../../local/momento/account.ts';
import { startAccountServer } from '../../local/momento/account-server.ts';
import { Momento } from '../../local/momento/momento.ts';
import { startMomentoServer } from '../../local/momento/momento-server.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const HOUR = 3600;
let now: number;
let account: MomentoAccount;
let managementKey: string;

beforeEach(() => {
  now = 1_767_225_600;
  account = new MomentoAccount({ clock: () => now * 1000, random: seededRandom(1) });
  managementKey = account.createKey({ roleId: 'r-owner' }).api_key;
});

function errorOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return `${(error as AccountError).status} ${(error as Error).message}`;
  }
  return 'no error';
}

describe('a refresh token of the local account', () => {
  it('expires with its key', () => {
    const key = account.createKey({ lifetimeSeconds: HOUR });
    now += HOUR;
    expect(errorOf(() => account.refresh(key.refresh_token ?? ''))).toBe('401 Invalid refresh token');
    expect(account.accepts(key.api_key)).toBe(false);
  });

  it('is not spent by a refresh that the key limit refuses', () => {
    const key = account.createKey({ lifetimeSeconds: HOUR });
    account.keyLimit = 2;
    expect(errorOf(() => account.refresh(key.refresh_token ?? ''))).toBe(
      '429 The account has reached its limit on the number of API keys',
    );
    account.keyLimit = 3;
    expect(account.refresh(key.refresh_token ?? '').previous_key_id).toBe(key.key_info.key_id);
  });

  it('is refused while the account is locked, and works afterwards', () => {
    const key = account.createKey({ lifetimeSeconds: HOUR });
    account.locked = true;
    expect(errorOf(() => account.refresh(key.refresh_token ?? ''))).toBe('403 The account is locked');
    account.locked = false;
    expect(errorOf(() => account.refresh(key.refresh_token ?? ''))).toBe('no error');
  });

  it('caps the chain of refreshes if a shorter lifetime was asked for', () => {
    const key = account.createKey({ lifetimeSeconds: HOUR });
    const next = account.refresh(key.refresh_token ?? '', { expiration_epoch_seconds: now + 600 });
    now += 60;
    expect(account.refresh(next.refresh_token ?? '').key_info.expires_at_epoch_seconds).toBe(now + 600);
  });
});

it('a key that expired or was revoked does not count towards the key limit of the local account', () => {
  const key = account.createKey({ lifetimeSeconds: HOUR });
  account.createKey({ lifetimeSeconds: HOUR });
  account.keyLimit = 3;
  const body = { role_id: 'r-viewer', description: '', expiry: now + 2 * HOUR };
  expect(errorOf(() => account.generate(managementKey, body))).toMatch(/^429 /);
  account.revoke(managementKey, key.key_info.key_id);
  expect(errorOf(() => account.generate(managementKey, body))).toBe('no error');
  expect(errorOf(() => account.generate(managementKey, body))).toMatch(/^429 /);
  now += HOUR;
  expect(errorOf(() => account.generate(managementKey, body))).toBe('no error');
});

it('the local account throttles the calls of one second', () => {
  account.gate.throttling = { requestsPerSecond: 5 };
  for (let calls = 0; calls < 5; calls++) account.list(managementKey);
  expect(errorOf(() => account.list(managementKey))).toBe('429 Request was throttled');
  now += 1;
  expect(errorOf(() => account.list(managementKey))).toBe('no error');
});

it('a refresh whose answer is lost closes the connection and uses up the token', async () => {
  const server = await startAccountServer(account);
  const { refresh_token: token = '' } = account.createKey({ lifetimeSeconds: HOUR });
  const headers = { authorization: token };
  const refresh = () => fetch(`${server.url}/api-keys/refresh`, { method: 'POST', headers });
  account.gate.faultHook = (_, phase) => {
    if (phase === 'after') throw new Error('lost');
  };
  await expect(refresh()).rejects.toThrow('fetch failed');
  account.gate.faultHook = undefined;
  expect((await refresh()).status).toBe(403);
  expect(account.liveKeys()).toHaveLength(3);
  await server.close();
});

it.each([
  ['r-operator', 'Success'],
  ['r-cache', 'Error'],
])('a v2 key of the role %s gets %s from the local cache service', async (roleId, expected) => {
  const momento = new Momento({ clock: () => now * 1000, random: seededRandom(1) });
  const server = await startMomentoServer(momento);
  const { api_key: apiKey } = momento.account.createKey({ roleId, lifetimeSeconds: HOUR });
  const credentialProvider = Object.assign(
    CredentialProvider.fromApiKeyV2({ apiKey, endpoint: momento.endpoint }),
    {
      allEndpoints: {
        controlEndpoint: server.url,
        cacheEndpoint: server.url,
        tokenEndpoint: server.url,
        secureConnection: false,
      },
    },
  );
  const configuration = Configurations.Lambda.latest(new NoopMomentoLoggerFactory());
  const client = new CacheClient({ credentialProvider, configuration, defaultTtlSeconds: 60 });
  expect((await client.listCaches()).constructor.name).toBe(expected);
  client.close();
  await server.close();
});
