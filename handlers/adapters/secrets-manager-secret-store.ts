/** The secret store in AWS Secrets Manager: reads and stores versions and moves staging labels. */
import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { SecretAccessError, type SecretFacts, type SecretFault, SecretWriteError } from '../errors.ts';
import type { NewVersion, SecretStore, StoredSecret, StoredVersion } from '../ports.ts';
import { awsCallError, awsErrorCode } from './aws.ts';

export class SecretsManagerSecretStore implements SecretStore {
  readonly #client: Pick<SecretsManagerClient, 'send'>;

  constructor(client: Pick<SecretsManagerClient, 'send'>) {
    this.#client = client;
  }

  async read(secretName: string): Promise<StoredSecret | undefined> {
    // A promotion between the two reads does no harm: this run's compare-and-set fails, and the run observes again.
    const [reading, describing] = await Promise.allSettled([
      this.#get(secretName, 'AWSCURRENT'),
      this.#describe(secretName),
    ]);
    const secret = describing.status === 'fulfilled' ? describing.value : undefined;
    if (reading.status === 'rejected') throw withDeletionDate(reading.reason, secret?.DeletedDate);
    if (describing.status === 'rejected') throw describing.reason;
    const current = reading.value;
    if (current === undefined) return undefined;
    const { ARN = '', VersionIdsToStages: labels = {}, PrimaryRegion, LastChangedDate } = describing.value;
    const hasPending = Object.entries(labels).some(
      ([versionId, stages]) => versionId !== current.VersionId && stages.includes('AWSPENDING'),
    );
    const pending = hasPending ? await this.#get(secretName, 'AWSPENDING') : undefined;
    const isReplica = PrimaryRegion !== undefined && PrimaryRegion !== ARN.split(':')[3];
    return {
      arn: ARN,
      labels,
      current: storedVersion(current),
      ...(pending !== undefined &&
        pending.VersionId !== current.VersionId && { pending: storedVersion(pending) }),
      ...(isReplica && { primaryRegion: PrimaryRegion }),
      ...(LastChangedDate !== undefined && { lastChangedAtMs: LastChangedDate.getTime() }),
    };
  }

  async previous(secretName: string): Promise<StoredVersion | undefined> {
    const previous = await this.#get(secretName, 'AWSPREVIOUS');
    return previous === undefined ? undefined : storedVersion(previous);
  }

  async store(secretName: string, { versionId, text, labels }: NewVersion): Promise<'stored' | 'taken'> {
    try {
      await this.#client.send(
        new PutSecretValueCommand({
          SecretId: secretName,
          ClientRequestToken: versionId,
          SecretString: text,
          VersionStages: [...labels],
        }),
      );
      return 'stored';
    } catch (error) {
      if (awsErrorCode(error) === 'ResourceExistsException') return 'taken';
      throw writeError(secretName, 'store', 'PutSecretValue', error);
    }
  }

  async promote(
    secretName: string,
    move: { fromVersionId: string; toVersionId: string },
  ): Promise<'promoted' | 'superseded'> {
    try {
      await this.#client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretName,
          VersionStage: 'AWSCURRENT',
          RemoveFromVersionId: move.fromVersionId,
          MoveToVersionId: move.toVersionId,
        }),
      );
      return 'promoted';
    } catch (error) {
      if (awsErrorCode(error) === 'InvalidParameterException') return 'superseded';
      throw writeError(secretName, 'promote', 'UpdateSecretVersionStage', error);
    }
  }

  async setLabel(
    secretName: string,
    versionId: string,
    label: string,
    fromVersionId?: string,
  ): Promise<void> {
    try {
      await this.#client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretName,
          VersionStage: label,
          MoveToVersionId: versionId,
          ...(fromVersionId !== undefined && { RemoveFromVersionId: fromVersionId }),
        }),
      );
    } catch (error) {
      throw writeError(secretName, 'label', 'UpdateSecretVersionStage', error);
    }
  }

  async releaseLabel(secretName: string, versionId: string, label: string): Promise<void> {
    try {
      await this.#client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretName,
          VersionStage: label,
          RemoveFromVersionId: versionId,
        }),
      );
    } catch (error) {
      if (awsErrorCode(error) === 'InvalidParameterException') return;
      throw writeError(secretName, 'label', 'UpdateSecretVersionStage', error);
    }
  }

  async #describe(secretName: string): Promise<DescribeSecretCommandOutput> {
    try {
      return await this.#client.send(new DescribeSecretCommand({ SecretId: secretName }));
    } catch (error) {
      throw readError(secretName, 'DescribeSecret', error);
    }
  }

  async #get(secretName: string, label: string): Promise<GetSecretValueCommandOutput | undefined> {
    try {
      return await this.#client.send(
        new GetSecretValueCommand({ SecretId: secretName, VersionStage: label }),
      );
    } catch (error) {
      // The code has two meanings: the secret is missing, or no version has this label. Reading AWSCURRENT tells which.
      const missing = awsErrorCode(error) === 'ResourceNotFoundException';
      const ofLabel =
        label !== 'AWSCURRENT' || (error instanceof Error && /staging label/i.test(error.message));
      if (missing && ofLabel) return undefined;
      throw readError(secretName, 'GetSecretValue', error);
    }
  }
}

function storedVersion(version: GetSecretValueCommandOutput): StoredVersion {
  const { VersionId = '', CreatedDate, VersionStages = [], SecretString } = version;
  return {
    versionId: VersionId,
    createdAtMs: CreatedDate?.getTime() ?? 0,
    stages: VersionStages,
    ...(SecretString === undefined ? {} : { text: SecretString }),
  };
}

function readError(secretName: string, operation: string, error: unknown): SecretAccessError {
  const cause = awsCallError(operation, error, true);
  const facts = { secretName, task: 'read', awsCode: cause.code } as const;
  return new SecretAccessError(faultOf(error), facts, { cause });
}

/** Adds the deletion date to the error. A secret that is scheduled for deletion can be described but not read. */
function withDeletionDate(error: unknown, deletedDate: Date | undefined): unknown {
  if (!(error instanceof SecretAccessError) || error.code !== 'secret-deleted') return error;
  const deletesAt = deletedDate && Math.floor(deletedDate.getTime() / 1000);
  const { secretName, task, awsCode } = error.facts as SecretFacts;
  return new SecretAccessError(
    'secret-deleted',
    { secretName, task, awsCode, deletesAt },
    { cause: error.cause },
  );
}

function writeError(
  secretName: string,
  task: 'store' | 'promote' | 'label',
  operation: string,
  error: unknown,
): SecretWriteError {
  const cause = awsCallError(operation, error, false);
  return new SecretWriteError(faultOf(error), { secretName, task, awsCode: cause.code }, { cause });
}

/** Uses the service's message if a code has several meanings. The message is not kept. */
function faultOf(error: unknown): SecretFault {
  const message = error instanceof Error ? error.message : '';
  switch (awsErrorCode(error)) {
    case 'ResourceNotFoundException':
      return 'secret-missing';
    case 'AccessDeniedException':
      return /access to kms|kms:\w/i.test(message) ? 'kms-key-unusable' : 'secret-denied';
    case 'DecryptionFailure':
    case 'EncryptionFailure':
      return 'kms-key-unusable';
    case 'LimitExceededException':
      return 'secret-full';
    case 'InvalidRequestException':
      if (/replica/i.test(message)) return 'secret-replica';
      return /delet/i.test(message) ? 'secret-deleted' : 'secret-state';
    default:
      return 'secrets-manager-unavailable';
  }
}
