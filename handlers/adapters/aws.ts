/** What the AWS adapters share: the clients' settings, the time limit of a call, and what is kept of an error. */
import { ServiceCallError } from '../errors.ts';
import { ANSWER_MS, CONNECT_MS, withinTimeLimit } from './time-limit.ts';

/** The SDK sets no time limit by itself. `socketTimeout` ends an answer that begins and then stops. */
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
 * A middleware for an SDK client's stack, at the step `LIMIT_STEP`. It limits the whole time of a call, its retries and the reading
 * of the answer included.
 */
export function limitTime<Input, Output>(
  next: (input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return (input) => withinTimeLimit(() => next(input));
}

export const LIMIT_STEP = { step: 'initialize', priority: 'high' } as const;

/**
 * @param quotable whether the service's message may be repeated: only where the request held nothing of a secret's value.
 * Messages of anything but the service itself (a parser, a socket) are dropped: they can quote the answer.
 */
export function awsCallError(operation: string, error: unknown, quotable: boolean): ServiceCallError {
  const code = awsErrorCode(error);
  const message = quotable && isServiceAnswer(error) ? error.message : undefined;
  return new ServiceCallError(operation, code, message);
}

/** The error's code as the service documents it, such as `ResourceNotFoundException`. */
export function awsErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  const { code } = error as { code?: unknown };
  return isServiceAnswer(error) || typeof code !== 'string' ? error.name : code;
}

/** The service itself answered: its exceptions carry a fault, client or server. */
function isServiceAnswer(error: unknown): error is Error {
  return error instanceof Error && '$fault' in error;
}
