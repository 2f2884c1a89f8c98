import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretsManagerSecretStore } from '../../handlers/adapters/secrets-manager-secret-store.ts';
import { startAwsEndpoint } from '../../local/aws/endpoint.ts';
import { AwsServiceError } from '../../local/aws/service-error.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import type { RunningServer } from '../../local/serving/http-service.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const FIRST = '11111111-1111-4111-8111-111111111111';
const PENDING = ['AWSPENDING'];
const SECOND = '22222222-2222-4222-8222-222222222222';
const THIRD = '33333333-3333-4333-8333-333333333333';
const CANARY = 'canary-key-that-must-never-be-seen';

let model: SecretsManager;
let server: RunningServer;
let client: SecretsManagerClient;
let store: SecretsManagerSecretStore;

beforeEach(async () => {
  model = new SecretsManager({ clock: () => 1_767_225_600_250, random: seededRandom(1) });
  server = await startAwsEndpoint({ secretsManager: model });
  client = clientOf(server.url);
  store = new SecretsManagerSecretStore(client);
  model.createSecret({ Name: 'a/b', SecretString: 'one', ClientRequestToken: FIRST });
});

afterEach(async () => {
  client.destroy();
  await server.close();
});

function clientOf(endpoint: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  return new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

describe('SecretsManagerSecretStore.read', () => {
  it('returns the current version with its creation time to the millisecond, and no pending version', async () => {
    expect(await store.read('a/b')).toEqual({
      arn: expect.stringMatching(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:a\/b-\w{6}$/),
      labels: { [FIRST]: ['AWSCURRENT'] },
      lastChangedAtMs: 1_767_225_600_250,
      current: { versionId: FIRST, createdAtMs: 1_767_225_600_250, stages: ['AWSCURRENT'], text: 'one' },
    });
  });

  it('returns the pending version until it becomes the current one', async () => {
    await store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING });
    expect((await store.read('a/b'))?.pending).toEqual({
      versionId: SECOND,
      createdAtMs: 1_767_225_600_250,
      stages: ['AWSPENDING'],
      text: 'two',
    });
    await store.promote('a/b', { fromVersionId: FIRST, toVersionId: SECOND });
    const read = await store.read('a/b');
    expect(read?.current.versionId).toBe(SECOND);
    expect(read).not.toHaveProperty('pending');
  });

  it('returns no text for a binary value', async () => {
    model.putSecretValue({ SecretId: 'a/b', SecretBinary: Buffer.from('x'), ClientRequestToken: SECOND });
    expect((await store.read('a/b'))?.current).not.toHaveProperty('text');
  });

  it('returns undefined for a secret without a value', async () => {
    model.createSecret({ Name: 'empty', ClientRequestToken: FIRST });
    expect(await store.read('empty')).toBeUndefined();
  });

  it('fails with the code secret-missing if the secret does not exist', async () => {
    await expect(store.read('none')).rejects.toMatchObject({
      name: 'SecretAccessError',
      code: 'secret-missing',
      facts: { secretName: 'none', task: 'read', awsCode: 'ResourceNotFoundException' },
    });
  });

  it('fails with the code secret-deleted if the secret is scheduled for deletion, and says when', async () => {
    model.deleteSecret({ SecretId: 'a/b', RecoveryWindowInDays: 7 });
    await expect(store.read('a/b')).rejects.toMatchObject({
      code: 'secret-deleted',
      facts: { deletesAt: 1_767_830_400 },
    });
  });

  it.each([
    ['AccessDeniedException', 'User: arn:aws:iam::123456789012:role/x is not authorized', 'secret-denied'],
    ['AccessDeniedException', 'Access to KMS is not allowed', 'kms-key-unusable'],
    ['AccessDeniedException', 'not authorized to perform: kms:Decrypt', 'kms-key-unusable'],
    ['DecryptionFailure', "Secrets Manager can't decrypt the protected secret text", 'kms-key-unusable'],
    ['InvalidRequestException', 'The secret is owned by another service', 'secret-state'],
    ['InternalServiceError', 'An error occurred on the server side', 'secrets-manager-unavailable'],
    ['ThrottlingException', 'Rate exceeded', 'secrets-manager-unavailable'],
  ])('turns %s with the message "%s" into the code %s and keeps both', async (awsCode, message, code) => {
    model.gate.faultHook = () => {
      throw new AwsServiceError(awsCode, 400, message);
    };
    await expect(store.read('a/b')).rejects.toMatchObject({
      code,
      facts: { awsCode },
      cause: { code: awsCode, message: expect.stringContaining(message) },
    });
  });

  it('names only the error code if Secrets Manager cannot be reached', async () => {
    // Nothing listens there.
    const unreachable = new SecretsManagerSecretStore(clientOf('http://127.0.0.1:1'));
    await expect(unreachable.read('a/b')).rejects.toMatchObject({
      code: 'secrets-manager-unavailable',
      facts: { awsCode: 'ECONNREFUSED' },
      cause: { message: 'GetSecretValue failed with ECONNREFUSED' },
    });
  });
});

