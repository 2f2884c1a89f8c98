/** Issues a key, stores it, proves it and promotes it. A process that is killed after the store loses no key. */

import {
  KeyIssueError,
  KeyLapsedError,
  KeyProofError,
  SecretWriteError,
  UnstoredKeyError,
} from '../errors.ts';
import type { NewVersion, Ports, Proof } from '../ports.ts';
import type { Subject } from '../reporting/report.ts';
import {
  type ExpiringObservation,
  MAX_TAKEN_IDS,
  type Observation,
  successorVersionId,
  TEST_LABEL,
  testVersionId,
} from '../rules/secret.ts';
import { type ExpiringKey, LATEST_EXPIRY, renewedContent } from '../rules/secret-value.ts';
import { isLastChance, isTooLateToIssue, isUsableExpiry } from '../rules/timing.ts';
import { NO_BOOKINGS, observe } from './observe.ts';
import { type Elsewhere, type IssueOptions, successorWithoutToken } from './successor.ts';

/** A key that is stored under AWSPENDING. */
export interface Candidate {
  readonly versionId: string;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  readonly content: ExpiringKey;
}

/** A store that starts this long before the deadline leaves enough time for the steps after it. */
const STOP_BEFORE_DEADLINE_MS = 20_000;
const LONGEST_PAUSE_MS = 15_000;

/** Instants are epoch seconds. */
interface ActOptions extends IssueOptions {
  /** The pending key to promote. If absent, a key is issued. */
  readonly pending: Candidate | undefined;
  /** If false, no key is issued, even if Momento rejects the pending key. */
  readonly mayIssue: boolean;
  /** Whether to find out first if the secret can be written. */
  readonly mustTestWrite: boolean;
  readonly now: number;
  /** Called at each failure of a write or read while a key is in hand. The act goes on trying. */
  readonly onStoreFailed: () => Promise<void>;
  /** Called once the key is stored, before it is proved. */
  readonly onStored: () => Promise<void>;
}

/** The key that the act tried to promote, and the result. */
export interface ActResult {
  readonly candidate: Candidate;
  /** Whether the key was pending before. Then another run can have issued and promoted it. */
  readonly isResumed: boolean;
  /** `superseded`: AWSCURRENT has moved since it was observed, and this act changed nothing. */
  readonly promotion: 'promoted' | 'superseded';
}

/**
 * @returns the key and the result, or that another run was faster or still works on this secret
 * @throws {KeyIssueError} @throws {UnrefreshableKeyError} @throws {SecretWriteError} @throws {UnstoredKeyError} the key is lost
 * @throws {KeyProofError} @throws {KeyLapsedError}
 */
export async function act(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  options: ActOptions,
): Promise<ActResult | Elsewhere> {
  const { pending, mayIssue, now, nextTryAt } = options;
  const { versionId: fromVersionId, content } = observation.current;
  const { expiresAt } = content;
  refuseReplica(observation);
  const candidate = pending ?? (await issueAndStore(ports, subject, observation, options));
  if (typeof candidate === 'string') return candidate;
  const { versionId } = candidate;
  const proof = await prove(ports, subject, candidate);
  if (proof.result === 'rejected' && pending !== undefined) {
    if (now >= expiresAt) {
      // Nothing else can save this secret. Removing the label stops later runs from trying this key again.
      await ports.secrets.releaseLabel(subject.secretName, versionId, 'AWSPENDING');
      throw new KeyLapsedError('key-lapsed', { secretName: subject.secretName, expiresAt });
    }
    if (mayIssue) return await act(ports, subject, observation, { ...options, pending: undefined });
  }
  refuseUnlessPromotable(subject.secretName, proof, expiresAt, nextTryAt);
  const promotion = await ports.secrets.promote(subject.secretName, {
    fromVersionId,
    toVersionId: versionId,
  });
  const promoted = proof.result === 'unproven' ? 'key-promoted-unproven' : 'key-promoted';
  const effect = promotion === 'promoted' ? promoted : 'promotion-superseded';
  ports.report({ kind: 'effect', ...subject, effect, versionId, fromVersionId });
  return { candidate, isResumed: pending !== undefined, promotion };
}

/** @throws {SecretWriteError} the secret is a replica, so a new key could not be stored */
function refuseReplica({ secretName, primaryRegion }: Observation): void {
  if (primaryRegion === undefined) return;
  throw new SecretWriteError('secret-replica', {
    secretName,
    task: 'store',
    awsCode: `PrimaryRegion ${primaryRegion}`,
  });
}

/**
 * Gets a new key from Momento.
 * @returns the key and the text of the version to store
 * @throws {KeyIssueError} @throws {UnrefreshableKeyError}
 */
