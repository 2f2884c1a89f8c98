import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MomentoHttpApi, PacedHttpApi } from '../../handlers/adapters/momento-http-api.ts';
import { MomentoKeyIssuer } from '../../handlers/adapters/momento-key-issuer.ts';
import { MomentoKeyRegistry, MomentoV2KeyIssuer } from '../../handlers/adapters/momento-v2-keys.ts';
import type { Key } from '../../handlers/rules/key.ts';
import type { KeyAnswer, KeyInfo } from '../../local/momento/account.ts';
import { startAccountServer } from '../../local/momento/account-server.ts';
import { Momento } from '../../local/momento/momento.ts';
import { startMomentoServer } from '../../local/momento/momento-server.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { jwt } from '../worlds/keys.ts';

const HOUR = 3600;
const START = 1_767_225_600;
let now: number;
let model: Momento;
let servers: { readonly url: string; close(): Promise<void> }[];
let issuer: MomentoV2KeyIssuer;
let registry: MomentoKeyRegistry;
let managementKey: string;

beforeEach(async () => {
  now = START;
  model = new Momento({ clock: () => now * 1000, random: seededRandom(1) });
  const cacheServer = await startMomentoServer(model);
  const apiServer = await startAccountServer(model.account);
  servers = [cacheServer, apiServer];
  const api = new MomentoHttpApi(apiServer.url.replace('http://', ''));
  issuer = new MomentoV2KeyIssuer(api, new MomentoKeyIssuer(cacheServer.url));
  registry = new MomentoKeyRegistry(api, 'momento/management');
  managementKey = model.account.createKey({ roleId: 'r-owner' }).api_key;
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

function keyOf({ api_key: apiKey, refresh_token: refreshToken, key_info }: KeyAnswer): Key {
  return { kind: 'v2', apiKey, refreshToken, keyId: key_info.key_id };
}

function newKey(options: Parameters<typeof model.account.createKey>[0] = {}): Key {
  return keyOf(model.account.createKey({ lifetimeSeconds: HOUR, ...options }));
}

/** An issuer whose Momento is this server. */
async function issuerAt(listener: RequestListener, timeLimitMs?: number): Promise<MomentoV2KeyIssuer> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  servers.push({ url: endpoint, close });
  return new MomentoV2KeyIssuer(new MomentoHttpApi(endpoint, timeLimitMs), new MomentoKeyIssuer());
}

describe('MomentoV2KeyIssuer.issue', () => {
  it('returns a new key with the same role, description and lifetime, and a new refresh token', async () => {
    const old = newKey();
    now += 600;
    expect(await issuer.issue(old)).toEqual({
      result: 'issued',
      key: {
        apiKey: expect.stringMatching(/^eyJ/),
        refreshToken: expect.stringMatching(/^eyJ/),
        expiresAt: START + 600 + HOUR,
        info: {
          key_id: expect.any(String),
          account_id: 'local-account',
          description: 'made by a person',
          role_id: 'r-operator',
          expires_at_epoch_seconds: START + 600 + HOUR,
          issued_at_epoch_seconds: START + 600,
        },
      },
    });
    expect(model.accepts(old.apiKey)).toBe(true);
  });

  it('sends only the refresh token: no body and no key', async () => {
    const seen: unknown[] = [];
    const at = await issuerAt((request, response) => {
      seen.push(
        request.method,
        request.url,
        request.headers.authorization,
        request.headers['content-length'],
      );
      response.end('{}');
    });
    await at.issue(newKey());
    expect(seen).toEqual(['POST', '/api-keys/refresh', expect.stringMatching(/^eyJ/), '0']);
  });

  it.each<[string, (key: Key) => void, object]>([
    [
      'a refresh token that was used',
      (key) => model.account.refresh(key.refreshToken ?? ''),
      { result: 'spent', detail: '403 PermissionDenied' },
    ],
    [
      'a locked account',
      () => {
        model.account.locked = true;
      },
      { result: 'locked', detail: '403 PermissionDenied' },
    ],
    [
      'a revoked key',
      (key) => model.account.revokeKey(key.apiKey),
      { result: 'rejected', detail: '401 Unauthenticated' },
    ],
    [
      'an expired key',
      () => {
        now += HOUR;
      },
      { result: 'rejected', detail: '401 Unauthenticated' },
    ],
    [
      'the key limit',
      () => {
        model.account.keyLimit = 2;
      },
      { result: 'key-limit', detail: '429 LimitExceeded' },
    ],
    [
      'throttling',
      () => {
        model.account.gate.throttling = { requestsPerSecond: 0 };
      },
      { result: 'throttled', detail: '429 LimitExceeded' },
    ],
    [
      'an outage',
      () => {
        model.account.outage = true;
      },
      { result: 'unanswered', detail: '500 InternalServerError' },
    ],
    [
      'an answer that was lost',
      () => {
        model.account.gate.faultHook = (_, phase) => {
          if (phase === 'after') throw new Error('lost');
        };
      },
      { result: 'unanswered', detail: 'UNREACHABLE' },
    ],
  ])('returns the result that belongs to %s', async (_, happens, outcome) => {
    const key = newKey();
    happens(key);
    expect(await issuer.issue(key)).toEqual(outcome);
  });

  it.each([
    [400, '{"code":"Bad Request","message":"x"}', { result: 'refused', detail: '400 Bad Request' }],
    [404, '{"code":"NotFound","message":"x"}', { result: 'not-offered', detail: '404 NotFound' }],
    [405, '', { result: 'not-offered', detail: '405' }],
    [429, '{"code":"TooMany","message":"try later"}', { result: 'throttled', detail: '429' }],
    [429, '{"message":"Exceeded the number of requests"}', { result: 'throttled', detail: '429' }],
    [429, '{"message":"The maximum number of keys"}', { result: 'key-limit', detail: '429' }],
    [429, '{"message":"Your API key limit"}', { result: 'key-limit', detail: '429' }],
    [403, '{"message":"Request is blocked by IP filter"}', { result: 'spent', detail: '403' }],
    [403, '{"message":"Account locked"}', { result: 'locked', detail: '403' }],
    [302, '', { result: 'unanswered', detail: '302' }],
    [503, '<html>', { result: 'unanswered', detail: '503' }],
    [500, '{"code":"eyJ.secret.key","message":"x"}', { result: 'unanswered', detail: '500' }],
    [500, '{"code":"abcdefghij","message":"x"}', { result: 'unanswered', detail: '500' }],
    [201, '{"refresh_token":"t"}', { result: 'unanswered', detail: '201 UNREADABLE' }],
    [200, 'not JSON', { result: 'unanswered', detail: '200 UNREADABLE' }],
    [200, '{"api_key":"k","refresh_token":"t"}', { result: 'unanswered', detail: '200 UNREADABLE' }],
    [
      200,
      '{"api_key":"k","key_info":{"key_id":"i","description":"","role_id":"r","issued_at_epoch_seconds":1}}',
      { result: 'unanswered', detail: '200 UNREADABLE' },
    ],
  ])('sends one request and maps HTTP status %i with the body %j to %j', async (status, body, outcome) => {
    const calls: string[] = [];
    const at = await issuerAt((request, response) => {
      calls.push(request.url ?? '');
      response.writeHead(status, { location: '/elsewhere' }).end(body);
    });
    expect(await at.issue(newKey())).toEqual(outcome);
    expect(calls).toEqual(['/api-keys/refresh']);
  });

  const API_KEY = jwt({ t: 'g', jti: 'new', exp: START + HOUR });
  const INFO = { key_id: 'new', role_id: 'r', issued_at_epoch_seconds: START };

  it.each([
    ['without key_info', 200, {}, START + HOUR],
    ['whose key_info has no expiry', 200, { key_info: { ...INFO, description: '' } }, START + HOUR],
    ['whose key_info has no description', 200, { key_info: { ...INFO, expires_at_epoch_seconds: 2e9 } }, 2e9],
    ['with another status', 201, { key_info: null }, START + HOUR],
  ])('uses the key in an answer %s, because the token is spent', async (_, status, body, expiresAt) => {
    const answer = JSON.stringify({ api_key: API_KEY, refresh_token: 't', ...body });
    const at = await issuerAt((_, response) => void response.writeHead(status).end(answer));
    expect(await at.issue(newKey())).toEqual({
      result: 'issued',
      key: { apiKey: API_KEY, refreshToken: 't', expiresAt, info: undefined },
    });
  });

  it('uses the key in an answer whose refresh token is not a text', async () => {
    const answer = JSON.stringify({ api_key: API_KEY, refresh_token: null });
    const at = await issuerAt((_, response) => void response.end(answer));
    expect(await at.issue(newKey())).toMatchObject({
      result: 'issued',
      key: { apiKey: API_KEY, refreshToken: undefined },
    });
  });

  it('stops reading an answer that is too large', async () => {
    const at = await issuerAt((_, response) => {
      const write = () => {
        while (response.write('x'.repeat(16_384)));
        response.once('drain', write);
      };
      write();
    });
    expect(await at.issue(newKey())).toEqual({ result: 'unanswered', detail: 'TOO_LARGE' });
  });

  it.each<[string, RequestListener]>([
    ['that never comes', () => {}],
    ['whose body never ends', (_, response) => void response.writeHead(200).write('{')],
  ])('gives up on an answer %s', async (_, listener) => {
    const at = await issuerAt(listener, 50);
    expect(await at.issue(newKey())).toEqual({ result: 'unanswered', detail: 'TIMEOUT' });
  });

  it('sends nothing for a key that it could not prove afterwards', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const detail = "its endpoint is not one of Momento's";
    for (const endpoint of ['evil.com', 'evilmomentohq.com', 'momentohq.com.evil.com', 'momentohq.com']) {
      expect(await issuer.issue({ ...newKey(), endpoint } as Key)).toEqual({ result: 'unusable', detail });
    }
    const keyWithoutToken = newKey({ withoutRefreshToken: true });
    expect(await issuer.issue(keyWithoutToken)).toEqual({
      result: 'no-token',
      detail: 'it has no refresh token',
    });
    expect(await issuer.issue({ ...keyWithoutToken, endpoint: 'evil.com' } as Key)).toEqual({
      result: 'unusable',
      detail,
    });
    expect(fetched).not.toHaveBeenCalled();
  });

  it("calls Momento's own host over TLS", async () => {
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockRejectedValue(new Error('the network is out of bounds'));
    const real = new MomentoV2KeyIssuer(new MomentoHttpApi(), new MomentoKeyIssuer());
    expect(await real.issue(newKey())).toEqual({ result: 'unanswered', detail: 'UNREACHABLE' });
    expect(fetched.mock.calls.map(([url]) => url)).toEqual([
      'https://mga.registry.prod.a.momentohq.com/api-keys/refresh',
    ]);
  });
});

