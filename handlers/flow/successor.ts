/** Finds a successor for a v2 key without a usable refresh token: another run's key, or one that the management key generates. */

import {
  KeyIssueError,
  KeyProofError,
  KeyRegistryError,
  KeyRejectedError,
  type ReplacementFacts,
  SecretAccessError,
  SecretContentError,
  ServiceCallError,
  type SuccessorRefusal,
  UnrefreshableKeyError,
} from '../errors.ts';
import { MAX_SWEEP_MINUTES } from '../names.ts';
import type { KeyManagement, Ports, Proof } from '../ports.ts';
import type { Subject } from '../reporting/report.ts';
import {
  claimsOf,
  type IssuedKey,
  type IssueOutcome,
  type KeyTraits,
  traitsOf,
  type V2Key,
} from '../rules/key.ts';
import { type ExpiringObservation, isSecondSuccessor, traitsOfCurrent } from '../rules/secret.ts';
import { parseSecretContent } from '../rules/secret-value.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  isLastChance,
  isTooLateToIssue,
  latestRetryOfRunAt,
  mayHoldKey,
  nextReadAt,
} from '../rules/timing.ts';
import { bookingsBySecret, wakeUpNamePrefix } from '../rules/wake-up.ts';
import type { BookedRetry } from './book.ts';
import { observe } from './observe.ts';
import { proveCurrent } from './prove-current.ts';

type NoKey = Exclude<IssueOutcome, { result: 'issued' }>;

/**
 * `overtaken`: another run has stored or promoted a key since the observation.
 * `busy`: another run has used the refresh token and may still hold the key; its retry is booked and comes after its end.
 */
export type Elsewhere = 'overtaken' | 'busy';

/** Instants are epoch seconds. */
export interface IssueOptions {
  /** The entry that started this run. */
  readonly ownWakeUp?: string | undefined;
  /** The booked retry, which follows if no key is issued. */
  readonly retry: BookedRetry | undefined;
  /** From then on one key too many is better than waiting for the Scheduler. */
  readonly isHalfLeadUsed: boolean;
  /** When the next run starts if no key becomes current. Asked for after the proof, because storing a key can take minutes. */
  readonly nextTryAt: () => number;
}

/** A search for a successor after Momento issued no key. */
interface Search extends IssueOptions {
  readonly ports: Ports;
  readonly subject: Subject;
  readonly observation: ExpiringObservation;
  readonly key: V2Key;
  readonly why: NoKey;
}

/**
 * Gets a key in another way after Momento issued none for the current key.
 * @param why what Momento answered
 * @throws {UnrefreshableKeyError} @throws {KeyIssueError} @throws {KeyRegistryError} @throws {KeyProofError} @throws {KeyRejectedError}
 */
export async function successorWithoutToken(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  why: NoKey,
  options: IssueOptions,
): Promise<IssuedKey | Elsewhere> {
  const { key } = observation.current.content;
  const isTokenUseless =
    why.result === 'spent' ||
    why.result === 'no-token' ||
    // An account without refreshes can still generate keys.
    (why.result === 'not-offered' && ports.management !== undefined);
  if (!isTokenUseless || key.kind !== 'v2') {
    // The token is dead, or somebody has revoked the key, and then its readers fail now.
    if (why.result === 'rejected') await proveOrThrow(ports, subject, observation);
    throw issueFailure(subject.secretName, why);
  }
  const search = { ...options, ports, subject, observation, key, why };
  return (await otherRun(search)) ?? (await replace(search));
}

/**
 * Looks for another run that may hold a successor. It lists the entries before it reads the secret. A run cancels its retry only after
 * its key is current. So if the list does not show the retry, the read shows the key.
 * @returns undefined if there is no such run
 * @throws {WakeUpError} the entries cannot be listed, and there is time to wait until they can
 */
async function otherRun({
  ports,
  subject: { trigger, attempt },
  observation: { secretName, secretArn, current, pending },
  retry,
  ownWakeUp,
  isHalfLeadUsed,
  nextTryAt,
}: Search): Promise<Elsewhere | undefined> {
  const { expiresAt } = current.content;
  const entries = await ports.wakeUps.list(wakeUpNamePrefix(secretName, secretArn)).catch((error) => {
    if (isHalfLeadUsed || isLastChance(nextTryAt(), expiresAt)) return [];
    throw error;
  });
  const ownWakeUps = [retry?.name, ownWakeUp];
  const bookings = bookingsBySecret(entries);
  const since = await observe(ports, { secretName, ownWakeUps, bookings });
  if (since.current?.versionId !== current.versionId) return 'overtaken';
  if (since.pending?.versionId !== pending?.versionId) return 'overtaken';
  const now = Math.floor(ports.clock() / 1000);
  // The retry reads again.
  const mayBeStale = attempt === 1 && since.mayBeStale === true;
  const nextSweepAt = trigger === 'sweep' ? now + MAX_SWEEP_MINUTES * 60 : undefined;
  if (mayBeStale && nextReadAt(now, expiresAt, nextSweepAt) !== undefined) return 'busy';
  // The clock of the other run may be behind or ahead of this one.
  const earliest = now - CLOCK_TOLERANCE_SECONDS;
  const latest = latestRetryOfRunAt(now, expiresAt) + 2 * CLOCK_TOLERANCE_SECONDS;
  return since.bookedAt.some((at) => at > earliest && at <= latest && mayHoldKey(at)) ? 'busy' : undefined;
}

