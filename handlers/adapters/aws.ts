/** Turns what an AWS SDK threw into what may be kept of it. Used by the AWS adapters only. */
import { ServiceCallError } from '../errors.ts';

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
