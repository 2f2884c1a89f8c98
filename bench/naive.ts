/** The same calls as a refresh and a sweep make at least, written as most people would: whole clients, everything loaded at the start. */
import { Scheduler } from '@aws-sdk/client-scheduler';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import {
  AuthClient,
  CacheClient,
  Configurations,
  CredentialProvider,
  ListCaches,
  RefreshApiKey,
} from '@gomomento/sdk';

const secretsManager = new SecretsManager({});
const scheduler = new Scheduler({});

interface Key {
  readonly apiKey: string;
  readonly refreshToken: string;
  readonly validUntil: number;
  /** Of a v2 key only. */
  readonly endpoint?: string;
  readonly keyId?: string;
}

export async function handler(
  event: { action?: string; momento_auth_token_secret_name?: string },
  context: { invokedFunctionArn: string },
): Promise<unknown> {
  if (event.action === undefined)
    return await refresh(event.momento_auth_token_secret_name ?? '', context.invokedFunctionArn);
  const names = (process.env.SECRET_NAMES ?? '').split(',');
  return await Promise.all(
    names.map(async (name) => ({ name, secondsLeft: (await read(name)).validUntil - Date.now() / 1000 })),
  );
}

async function read(name: string): Promise<Key> {
  const { SecretString = '' } = await secretsManager.getSecretValue({ SecretId: name });
  return JSON.parse(SecretString);
}

async function refresh(name: string, functionArn: string) {
  const current = await read(name);
  const key = current.endpoint === undefined ? await refreshV1(current) : await refreshV2(current);
  const cache = new CacheClient({
    credentialProvider: provider(key),
    configuration: Configurations.Lambda.latest(),
    defaultTtlSeconds: 60,
  });
  if (!((await cache.listCaches()) instanceof ListCaches.Success)) throw new Error('the key does not work');
  cache.close();
  await secretsManager.putSecretValue({ SecretId: name, SecretString: JSON.stringify(key) });
  const at = new Date((key.validUntil - 86_400) * 1000);
  await scheduler.createSchedule({
    Name: `naive-${at.getTime()}`,
    GroupName: process.env.SCHEDULE_GROUP_NAME,
    ScheduleExpression: `at(${at.toISOString().slice(0, 19)})`,
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: functionArn,
      RoleArn: process.env.SCHEDULER_ROLE_ARN,
      Input: JSON.stringify({ momento_auth_token_secret_name: name }),
    },
  });
  return { validUntil: key.validUntil };
}

async function refreshV1(key: Key): Promise<Key> {
  const auth = new AuthClient({ credentialProvider: provider(key) });
  const answer = await auth.refreshApiKey(key.refreshToken);
  if (!(answer instanceof RefreshApiKey.Success)) throw new Error(`no key: ${answer.toString()}`);
  return {
    apiKey: answer.apiKey,
    refreshToken: answer.refreshToken,
    validUntil: answer.expiresAt.epoch(),
  };
}

async function refreshV2(key: Key): Promise<Key> {
  const answer = await fetch(`http://${process.env.MOMENTO_API_ENDPOINT}/api-keys/refresh`, {
    method: 'POST',
    headers: { authorization: key.refreshToken },
  });
  if (!answer.ok) throw new Error(`no key: ${answer.status}`);
  const { api_key, refresh_token, key_info } = (await answer.json()) as {
    api_key: string;
    refresh_token: string;
    key_info: { key_id: string; expires_at_epoch_seconds: number };
  };
  return {
    ...key,
    apiKey: api_key,
    refreshToken: refresh_token,
    validUntil: key_info.expires_at_epoch_seconds,
    keyId: key_info.key_id,
  };
}

function provider({ apiKey, endpoint }: Key): CredentialProvider {
  const local = process.env.MOMENTO_ENDPOINT ?? '';
  const allEndpoints = {
    controlEndpoint: local,
    cacheEndpoint: local,
    tokenEndpoint: local,
    secureConnection: false,
  };
  return endpoint === undefined
    ? CredentialProvider.fromString({ apiKey, endpointOverrides: allEndpoints })
    : Object.assign(CredentialProvider.fromApiKeyV2({ apiKey, endpoint }), { allEndpoints });
}
