/** The observation of a secret, and the meaning of its versions and labels. A version with a new key names the version that it succeeds. */
import { hash } from 'node:crypto';
import { type KeyTraits, traitsOf } from './key.ts';
import type { ExpiringKey, SecretContent } from './secret-value.ts';
import { issuedAtOf } from './timing.ts';

/** The staging label on a current version whose key Momento rejected. */
export const REJECTED_LABEL = 'refresher-rejected';

/** The staging label on a current version whose key only a person can replace: see `UnrefreshableKeyError`. */
export const UNREFRESHABLE_LABEL = 'refresher-unrefreshable';

/** The staging label of a version that only tests whether the secret can be written. AWSPENDING may be on a key that must be kept. */
export const TEST_LABEL = 'refresher-write-test';

const PREDECESSOR_LENGTH = 40;
const OURS = /^[0-9a-f]{40}-[0-9a-f]{12}$/;
const LABEL_START = 'successor-of-';

/** What a run has read of a secret. Instants are epoch seconds. */
export interface Observation {
  readonly secretName: string;
  /** Absent, like `current`, if the secret has no value. */
  readonly secretArn?: string;
  /** The staging labels by version id, versions without a value included. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** The region of the primary secret, if this one is a replica. A replica cannot be written. */
  readonly primaryRegion?: string;
  /** When the secret, its labels included, was last changed. */
  readonly lastChangedAt?: number;
  readonly current?: CurrentVersion;
  /** Absent if no version has AWSPENDING, or if the current version or a version without a value has it. */
  readonly pending?: PendingVersion;
  /** The instants of the wake-ups that are booked for this secret, without the wake-up that started this run. */
  readonly bookedAt: readonly number[];
  /** Whether an entry for after the expiry of the current key was booked within ten minutes. It may be for a newer key that the read does not show. */
  readonly mayBeStale?: boolean;
}

export interface CurrentVersion {
  readonly versionId: string;
  readonly createdAtMs: number;
  readonly content: SecretContent;
  /** Its labels that name a predecessor. */
  readonly labels?: readonly string[];
  /** Whether Momento rejected the key at its last proof: the version carries `REJECTED_LABEL`. */
  readonly isRejected?: boolean;
  /** Whether only a person can replace the key: the version carries `UNREFRESHABLE_LABEL`. */
  readonly isUnrefreshable?: boolean;
}

export interface PendingVersion {
  readonly versionId: string;
  readonly createdAtMs: number;
  /** Whether it was current before a person moved AWSCURRENT back on purpose. */
  readonly wasCurrent: boolean;
  /** Undefined if the value is not a key that can be refreshed. */
  readonly content?: SecretContent;
  /** Its labels that name a predecessor. */
  readonly labels?: readonly string[];
}

/** An observation of a secret whose key expires. Only such secrets are acted on. */
export interface ExpiringObservation extends Observation {
  readonly secretArn: string;
  readonly current: CurrentVersion & { readonly content: ExpiringKey };
}

export function expires(observation: Observation): observation is ExpiringObservation {
  return observation.current?.content.kind === 'expiring';
}

/** What the secret tells of its key, for a person who makes another one. It may be forged. */
export function traitsOfCurrent(current: ExpiringObservation['current']): KeyTraits {
  const { key, expiresAt } = current.content;
  const lifetimeSeconds = expiresAt - issuedAtOf(current);
  return { ...traitsOf(key.kind === 'v2' ? key.info : undefined), lifetimeSeconds };
}

/** Whether the pending key may replace the current one: it was issued as its successor, was never current, and has not lapsed. */
export function isResumable({ current, pending }: Observation, now: number): boolean {
  if (current === undefined || pending?.content?.kind !== 'expiring') return false;
  if (pending.wasCurrent || pending.content.expiresAt <= now) return false;
  return succession(pending, current.versionId) === 'successor';
}

/**
 * The version id of a successor. Every run that saw the same two labels computes the same id, so only one of two overlapping runs can
 * store its key.
 * @param observed.pendingVersionId the pending version that is replaced
 * @param observed.tries how many ids were taken by versions without a label
 */
export function successorVersionId(observed: {
  currentVersionId: string;
  pendingVersionId?: string | undefined;
  tries: number;
}): string {
  const { currentVersionId, pendingVersionId = '', tries } = observed;
  return `${predecessorMark(currentVersionId)}-${hash('sha256', `${pendingVersionId}\n${tries}`).slice(0, 12)}`;
}

/** An older version can already have the id of the new one: after a person has moved AWSCURRENT back, or removed a label. */
export const MAX_TAKEN_IDS = 10;

/** Whether the pending version was stored in place of a pending version, so it is at least the second key that was issued for the current one. */
export function isSecondSuccessor(pendingVersionId: string, currentVersionId: string): boolean {
  const isFirst = Array.from({ length: MAX_TAKEN_IDS }, (_, tries) =>
    successorVersionId({ currentVersionId, tries }),
  ).includes(pendingVersionId);
  return !isFirst && succession({ versionId: pendingVersionId }, currentVersionId) === 'successor';
}

/** The staging label that names the predecessor of a version whose id Secrets Manager chose. It is stored together with the value. */
export function successorLabel(currentVersionId: string): string {
  return LABEL_START + predecessorMark(currentVersionId);
}

export function isSuccessorLabel(label: string): boolean {
  return label.startsWith(LABEL_START);
}

/** Whether a version succeeds the given one. `unknown` if neither its id nor a label tells, because somebody else stored it. */
export function succession(
  { versionId, labels = [] }: { readonly versionId: string; readonly labels?: readonly string[] },
  currentVersionId: string,
): 'successor' | 'stranger' | 'unknown' {
  const claims = OURS.test(versionId) ? [LABEL_START + versionId.slice(0, PREDECESSOR_LENGTH)] : labels;
  if (claims.includes(successorLabel(currentVersionId))) return 'successor';
  return claims.some(isSuccessorLabel) ? 'stranger' : 'unknown';
}

/** Whether the refresher stored the version. */
export function isOurs({
  versionId,
  labels = [],
}: {
  readonly versionId: string;
  readonly labels?: readonly string[];
}): boolean {
  return OURS.test(versionId) || labels.some(isSuccessorLabel);
}

/** The id of a version that only tests whether the secret can be written. It is never a successor. */
export function testVersionId(currentVersionId: string, now: number): string {
  return `write-test-${hash('sha256', `${currentVersionId}\n${now}`).slice(0, PREDECESSOR_LENGTH)}`;
}

function predecessorMark(versionId: string): string {
  return hash('sha256', versionId).slice(0, PREDECESSOR_LENGTH);
}
