/** What a local Secrets Manager is told when it is made: its clock, its account, whom it tells and calls, how it fails. No behaviour. */

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
  | 'ListSecretVersionIds'
  | 'PutSecretValue'
  | 'RestoreSecret'
  | 'RotateSecret'
  | 'UpdateSecret'
  | 'UpdateSecretVersionStage';

export interface SecretsManagerOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly random: Random;
  readonly region?: string;
  readonly accountId?: string;
  /** Called once the label has moved, before the call answers. */
  readonly onLabelUpdated?: (event: SecretLabelUpdatedEvent) => void;
  /** Calls the rotation function; absent: none may be called. */
  readonly invokeRotation?: RotationInvoker | undefined;
  /**
   * Whether moving AWSCURRENT to the pending version takes AWSPENDING off it. The user guide says so of finishSecret, the
   * API reference of RotateSecret leaves both open, and callers must be right in either case. Absent: it stays.
   */
  readonly promotionEndsPending?: boolean;
  readonly faultHook?: FaultHook<SecretsManagerOperation>;
  readonly throttling?: Throttling<SecretsManagerOperation>;
  /** Versions of one secret, those too young to be removed included; a session with keys of seconds needs more. */
  readonly versionQuota?: number;
}
