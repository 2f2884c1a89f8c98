/** The act: gets a new key, stores it, proves it, makes it current, in the order in which a process killed in between loses nothing. */

import { KeyIssueError, KeyProofError, SecretWriteError } from '../errors.ts';
import type { Ports, Proof } from '../ports.ts';
import { issueFailure, lapsedError } from '../reporting/failure.ts';
import type { Effect, Subject } from '../reporting/report.ts';

import type { Decision } from '../rules/decide.ts';
import type { Key } from '../rules/key.ts';
import type { ExpiringObservation, Observation } from '../rules/secret.ts';

import {
  type ExpiringKey,
  LATEST_EXPIRY,
  parseSecretContent,
  renewedSecretText,
} from '../rules/secret-value.ts';
import { successorVersionId } from '../rules/succession.ts';
import { isLastChance, isUsableExpiry } from '../rules/timing.ts';
import { isoInstant } from '../rules/wake-up.ts';
import { observe } from './observe.ts';

/** What one act works on: the secret as it was observed, instants in epoch seconds. */
export interface Act {
  readonly subject: Subject;
  readonly observation: ExpiringObservation;
  readonly decision: Decision;
  readonly now: number;
  /** When the retry comes if this act fails. */
  readonly nextTryAt: number;
}

/** A key that is stored under AWSPENDING. */
interface Candidate {
  readonly versionId: string;
  readonly key: Key;
}

/** Ids can be taken by versions that have lost their labels: after a rollback, or after a person took a label off. */
const MAX_TAKEN_IDS = 3;

/**
 * @returns the version that was to be made current: the next observation shows whether it is; undefined where others were faster
 * @throws {KeyIssueError} @throws {SecretWriteError} @throws {KeyProofError}
 */
export async function act(ports: Ports, work: Act): Promise<string | undefined> {
  const current = work.observation.current.content;
  const found = work.decision.outcome === 'resume' ? pendingCandidate(work.observation) : undefined;
  let candidate = found ?? (await issueAndStore(ports, work, current));
  if (candidate === undefined) return undefined;
  let proof = await prove(ports, work, candidate);
  if (proof.result === 'rejected' && found !== undefined && work.now < current.expiresAt) {
    candidate = await issueAndStore(ports, work, current);
    if (candidate === undefined) return undefined;
    proof = await prove(ports, work, candidate);
  }
  if (proof.result === 'rejected' && work.now >= current.expiresAt) {
    // The last hope: without this label the key is lapsed to every later run, and none tries it again.
    await ports.secrets.releaseLabel(work.subject.secretName, candidate.versionId, 'AWSPENDING');
    throw lapsedError(work.subject.secretName, current.expiresAt);
  }
  refuseUnlessPromotable(proof, current, work.nextTryAt);
  const promotion = await promote(ports, work, candidate, proof);
  // A key that another run issued and another run has made current is that run's refresh, not this one's.
  return promotion === 'superseded' && candidate === found ? undefined : candidate.versionId;
}

/**
 * Gets a new key from Momento.
 * @returns the key, and the text of the version that is to hold it
 * @throws {KeyIssueError}
 */
export async function issue(
  ports: Ports,
  work: Act,
  current: ExpiringKey,
): Promise<{ key: Key; text: string }> {
  const outcome = await ports.issuer.issue(current.key);
  if (outcome.result !== 'issued') throw issueFailure('RefreshApiKey', outcome);
  const issued = outcome.key;
  const issuedAt = Math.floor(ports.clock() / 1000);
  if (!(issued.expiresAt <= LATEST_EXPIRY)) {
    throw new KeyIssueError('Momento returned a key without a usable expiry, so it was not used');
  }
  if (!isUsableExpiry(issued.expiresAt, current.expiresAt, issuedAt)) {
    throw new KeyIssueError(
      `Momento returned a key that is valid until ${isoInstant(issued.expiresAt)}: that is not after the current key's ` +
        `${isoInstant(current.expiresAt)} or already past, so it was not used`,
    );
  }
  effect(ports, work, 'key-issued', { at: issued.expiresAt });
  const text = renewedSecretText(current, issued);
  const key = refreshableKey(work.subject.secretName, text);
  if (key === undefined) {
    throw new KeyIssueError('Momento returned a key that could not be refreshed again, so it was not used');
  }
  return { key, text };
}

/** As the next run will read it. */
function refreshableKey(secretName: string, text: string): Key | undefined {
  try {
    const content = parseSecretContent(secretName, text);
    return content.kind === 'expiring' && content.key.refreshToken !== undefined ? content.key : undefined;
  } catch {
    return undefined;
  }
}

async function issueAndStore(ports: Ports, work: Act, current: ExpiringKey): Promise<Candidate | undefined> {
  const { key, text } = await issue(ports, work, current);
  const { subject, observation } = work;
  for (let tries = 0; tries < MAX_TAKEN_IDS; tries++) {
    const versionId = successorVersionId({
      currentVersionId: observation.current.versionId,
      pendingVersionId: observation.pending?.versionId,
      tries,
    });
    if ((await ports.secrets.storePending(subject.secretName, { versionId, text })) === 'stored') {
      effect(ports, work, 'key-stored', { versionId });
      return { versionId, key };
    }
    const since = await observe(ports, { secretName: subject.secretName, booked: [] });
    if (since.current?.versionId !== observation.current.versionId) return undefined;
    if (since.pending?.versionId !== observation.pending?.versionId) return undefined;
  }
  throw new SecretWriteError(
    `${MAX_TAKEN_IDS} earlier versions hold the ids that the new key could be stored under; put a new key into the secret`,
  );
}

export async function prove(ports: Ports, work: Act, candidate: Candidate): Promise<Proof> {
  const proof = await ports.issuer.prove(candidate.key);
  if (proof.result === 'accepted') effect(ports, work, 'key-proved', { versionId: candidate.versionId });
  return proof;
}

/** @throws {KeyProofError} */
export function refuseUnlessPromotable(proof: Proof, current: ExpiringKey, nextTryAt: number): void {
  if (proof.result === 'rejected') {
    throw new KeyProofError(`Momento rejected the new key (${proof.detail}), so it was not made current`);
  }
  // The last chance: a key that is probably good beats one that is certainly dead before anybody looks again.
  if (proof.result === 'unproven' && !isLastChance(nextTryAt, current.expiresAt)) {
    throw new KeyProofError(
      `Momento could not be asked whether the new key works (${proof.detail}), so it stays pending`,
    );
  }
}

/** A compare-and-set: `superseded` where somebody else has moved AWSCURRENT since it was observed. */
export async function promote(
  ports: Ports,
  work: Act,
  candidate: Candidate,
  proof: Proof,
): Promise<'promoted' | 'superseded'> {
  const move = { fromVersionId: work.observation.current.versionId, toVersionId: candidate.versionId };
  const promotion = await ports.secrets.promote(work.subject.secretName, move);
  const promoted = proof.result === 'unproven' ? 'key-promoted-unproven' : 'key-promoted';
  effect(ports, work, promotion === 'promoted' ? promoted : 'promotion-superseded', {
    versionId: move.toVersionId,
    fromVersionId: move.fromVersionId,
  });
  return promotion;
}

export function pendingCandidate({ pending }: Observation): Candidate | undefined {
  if (pending?.content?.kind !== 'expiring') return undefined;
  return { versionId: pending.versionId, key: pending.content.key };
}

export function effect(
  { report }: Ports,
  { subject }: Act,
  name: Effect,
  details: { versionId?: string; fromVersionId?: string; at?: number },
): void {
  report({ kind: 'effect', ...subject, effect: name, ...details });
}
