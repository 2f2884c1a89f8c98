import { readFileSync } from 'node:fs';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type CacheClient, CredentialProvider } from '@gomomento/sdk';
import { beforeEach, expect, it, vi } from 'vitest';
import { secretsManagerClient } from '../../local/in-process/clients.ts';
import { DAY, MANUAL, SECRET } from '../worlds/names.ts';
import { World } from '../worlds/world.ts';
import { KeyReader } from './key-reader.ts';

const repositoryFile = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const MINUTE_MS = 60_000;

let world: World;
let reader: KeyReader;
/** What each client was made with. */
let made: unknown[][];

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ['Date'] });
  made = [];
  for (const name of ['fromString', 'fromApiKeyV2'] as const) {
    const make = CredentialProvider[name].bind(CredentialProvider) as (options: object) => CredentialProvider;
    vi.spyOn(CredentialProvider, name).mockImplementation((options: object) => {
      made.push([name, options]);
      return make(options);
    });
  }
  world = new World();
  reader = new KeyReader(secretsManagerClient(world.secrets) as Pick<SecretsManagerClient, 'send'>, SECRET);
});

/** Puts a v2 key in our shape, or Momento's answer with the endpoint. @returns the text of the key */
function putV2(shape: 'ours' | 'answer'): string {
  const { account, endpoint } = world.momento;
  const answer = account.createKey({ lifetimeSeconds: 30 * DAY });
  const { api_key: apiKey, refresh_token: refreshToken, key_info } = answer;
  const { key_id: keyId, expires_at_epoch_seconds: validUntil } = key_info;
  world.put(
    shape === 'ours' ? { apiKey, endpoint, refreshToken, validUntil, keyId } : { ...answer, endpoint },
  );
  return apiKey;
}

/** At the instant at which it was made: a client that was idle for long connects once more before it closes. */
function close(...clients: readonly CacheClient[]): void {
  vi.setSystemTime(0);
  for (const client of clients) client.close();
}

it('docs/KEYS.md contains the reader that these tests use', () => {
  expect(repositoryFile('docs/KEYS.md')).toContain(repositoryFile('test/docs/key-reader.ts'));
});

it('the reader makes a new client with the new key and endpoint once the secret has a new version', async () => {
  const apiKey = putV2('ours');
  const first = await reader.client();
  world.now += DAY;
  await world.run(MANUAL);
  vi.setSystemTime(5 * MINUTE_MS - 1);
  expect(await reader.client()).toBe(first);
  vi.setSystemTime(5 * MINUTE_MS);
  const second = await reader.client();

  expect(second).not.toBe(first);
  const { apiKey: current } = world.current().record;
  const { endpoint } = world.momento;
  expect(made).toEqual([
    ['fromApiKeyV2', { apiKey, endpoint }],
    ['fromApiKeyV2', { apiKey: current, endpoint }],
  ]);
  expect(current).not.toBe(apiKey);
  vi.setSystemTime(10 * MINUTE_MS);
  expect(await reader.client()).toBe(second);
  close(first, second);
});

it("the reader follows a secret from a v1 key to a v2 key in Momento's own answer", async () => {
  const { apiKey: v1 } = world.seed();
  const first = await reader.client();
  const v2 = putV2('answer');
  vi.setSystemTime(5 * MINUTE_MS);
  const second = await reader.client();
  expect(second).not.toBe(first);
  expect(made).toEqual([
    ['fromString', { apiKey: v1 }],
    ['fromApiKeyV2', { apiKey: v2, endpoint: world.momento.endpoint }],
  ]);
  close(first, second);
});

it.each<[string, () => void, string]>([
  [
    'cannot be read',
    () => {
      vi.spyOn(world.secrets, 'getSecretValue').mockImplementation(() => {
        throw new TypeError('away');
      });
    },
    'TypeError',
  ],
  ['holds what is no key', () => world.put('text'), 'SyntaxError'],
])(
  'the reader keeps its client and says so if the secret %s, and tries again five minutes later',
  async (_, happens, name) => {
    const told = vi.spyOn(console, 'error').mockReturnValue();
    putV2('ours');
    const client = await reader.client();
    happens();
    vi.setSystemTime(5 * MINUTE_MS);
    expect(await reader.client()).toBe(client);
    expect(await reader.client()).toBe(client);
    expect(told.mock.calls).toEqual([[`The secret ${SECRET} cannot be used: ${name}`]]);
    vi.setSystemTime(10 * MINUTE_MS);
    await reader.client();
    expect(told).toHaveBeenCalledTimes(2);
    close(client);
  },
);

it('the reader throws if the first read fails', async () => {
  world.secrets.deleteSecret({ SecretId: SECRET });
  await expect(reader.client()).rejects.toThrow();
});
