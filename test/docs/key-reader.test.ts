import { readFileSync } from 'node:fs';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CredentialProvider } from '@gomomento/sdk';
import { expect, it, vi } from 'vitest';
import { secretsManagerClient } from '../../local/in-process/clients.ts';
import { DAY, MANUAL, SECRET } from '../worlds/names.ts';
import { World } from '../worlds/world.ts';
import { KeyReader } from './key-reader.ts';

const repositoryFile = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('docs/KEYS.md contains the reader that these tests use', () => {
  expect(repositoryFile('docs/KEYS.md')).toContain(repositoryFile('test/docs/key-reader.ts'));
});

it('the reader makes a new client with the new key and endpoint once the secret has a new version', async () => {
  const world = new World();
  const { account, endpoint } = world.momento;
  const {
    api_key: apiKey,
    refresh_token: refreshToken,
    key_info,
  } = account.createKey({
    lifetimeSeconds: 30 * DAY,
  });
  const validUntil = key_info.expires_at_epoch_seconds;
  world.put({ apiKey, endpoint, refreshToken, validUntil, keyId: key_info.key_id });
  const made = vi.spyOn(CredentialProvider, 'fromApiKeyV2');
  const secrets = secretsManagerClient(world.secrets) as Pick<SecretsManagerClient, 'send'>;
  const reader = new KeyReader(secrets, SECRET);

  const first = await reader.client();
  expect(await reader.client()).toBe(first);
  world.now += DAY;
  await world.run(MANUAL);
  made.mockClear();
  const second = await reader.client();

  expect(second).not.toBe(first);
  expect(made.mock.calls).toEqual([[{ apiKey: world.current().record.apiKey, endpoint }]]);
  expect(world.current().record.apiKey).not.toBe(apiKey);
  first.close();
  second.close();
});
