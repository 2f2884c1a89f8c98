import { beforeEach, expect, it } from 'vitest';
import { type AccountError, MomentoAccount } from '../../local/momento/account.ts';
import { startAccountServer } from '../../local/momento/account-server.ts';
import { Momento, type MomentoError } from '../../local/momento/momento.ts';
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
    const { status, message } = error as AccountError | MomentoError;
    return `${status} ${message}`;
  }
  return 'no error';
}

it('a refresh token of the local account caps the chain of refreshes if a shorter lifetime was asked for', () => {
  const key = account.createKey({ lifetimeSeconds: HOUR });
  const next = account.refresh(key.refresh_token ?? '', { expiration_epoch_seconds: now + 600 });
  now += 60;
  expect(account.refresh(next.refresh_token ?? '').key_info.expires_at_epoch_seconds).toBe(now + 600);
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
  ['r-operator', 'no error'],
  ['r-cache', 'PERMISSION_DENIED Insufficient permissions to perform ListCaches'],
])('the local cache service lists the caches for a v2 key of the role %s with %s', (roleId, expected) => {
  const momento = new Momento({ clock: () => now * 1000, random: seededRandom(1) });
  const { api_key: apiKey } = momento.account.createKey({ roleId, lifetimeSeconds: HOUR });
  expect(errorOf(() => momento.listCaches(apiKey))).toBe(expected);
});
