/** What can happen to a call that the function makes. A fault names its call by operation, so that a new call breaks no test. */
import { MomentoError } from '../../local/momento/momento.ts';

/** Before or after the call took effect. */
export type Phase = 'before' | 'after';

/** `nth`: which of the run's calls of that operation; default 1. */
export type Moment = ({ before: string; after?: never } | { after: string; before?: never }) & {
  nth?: number;
};

/**
 * `kill`: the process ends. `fail`: the connection breaks. `hang`: there is no answer.
 * `code`: the service refuses with this error code. `lateSeconds`: the request (`before`) or the answer (`after`) takes so long.
 */
export type Mode = 'kill' | 'fail' | 'hang' | { readonly code: string } | { readonly lateSeconds: number };

/** What happens to one call of one run. */
export type Fault = Moment & { readonly mode: Mode };

/** What happens to every call of an operation, in every run, until that epoch second; default: for good. */
export type StandingFault = Omit<Fault, 'nth'> & { readonly until?: number };

/** Before and after each of these calls. */
export function momentsOf(calls: readonly string[]): Moment[] {
  return calls.flatMap((operation, index) => {
    const nth = countOf(operation, calls.slice(0, index + 1));
    return [
      { before: operation, nth },
      { after: operation, nth },
    ];
  });
}

export function countOf(operation: string, calls: readonly string[]): number {
  return calls.filter((call) => call === operation).length;
}

/** As the SDK reports a connection that broke, after its own retries. */
export function lostCall(operation: string): Error {
  return Object.assign(new Error(`socket hang up during ${operation}`), { code: 'ECONNRESET' });
}

/** As the SDK reports a call that took longer than its client's time limit. */
export function timedOut(operation: string): Error {
  return Object.assign(new Error(`${operation} took too long`), { name: 'TimeoutError' });
}

/** As the service's own answer: Momento's status or an AWS exception. */
export function refusal(operation: string, code: string): Error {
  if (['RefreshApiKey', 'ListCaches'].includes(operation))
    return new MomentoError(code as MomentoError['status'], code);
  return Object.assign(new Error(`${operation} was refused`), { name: code, $fault: 'client' as const });
}