/** @throws {UnrefreshableKeyError} only a person can help. Errors that may pass are thrown unchanged. */
async function replace(search: Search): Promise<IssuedKey> {
  try {
    return await generate(search);
  } catch (error) {
    throw mayPass(error) ? error : new UnrefreshableKeyError(error);
  }
}

const PASSING: ReadonlySet<SuccessorRefusal> = new Set(['throttled', 'unanswered']);

function mayPass(error: unknown): boolean {
  if (error instanceof KeyRegistryError) {
    const { code, cause } = error;
    const isAway = cause instanceof SecretAccessError && cause.code === 'secrets-manager-unavailable';
    return code === 'registry-unanswered' || isAway;
  }
  if (!(error instanceof KeyIssueError)) return true;
  return error.code === 'no-time-left' || ('refusal' in error.facts && PASSING.has(error.facts.refusal));
}

/** Generates a key with the role, description and lifetime that Momento lists for the current key. What the secret says may be forged. */
async function generate(search: Search): Promise<IssuedKey> {
  const { ports, subject, observation, key, why } = search;
  const { management } = ports;
  const { secretName } = subject;
  const { current, pending } = observation;
  if (management === undefined) {
    throw new KeyIssueError('no-management-key', replacementFacts(secretName, why, traitsOfCurrent(current)));
  }
  if (pending !== undefined && isSecondSuccessor(pending.versionId, current.versionId)) {
    throw new KeyIssueError(
      'successors-rejected',
      replacementFacts(secretName, why, traitsOfCurrent(current)),
    );
  }
  // Whoever may write the secret can put a forged key into it, which would get a successor with rights of their choice.
  const proof = await proveOrThrow(ports, subject, observation);
  if (proof.result !== 'accepted') {
    throw new KeyProofError('current-key-unproven', { secretName, detail: proof.detail });
  }
  // A management key whose own token is used up can still generate its own successor.
  const managementKey =
    management.secretName === secretName ? key.apiKey : await readManagementKey(ports, management);
  // The proof covers the id in the key itself, not the one in a field beside it.
  const { jti } = claimsOf(key.apiKey) ?? {};
  const keys = await management.registry.list(managementKey, String(jti));
  const info = keys.find(({ key_id }) => key_id === jti);
  const { lifetimeSeconds } = traitsOf(info);
  // A key without an expiry has no lifetime either.
  if (info?.expires_at_epoch_seconds === undefined || lifetimeSeconds === undefined) {
    throw new KeyIssueError('key-not-listed', replacementFacts(secretName, why, traitsOfCurrent(current)));
  }
  if (isTooLateToIssue(ports.remainingMs(), search.nextTryAt, current.content.expiresAt)) {
    throw new KeyIssueError('no-time-left', { secretName });
  }
  const outcome = await management.registry.generate(managementKey, {
    roleId: info.role_id,
    description: info.description,
    // If this clock is behind Momento's, the successor of a new key would expire before that key.
    expiresAt: Math.max(Math.floor(ports.clock() / 1000) + lifetimeSeconds, info.expires_at_epoch_seconds),
  });
  if (outcome.result === 'issued') {
    ports.report({ kind: 'effect', ...subject, effect: 'key-generated', at: outcome.key.expiresAt });
    return outcome.key;
  }
  throw new KeyIssueError('successor-refused', {
    ...replacementFacts(secretName, why, traitsOf(info)),
    refusal: outcome.result,
    refusalDetail: outcome.detail,
    managementSecretName: management.secretName,
  });
}

/** @throws {KeyRejectedError} Momento rejects the current key, so only a person can help */
async function proveOrThrow(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
): Promise<Proof> {
  const { proof } = await proveCurrent(ports, subject, observation);
  if (proof.result !== 'rejected') return proof;
  throw new KeyRejectedError('key-rejected', { secretName: subject.secretName });
}

function issueFailure(secretName: string, { result, detail }: NoKey): KeyIssueError {
  const cause = new ServiceCallError("Momento's issue of a key", detail);
  return new KeyIssueError(`issue-${result}`, { secretName, detail }, { cause });
}

function replacementFacts(
  secretName: string,
  { result, detail }: NoKey,
  traits: KeyTraits,
): ReplacementFacts {
  return { secretName, fault: `issue-${result}`, detail, ...traits };
}

/**
 * @throws {KeyIssueError} the secret holds no v2 key that expires
 * @throws {KeyRegistryError} the secret cannot be read. The error of the secret is its cause, because it is not about the secret of the run
 */
export async function readManagementKey(
  { secrets }: Pick<Ports, 'secrets'>,
  { secretName }: Pick<KeyManagement, 'secretName'>,
): Promise<string> {
  try {
    const stored = await secrets.read(secretName);
    const content = stored === undefined ? undefined : parseSecretContent(secretName, stored.current.text);
    if (content?.kind === 'expiring' && content.key.kind === 'v2') return content.key.apiKey;
  } catch (error) {
    const isOfSecret = error instanceof SecretAccessError || error instanceof SecretContentError;
    if (!isOfSecret) throw error;
    const detail = 'awsCode' in error.facts ? error.facts.awsCode : 'its value is not a Momento key';
    throw new KeyRegistryError('management-key-unreadable', { secretName, detail }, { cause: error });
  }
  throw new KeyIssueError('management-key-missing', { secretName });
}
