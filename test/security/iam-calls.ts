/** What IAM is asked when the function calls AWS: action, resource and condition keys, from the call's own input. Evaluates nothing. */

export interface IamCall {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

export interface RecordedCall {
  readonly operation: string;
  readonly input: object;
}

/** The secrets and the key as they are deployed, for what a call's input does not say itself. */
export interface Deployed {
  readonly region: string;
  readonly accountId: string;
  readonly kmsKeyArn?: string | undefined;
  /** @throws {Error} for a secret that is none of the stack's */
  secretArn(secretId: string): string;
}

interface Input {
  readonly SecretId?: string;
  readonly Name?: string;
  readonly GroupName?: string;
  readonly Target?: { readonly RoleArn?: string };
}

/** What Secrets Manager asks of KMS in the caller's name (user guide, "Secret encryption and decryption"). */
const KMS_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  GetSecretValue: ['kms:Decrypt'],
  PutSecretValue: ['kms:GenerateDataKey', 'kms:Decrypt'],
};
const SECRETS_MANAGER = ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage', 'DescribeSecret'];
const SCHEDULER_ENTRY = ['CreateSchedule', 'GetSchedule', 'DeleteSchedule'];
const MOMENTO = [
  'RefreshApiKey',
  'ListCaches',
  'RefreshApiKeyV2',
  'GenerateApiKeyV2',
  'ListApiKeys',
  'RevokeApiKey',
];

/** @throws {Error} for an operation that the proof does not know: the function calls something new, so teach this file what IAM asks */
export function iamCallsOf({ operation, input }: RecordedCall, deployed: Deployed): IamCall[] {
  const { SecretId = '', Name = '', GroupName = '', Target } = input as Input;
  const scheduler = `arn:aws:scheduler:${deployed.region}:${deployed.accountId}:schedule`;
  if (MOMENTO.includes(operation)) return [];
  if (SECRETS_MANAGER.includes(operation)) {
    const resource = deployed.secretArn(SecretId);
    const action = `secretsmanager:${operation}`;
    return [{ action, resource, context: {} }, ...kmsCalls(operation, resource, deployed)];
  }
  if (SCHEDULER_ENTRY.includes(operation)) {
    const call = {
      action: `scheduler:${operation}`,
      resource: `${scheduler}/${GroupName}/${Name}`,
      context: {},
    };
    if (operation !== 'CreateSchedule') return [call];
    return [
      call,
      {
        action: 'iam:PassRole',
        resource: Target?.RoleArn ?? '',
        context: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
      },
    ];
  }
  // "The action supports no resource-level permission" (service authorization reference, EventBridge Scheduler).
  if (operation === 'ListSchedules')
    return [{ action: 'scheduler:ListSchedules', resource: '*', context: {} }];
  throw new Error(`the IAM proof does not know ${operation}`);
}

function kmsCalls(operation: string, secretArn: string, { kmsKeyArn, region }: Deployed): IamCall[] {
  if (kmsKeyArn === undefined) return [];
  const context = {
    'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': secretArn,
  };
  return (KMS_ACTIONS[operation] ?? []).map((action) => ({ action, resource: kmsKeyArn, context }));
}
