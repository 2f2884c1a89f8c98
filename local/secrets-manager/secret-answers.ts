/** What the read actions of Secrets Manager answer for a secret; it changes nothing but the dates of access. */
import type {
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretVersionIdsRequest,
  ListSecretVersionIdsResponse,
} from '@aws-sdk/client-secrets-manager';
import type { Secret, SecretVersion } from './secret.ts';
import { rotationAnswer } from './secret-rotation.ts';
import {
  checkMaxResults,
  checkStage,
  checkVersionId,
  invalidNextToken,
  invalidRequest,
  resourceNotFound,
} from './secrets-manager-rules.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export function getSecretValue(
  secret: Secret,
  request: GetSecretValueRequest,
  nowMs: number,
): GetSecretValueResponse {
  const version = requestedVersion(secret, request);
  const { value } = version;
  // A version that a rotation has reserved and nobody has filled yet.
  if (value === undefined) throw noValue(request);
  secret.accessedAtMs = nowMs;
  version.lastAccessedAtMs = nowMs;
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
    ...(secret.description !== undefined && { Description: secret.description }),
    ...(secret.kmsKeyId !== undefined && { KmsKeyId: secret.kmsKeyId }),
    LastChangedDate: new Date(secret.changedAtMs),
    ...(secret.accessedAtMs !== undefined && { LastAccessedDate: wholeDay(secret.accessedAtMs) }),
    ...(secret.deletesAtMs !== undefined && { DeletedDate: new Date(secret.deletesAtMs) }),
    ...rotationAnswer(secret),
    ...(secret.tags.length > 0 && { Tags: secret.tags.map((tag) => ({ ...tag })) }),
    ...(secret.versionCount > 0 && { VersionIdsToStages: stages }),
    CreatedDate: new Date(secret.createdAtMs),
  };
}

/** Pages by the number of versions already given: the token is opaque to callers, as the service's is. */
export function listSecretVersionIds(
  secret: Secret,
  request: ListSecretVersionIdsRequest,
): ListSecretVersionIdsResponse {
  const maxResults = checkMaxResults(request.MaxResults);
  const start = request.NextToken === undefined ? 0 : positionIn(request.NextToken);
  const listed = [...secret.versions()].filter(
    (version) => request.IncludeDeprecated === true || version.stages.length > 0,
  );
  const end = start + maxResults;
  return {
    Versions: listed.slice(start, end).map((version) => ({
      VersionId: version.id,
      ...(version.stages.length > 0 && { VersionStages: [...version.stages] }),
      ...(version.lastAccessedAtMs !== undefined && { LastAccessedDate: wholeDay(version.lastAccessedAtMs) }),
      CreatedDate: new Date(version.createdAtMs),
      KmsKeyIds: [secret.kmsKeyId ?? 'DefaultEncryptionKey'],
    })),
    ...(end < listed.length && { NextToken: Buffer.from(`versions:${end}`).toString('base64') }),
    ARN: secret.arn,
    Name: secret.name,
  };
}

function positionIn(token: string): number {
  const position = /^versions:(\d+)$/.exec(Buffer.from(token, 'base64').toString())?.[1];
  if (position === undefined) throw invalidNextToken();
  return Number(position);
}

/** LastAccessedDate: "the date when the secret was last accessed", the time part is cut off. */
function wholeDay(instantMs: number): Date {
  return new Date(Math.floor(instantMs / DAY_MS) * DAY_MS);
}
