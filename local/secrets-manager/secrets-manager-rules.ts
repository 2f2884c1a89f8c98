/** The checks of request parameters, and the errors of Secrets Manager. */
import { AwsServiceError } from '../aws/service-error.ts';
import type { SecretValue } from './secret.ts';

// Secrets Manager speaks AWS JSON 1.1: each client error is a 400 (API reference, "Errors" of each action).
export const invalidParameter = (message: string) =>
  new AwsServiceError('InvalidParameterException', 400, message);
export const invalidRequest = (message: string) =>
  new AwsServiceError('InvalidRequestException', 400, message);
export const resourceNotFound = (message: string) =>
  new AwsServiceError('ResourceNotFoundException', 400, message);
export const resourceExists = (message: string) =>
  new AwsServiceError('ResourceExistsException', 400, message);
export const limitExceeded = (message: string) => new AwsServiceError('LimitExceededException', 400, message);
export const throttled = () => new AwsServiceError('ThrottlingException', 400, 'Rate exceeded');

// CreateSecret: "ASCII letters, numbers, and the following characters: /_+=.@-", 1 to 512.
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
// Quota "Secret value size".
const VALUE_BYTES = 65_536;

export function checkName(name: string | undefined): string {
  if (name === undefined || !NAME.test(name)) {
    throw new AwsServiceError(
      'ValidationException',
      400,
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  }
  return name;
}

/** A SecretId is a name or an ARN: 1 to 2048 characters (all actions that take one). */
export function checkSecretId(secretId: string | undefined): string {
  if (secretId === undefined || secretId.length < 1 || secretId.length > 2048) {
    throw invalidParameter('SecretId must be 1-2048 characters long.');
  }
  return secretId;
}

/** The SDKs and the CLI fill the token in. A raw request must name one (PutSecretValue, ClientRequestToken). */
export function checkClientRequestToken(token: string | undefined): string {
  if (token === undefined) {
    throw invalidRequest('You must provide a ClientRequestToken value. We recommend a UUID-type value.');
  }
  return checkVersionId('ClientRequestToken', token);
}

export function checkVersionId(parameter: string, versionId: string): string {
  if (versionId.length < 32 || versionId.length > 64) {
    throw invalidParameter(`${parameter} must be 32-64 characters long.`);
  }
  return versionId;
}

/** SecretVersionStageType: 1 to 256 characters. */
export function checkStage(stage: string | undefined): string {
  if (stage === undefined || stage.length < 1 || stage.length > 256) {
    throw invalidParameter('VersionStage must be 1-256 characters long.');
  }
  return stage;
}

/** SecretVersionStagesType: 1 to 20 labels; absent is allowed and means AWSCURRENT. */
export function checkStages(stages: readonly string[] | undefined): readonly string[] | undefined {
  if (stages === undefined) return undefined;
  if (stages.length < 1 || stages.length > 20)
    throw invalidParameter('VersionStages must have 1-20 members.');
  for (const stage of stages) checkStage(stage);
  return [...new Set(stages)];
}

/** @returns undefined if neither text nor bytes are given */
export function checkValue(input: {
  SecretString?: string | undefined;
  SecretBinary?: Uint8Array | undefined;
}): SecretValue | undefined {
  const { SecretString: text, SecretBinary: binary } = input;
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (text !== undefined) {
    // A UTF-16 unit takes at most three bytes, so short texts need no exact count.
    const bytes = text.length * 3 > VALUE_BYTES ? Buffer.byteLength(text) : text.length;
    if (bytes < 1 || bytes > VALUE_BYTES) throw invalidParameter('SecretString must be 1-65536 bytes long.');
    return { text };
  }
  if (binary === undefined) return undefined;
  if (binary.length < 1 || binary.length > VALUE_BYTES) {
    throw invalidParameter('SecretBinary must be 1-65536 bytes long.');
  }
  return { binary: binary.slice() };
}

export function sameValue(one: SecretValue, other: SecretValue): boolean {
  if ('text' in one) return 'text' in other && one.text === other.text;
  return 'binary' in other && Buffer.compare(one.binary, other.binary) === 0;
}

/** DeleteSecret: a recovery window of 7 to 30 days, 30 by default. @returns it in milliseconds */
export function checkRecoveryWindow(days = 30): number {
  if (!(days >= 7 && days <= 30)) {
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  }
  return days * 24 * 60 * 60 * 1000;
}
