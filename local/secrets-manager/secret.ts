/** One secret: its versions and the staging labels on them. It knows nothing of names, requests, limits or events. */

export type SecretValue = { readonly text: string } | { readonly binary: Uint8Array };

export interface SecretVersion {
  readonly id: string;
  readonly createdAtMs: number;
  /** Absent while a native rotation has reserved the version and nobody has put a value. */
  value: SecretValue | undefined;
  /** Changed by `Secret` only. */
  readonly stages: string[];
  lastAccessedAtMs?: number;
}

// PutSecretValue: "Secrets Manager keeps 100 of the most recent versions, but it keeps all secret versions created in
// the last 24 hours"; labelled versions are never removed.
const KEPT_VERSIONS = 100;
const KEPT_FOR_MS = 24 * 60 * 60 * 1000;

export interface RotationSettings {
  readonly enabled: boolean;
  readonly functionArn: string;
  readonly rules: {
    readonly AutomaticallyAfterDays?: number | undefined;
    readonly ScheduleExpression?: string | undefined;
    readonly Duration?: string | undefined;
  };
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
  accessedAtMs: number | undefined;
  /** Set while the secret waits for its deletion. */
  deletesAtMs: number | undefined;
  description: string | undefined;
  kmsKeyId: string | undefined;
  /** Set once a rotation has been configured. */
  rotation: RotationSettings | undefined;
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = [];
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
   * @returns false where the label was there already
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

  /** Forgets a version and its labels, as if it had never been. */
  removeVersion(version: SecretVersion): void {
    for (const stage of [...version.stages]) this.detach(stage);
    this.#versions.delete(version.id);
  }

  /** Drops the oldest versions that no label holds, as far as the service does; cheap where there is nothing to drop. */
  prune(nowMs: number): void {
    if (this.#versions.size <= KEPT_VERSIONS) return;
    for (const version of this.#versions.values()) {
      if (this.#versions.size <= KEPT_VERSIONS || nowMs - version.createdAtMs <= KEPT_FOR_MS) return;
      if (version.stages.length === 0) this.#versions.delete(version.id);
    }
  }
}
