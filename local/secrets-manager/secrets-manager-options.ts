/** The options of the local Secrets Manager. */
import type { SecretLabelUpdatedEvent } from '../events/secret-events.ts';
import type { FaultHook, Throttling } from '../serving/call-gate.ts';
import type { Random } from '../serving/randomness.ts';
import type { RotationInvoker } from './secret-rotation.ts';

export type SecretsManagerOperation =
  | 'CancelRotateSecret'
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
   * Whether moving AWSCURRENT to the pending version takes AWSPENDING off it. The user guide says so of finishSecret, the
   * API reference of RotateSecret leaves both open, so callers must handle either. Absent: it stays.
   */
  readonly promotionEndsPending?: boolean;
  readonly faultHook?: FaultHook<SecretsManagerOperation>;
  readonly throttling?: Throttling<SecretsManagerOperation>;
  /** The most versions of one secret, young ones included. A local run with short-lived keys needs more than AWS allows. */
  readonly versionQuota?: number;
}
