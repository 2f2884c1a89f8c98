import { beforeEach, expect, it, vi } from 'vitest';
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

it('the local account server answers 405 to another method, and 404 to another path', async () => {
  const server = await startAccountServer(account);
  const status = async (method: string, path: string) =>
    (await fetch(`${server.url}${path}`, { method, headers: { authorization: managementKey } })).status;
  expect(await status('PUT', '/api-keys')).toBe(405);
  expect(await status('GET', '/api-keys/refresh')).toBe(405);
  expect(await status('GET', '/api-keys/some-id')).toBe(405);
  expect(await status('GET', '/roles')).toBe(404);
  await server.close();
});

it('the local account server throttles more calls a second than it was started for', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(5_000);
  const server = await startAccountServer(account, { callsPerSecond: 5 });
  const statuses: number[] = [];
  for (let count = 0; count < 6; count++) {
    const { status } = await fetch(`${server.url}/api-keys`, { headers: { authorization: managementKey } });
    statuses.push(status);
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  vi.restoreAllMocks();
  await server.close();
});

it('a locked local account refuses every call of a valid key, and 401 stays 401', () => {
  account.locked = true;
  const body = { role_id: 'r-viewer', description: '', expiry: now + HOUR };
  expect(errorOf(() => account.list(managementKey))).toBe('403 The account is locked');
  expect(errorOf(() => account.generate(managementKey, body))).toBe('403 The account is locked');
  expect(errorOf(() => account.revoke(managementKey, 'x'))).toBe('403 The account is locked');
  expect(errorOf(() => account.list('rubbish'))).toBe('401 Invalid API key');
});

it.each([
  ['r-operator', 'no error'],
  ['r-cache', 'PERMISSION_DENIED Insufficient permissions to perform ListCaches'],
])('the local cache service lists the caches for a v2 key of the role %s with %s', (roleId, expected) => {
  const momento = new Momento({ clock: () => now * 1000, random: seededRandom(1) });
  const { api_key: apiKey } = momento.account.createKey({ roleId, lifetimeSeconds: HOUR });
  expect(errorOf(() => momento.listCaches(apiKey))).toBe(expected);
});
