/** Words for a failed run: says what happened, until when the current key works, and what comes next. Pure. */
import {
  CodedError,
  KeyIssueError,
  KeyLapsedError,
  RefresherError,
  RefreshFailedError,
  SecretAccessError,
  SecretContentError,
  ServiceCallError,
  UnexpectedError,
} from '../errors.ts';
import { MOMENTO_API } from '../names.ts';
import type { IssueOutcome, V2Key } from '../rules/key.ts';
import { isoInstant } from '../rules/wake-up.ts';
import { seedingStep } from './result.ts';
import { type Words, wordsOf } from './words.ts';

export function lapsedError(secretName: string, expiresAt: number | undefined): KeyLapsedError {
  const since = expiresAt === undefined ? '' : ` at ${isoInstant(expiresAt)}`;
  return new KeyLapsedError(
    `The Momento key in secret "${secretName}" lapsed${since}, and Momento refreshes no expired key: a person must put a new one. ` +
      `${seedingStep(secretName)}. The refresher then goes on by itself.`,
  );
}

export type NoKey = Exclude<IssueOutcome, { result: 'issued' }>;

export function issueFailure({ result, detail }: NoKey): KeyIssueError {
  const cause = new ServiceCallError("Momento's issue of a key", detail);
  return new KeyIssueError(`${ISSUE_FAILURES[result]} (${detail})`, { cause });
}

const ISSUE_FAILURES: Readonly<Record<NoKey['result'], string>> = {
  rejected:
    'Momento rejected the refresh token or the key that it belongs to: if this goes on, put a new key into the secret before the current one expires',
  spent: 'The refresh token was used before, and the key that it gave was lost',
  locked: 'Momento has locked the account: ask its owner; the refresh token is not used up',
  refused: 'Momento refused the refresh: put a new key into the secret before the current one expires',
  unusable: 'The current key cannot be used with Momento: put a new one into the secret',
  'not-offered': 'Momento offers this account no refresh of v2 keys; the refresh token is not used up',
  'key-limit':
    'The account has as many API keys as Momento allows: revoke one that nobody needs; the refresh token is not used up',
  throttled: 'Momento was called too often; the refresh token is not used up',
  unanswered: 'Momento issued no new key',
};

/** The commands that replace a v2 key that cannot be refreshed. Texts of Momento are put in only if no shell can misread them. */
export function replacementStep(secretName: string, { info }: V2Key): string {
  const plain = (text: string | undefined, otherwise: string) =>
    text !== undefined && /^[\w .-]+$/.test(text) ? text : otherwise;
  const body =
    `{"role_id":"${plain(info?.role_id, 'ROLE_ID')}",` +
    `"description":"${plain(info?.description, 'DESCRIPTION')}","expiry":EPOCH_SECONDS}`;
  return (
    `Replace the key now: curl -X POST ${MOMENTO_API}/api-keys -H "Authorization: $MOMENTO_MANAGEMENT_KEY" ` +
    `-H "Content-Type: application/json" -d '${body}' > momento-key.json && ` +
    `npm run seed -- ${secretName} --file momento-key.json. ` +
    'With the setting managementSecretName the refresher does this by itself'
  );
}

/** How far a failed run came; instants in epoch seconds. */
export interface Progress {
  readonly retry?: { readonly at: number } | undefined;
  readonly expiresAt?: number | undefined;
  readonly now?: number | undefined;
  /** The refresh itself was done when the failure came. */
  readonly isRefreshed?: boolean | undefined;
}

/**
 * @returns the error to throw; faults of the secret itself say all there is to say and are returned as they are
 */
export function refreshFailure(secretName: string, error: unknown, progress: Progress): Error {
  if (error instanceof KeyLapsedError) return error;
  const { retry, expiresAt, now, isRefreshed = false } = progress;
  const ownWords = error instanceof SecretAccessError || error instanceof SecretContentError;
  const cause = toReportable(error);
  if (ownWords && retry === undefined) return cause;
  const { what, todo } = wordsFor(cause);
  const next =
    retry === undefined
      ? ' No retry could be booked: the sweep will try again.'
      : ` The next try is booked for ${isoInstant(retry.at)}.`;
  const start = isRefreshed
    ? `Secret "${secretName}" was refreshed, but what comes after it failed`
    : `The refresh of secret "${secretName}" failed`;
  const key = currentKeySentence(secretName, expiresAt, now);
  const advice = todo === '' ? '' : ` ${todo}`;
  return new RefreshFailedError(`${start}. ${what}.${key}${next}${advice}`, { cause });
}

function wordsFor(error: Error): Words {
  if (error instanceof CodedError) return wordsOf(error.code, error.facts);
  return { what: error.message.replace(/\.$/, ''), todo: '' };
}

/** Until when the current key works, as the rest of a message; epoch seconds. */
export function currentKeySentence(secretName: string, expiresAt: number | undefined, now = 0): string {
  if (expiresAt === undefined) return '';
  if (now < expiresAt) return ` The current key works until ${isoInstant(expiresAt)}.`;
  return ` The current key expired at ${isoInstant(expiresAt)}. Do not wait: ${seedingStep(secretName)}.`;
}

/** What may be logged of anything that was thrown: our own errors, in words; of others only kind and place. */
export function toReportable(error: unknown): Error {
  if (error instanceof CodedError) {
    const { what, safe, todo } = wordsFor(error);
    error.message = [`${what}.`, safe, todo].filter((part) => part !== undefined).join(' ');
  }
  return error instanceof RefresherError ? error : new UnexpectedError(error);
}
