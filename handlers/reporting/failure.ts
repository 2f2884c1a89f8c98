/** Writes the message of a failed run: what happened, until when the current key works, and what comes next. */
import {
  CodedError,
  KeyLapsedError,
  KeyRejectedError,
  RefresherError,
  RefreshFailedError,
  SecretAccessError,
  SecretContentError,
  UnexpectedError,
} from '../errors.ts';
import { isoInstant } from '../rules/wake-up.ts';
import { type Place, putKey, type Words, wordsOf } from './words.ts';

/** The progress of a failed run. Instants are epoch seconds. */
export interface Progress {
  readonly retry?: { readonly at: number } | undefined;
  readonly expiresAt?: number | undefined;
  readonly now?: number | undefined;
  /** Whether the refresh itself had succeeded. */
  readonly isRefreshed?: boolean | undefined;
  /** Another run or a person has made a newer key current. */
  readonly newerExpiresAt?: number | undefined;
}

/**
 * @returns the error to throw; a fault of the secret itself is returned unchanged, because it needs no further words
 */
export function refreshFailure(place: Place, secretName: string, error: unknown, progress: Progress): Error {
  const { retry, isRefreshed = false, newerExpiresAt } = progress;
  if (newerExpiresAt !== undefined) return overtakenFailure(place, secretName, error, newerExpiresAt);
  if (error instanceof KeyLapsedError || error instanceof KeyRejectedError) return toReportable(error, place);
  const ownWords = error instanceof SecretAccessError || error instanceof SecretContentError;
  const cause = toReportable(error, place);
  if (ownWords && retry === undefined) return cause;
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
    `That key works until ${isoInstant(newerExpiresAt)}, so there is nothing to do. ` +
    `The reason of the failure: ${wordsFor(cause, place).what}.`;
  return new RefreshFailedError(message, { cause });
}

export function wordsFor(error: Error, place: Place): Words {
  if (error instanceof CodedError) return wordsOf(error.code, error.facts, place);
  return { what: error.message.replace(/\.$/, ''), todo: '' };
}

/** The end of a message: until when the current key works. Instants are epoch seconds. */
export function currentKeySentence({ expiresAt, now = 0 }: Progress): string {
  if (expiresAt === undefined) return '';
  return now < expiresAt
    ? ` The current key works until ${isoInstant(expiresAt)}.`
    : ` The current key expired at ${isoInstant(expiresAt)}.`;
}

/** The end of a message: the command that helps. After the key has expired, a person must not wait for the next try. */
export function adviceFor(
  place: Place,
  secretName: string,
  todo: string,
  { expiresAt, now = 0 }: Progress,
): string {
  if (expiresAt !== undefined && now >= expiresAt) {
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
