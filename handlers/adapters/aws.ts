/** The client settings, time limit and error handling of the AWS adapters. */
import { ServiceCallError } from '../errors.ts';
import { ANSWER_MS, CONNECT_MS, withinTimeLimit } from './time-limit.ts';

/** The SDK has no time limit by default. `socketTimeout` ends an answer that starts and then stops. */
export const AWS_CLIENT_SETTINGS = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: CONNECT_MS,
    requestTimeout: ANSWER_MS,
    socketTimeout: ANSWER_MS,
    throwOnRequestTimeout: true,
  },
} as const;

/**
 * A middleware for an SDK client's stack, at the step `LIMIT_STEP`. It limits the whole time of a call, including retries and the
 * reading of the answer.
 */
export function limitTime<Input, Output>(
  next: (input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return (input) => withinTimeLimit(() => next(input));
}

export const LIMIT_STEP = { step: 'initialize', priority: 'high' } as const;

/**
 * @param quotable whether the service's message may be repeated: only if the request contained nothing of a secret's value.
 * A message from a parser or a socket is always dropped, because it can quote the answer.
 */
export function awsCallError(operation: string, error: unknown, quotable: boolean): ServiceCallError {
  const code = awsErrorCode(error);
  const message = quotable && isServiceAnswer(error) ? error.message : undefined;
  return new ServiceCallError(operation, code, message);
}

/** The documented error code, such as `ResourceNotFoundException`. */
export function awsErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  const { code } = error as { code?: unknown };
  return isServiceAnswer(error) || typeof code !== 'string' ? error.name : code;
}

/** Whether the service itself answered: its exceptions have a fault, client or server. */
function isServiceAnswer(error: unknown): error is Error {
  return error instanceof Error && '$fault' in error;
}
