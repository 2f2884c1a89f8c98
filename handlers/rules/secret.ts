/** A secret as it was observed, and what its versions and labels say. Pure. */
import type { ExpiringKey, SecretContent } from './secret-value.ts';
import { succession } from './succession.ts';

/** The staging label on a current version whose key Momento rejected. */
export const REJECTED_LABEL = 'refresher-rejected';

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
