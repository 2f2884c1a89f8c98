/** One secret: its versions and the staging labels on them. */

export type SecretValue = { readonly text: string } | { readonly binary: Uint8Array };

export interface SecretVersion {
  readonly id: string;
  readonly createdAtMs: number;
  /** Undefined while a native rotation has reserved the version and no value was stored. */
  value: SecretValue | undefined;
  /** Changed by `Secret` only. */
  readonly stages: string[];
}

// PutSecretValue: "Secrets Manager keeps 100 of the most recent versions, but it keeps all secret versions created in
// the last 24 hours"; labelled versions are never removed.
const KEPT_VERSIONS = 100;
const KEPT_FOR_MS = 24 * 60 * 60 * 1000;

export interface RotationSettings {
  readonly functionArn: string;
  readonly rules: { readonly AutomaticallyAfterDays?: number };
  readonly rotatedAtMs?: number | undefined;
}

export interface SecretIdentity {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
}

export class Secret {
  readonly name: string;
  readonly arn: string;
  readonly createdAtMs: number;
  changedAtMs: number;
  /** Set while the secret is scheduled for deletion. */
  deletesAtMs: number | undefined;
  /** Set if this is a replica, which cannot be written. */
  primaryRegion: string | undefined;
  /** Set once a rotation has been configured. */
  rotation: RotationSettings | undefined;
  readonly #versions = new Map<string, SecretVersion>();
  readonly #holders = new Map<string, SecretVersion>();

  constructor(identity: SecretIdentity) {
    this.name = identity.name;
    this.arn = identity.arn;
    this.createdAtMs = identity.createdAtMs;
    this.changedAtMs = identity.createdAtMs;
  }

  version(id: string): SecretVersion | undefined {
    return this.#versions.get(id);
  }

  /** Oldest first. */
  versions(): IterableIterator<SecretVersion> {
    return this.#versions.values();
  }

  get versionCount(): number {
    return this.#versions.size;
  }

  holder(stage: string): SecretVersion | undefined {
    return this.#holders.get(stage);
  }

  get labelCount(): number {
    return this.#holders.size;
  }

  /** @returns the new version, with no label on it yet */
  addVersion(id: string, nowMs: number, value?: SecretValue): SecretVersion {
    const version: SecretVersion = { id, createdAtMs: nowMs, value, stages: [] };
    this.#versions.set(id, version);
    return version;
  }

  /**
   * Moves the label to the version; AWSPREVIOUS follows AWSCURRENT by itself (UpdateSecretVersionStage).
   * @returns false if the label was on that version already
   */
  attach(stage: string, version: SecretVersion): boolean {
    const previous = this.#holders.get(stage);
    if (previous === version) return false;
    if (previous !== undefined) this.detach(stage);
    this.#holders.set(stage, version);
    version.stages.push(stage);
    if (stage === 'AWSCURRENT' && previous !== undefined) this.attach('AWSPREVIOUS', previous);
    return true;
  }

  detach(stage: string): void {
    const stages = this.#holders.get(stage)?.stages;
    stages?.splice(stages.indexOf(stage), 1);
    this.#holders.delete(stage);
  }

  /** Removes a version with its labels. */
  removeVersion(version: SecretVersion): void {
    for (const stage of [...version.stages]) this.detach(stage);
    this.#versions.delete(version.id);
  }

  /** Removes the oldest versions without labels, as the service does. */
  prune(nowMs: number): void {
    if (this.#versions.size <= KEPT_VERSIONS) return;
    for (const version of this.#versions.values()) {
      if (this.#versions.size <= KEPT_VERSIONS || nowMs - version.createdAtMs <= KEPT_FOR_MS) return;
      if (version.stages.length === 0) this.#versions.delete(version.id);
    }
  }
}
