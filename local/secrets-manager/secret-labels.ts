/** The rules of writes that depend on the versions and labels that a secret has. */
import type { Secret, SecretVersion } from './secret.ts';
import {
  checkVersionId,
  invalidParameter,
  invalidRequest,
  limitExceeded,
  resourceExists,
} from './secrets-manager-rules.ts';

// Quota "Labels attached across all versions of a secret".
const LABEL_QUOTA = 20;

/** PutSecretValue: "you can't modify an existing version; you can only create new ones". */
export function tokenInUse(token: string, secret: Secret): Error {
  return resourceExists(
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`,
  );
}

/** CreateSecret for a name that exists. A client that repeats a lost request gets this error too. */
export function nameTaken({ name, deletesAtMs }: Secret): Error {
  return deletesAtMs === undefined
    ? resourceExists(`The operation failed because the secret ${name} already exists.`)
    : invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
}

/** @throws LimitExceededException if new versions come faster than old ones are removed (PutSecretValue) */
export function addVersion(secret: Secret, id: string, nowMs: number, quota: number): SecretVersion {
  secret.prune(nowMs);
  if (secret.versionCount >= quota) {
    throw limitExceeded('You have exceeded the limit on the number of versions of this secret.');
  }
  return secret.addVersion(id, nowMs);
}

export function checkLabelQuota(secret: Secret, labels: readonly string[]): void {
  const added = labels.filter((label) => secret.holder(label) === undefined).length;
  if (secret.labelCount + added > LABEL_QUOTA) {
    throw limitExceeded('You have exceeded the limit on the number of staging labels of this secret.');
  }
}

/** @returns the version that a parameter names, undefined if the parameter is absent */
export function namedVersion(
  secret: Secret,
  parameter: string,
  id: string | undefined,
): SecretVersion | undefined {
  if (id === undefined) return undefined;
  const version = secret.version(checkVersionId(parameter, id));
  if (version === undefined) throw invalidParameter(`Not a valid version: ${id}`);
  return version;
}

/**
 * The compare-and-set of UpdateSecretVersionStage. RemoveFromVersionId: "If the label is attached and you either do not
 * specify this parameter, or the version ID does not match, then the operation fails."
 */
/** @throws {AwsServiceError} the secret is a replica */
export function writable(secret: Secret): Secret {
  if (secret.primaryRegion === undefined) return secret;
  throw invalidParameter(
    "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
  );
}

export function checkLabelMove(
  secret: Secret,
  stage: string,
  from: SecretVersion | undefined,
  to: SecretVersion | undefined,
): void {
  const holder = secret.holder(stage);
  if (from !== undefined && from !== holder) {
    throw invalidParameter(`Version stage ${stage} not found in version ${from.id}`);
  }
  if (from === undefined && to === undefined) {
    throw invalidParameter('You must specify RemoveFromVersionId, MoveToVersionId, or both.');
  }
  if (from === undefined && holder !== undefined && holder !== to) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (stage !== 'AWSCURRENT') return;
  if (to === undefined) {
    throw invalidParameter(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  }
  // AWS does not document this case. Refused here, because no reader could get a value afterwards.
  if (to.value === undefined) throw invalidRequest(`Version ${to.id} has no secret value.`);
}