export async function issue(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  options: IssueOptions,
): Promise<ExpiringKey | Elsewhere> {
  const { secretName } = subject;
  const current = observation.current.content;
  // A v2 token works once. Runs that start together book the same retry, and only the first to book it goes on.
  if (current.key.kind === 'v2' && options.retry?.isShared === true) return 'busy';
  if (isTooLateToIssue(ports.remainingMs(), options.nextTryAt, current.expiresAt)) {
    throw new KeyIssueError('no-time-left', { secretName });
  }
  const outcome = await ports.issuer.issue(current.key);
  const issued =
    outcome.result === 'issued'
      ? outcome.key
      : await successorWithoutToken(ports, subject, observation, outcome, options);
  if (typeof issued === 'string') return issued;
  const issuedAt = Math.floor(ports.clock() / 1000);
  if (!(issued.expiresAt <= LATEST_EXPIRY)) {
    throw new KeyIssueError('expiry-unusable', { secretName });
  }
  ports.report({ kind: 'effect', ...subject, effect: 'key-issued', at: issued.expiresAt });
  const content = renewedContent(current, issued);
  // A key that we cannot parse again could never be refreshed, so do not use it.
  if (content === undefined) throw new KeyIssueError('key-not-refreshable', { secretName });
  if (!isUsableExpiry(content.expiresAt, current.expiresAt, issuedAt)) {
    throw new KeyIssueError('expiry-too-early', {
      secretName,
      issuedExpiresAt: content.expiresAt,
      currentExpiresAt: current.expiresAt,
    });
  }
  return content;
}

async function issueAndStore(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  options: ActOptions,
): Promise<Candidate | Elsewhere> {
  const { mustTestWrite, now, onStoreFailed, onStored } = options;
  const { secretName } = subject;
  if (mustTestWrite) await testWrite(ports, secretName, observation, now);
  const content = await issue(ports, subject, observation, options);
  if (typeof content === 'string') return content;
  for (let tries = 0; tries < MAX_TAKEN_IDS; tries++) {
    const versionId = successorVersionId({
      currentVersionId: observation.current.versionId,
      pendingVersionId: observation.pending?.versionId,
      tries,
    });
    const version = { versionId, text: content.text, labels: ['AWSPENDING'] };
    if ((await store(ports, secretName, version, onStoreFailed)) === 'stored') {
      ports.report({ kind: 'effect', ...subject, effect: 'key-stored', versionId });
      await onStored();
      return { versionId, createdAtMs: ports.clock(), content };
    }
    const look = () => observe(ports, { secretName, bookings: NO_BOOKINGS });
    const since = await untilDeadline(ports, look, onStoreFailed);
    if (since.current?.versionId !== observation.current.versionId) return 'overtaken';
    if (since.pending?.versionId !== observation.pending?.versionId) return 'overtaken';
  }
  throw new SecretWriteError('version-ids-taken', { secretName, tries: MAX_TAKEN_IDS });
}

/**
 * Stores a new key. Each try has the same id and the same text, so one whose answer was lost is repeated without effect.
 * @throws {UnstoredKeyError} the key is lost
 */
export function store(
  ports: Ports,
  secretName: string,
  version: NewVersion,
  onFailure: () => Promise<void>,
): Promise<'stored' | 'taken'> {
  return untilDeadline(ports, () => ports.secrets.store(secretName, version), onFailure);
}

/**
 * Tries until shortly before the deadline, because this process holds the only copy of a key.
 * @throws {UnstoredKeyError} the key is lost
 */
async function untilDeadline<Answer>(
  ports: Ports,
  work: () => Promise<Answer>,
  onFailure: () => Promise<void>,
): Promise<Answer> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      await onFailure();
      const timeLeftMs = ports.remainingMs() - STOP_BEFORE_DEADLINE_MS;
      if (timeLeftMs <= 0) throw new UnstoredKeyError(error);
      await ports.pause(Math.min(1000 * 2 ** (failures - 1), LONGEST_PAUSE_MS, timeLeftMs));
    }
  }
}

/** Tests whether a new key could be stored: stores the current value again and releases its label. @throws {SecretWriteError} */
async function testWrite(
  { secrets }: Ports,
  secretName: string,
  { current }: ExpiringObservation,
  now: number,
): Promise<void> {
  const versionId = testVersionId(current.versionId, now);
  await secrets.store(secretName, { versionId, text: current.content.text, labels: [TEST_LABEL] });
  await secrets.releaseLabel(secretName, versionId, TEST_LABEL);
}

export async function prove(ports: Ports, subject: Subject, candidate: Candidate): Promise<Proof> {
  const proof = await ports.issuer.prove(candidate.content.key);
  const { versionId } = candidate;
  if (proof.result === 'accepted')
    ports.report({ kind: 'effect', ...subject, effect: 'key-proved', versionId });
  return proof;
}

/** @throws {KeyProofError} */
export function refuseUnlessPromotable(
  secretName: string,
  proof: Proof,
  expiresAt: number,
  nextTryAt: () => number,
): void {
  if (proof.result === 'accepted') return;
  const facts = { secretName, detail: proof.detail };
  if (proof.result === 'rejected') throw new KeyProofError('new-key-rejected', facts);
  // At the last chance an unproven key is better than one that will have expired before the next try.
  if (!isLastChance(nextTryAt(), expiresAt)) throw new KeyProofError('new-key-unproven', facts);
}

export function pendingCandidate({ pending }: Observation): Candidate | undefined {
  if (pending?.content?.kind !== 'expiring') return undefined;
  const { versionId, createdAtMs, content } = pending;
  return { versionId, createdAtMs, content };
}
