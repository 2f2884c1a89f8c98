import {
  AllDataReadWrite,
  AuthClient,
  AuthClientConfigurations,
  CacheClient,
  Configurations,
  CredentialProvider,
  ExpiresIn,
  GenerateApiKey,
  ListCaches,
  NoopMomentoLoggerFactory,
  RefreshApiKey,
} from '@gomomento/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Momento } from '../../local/momento/momento.ts';
import { type RunningMomento, startMomentoServer } from '../../local/momento/momento-server.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const START = Date.parse('2026-03-01T10:00:00Z');
const logger = new NoopMomentoLoggerFactory();

let now: number;
let momento: Momento;
let server: RunningMomento;

beforeEach(async () => {
  now = START;
  momento = new Momento({ clock: () => now, random: seededRandom(7) });
  server = await startMomentoServer(momento);
});

afterEach(() => server.close());

function credentials(apiKey: string): CredentialProvider {
  return CredentialProvider.fromString({
    apiKey,
    endpointOverrides: {
      controlEndpoint: server.url,
      cacheEndpoint: server.url,
      tokenEndpoint: server.url,
      secureConnection: false,
    },
  });
}

function authClient(apiKey: string): AuthClient {
  return new AuthClient({
    credentialProvider: credentials(apiKey),
    configuration: AuthClientConfigurations.Default.latest(logger),
  });
}

async function refresh(apiKey: string, refreshToken: string): Promise<RefreshApiKey.Response> {
  return authClient(apiKey).refreshApiKey(refreshToken);
}

async function listCaches(apiKey: string): Promise<string> {
  const client = new CacheClient({
    credentialProvider: credentials(apiKey),
    configuration: Configurations.Lambda.latest(logger),
    defaultTtlSeconds: 60,
  });
  try {
    const response = await client.listCaches();
    if (response instanceof ListCaches.Success) {
      return response
        .getCaches()
        .map((cache) => cache.getName())
        .join(' ');
    }
    return response instanceof ListCaches.Error ? response.errorCode() : 'unknown';
  } finally {
    client.close();
  }
}

function errorCodeOf(response: RefreshApiKey.Response): string {
  return response instanceof RefreshApiKey.Error ? response.errorCode() : 'no error';
}

describe('the Momento SDK', () => {
  it('refreshes a key and uses the new one', async () => {
    const key = momento.generateKey({ lifetimeSeconds: 3600 });
    now += 600_000;
    const response = await refresh(key.apiKey, key.refreshToken);
    if (!(response instanceof RefreshApiKey.Success)) throw new Error(errorCodeOf(response));
    expect(response.expiresAt.epoch()).toBe(START / 1000 + 600 + 3600);
    expect(response.endpoint).toBe('cell-local-1.prod.a.momentohq.com');
    expect([...momento.issuedSecrets()]).toContain(response.apiKey);
    expect(await listCaches(response.apiKey)).toBe('local-cache');
    const next = await refresh(response.apiKey, response.refreshToken);
    expect(errorCodeOf(next)).toBe('no error');
  });

  it.each<[string, () => Promise<string>, string]>([
    [
      'an expired key to refresh',
      async () => {
        const key = momento.generateKey({ lifetimeSeconds: 60 });
        now += 60_000;
        return errorCodeOf(await refresh(key.apiKey, key.refreshToken));
      },
      'AUTHENTICATION_ERROR',
    ],
    [
      'the refresh token of another key',
      async () => {
        const key = momento.generateKey({ lifetimeSeconds: 60 });
        const other = momento.generateKey({ lifetimeSeconds: 60 });
        return errorCodeOf(await refresh(key.apiKey, other.refreshToken));
      },
      'AUTHENTICATION_ERROR',
    ],
    [
      'an expired key to list caches',
      () => {
        const key = momento.generateKey({ lifetimeSeconds: 60 });
        now += 60_000;
        return listCaches(key.apiKey);
      },
      'AUTHENTICATION_ERROR',
    ],
    [
      'a narrow key to list caches',
      () => listCaches(momento.generateKey({ lifetimeSeconds: 60, narrow: true }).apiKey),
      'PERMISSION_ERROR',
    ],
    [
      'an outage',
      () => {
        momento.outage = true;
        return listCaches(momento.generateKey({ lifetimeSeconds: 60 }).apiKey);
      },
      'SERVER_UNAVAILABLE',
    ],
    [
      'an outage, to refresh',
      async () => {
        momento.outage = true;
        const key = momento.generateKey({ lifetimeSeconds: 60 });
        return errorCodeOf(await refresh(key.apiKey, key.refreshToken));
      },
      'SERVER_UNAVAILABLE',
    ],
    [
      'throttling',
      () => {
        momento.gate.throttling = { requestsPerSecond: 0 };
        return listCaches(momento.generateKey({ lifetimeSeconds: 60 }).apiKey);
      },
      'LIMIT_EXCEEDED_ERROR',
    ],
    [
      'a fault of another kind',
      () => {
        momento.gate.faultHook = () => {
          throw new Error('inside');
        };
        return listCaches(momento.generateKey({ lifetimeSeconds: 60 }).apiKey);
      },
      'INTERNAL_SERVER_ERROR',
    ],
    [
      'a method that is not here',
      async () => {
        const key = momento.generateKey({ lifetimeSeconds: 60 });
        const response = await authClient(key.apiKey).generateApiKey(AllDataReadWrite, ExpiresIn.hours(1));
        return response instanceof GenerateApiKey.Error ? response.errorCode() : 'no error';
      },
      'BAD_REQUEST_ERROR',
    ],
  ])('meets %s as its own error code', async (_, call, expected) => {
    expect(await call()).toBe(expected);
  });
});

it('a closed server has freed its port, and a client finds nobody there', async () => {
  const key = momento.generateKey({ lifetimeSeconds: 60 });
  const { url } = server;
  expect(await listCaches(key.apiKey)).toBe('local-cache');
  await server.close();
  expect(await listCaches(key.apiKey)).toBe('SERVER_UNAVAILABLE');
  server = await startMomentoServer(momento, { port: Number(url.split(':')[1]) });
  expect([server.url, await listCaches(key.apiKey)]).toEqual([url, 'local-cache']);
});
