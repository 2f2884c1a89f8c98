/** Writes the messages of failed runs: what happened, until when the current key works, and what comes next. */
import {
  CodedError,
  KeyLapsedError,
  KeyRejectedError,
  RefresherError,
  RefreshFailedError,
  RotationError,
  SecretAccessError,
  SecretContentError,
  SecretNameError,
  ShortLivedKeyError,
  SweepFailedError,
  UnexpectedError,
} from '../errors.ts';
import { isoInstant } from '../rules/wake-up.ts';
import { npmCommand, type Place, putKey, type Words, wordsOf } from './words.ts';

/** The progress of a failed run. Instants are epoch seconds. */
export interface Progress {
  readonly retry?: { readonly at: number } | undefined;
  readonly expiresAt?: number | undefined;
  readonly now?: number | undefined;
  /** Whether Momento rejected the current key when it was last proved. */
  readonly isRejected?: boolean | undefined;
  /** Whether the refresh itself had succeeded. */
  readonly isRefreshed?: boolean | undefined;
  /** Another run or a person has made a newer key current. */
  readonly newerExpiresAt?: number | undefined;
}

/** Errors that need no further words. */
const WHOLE_BY_ITSELF = [KeyLapsedError, KeyRejectedError, SecretNameError, ShortLivedKeyError];

/**
 * @returns the error to throw; a fault of the secret itself is returned unchanged, because it needs no further words
 */
export function refreshFailure(place: Place, secretName: string, error: unknown, progress: Progress): Error {
  const { retry, isRefreshed = false, newerExpiresAt } = progress;
  if (newerExpiresAt !== undefined) return overtakenFailure(place, secretName, error, newerExpiresAt);
  const cause = toReportable(error, place);
  const isWhole = WHOLE_BY_ITSELF.some((kind) => error instanceof kind);
  if (isWhole || (isOfSecret(error) && retry === undefined)) return cause;
  const { what, todo } = wordsFor(cause, place);
  const next =
    retry === undefined
      ? ' No retry could be booked: the sweep will try again.'
      : ` The next try is booked for ${isoInstant(retry.at)}.`;
  const start = isRefreshed
    ? `Secret "${secretName}" was refreshed, but what comes after it failed`
    : `The refresh of secret "${secretName}" failed`;
  const key = currentKeySentence(progress);
  const advice = adviceFor(place, secretName, todo, progress);
  return new RefreshFailedError(`${start}. ${what}.${key}${next}${advice}`, { cause });
}

function overtakenFailure(place: Place, secretName: string, error: unknown, newerExpiresAt: number): Error {
  const cause = toReportable(error, place);
  const message =
    `A refresh of secret "${secretName}" failed, but a newer refresh or a person has made another key current since. ` +
    `It is valid until ${isoInstant(newerExpiresAt)}. The reason of the failure: ${wordsFor(cause, place).what}. ` +
    `See whether the key works: ${npmCommand(place, 'status', '--prove')}`;
  return new RefreshFailedError(message, { cause });
}

/**
 * @returns the error to throw; a fault of the secret itself is returned unchanged
 */
export function rotationFailure(
  place: Place,
  { secretName, step }: { readonly secretName: string; readonly step: string },
  error: unknown,
  progress: Progress,
): Error {
  const cause = toReportable(error, place);
  const isWhole = WHOLE_BY_ITSELF.some((kind) => error instanceof kind);
  if (isWhole || isOfSecret(error)) return cause;
  const { what, todo } = wordsFor(cause, place);
  return new RotationError(
    `Step ${step} of the rotation of secret "${secretName}" failed. ${what}.${currentKeySentence(progress)} ` +
      'Secrets Manager repeats the rotation. The next wake-up also makes a pending key current.' +
      adviceFor(place, secretName, todo, progress),
    { cause },
  );
}

/** The failures of a sweep in one error. */
export function sweepFailure(failures: readonly Error[], managed: number): SweepFailedError {
  const list = failures.map((failure) => `(${failure.name}) ${failure.message}`).join(' ');
  return new SweepFailedError(
    `${failures.length} failure(s) in a sweep of ${managed} secret(s): ${list}`,
    failures,
  );
}

/** The failure of a secret that a sweep had no time for. */
export function unservedFailure(secretName: string): SweepFailedError {
  return new SweepFailedError(
    `secret "${secretName}" was left to the next sweep: this one ran out of time`,
    [],
  );
}

/** Whether the secret itself could not be read or holds no key. */
export function isOfSecret(error: unknown): boolean {
  return error instanceof SecretAccessError || error instanceof SecretContentError;
}

export function wordsFor(error: Error, place: Place): Words {
  if (error instanceof CodedError) return wordsOf(error.code, error.facts, place);
  return { what: error.message.replace(/\.$/, ''), todo: '' };
}

/** The end of a message: until when the current key works. Instants are epoch seconds. */
export function currentKeySentence({ expiresAt, now = 0, isRejected = false }: Progress): string {
  if (expiresAt === undefined) return '';
  if (isRejected && now < expiresAt) return ' Momento rejected the current key when it was last proved.';
  return now < expiresAt
    ? ` The current key works until ${isoInstant(expiresAt)}.`
    : ` The current key expired at ${isoInstant(expiresAt)}.`;
}

/** The end of a message: the command that helps. If the key does not work, a person must not wait for the next try. */
export function adviceFor(
  place: Place,
  secretName: string,
  todo: string,
  { expiresAt, now = 0, isRejected = false }: Progress,
): string {
  if (isRejected || (expiresAt !== undefined && now >= expiresAt)) {
    return ` Do not wait. Put a new key from the Momento console into the secret: ${putKey(place, secretName)}`;
  }
  return todo === '' ? '' : ` ${todo}`;
}

/** Makes a thrown value safe to log: an error of the refresher gets its words, any other keeps only its class and place. */
export function toReportable(error: unknown, place: Place): Error {
  const reportable = error instanceof RefresherError ? error : new UnexpectedError(error);
  if (reportable instanceof CodedError) {
    const { what, safe, todo } = wordsFor(reportable, place);
    reportable.message = [`${what}.`, safe, todo].filter((part) => part !== undefined).join(' ');
  }
  return reportable;
}
