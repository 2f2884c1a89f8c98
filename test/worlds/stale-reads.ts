/** Reads of Secrets Manager that lag behind its writes: for a while after a write they answer as before it. */
import type { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';

interface Past {
  readonly until: number;
  /** By operation and version stage; a read that failed then fails again. */
  readonly answers: ReadonlyMap<string, () => unknown>;
}

const WRITES = ['PutSecretValue', 'UpdateSecretVersionStage'];
const STAGES = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'];

export class StaleReads {
  readonly #secrets: SecretsManager;
  readonly #past = new Map<string, Past>();

  constructor(secrets: SecretsManager) {
    this.#secrets = secrets;
  }

  /** @returns the call, or what it would have answered before the last write */
  around(
    operation: string,
    input: object,
    call: () => unknown,
    lag: { now: number; seconds: number },
  ): () => unknown {
    const { SecretId = '', VersionStage = 'AWSCURRENT' } = input as {
      SecretId?: string;
      VersionStage?: string;
    };
    const past = this.#past.get(SecretId);
    const isPast = past !== undefined && lag.now < past.until;
    if (WRITES.includes(operation) && lag.seconds > 0) {
      const answers = isPast ? past.answers : this.#answers(SecretId);
      this.#past.set(SecretId, { until: lag.now + lag.seconds, answers });
      return call;
    }
    return (isPast ? past.answers.get(keyOf(operation, VersionStage)) : undefined) ?? call;
  }

  #answers(SecretId: string): Map<string, () => unknown> {
    const reads: [string, () => unknown][] = STAGES.map((VersionStage) => [
      keyOf('GetSecretValue', VersionStage),
      () => this.#secrets.getSecretValue({ SecretId, VersionStage }),
    ]);
    reads.push([keyOf('DescribeSecret', 'AWSCURRENT'), () => this.#secrets.describeSecret({ SecretId })]);
    return new Map(reads.map(([key, read]) => [key, settled(read)]));
  }
}

function keyOf(operation: string, stage: string): string {
  return `${operation} ${stage}`;
}

/** Makes the call now. @returns what gives its answer, or throws its error */
export function settled(call: () => unknown): () => unknown {
  try {
    const answer = call();
    return () => answer;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