describe('SecretsManagerSecretStore.store', () => {
  it('keeps the current version and is idempotent', async () => {
    expect(await store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING })).toBe('stored');
    expect(await store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING })).toBe('stored');
    expect((await store.read('a/b'))?.current.versionId).toBe(FIRST);
  });

  it('returns "taken" if a version with another value has the id', async () => {
    await store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING });
    expect(await store.store('a/b', { versionId: SECOND, text: 'other', labels: PENDING })).toBe('taken');
    expect((await store.read('a/b'))?.pending?.text).toBe('two');
  });

  it('does not repeat the message of the service, which may quote the key', async () => {
    model.gate.faultHook = () => {
      throw new AwsServiceError('InvalidRequestException', 400, `you sent ${CANARY}`);
    };
    const error = await store
      .store('a/b', { versionId: SECOND, text: CANARY, labels: PENDING })
      .catch((e) => e);
    expect(error).toMatchObject({
      name: 'SecretWriteError',
      code: 'secret-state',
      facts: { secretName: 'a/b', task: 'store', awsCode: 'InvalidRequestException' },
    });
    expect(`${error.stack}${error.cause.stack}`).not.toContain('canary');
  });
});

describe('a refused write', () => {
  it.each([
    ['AccessDeniedException', 'with an explicit deny in a resource-based policy', 'secret-denied'],
    ['EncryptionFailure', "Secrets Manager can't encrypt the protected secret text", 'kms-key-unusable'],
    ['InvalidRequestException', 'Operation not permitted on a replica secret.', 'secret-replica'],
    ['InvalidRequestException', 'because it was marked for deletion', 'secret-deleted'],
    ['LimitExceededException', 'would exceed one of the quotas', 'secret-full'],
    ['ResourceNotFoundException', "Secrets Manager can't find the specified secret.", 'secret-missing'],
    ['InternalServiceError', 'An error occurred on the server side', 'secrets-manager-unavailable'],
  ])('with %s and the message "%s" fails with the code %s', async (awsCode, message, code) => {
    model.gate.faultHook = () => {
      throw new AwsServiceError(awsCode, 400, message);
    };
    const move = { fromVersionId: FIRST, toVersionId: SECOND };
    await expect(
      store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING }),
    ).rejects.toMatchObject({
      code,
      facts: { secretName: 'a/b', task: 'store', awsCode },
    });
    await expect(store.promote('a/b', move)).rejects.toMatchObject({ code, facts: { task: 'promote' } });
    await expect(store.releaseLabel('a/b', SECOND, 'AWSPENDING')).rejects.toMatchObject({
      code,
      facts: { task: 'label' },
    });
  });
});

describe('SecretsManagerSecretStore.promote', () => {
  it('returns "superseded" and moves no label if another version has become current', async () => {
    await store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING });
    model.putSecretValue({ SecretId: 'a/b', SecretString: 'theirs', ClientRequestToken: THIRD });
    expect(await store.promote('a/b', { fromVersionId: FIRST, toVersionId: SECOND })).toBe('superseded');
    expect((await store.read('a/b'))?.current.text).toBe('theirs');
  });
});

describe('SecretsManagerSecretStore.releaseLabel', () => {
  it('removes the label from the version that holds it', async () => {
    await store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING });
    await store.releaseLabel('a/b', SECOND, 'AWSPENDING');
    expect(await store.read('a/b')).not.toHaveProperty('pending');
  });

  it('has no effect if another version holds the label', async () => {
    await store.store('a/b', { versionId: SECOND, text: 'two', labels: PENDING });
    await store.releaseLabel('a/b', THIRD, 'AWSPENDING');
    expect((await store.read('a/b'))?.pending?.versionId).toBe(SECOND);
  });
});
