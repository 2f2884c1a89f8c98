/** The error output of a command: what happened, and one line of advice. */

/** A failure that a command reports. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  /** What to do; empty if the message says it. */
  readonly advice: string;
}

/** The error that stops a command. */
export class CommandError extends Error implements Failure {
  override readonly name: string;
  readonly advice: string;

  constructor(name: string, message: string, advice = '') {
    super(message);
    this.name = name;
    this.advice = advice;
  }
}

/** Errors of the SDK and of Node.js that mean that nothing answers at the address. */
const NO_ANSWER = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'TimeoutError',
]);
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
const OLD_CREDENTIALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const NOT_ALLOWED = new Set(['AccessDenied', 'AccessDeniedException', 'AuthorizationError']);

/** Describes any thrown value. */
export function explain(error: unknown): Failure {
  if (error instanceof CommandError)
    return { name: error.name, message: error.message, advice: error.advice };
  const name = errorName(error);
  const text = error instanceof Error ? error.message : String(error);
  if (/region is missing/i.test(text)) {
    return {
      name: 'NoRegionError',
      message: 'No AWS region is set.',
      advice: 'Add --region REGION, or run: export AWS_REGION=REGION',
    };
  }
  if (NO_ANSWER.has(name)) {
    return {
      name,
      message: `Nothing answers at the AWS endpoint (${name}).`,
      advice:
        'Check the network and the region. With --endpoint-url or AWS_ENDPOINT_URL, start the local run: npm start -- --serve',
    };
  }
  if (NO_CREDENTIALS.has(name)) {
    return {
      name,
      message: 'No AWS credentials were found.',
      advice: 'Run "aws sso login" or "aws configure", or set AWS_PROFILE. The local run prints its own.',
    };
  }
  if (OLD_CREDENTIALS.has(name)) {
    return {
      name,
      message: `AWS does not accept these credentials (${name}).`,
      advice: 'Sign in again ("aws sso login"), and check the profile: aws sts get-caller-identity',
    };
  }
  if (NOT_ALLOWED.has(name)) {
    return {
      name,
      message: text || name,
      advice: 'Use credentials with this permission (--profile PROFILE), or ask who administers the account.',
    };
  }
  if (name === 'TooManyRequestsException') {
    return {
      name,
      message: `Lambda runs no more calls of this function now (${name}).`,
      advice: 'Wait a minute. If it stays so, see "Stop it" in docs/RUNBOOK.md.',
    };
  }
  return { name, message: text || name, advice: '' };
}

/** Prefers the code of a broken connection to its name, which is only "Error". */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  const { code } = error as { code?: unknown };
  return error.name === 'Error' && typeof code === 'string' ? code : error.name;
}
