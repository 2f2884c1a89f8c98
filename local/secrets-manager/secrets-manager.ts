/** AWS Secrets Manager in memory: the actions that the project uses, as strict as the real ones. Checks no permissions. */
import type {
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  PutSecretValueRequest,
  PutSecretValueResponse,
  RestoreSecretRequest,
  RestoreSecretResponse,
  RotateSecretRequest,
  RotateSecretResponse,
  UpdateSecretVersionStageRequest,
  UpdateSecretVersionStageResponse,
} from '@aws-sdk/client-secrets-manager';
import { isAnnounced, type SecretLabelUpdatedEvent, secretLabelUpdated } from '../events/secret-events.ts';
import { CallGate } from '../serving/call-gate.ts';
import type { Random } from '../serving/randomness.ts';
import type { Secret, SecretValue, SecretVersion } from './secret.ts';
import { describeSecret, getSecretValue } from './secret-answers.ts';
import { SecretDirectory } from './secret-directory.ts';
import {
  addVersion,
  checkLabelMove,
  checkLabelQuota,
  namedVersion,
  nameTaken,
  tokenInUse,
  writable,
} from './secret-labels.ts';
import { type RotationInvoker, SecretRotations } from './secret-rotation.ts';
import {
  checkClientRequestToken,
  checkName,
  checkRecoveryWindow,
  checkStage,
  checkStages,
  checkValue,
  invalidRequest,
  sameValue,
  throttled,
} from './secrets-manager-rules.ts';

export type SecretsManagerOperation =
  | 'CreateSecret'
  | 'DeleteSecret'
  | 'DescribeSecret'
  | 'GetSecretValue'
  | 'PutSecretValue'
  | 'RestoreSecret'
  | 'RotateSecret'
  | 'UpdateSecretVersionStage';

export interface SecretsManagerOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly random: Random;
  readonly region?: string;
  readonly accountId?: string;
  /** Called after the label has moved and before the call answers. */
  readonly onLabelUpdated?: (event: SecretLabelUpdatedEvent) => void;
  /** Calls the rotation function. Absent: no function lets Secrets Manager invoke it. */
  readonly invokeRotation?: RotationInvoker | undefined;
  /**
   * Whether AWSPENDING comes off a version that becomes current. AWS documents both: the user guide says so of finishSecret,
   * and the API reference of RotateSecret leaves it open. So callers must handle either. Absent: it stays.
   */
  readonly promotionEndsPending?: boolean;
  /** The most versions of one secret, young ones included. A local run with short-lived keys needs more than AWS allows. */
  readonly versionQuota?: number;
}

// AWS does not publish the number. It keeps a day of versions and recommends at most one write per ten minutes, which is
// 144 versions a day. A caller that writes more often must fail.
const VERSION_QUOTA = 150;

export class SecretsManager {
  readonly gate: CallGate<SecretsManagerOperation>;
  readonly rotations: SecretRotations;
  /** As the option of that name; may be changed at any time. */
  promotionEndsPending: boolean;
  readonly region: string;
  readonly accountId: string;
  readonly #clock: () => number;
  readonly #random: Random;
  readonly #directory: SecretDirectory;
  readonly #onLabelUpdated: ((event: SecretLabelUpdatedEvent) => void) | undefined;
  readonly #versionQuota: number;

