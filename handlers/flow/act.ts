/** The act: issues a key, stores it, proves it and promotes it. A process that is killed between two of these steps loses no key. */

import { KeyIssueError, KeyLapsedError, KeyProofError, SecretWriteError } from '../errors.ts';
import type { Ports, Proof } from '../ports.ts';
import type { Subject } from '../reporting/report.ts';
import type { Key } from '../rules/key.ts';
import type { ExpiringObservation, Observation } from '../rules/secret.ts';

import { LATEST_EXPIRY, parseSecretContent, renewedSecretText } from '../rules/secret-value.ts';
import { successorVersionId } from '../rules/succession.ts';
import { isLastChance, isUsableExpiry } from '../rules/timing.ts';
import { NO_BOOKINGS, observe } from './observe.ts';
import { type BookedRetry, type Elsewhere, issueSuccessor } from './successor.ts';

/** A key that is stored under AWSPENDING. */
interface Candidate {
  readonly versionId: string;
  readonly key: Key;
}

/** A version without a label can hold an id that we want: after a rollback, or after a person removed the label. */
const MAX_TAKEN_IDS = 3;

/** How one act goes about it; instants in epoch seconds. */
interface ActOptions {
  /** Promote the pending key. */
  readonly resume: boolean;
  /** False: Momento is not asked for a key, even if it rejects the pending one. */
  readonly mayIssue: boolean;
  readonly now: number;
  /** What comes if this act fails. */
  readonly retry: BookedRetry | undefined;
}

/**
 * @returns the id of the version that this act meant to promote; the next observation shows whether it is current.
 * Else that another run was faster, or is at it.
 * @throws {KeyIssueError} @throws {SecretWriteError} @throws {KeyProofError} @throws {KeyLapsedError}
 */
export async function act(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  { resume, mayIssue, now, retry }: ActOptions,
): Promise<string | Elsewhere> {
  const { versionId: fromVersionId, content } = observation.current;
  const { expiresAt } = content;
  const found = resume ? pendingCandidate(observation) : undefined;
  let candidate = found ?? (await issueAndStore(ports, subject, observation, retry));
  if (typeof candidate === 'string') return candidate;
  let proof = await prove(ports, subject, candidate);
  if (proof.result === 'rejected' && found !== undefined && mayIssue && now < expiresAt) {
    candidate = await issueAndStore(ports, subject, observation, retry);
    if (typeof candidate === 'string') return candidate;
    proof = await prove(ports, subject, candidate);
  }
  if (proof.result === 'rejected' && now >= expiresAt) {
    // Nothing else can save this secret. Removing the label stops later runs from trying this key again.
    await ports.secrets.releaseLabel(subject.secretName, candidate.versionId, 'AWSPENDING');
    throw new KeyLapsedError('key-lapsed', { secretName: subject.secretName, expiresAt });
  }
  refuseUnlessPromotable(subject.secretName, proof, expiresAt, retry?.at ?? now);
  const { versionId } = candidate;
  const promotion = await ports.secrets.promote(subject.secretName, {
    fromVersionId,
    toVersionId: versionId,
  });
  const promoted = proof.result === 'unproven' ? 'key-promoted-unproven' : 'key-promoted';
  const effect = promotion === 'promoted' ? promoted : 'promotion-superseded';
  ports.report({ kind: 'effect', ...subject, effect, versionId, fromVersionId });
  // If another run issued this key and another run promoted it, it is that run's refresh.
  return promotion === 'superseded' && candidate === found ? 'overtaken' : versionId;
}

/**
 * Gets a new key from Momento.
 * @returns the key, and the text of the version that is to hold it
 * @throws {KeyIssueError}
 */
export async function issue(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  retry?: BookedRetry,
): Promise<{ key: Key; text: string } | Elsewhere> {
  const { secretName } = subject;
  const current = observation.current.content;
  const issued = await issueSuccessor(ports, subject, observation, retry);
  if (typeof issued === 'string') return issued;
  const issuedAt = Math.floor(ports.clock() / 1000);
  if (!(issued.expiresAt <= LATEST_EXPIRY)) {
    throw new KeyIssueError('expiry-unusable', { secretName });
  }
  if (!isUsableExpiry(issued.expiresAt, current.expiresAt, issuedAt)) {
    throw new KeyIssueError('expiry-too-early', {
      secretName,
      issuedExpiresAt: issued.expiresAt,
      currentExpiresAt: current.expiresAt,
    });
  }
  ports.report({ kind: 'effect', ...subject, effect: 'key-issued', at: issued.expiresAt });
  const text = renewedSecretText(current, issued);
  // A key that we cannot parse again could never be refreshed, so do not use it.
  const key = refreshableKey(secretName, text);
  if (key === undefined) {
    throw new KeyIssueError('key-not-refreshable', { secretName });
  }
  return { key, text };
}

/** As the next run will read it. */
function refreshableKey(secretName: string, text: string): Key | undefined {
  try {
    const content = parseSecretContent(secretName, text);
    return content.kind === 'expiring' ? content.key : undefined;
  } catch {
    return undefined;
  }
}

async function issueAndStore(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  retry: BookedRetry | undefined,
): Promise<Candidate | Elsewhere> {
  const issued = await issue(ports, subject, observation, retry);
  if (typeof issued === 'string') return issued;
  const { key, text } = issued;
  for (let tries = 0; tries < MAX_TAKEN_IDS; tries++) {
    const versionId = successorVersionId({
      currentVersionId: observation.current.versionId,
      pendingVersionId: observation.pending?.versionId,
      tries,
    });
    if ((await ports.secrets.storePending(subject.secretName, { versionId, text })) === 'stored') {
      ports.report({ kind: 'effect', ...subject, effect: 'key-stored', versionId });
      return { versionId, key };
    }
    const since = await observe(ports, { secretName: subject.secretName, bookings: NO_BOOKINGS });
    if (since.current?.versionId !== observation.current.versionId) return 'overtaken';
    if (since.pending?.versionId !== observation.pending?.versionId) return 'overtaken';
  }
  const { secretName } = subject;
  throw new SecretWriteError('version-ids-taken', { secretName, tries: MAX_TAKEN_IDS });
}

export async function prove(ports: Ports, subject: Subject, candidate: Candidate): Promise<Proof> {
  const proof = await ports.issuer.prove(candidate.key);
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
  nextTryAt: number,
): void {
  if (proof.result === 'accepted') return;
  const facts = { secretName, detail: proof.detail };
  if (proof.result === 'rejected') throw new KeyProofError('new-key-rejected', facts);
  // At the last chance an unproven key is better than one that will have expired before the next try.
  if (!isLastChance(nextTryAt, expiresAt)) throw new KeyProofError('new-key-unproven', facts);
}

export function pendingCandidate({ pending }: Observation): Candidate | undefined {
  if (pending?.content?.kind !== 'expiring') return undefined;
  return { versionId: pending.versionId, key: pending.content.key };
}
