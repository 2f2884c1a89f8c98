/** A secret as it was observed, and what its versions and labels say. A stored key names the version that it succeeds. Pure. */
import { hash } from 'node:crypto';
import type { ExpiringKey, SecretContent } from './secret-value.ts';

/** The staging label on a current version whose key Momento rejected. */
export const REJECTED_LABEL = 'refresher-rejected';

/** The staging label on a current version whose key only a person can replace: see `UnrefreshableKeyError`. */
export const UNREFRESHABLE_LABEL = 'refresher-unrefreshable';

const PREDECESSOR_LENGTH = 40;
const OURS = /^[0-9a-f]{40}-[0-9a-f]{12}$/;
const LABEL_START = 'successor-of-';

/** A secret as it was found; instants in epoch seconds. */
export interface Observation {
  readonly secretName: string;
  /** Absent, as `current` is, where the secret has no value. */
  readonly secretArn?: string;
  /** The staging labels by version id, versions without a value included. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** The region of the primary secret, if this one is a replica. A replica cannot be written. */
  readonly primaryRegion?: string;
  /** When the secret, its labels included, was last changed. */
  readonly lastChangedAt?: number;
  readonly current?: CurrentVersion;
  /** Absent where AWSPENDING is nowhere, on the current version, or on a version without a value. */
  readonly pending?: PendingVersion;
  /** The instants of the wake-ups that are booked for this secret, the one that this run answers left out. */
  readonly bookedAt: readonly number[];
}

export interface CurrentVersion {
  readonly versionId: string;
  readonly createdAtMs: number;
  readonly content: SecretContent;
  /** The labels on it that name a predecessor. */
  readonly labels?: readonly string[];
  /** Momento rejected the key when it was last proved: the version carries `REJECTED_LABEL`. */
  readonly isRejected?: boolean;
  /** Only a person can replace the key: the version carries `UNREFRESHABLE_LABEL`. */
  readonly isUnrefreshable?: boolean;
}

export interface PendingVersion {
  readonly versionId: string;
  readonly createdAtMs: number;
  /** It was current once: a person has moved the label back, and meant it. */
  readonly wasCurrent: boolean;
  /** Undefined where the value is no key that can be refreshed. */
  readonly content?: SecretContent;
  /** The labels on it that name a predecessor. */
  readonly labels?: readonly string[];
}

/** An observation of a secret whose key expires: the only kind that is ever acted on. */
export interface ExpiringObservation extends Observation {
  readonly secretArn: string;
  readonly current: CurrentVersion & { readonly content: ExpiringKey };
}

export function expires(observation: Observation): observation is ExpiringObservation {
  return observation.current?.content.kind === 'expiring';
}

/** A pending key may replace the current one if it was made to succeed it, was never current, and has not lapsed. */
export function isResumable({ current, pending }: Observation, now: number): boolean {
  if (current === undefined || pending?.content?.kind !== 'expiring') return false;
  if (pending.wasCurrent || pending.content.expiresAt <= now) return false;
  return succession(pending, current.versionId) === 'successor';
}

/**
 * The id under which the successor of a version is stored; the same for every run that saw the same two labels,
 * so that of two overlapping runs only one can store its key.
 * @param observed.pendingVersionId a pending version that is being replaced
 * @param observed.tries how many ids were found taken by versions that carry no label any more
 */
export function successorVersionId(observed: {
  currentVersionId: string;
  pendingVersionId?: string | undefined;
  tries: number;
}): string {
  const { currentVersionId, pendingVersionId = '', tries } = observed;
  return `${predecessorMark(currentVersionId)}-${hash('sha256', `${pendingVersionId}\n${tries}`).slice(0, 12)}`;
}

/** The staging label that makes the same claim for a version whose id Secrets Manager chose: put on it together with its value. */
export function successorLabel(currentVersionId: string): string {
  return LABEL_START + predecessorMark(currentVersionId);
}

export function isSuccessorLabel(label: string): boolean {
  return label.startsWith(LABEL_START);
}

/** Whose successor a version is: `unknown` where neither its id nor a label says so (somebody else stored it). */
export function succession(
  { versionId, labels = [] }: { readonly versionId: string; readonly labels?: readonly string[] },
  currentVersionId: string,
): 'successor' | 'stranger' | 'unknown' {
  const claims = OURS.test(versionId) ? [LABEL_START + versionId.slice(0, PREDECESSOR_LENGTH)] : labels;
  if (claims.includes(successorLabel(currentVersionId))) return 'successor';
  return claims.some(isSuccessorLabel) ? 'stranger' : 'unknown';
}

/** Whether this program stored the version. */
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
