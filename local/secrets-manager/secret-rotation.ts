/** Native rotation: its settings, the version that it reserves, and the calls of the function. It starts no rotation by itself. */
import type {
  DescribeSecretResponse,
  RotateSecretRequest,
  RotateSecretResponse,
} from '@aws-sdk/client-secrets-manager';
import { AwsServiceError } from '../aws/service-error.ts';
import type { RotationSettings, Secret } from './secret.ts';
import { addVersion, tokenInUse } from './secret-labels.ts';
import { checkClientRequestToken, invalidParameter, invalidRequest } from './secrets-manager-rules.ts';

/** User guide, "Rotation by Lambda function". */
export interface RotationEvent {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

/** Calls the function and waits for it. Rejects if the function fails. */
export type RotationInvoker = (functionArn: string, event: RotationEvent) => Promise<void>;

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

export interface SecretRotationsOptions {
  readonly clock: () => number;
  readonly invoke?: RotationInvoker | undefined;
  readonly versionQuota: number;
}

export class SecretRotations {
  readonly #options: SecretRotationsOptions;
  readonly #underWay = new Set<Promise<void>>();
  /** The steps that failed, oldest first. CloudTrail shows them as RotationFailed. */
  readonly failures: { readonly secretName: string; readonly step: string; readonly error: unknown }[] = [];

  constructor(options: SecretRotationsOptions) {
    this.#options = options;
  }

  /** Answers at once, and rotates afterwards: "configures and starts the asynchronous process". */
  rotate(secret: Secret, request: RotateSecretRequest): RotateSecretResponse {
    const token = checkClientRequestToken(request.ClientRequestToken);
    const settings = this.#settings(secret, request);
    const answer = { ARN: secret.arn, Name: secret.name, VersionId: token };
    const pending = secret.holder('AWSPENDING');
    if (pending !== undefined && pending !== secret.holder('AWSCURRENT')) {
      if (pending.id === token) return answer;
      this.#start(secret, pending.id, STEPS);
      throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
    }
    if (secret.version(token) !== undefined) throw tokenInUse(token, secret);
    secret.rotation = settings;
    const version = addVersion(secret, token, this.#options.clock(), this.#options.versionQuota);
    secret.attach('AWSPENDING', version);
    secret.changedAtMs = this.#options.clock();
    if (request.RotateImmediately === false) {
      // "The test creates an AWSPENDING version of the secret and then removes it": with the value that is there already.
      version.value = secret.holder('AWSCURRENT')?.value;
      this.#start(secret, token, ['testSecret'], () => secret.removeVersion(version));
    } else this.#start(secret, token, STEPS);
    return answer;
  }

  /** Resolves when no rotation is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #settings({ rotation }: Secret, request: RotateSecretRequest): RotationSettings {
    const functionArn = checkFunctionArn(request.RotationLambdaARN) ?? rotation?.functionArn;
    if (functionArn === undefined) {
      throw invalidRequest('No Lambda rotation function ARN is associated with this secret.');
    }
    const rules = checkRules(request.RotationRules) ?? rotation?.rules ?? {};
    if (this.#options.invoke === undefined) {
      throw new AwsServiceError(
        'AccessDeniedException',
        400,
        'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
      );
    }
    return { ...rotation, functionArn, rules };
  }

  #start(secret: Secret, token: string, steps: readonly string[], afterwards: () => void = () => {}): void {
    const rotation = this.#run(secret, token, steps).then(() => {
      afterwards();
      this.#underWay.delete(rotation);
    });
    this.#underWay.add(rotation);
  }

  async #run(secret: Secret, token: string, steps: readonly string[]): Promise<void> {
    for (const step of steps) {
      // RotateSecret answers before the first step.
      await Promise.resolve();
      const { rotation } = secret;
      if (rotation === undefined) return;
      try {
        const event = { Step: step, SecretId: secret.arn, ClientRequestToken: token };
        await this.#options.invoke?.(rotation.functionArn, event);
      } catch (error) {
        this.failures.push({ secretName: secret.name, step, error });
        return;
      }
    }
    if (steps.length > 1 && secret.rotation !== undefined) {
      secret.rotation = { ...secret.rotation, rotatedAtMs: this.#options.clock() };
    }
  }
}

/** The members of DescribeSecret's answer for a secret that has a rotation. */
export function rotationAnswer(secret: Secret): Partial<DescribeSecretResponse> {
  const { rotation } = secret;
  if (rotation === undefined) return {};
  const { functionArn, rules, rotatedAtMs } = rotation;
  return {
    RotationEnabled: true,
    RotationLambdaARN: functionArn,
    RotationRules: { ...rules },
    ...(rotatedAtMs !== undefined && { LastRotatedDate: new Date(rotatedAtMs) }),
  };
}

function checkFunctionArn(arn: string | undefined): string | undefined {
  if (arn !== undefined && arn.length > 2048) {
    throw invalidParameter('RotationLambdaARN must be at most 2048 characters long.');
  }
  return arn;
}

/** RotationRulesType: 1 to 1000 days. */
function checkRules(rules: RotateSecretRequest['RotationRules']): RotationSettings['rules'] | undefined {
  const days = rules?.AutomaticallyAfterDays;
  if (days === undefined) return undefined;
  if (!(Number.isInteger(days) && days >= 1 && days <= 1000)) {
    throw invalidParameter('RotationRules.AutomaticallyAfterDays must be within 1-1000.');
  }
  return { AutomaticallyAfterDays: days };
}