describe('MomentoV2KeyIssuer.prove', () => {
  const endpoint = 'cell-local-1.prod.a.momentohq.com';

  it.each(['r-operator', 'r-cache'])('accepts a key with an endpoint and the role %s', async (roleId) => {
    expect(await issuer.prove({ ...newKey({ roleId }), endpoint } as Key)).toEqual({ result: 'accepted' });
  });

  it('rejects a revoked key with an endpoint', async () => {
    const key = newKey();
    model.account.revokeKey(key.apiKey);
    expect(await issuer.prove({ ...key, endpoint } as Key)).toEqual({
      result: 'rejected',
      detail: 'AUTHENTICATION_ERROR',
    });
  });

  it.each(['r-owner', 'r-operator', 'r-cache'])(
    'accepts a key without an endpoint and with the role %s',
    async (roleId) => {
      expect(await issuer.prove(newKey({ roleId }))).toEqual({ result: 'accepted' });
    },
  );

  it('rejects a revoked key without an endpoint, and returns "unproven" in an outage', async () => {
    const key = newKey();
    model.account.revokeKey(key.apiKey);
    expect(await issuer.prove(key)).toEqual({ result: 'rejected', detail: '401 Unauthenticated' });
    model.account.outage = true;
    expect(await issuer.prove(key)).toEqual({ result: 'unproven', detail: '500 InternalServerError' });
  });
});

