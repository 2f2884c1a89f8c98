/** Serves the Secrets Manager model over AWS JSON 1.1. */
import type {
  CreateSecretRequest,
  DeleteSecretRequest,
  DescribeSecretRequest,
  GetSecretValueRequest,
  PutSecretValueRequest,
  RestoreSecretRequest,
  RotateSecretRequest,
  UpdateSecretVersionStageRequest,
} from '@aws-sdk/client-secrets-manager';
import { type JsonOperation, jsonService, type LocalService } from '../aws/protocol.ts';
import type { SecretsManager, SecretsManagerOperation } from './secrets-manager.ts';

const SECRET = { SecretId: 'string' } as const;
const VALUE = { ClientRequestToken: 'string', SecretBinary: 'blob', SecretString: 'string' } as const;

export function secretsManagerService(model: SecretsManager): LocalService {
  const operations: Readonly<Record<SecretsManagerOperation, JsonOperation>> = {
    CreateSecret: [{ Name: 'string', ...VALUE }, (input: CreateSecretRequest) => model.createSecret(input)],
    DeleteSecret: [
      { ...SECRET, RecoveryWindowInDays: 'number' },
      (input: DeleteSecretRequest) => model.deleteSecret(input),
    ],
    DescribeSecret: [SECRET, (input: DescribeSecretRequest) => model.describeSecret(input)],
    GetSecretValue: [
      { ...SECRET, VersionId: 'string', VersionStage: 'string' },
      (input: GetSecretValueRequest) => model.getSecretValue(input),
    ],
    PutSecretValue: [
      { ...SECRET, ...VALUE, VersionStages: ['string'] },
      (input: PutSecretValueRequest) => model.putSecretValue(input),
    ],
    RestoreSecret: [SECRET, (input: RestoreSecretRequest) => model.restoreSecret(input)],
    RotateSecret: [
      {
        ...SECRET,
        ClientRequestToken: 'string',
        RotationLambdaARN: 'string',
        RotationRules: { AutomaticallyAfterDays: 'number' },
        RotateImmediately: 'boolean',
      },
      (input: RotateSecretRequest) => model.rotateSecret(input),
    ],
    UpdateSecretVersionStage: [
      { ...SECRET, VersionStage: 'string', RemoveFromVersionId: 'string', MoveToVersionId: 'string' },
      (input: UpdateSecretVersionStageRequest) => model.updateSecretVersionStage(input),
    ],
  };
  return jsonService('Secrets Manager', 'secretsmanager.', operations);
}
