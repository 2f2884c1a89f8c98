/** The error of a call as one line for a table, or `no error`. */
import { AwsServiceError } from '../../local/aws/service-error.ts';
import { MomentoError } from '../../local/momento/momento.ts';

export function errorOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof AwsServiceError) return `${error.httpStatus} ${error.name}: ${error.message}`;
    if (error instanceof MomentoError) return `${error.status}: ${error.message}`;
    throw error;
  }
  return 'no error';
}