describe('MomentoKeyRegistry', () => {
  const request = { roleId: 'r-viewer', description: 'a successor', expiresAt: START + HOUR };

  it('generates a key with the requested role, description and expiry', async () => {
    expect(await registry.generate(managementKey, request)).toMatchObject({
      result: 'issued',
      key: { expiresAt: START + HOUR, info: { role_id: 'r-viewer', description: 'a successor' } },
    });
  });

  it('tells a management key that may not generate keys from a role that does not exist', async () => {
    expect(await registry.generate(newKey().apiKey, request)).toEqual({
      result: 'denied',
      detail: '403 PermissionDenied',
    });
    expect(await registry.generate(managementKey, { ...request, roleId: 'r-gone' })).toEqual({
      result: 'no-such-role',
      detail: '404 NotFound',
    });
  });

  it('lists the keys of all pages', async () => {
    for (let count = 0; count < 250; count++) newKey();
    expect(await registry.list(managementKey)).toHaveLength(251);
  });

  it('stops after the page that has the wanted key', async () => {
    for (let count = 0; count < 250; count++) newKey();
    const wanted = model.account.liveKeys()[150]?.key_id ?? '';
    expect(await registry.list(managementKey, wanted)).toHaveLength(200);
  });

  it('lists the other keys if one entry is not as documented', async () => {
    const list = model.account.list.bind(model.account);
    vi.spyOn(model.account, 'list').mockImplementation((...query) => {
      const { key_info, ...rest } = list(...query);
      return { ...rest, key_info: [{ key_id: 'odd' } as KeyInfo, ...key_info] };
    });
    expect(await registry.list(managementKey)).toEqual(model.account.liveKeys());
  });

  it('stops with an error after 400 pages', async () => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(
      async () => new Response('{"key_info":[],"next_token":"again"}'),
    );
    await expect(registry.list(managementKey)).rejects.toMatchObject({
      code: 'registry-unanswered',
      facts: { secretName: 'momento/management', detail: 'its list of keys does not end after 400 pages' },
    });
  });

  it('revokes a key, and returns "unknown" if there is none', async () => {
    const key = newKey();
    const id = key.kind === 'v2' ? key.keyId : '';
    expect(await registry.revoke(managementKey, id)).toBe('revoked');
    expect(model.accepts(key.apiKey)).toBe(false);
    expect(await registry.revoke(managementKey, id)).toBe('unknown');
    expect(await registry.revoke(managementKey, '../roles')).toBe('unknown');
  });

  it('throws an error that may pass while the account is locked', async () => {
    model.account.locked = true;
    const failure = { code: 'registry-unanswered', facts: { detail: 'the account is locked' } };
    await expect(registry.list(managementKey)).rejects.toMatchObject(failure);
    await expect(registry.revoke(managementKey, 'x')).rejects.toMatchObject(failure);
    expect(await registry.generate(managementKey, request)).toEqual({
      result: 'locked',
      detail: '403 PermissionDenied',
    });
  });

  it.each([
    ['a management key that Momento rejects', () => 'rubbish', 'registry-rejected'],
    ['a management key whose role may not manage keys', () => newKey().apiKey, 'registry-denied'],
  ])('throws an error that describes %s', async (_, authorization, code) => {
    const failure = { name: 'KeyRegistryError', code, facts: { secretName: 'momento/management' } };
    await expect(registry.list(authorization())).rejects.toMatchObject(failure);
    await expect(registry.revoke(authorization(), 'x')).rejects.toMatchObject(failure);
  });
});

