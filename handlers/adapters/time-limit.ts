/** Limits the time of every call, so that a service that hangs is treated like one that fails, before Lambda ends the process. */

/** The time limit of connecting. */
export const CONNECT_MS = 2_000;
/** The time limit of a call with its whole answer and the SDK's own retries. */
export const ANSWER_MS = 10_000;

/** Enough time to write some log lines before Lambda ends the process. */
const BEFORE_DEADLINE_MS = 10_000;

/** A call did not end in time. It may have taken effect. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/** @throws {TimeoutError} the call did not end within `limitMs`, but it may still take effect */
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
 * Runs the work, and calls `onLate` if the work still runs ten seconds before the deadline.
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