  constructor(options: SecretsManagerOptions) {
    this.region = options.region ?? 'us-east-1';
    this.accountId = options.accountId ?? '123456789012';
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onLabelUpdated = options.onLabelUpdated;
    this.promotionEndsPending = options.promotionEndsPending ?? false;
    this.#versionQuota = options.versionQuota ?? VERSION_QUOTA;
    this.rotations = new SecretRotations({
      clock: options.clock,
      invoke: options.invokeRotation,
      versionQuota: this.#versionQuota,
    });
    this.#directory = new SecretDirectory({
      region: this.region,
      accountId: this.accountId,
      random: options.random,
    });
    this.gate = new CallGate(options.clock, throttled);
  }

  createSecret(input: CreateSecretRequest): CreateSecretResponse {
    return this.gate.run('CreateSecret', input, (request) => {
      const name = checkName(request.Name);
      const token = checkClientRequestToken(request.ClientRequestToken);
      const value = checkValue(request);
      const existing = this.#directory.byName(name, this.#clock());
      if (existing !== undefined) throw nameTaken(existing);
      const secret = this.#directory.add(name, this.#clock());
      if (value === undefined) return { ARN: secret.arn, Name: name };
      // AWS does not say whether a secret's first version raises an event, so none is raised.
      secret.attach('AWSCURRENT', secret.addVersion(token, this.#clock(), value));
      return { ARN: secret.arn, Name: name, VersionId: token };
    });
  }

  getSecretValue(input: GetSecretValueRequest): GetSecretValueResponse {
    return this.gate.run('GetSecretValue', input, (request) =>
      getSecretValue(this.#directory.findLive(request.SecretId, this.#clock()), request),
    );
  }

  putSecretValue(input: PutSecretValueRequest): PutSecretValueResponse {
    return this.gate.run('PutSecretValue', input, (request) => {
      const token = checkClientRequestToken(request.ClientRequestToken);
      const value = checkValue(request);
      const stages = checkStages(request.VersionStages);
      const secret = writable(this.#directory.findLive(request.SecretId, this.#clock()));
      if (value === undefined) throw invalidRequest('You must provide either SecretString or SecretBinary.');
      const existing = secret.version(token);
      if (existing?.value !== undefined) {
        // "If [the data is the same], the operation succeeds but does nothing": no label moves either.
        if (!sameValue(existing.value, value)) throw tokenInUse(token, secret);
        return versionAnswer(secret, existing);
      }
      // "If this operation creates the first version for the secret, then [it] attaches AWSCURRENT": beside those asked for.
      const first = existing === undefined && secret.versionCount === 0;
      const labels = new Set(stages ?? ['AWSCURRENT']);
      if (first) labels.add('AWSCURRENT');
      const version = this.#store(secret, token, value, [...labels]);
      return versionAnswer(secret, version);
    });
  }

  updateSecretVersionStage(input: UpdateSecretVersionStageRequest): UpdateSecretVersionStageResponse {
    return this.gate.run('UpdateSecretVersionStage', input, (request) => {
      const stage = checkStage(request.VersionStage);
      const secret = writable(this.#directory.findLive(request.SecretId, this.#clock()));
      const from = namedVersion(secret, 'RemoveFromVersionId', request.RemoveFromVersionId);
      const to = namedVersion(secret, 'MoveToVersionId', request.MoveToVersionId);
      checkLabelMove(secret, stage, from, to);
      if (to === undefined) secret.detach(stage);
      else {
        checkLabelQuota(secret, [stage]);
        this.#move(secret, stage, to);
        const promoted = stage === 'AWSCURRENT' && secret.holder('AWSPENDING') === to;
        if (promoted && this.promotionEndsPending) secret.detach('AWSPENDING');
      }
      secret.changedAtMs = this.#clock();
      return { ARN: secret.arn, Name: secret.name };
    });
  }

  describeSecret(input: DescribeSecretRequest): DescribeSecretResponse {
    return this.gate.run('DescribeSecret', input, (request) =>
      describeSecret(this.#directory.find(request.SecretId, this.#clock())),
    );
  }

  /** Makes the secret a replica of one in another region: reads go on, and each write is refused. */
  makeReplica(secretId: string, primaryRegion: string): void {
    this.#directory.findLive(secretId, this.#clock()).primaryRegion = primaryRegion;
  }

  deleteSecret(input: DeleteSecretRequest): DeleteSecretResponse {
    return this.gate.run('DeleteSecret', input, (request) => {
      const now = this.#clock();
      const windowMs = checkRecoveryWindow(request.RecoveryWindowInDays);
      const secret = this.#directory.findLive(request.SecretId, now);
      secret.deletesAtMs = now + windowMs;
      return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(secret.deletesAtMs) };
    });
  }

  restoreSecret(input: RestoreSecretRequest): RestoreSecretResponse {
    return this.gate.run('RestoreSecret', input, (request) => {
      const secret = this.#directory.find(request.SecretId, this.#clock());
      secret.deletesAtMs = undefined;
      return { ARN: secret.arn, Name: secret.name };
    });
  }

  rotateSecret(input: RotateSecretRequest): RotateSecretResponse {
    return this.gate.run('RotateSecret', input, (request) => {
      const secret = this.#directory.findLive(request.SecretId, this.#clock());
      const answer = this.rotations.rotate(secret, request);
      secret.changedAtMs = this.#clock();
      return answer;
    });
  }

  /** Stores a value in a new version, or in one that a rotation reserved, and moves the labels to it. */
  #store(secret: Secret, id: string, value: SecretValue, labels: readonly string[]): SecretVersion {
    const now = this.#clock();
    checkLabelQuota(secret, labels);
    const version = secret.version(id) ?? addVersion(secret, id, now, this.#versionQuota);
    version.value = value;
    secret.changedAtMs = now;
    for (const label of labels) this.#move(secret, label, version);
    return version;
  }

  #move(secret: Secret, label: string, version: SecretVersion): void {
    if (!secret.attach(label, version) || this.#onLabelUpdated === undefined || !isAnnounced(label)) return;
    const origin = { account: this.accountId, region: this.region, random: this.#random };
    this.#onLabelUpdated(secretLabelUpdated(origin, this.#clock(), secret, { label, versionId: version.id }));
  }
}

function versionAnswer(secret: Secret, version: SecretVersion): PutSecretValueResponse {
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    VersionStages: [...version.stages],
  };
}