describe('PacedHttpApi', () => {
  const GET = { method: 'GET', path: '/api-keys', authorization: 'key' } as const;
  const POST = { ...GET, method: 'POST' } as const;

  /** An API that gives these answers in turn, then 200, behind a clock that only pauses move. */
  function paced(...statuses: number[]) {
    let nowMs = 5;
    const startedAt: number[] = [];
    const call = async () => {
      startedAt.push(nowMs);
      return { status: statuses.shift() ?? 200, code: '' };
    };
    const pause = async (ms: number) => {
      await Promise.resolve();
      nowMs += ms;
    };
    return { api: new PacedHttpApi({ call }, () => nowMs, pause), startedAt };
  }

  it('makes at most four calls a second, one after the other', async () => {
    const { api, startedAt } = paced();
    for (let count = 0; count < 9; count++) await api.call(POST);
    expect(startedAt).toEqual([5, 5, 5, 5, 1005, 1005, 1005, 1005, 2005]);
  });

  it('makes at most four calls a second, all at once', async () => {
    const pauses: number[] = [];
    const call = async () => ({ status: 200, code: '' });
    const api = new PacedHttpApi(
      { call },
      () => 5,
      async (ms) => void pauses.push(ms),
    );
    await Promise.all(Array.from({ length: 9 }, () => api.call(POST)));
    expect(pauses).toEqual([1000, 1000, 1000, 1000, 2000]);
  });

  it('repeats a read that was throttled, at most three times', async () => {
    const { api, startedAt } = paced(429, 429, 200);
    expect((await api.call(GET)).status).toBe(200);
    expect(startedAt).toEqual([5, 1005, 2005]);
    const { api: other, startedAt: tries } = paced(429, 429, 429, 429, 200);
    expect((await other.call(GET)).status).toBe(429);
    expect(tries).toHaveLength(4);
  });

  it.each([
    ['a POST that was throttled', POST, 429],
    ['a read that failed in another way', GET, 500],
  ])('does not repeat %s', async (_, request, status) => {
    const { api, startedAt } = paced(status);
    expect((await api.call(request)).status).toBe(status);
    expect(startedAt).toHaveLength(1);
  });
});
