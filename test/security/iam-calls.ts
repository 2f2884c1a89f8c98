/** The IAM checks of a call of the function: action, resource and condition keys, from the input of the call. */

export interface IamCall {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

export interface RecordedCall {
  readonly operation: string;
  readonly input: object;
}

/** What the input of a call does not say about the deployed secrets and the KMS key. */
export interface Deployed {
  readonly region: string;
  readonly accountId: string;
  readonly kmsKeyArn?: string | undefined;
  /** @throws {Error} for a secret that does not belong to the stack */
  secretArn(secretId: string): string;
}

interface Input {
  readonly SecretId?: string;
  readonly Name?: string;
  readonly GroupName?: string;
  readonly Target?: { readonly RoleArn?: string };
}

/** The KMS calls of Secrets Manager on behalf of the caller (user guide, "Secret encryption and decryption"). */
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

/** @throws {Error} for an unknown operation: if the function makes a new call, add its IAM checks here */
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
  throw new Error(`the IAM checks of ${operation} are not known`);
}

function kmsCalls(operation: string, secretArn: string, { kmsKeyArn, region }: Deployed): IamCall[] {
  if (kmsKeyArn === undefined) return [];
  const context = {
    'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': secretArn,
  };
  return (KMS_ACTIONS[operation] ?? []).map((action) => ({ action, resource: kmsKeyArn, context }));
}
