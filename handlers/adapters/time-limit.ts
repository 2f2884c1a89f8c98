/** Limits the time of every call to a service, so that a service that hangs is treated like one that fails. Acts before Lambda's own limit. */

/** How long a connection may take to be made. */
export const CONNECT_MS = 2_000;
/** How long a call may take until its whole answer is here, the SDK's own retries included. */
export const ANSWER_MS = 10_000;

/** Enough to write some lines before Lambda ends the process. */
const BEFORE_DEADLINE_MS = 10_000;

/** A call did not end in time. Whether it took effect is not known. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** @throws {TimeoutError} the call did not end within `limitMs`; it may still take effect */
export async function withinTimeLimit<T>(call: () => Promise<T>, limitMs = ANSWER_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([call(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs the work, and `onLate` if the work goes on until ten seconds before the deadline.
 * @param remainingMs until Lambda ends the process
 */
export async function withWarningBeforeDeadline<T>(
  work: () => Promise<T>,
  remainingMs: number,
  onLate: () => void,
): Promise<T> {
  const timer = setTimeout(onLate, remainingMs - BEFORE_DEADLINE_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
