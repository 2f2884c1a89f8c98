import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { startSecretsManagerServer } from '../../local/secrets-manager/secrets-manager-server.ts';
import type { RunningServer } from '../../local/serving/http-service.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const T1 = '11111111-1111-4111-8111-111111111111';
const T2 = '22222222-2222-4222-8222-222222222222';
const NOW = Date.parse('2026-03-01T10:00:00.250Z');

let model: SecretsManager;
let server: RunningServer;
let client: SecretsManagerClient;

beforeEach(async () => {
  model = new SecretsManager({ clock: () => NOW, random: seededRandom(7) });
  server = await startSecretsManagerServer(model);
  client = new SecretsManagerClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await server.close();
});

describe('the SDK', () => {
  it('creates a secret and reads it, to the millisecond', async () => {
    const created = await client.send(new CreateSecretCommand({ Name: 'a/b', SecretString: '{"é":1}' }));
    const read = await client.send(new GetSecretValueCommand({ SecretId: 'a/b' }));
    expect(read).toMatchObject({
      ARN: created.ARN,
      VersionId: created.VersionId,
      SecretString: '{"é":1}',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date('2026-03-01T10:00:00.250Z'),
    });
    expect(read).not.toHaveProperty('SecretBinary');
    expect(read.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('stores bytes and gets them back', async () => {
    await client.send(new CreateSecretCommand({ Name: 's', SecretBinary: new Uint8Array([0, 255, 7]) }));
    const read = await client.send(new GetSecretValueCommand({ SecretId: 's' }));
    expect([...(read.SecretBinary ?? [])]).toEqual([0, 255, 7]);
  });

  it('walks a version from pending to current', async () => {
    await client.send(new CreateSecretCommand({ Name: 's', SecretString: '1', ClientRequestToken: T1 }));
    const put = { SecretId: 's', SecretString: '2', ClientRequestToken: T2, VersionStages: ['AWSPENDING'] };
    await client.send(new PutSecretValueCommand(put));
    const move = { SecretId: 's', VersionStage: 'AWSCURRENT', MoveToVersionId: T2 };
    await expect(client.send(new UpdateSecretVersionStageCommand(move))).rejects.toThrow(
      InvalidParameterException,
    );
    await client.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: T1 }));
    const described = await client.send(new DescribeSecretCommand({ SecretId: 's' }));
    expect(described.VersionIdsToStages).toEqual({
      [T1]: ['AWSPREVIOUS'],
      [T2]: ['AWSPENDING', 'AWSCURRENT'],
    });
    const listed = await client.send(new ListSecretVersionIdsCommand({ SecretId: 's' }));
    expect(listed.Versions?.map((version) => version.VersionId)).toEqual([T1, T2]);
  });

  it('gets the real exceptions', async () => {
    await client.send(new CreateSecretCommand({ Name: 's', SecretString: '1', ClientRequestToken: T1 }));
    const put = { SecretId: 's', SecretString: '2', ClientRequestToken: T1 };
    await expect(client.send(new PutSecretValueCommand(put))).rejects.toThrow(ResourceExistsException);
    const missing = client.send(new GetSecretValueCommand({ SecretId: 'none' }));
    await expect(missing).rejects.toThrow(ResourceNotFoundException);
    await expect(missing).rejects.toMatchObject({
      message: "Secrets Manager can't find the specified secret.",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('deletes, restores and updates', async () => {
    await client.send(new CreateSecretCommand({ Name: 's', SecretString: '1' }));
    const deleted = await client.send(new DeleteSecretCommand({ SecretId: 's', RecoveryWindowInDays: 7 }));
    expect(deleted.DeletionDate).toEqual(new Date('2026-03-08T10:00:00.250Z'));
    await client.send(new RestoreSecretCommand({ SecretId: 's' }));
    await client.send(new UpdateSecretCommand({ SecretId: 's', SecretString: '2' }));
    expect((await client.send(new GetSecretValueCommand({ SecretId: 's' }))).SecretString).toBe('2');
  });

  it('meets a failure of the service as one, whatever the cause', async () => {
    model.gate.faultHook = () => {
      throw new Error('a text that stays inside');
    };
    await expect(client.send(new GetSecretValueCommand({ SecretId: 's' }))).rejects.toMatchObject({
      name: 'InternalServerException',
      message: 'An internal error occurred.',
      $metadata: { httpStatusCode: 500 },
    });
  });
});

describe('a raw request', () => {
  const post = async (headers: Record<string, string>, body: string) => {
    const response = await fetch(server.url, { method: 'POST', headers, body });
    return [response.status, await response.json()];
  };
  const signed = { authorization: 'AWS4-HMAC-SHA256 x', 'x-amz-target': 'secretsmanager.GetSecretValue' };

  it.each<[string, Record<string, string>, string, unknown[]]>([
    [
      'without a signature',
      { 'x-amz-target': 'secretsmanager.GetSecretValue' },
      '{}',
      [400, { __type: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' }],
    ],
    [
      'that is not JSON',
      signed,
      '{',
      [400, { __type: 'SerializationException', message: 'The request body is not valid JSON.' }],
    ],
    [
      'that is no object',
      signed,
      '[]',
      [400, { __type: 'SerializationException', message: 'The request body must be an object.' }],
    ],
    [
      'with a member of another type',
      signed,
      '{"SecretId":1}',
      [400, { __type: 'SerializationException', message: 'SecretId must be a string.' }],
    ],
    [
      'without a member that is required',
      signed,
      '{"SecretId":null}',
      [400, { __type: 'InvalidParameterException', message: 'SecretId must be 1-2048 characters long.' }],
    ],
    [
      'for an operation that is not here',
      { ...signed, 'x-amz-target': 'secretsmanager.RotateNothing' },
      '{}',
      [
        404,
        {
          __type: 'UnknownOperationException',
          message:
            'secretsmanager.RotateNothing: the local Secrets Manager offers CancelRotateSecret, CreateSecret, DeleteSecret, DescribeSecret, GetSecretValue, ListSecretVersionIds, PutSecretValue, RestoreSecret, RotateSecret, UpdateSecret, UpdateSecretVersionStage.',
        },
      ],
    ],
  ])('%s is refused', async (_, headers, body, expected) => {
    expect(await post(headers, body)).toEqual(expected);
  });
});

it('a closed server has freed its port', async () => {
  const first = await startSecretsManagerServer(model);
  const port = Number(new URL(first.url).port);
  await first.close();
  const second = await startSecretsManagerServer(model, { port });
  expect(second.url).toBe(first.url);
  await expect(startSecretsManagerServer(model, { port })).rejects.toThrow('EADDRINUSE');
  await second.close();
});
