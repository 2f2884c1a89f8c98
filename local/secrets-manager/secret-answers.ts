/** The answers of GetSecretValue and DescribeSecret. */
import type {
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
} from '@aws-sdk/client-secrets-manager';
import type { Secret, SecretVersion } from './secret.ts';
import { rotationAnswer } from './secret-rotation.ts';
import { checkStage, checkVersionId, invalidRequest, resourceNotFound } from './secrets-manager-rules.ts';

export function getSecretValue(secret: Secret, request: GetSecretValueRequest): GetSecretValueResponse {
  const version = requestedVersion(secret, request);
  const { value } = version;
  // A rotation has reserved this version, and nothing was stored in it yet.
  if (value === undefined) throw noValue(request);
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...('text' in value ? { SecretString: value.text } : { SecretBinary: value.binary.slice() }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAtMs),
  };
}

/** "If you include both [VersionId and VersionStage], the two parameters must refer to the same secret version." */
function requestedVersion(secret: Secret, request: GetSecretValueRequest): SecretVersion {
  const { VersionId: id, VersionStage: stage } = request;
  const byId = id === undefined ? undefined : secret.version(checkVersionId('VersionId', id));
  if (id !== undefined && byId === undefined) throw noValue(request);
  if (id !== undefined && stage === undefined && byId !== undefined) return byId;
  const byStage = secret.holder(stage === undefined ? 'AWSCURRENT' : checkStage(stage));
  if (byId !== undefined && byId !== byStage) {
    throw invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.');
  }
  if (byStage === undefined) throw noValue(request);
  return byStage;
}

function noValue(request: GetSecretValueRequest): Error {
  const sought =
    request.VersionId === undefined
      ? `staging label: ${request.VersionStage ?? 'AWSCURRENT'}`
      : `VersionId: ${request.VersionId}`;
  return resourceNotFound(`Secrets Manager can't find the specified secret value for ${sought}`);
}

export function describeSecret(secret: Secret): DescribeSecretResponse {
  const stages: Record<string, string[]> = {};
  for (const version of secret.versions()) {
    if (version.stages.length > 0) stages[version.id] = [...version.stages];
  }
  // "Secrets Manager only returns fields that have a value in the response."
  return {
    ARN: secret.arn,
    Name: secret.name,
    ...(secret.primaryRegion !== undefined && { PrimaryRegion: secret.primaryRegion }),
    LastChangedDate: new Date(secret.changedAtMs),
    ...(secret.deletesAtMs !== undefined && { DeletedDate: new Date(secret.deletesAtMs) }),
    ...rotationAnswer(secret),
    ...(secret.versionCount > 0 && { VersionIdsToStages: stages }),
    CreatedDate: new Date(secret.createdAtMs),
  };
}
