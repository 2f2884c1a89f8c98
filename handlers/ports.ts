/** The outside world as the flow sees it. One adapter per interface, named after its vendor. */
import type { Report } from './reporting/report.ts';
import type { Place } from './reporting/words.ts';

import type { IssueOutcome, Key, KeyInfo, SuccessorOutcome } from './rules/key.ts';
import type { BookedEntry, WakeUp } from './rules/wake-up.ts';

// Adapters implement the report but may not import reporting/.
export type { Report, ReportEntry, Subject } from './reporting/report.ts';

export interface Ports {
  readonly secrets: SecretStore;
  readonly issuer: KeyIssuer;
  /** Absent if no secret with a management key is named. */
  readonly management?: KeyManagement | undefined;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
  /** How long this process may still run. */
  readonly remainingMs: () => number;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  readonly report: Report;
  readonly place: Place;
}

/** A version of a secret. `text` is absent if the value is binary. */
export interface StoredVersion {
  readonly versionId: string;
  /** When the version was created. Epoch milliseconds, which distinguish two writes within one second. */
  readonly createdAtMs: number;
  readonly stages: readonly string[];
  readonly text?: string;
}

export interface StoredSecret {
  readonly arn: string;
  /** The staging labels by version id, versions without a value included. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** The region of the primary secret, if this one is a replica. A replica cannot be written. */
  readonly primaryRegion?: string;
  /** When the secret, its labels included, was last changed; epoch milliseconds. */
  readonly lastChangedAtMs?: number;
  /** The version under AWSCURRENT. */
  readonly current: StoredVersion;
  /** The version under AWSPENDING, unless that is the current version itself or has no value yet. */
  readonly pending?: StoredVersion;
}

export interface NewVersion {
  readonly versionId: string;
  readonly text: string;
  readonly labels: readonly string[];
}

export interface SecretStore {
  /**
   * @returns undefined if the secret exists but has no current value
   * @throws {SecretAccessError} the secret is missing, denied or being deleted, or the store is unavailable
   */
  read(secretName: string): Promise<StoredSecret | undefined>;
  /**
   * The version under AWSPREVIOUS.
   * @throws {SecretAccessError}
   */
  previous(secretName: string): Promise<StoredVersion | undefined>;
  /**
   * Stores a new version under these labels. The version id makes it idempotent.
   * @returns `taken` if another value has that id, because another run was faster
   */
  store(secretName: string, version: NewVersion): Promise<'stored' | 'taken'>;
  /**
   * Moves AWSCURRENT from the named version: a compare-and-set.
   * @returns `superseded` if another version has AWSCURRENT; then nothing was changed
   */
  promote(
    secretName: string,
    move: { fromVersionId: string; toVersionId: string },
  ): Promise<'promoted' | 'superseded'>;
  /**
   * Puts a label on a version.
   * @param fromVersionId the version that has the label now, if there is one
   */
  setLabel(secretName: string, versionId: string, label: string, fromVersionId?: string): Promise<void>;
  /** Removes a label from a version. No effect if the version does not have it. */
  releaseLabel(secretName: string, versionId: string, label: string): Promise<void>;
}

/**
 * The result of a real call with the key. `rejected`: the issuer does not accept this key. `unproven`: the call said nothing about the
 * key, for example because the issuer was unreachable or throttled. `detail` is a code, never a message.
 */
export type Proof =
  | { readonly result: 'accepted' }
  | { readonly result: 'rejected' | 'unproven'; readonly detail: string };

export interface KeyIssuer {
  /** One attempt: a v2 refresh token works once. */
  issue(key: Key): Promise<IssueOutcome>;
  prove(key: Key): Promise<Proof>;
}

export interface KeyManagement {
  /** The managed secret that holds the management key. */
  readonly secretName: string;
  readonly registry: KeyRegistry;
}

export interface SuccessorRequest {
  readonly roleId: string;
  readonly description: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/** The v2 keys of the account. Each call needs a key whose role may manage keys. */
export interface KeyRegistry {
  /** One attempt. */
  generate(managementKey: string, request: SuccessorRequest): Promise<SuccessorOutcome>;
  /**
   * @param keyId stop after the page that has this key. Default: list all keys
   * @throws {KeyRegistryError}
   */
  list(managementKey: string, keyId?: string): Promise<readonly KeyInfo[]>;
  /**
   * Takes effect at once.
   * @returns `unknown` if the key does not exist
   * @throws {KeyRegistryError}
   */
  revoke(managementKey: string, keyId: string): Promise<'revoked' | 'unknown'>;
}

export interface WakeUps {
  /**
   * Idempotent by name.
   * @returns `disabled` if a person has disabled the entry of that name; then nothing is booked
   * @throws {WakeUpError}
   */
  book(wakeUp: WakeUp): Promise<'booked' | 'already-booked' | 'disabled'>;
  /**
   * The secret that an entry was booked for; undefined if the entry is deleted or the refresher did not book it.
   * @throws {WakeUpError}
   */
  secretOf(name: string): Promise<string | undefined>;
  /** No effect if the entry does not exist. @throws {WakeUpError} */
  cancel(name: string): Promise<void>;
  /** The enabled entries in the group, including entries that have fired and are not deleted yet. @throws {WakeUpError} */
  list(namePrefix?: string): Promise<readonly BookedEntry[]>;
}

/** Epoch milliseconds. */
export type Clock = () => number;
