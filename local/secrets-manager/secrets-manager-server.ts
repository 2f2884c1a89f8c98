/** Serves the Secrets Manager model over AWS JSON 1.1. */
import type {
  CancelRotateSecretRequest,
  CreateSecretRequest,
  DeleteSecretRequest,
  DescribeSecretRequest,
  GetSecretValueRequest,
  PutSecretValueRequest,
  RestoreSecretRequest,
  RotateSecretRequest,
  UpdateSecretVersionStageRequest,
} from '@aws-sdk/client-secrets-manager';
import { awsHandler, jsonError, unknownOperation } from '../aws/protocol.ts';
import { readBody, type WireShape, writeBody } from '../aws/wire-shape.ts';
import {
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireHandler,
} from '../serving/http-service.ts';
import type { SecretsManager, SecretsManagerOperation } from './secrets-manager.ts';

const TARGET_PREFIX = 'secretsmanager.';

// The members of each request that the model reads.
const SHAPES: Readonly<Record<SecretsManagerOperation, WireShape>> = {
  CancelRotateSecret: { SecretId: 'string' },
  CreateSecret: {
    Name: 'string',
    ClientRequestToken: 'string',
    KmsKeyId: 'string',
    SecretBinary: 'blob',
    SecretString: 'string',
  },
  DeleteSecret: { SecretId: 'string', RecoveryWindowInDays: 'number', ForceDeleteWithoutRecovery: 'boolean' },
  DescribeSecret: { SecretId: 'string' },
  GetSecretValue: { SecretId: 'string', VersionId: 'string', VersionStage: 'string' },
  PutSecretValue: {
    SecretId: 'string',
    ClientRequestToken: 'string',
    SecretBinary: 'blob',
    SecretString: 'string',
    VersionStages: ['string'],
  },
  RestoreSecret: { SecretId: 'string' },
  RotateSecret: {
    SecretId: 'string',
    ClientRequestToken: 'string',
    RotationLambdaARN: 'string',
    RotationRules: { AutomaticallyAfterDays: 'number' },
    RotateImmediately: 'boolean',
  },
  UpdateSecretVersionStage: {
    SecretId: 'string',
    VersionStage: 'string',
    RemoveFromVersionId: 'string',
    MoveToVersionId: 'string',
  },
};

export const SECRETS_MANAGER_OPERATIONS: readonly string[] = Object.keys(SHAPES);

export function isSecretsManagerTarget(target: string | undefined): boolean {
  return target?.startsWith(TARGET_PREFIX) ?? false;
}

export function secretsManagerHandler(model: SecretsManager): WireHandler {
  const calls: Readonly<Record<SecretsManagerOperation, (input: never) => object>> = {
    CancelRotateSecret: (input: CancelRotateSecretRequest) => model.cancelRotateSecret(input),
    CreateSecret: (input: CreateSecretRequest) => model.createSecret(input),
    DeleteSecret: (input: DeleteSecretRequest) => model.deleteSecret(input),
    DescribeSecret: (input: DescribeSecretRequest) => model.describeSecret(input),
    GetSecretValue: (input: GetSecretValueRequest) => model.getSecretValue(input),
    PutSecretValue: (input: PutSecretValueRequest) => model.putSecretValue(input),
    RestoreSecret: (input: RestoreSecretRequest) => model.restoreSecret(input),
    RotateSecret: (input: RotateSecretRequest) => model.rotateSecret(input),
    UpdateSecretVersionStage: (input: UpdateSecretVersionStageRequest) =>
      model.updateSecretVersionStage(input),
  };
  return awsHandler((request) => {
    const name = operationName(request.headers['x-amz-target']);
    const input = readBody(request.body, SHAPES[name]);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      // The body was read by this operation's shape, so it is this operation's input.
      body: writeBody(calls[name](input as never)),
    };
  }, jsonError);
}

export function startSecretsManagerServer(
  model: SecretsManager,
  options?: StartOptions,
): Promise<RunningServer> {
  return startHttpService(secretsManagerHandler(model), options);
}

function operationName(target: string | undefined): SecretsManagerOperation {
  const name = isSecretsManagerTarget(target) ? target?.slice(TARGET_PREFIX.length) : undefined;
  if (name !== undefined && Object.hasOwn(SHAPES, name)) return name as SecretsManagerOperation;
  throw unknownOperation(
    `${target ?? 'No X-Amz-Target'}: the local Secrets Manager offers ${SECRETS_MANAGER_OPERATIONS.join(', ')}.`,
  );
}
