/** The behaviours in which moto differs from AWS. The local services follow AWS. */

export interface Difference {
  /** The behaviour's sentence. */
  readonly behaviour: string;
  /** What moto 5.2.1 does. */
  readonly moto: unknown;
  /** Where AWS documents what is expected. */
  readonly source: string;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    behaviour:
      'GetSecretValue of a label that no version holds is not found, and the message names the label',
    moto: 'ResourceNotFoundException',
    source:
      'undocumented: the words of the message; the function uses them only to tell a secret without a value from a missing secret',
  },
  {
    behaviour: 'GetSecretValue of a secret without a value is not found, and the message names the label',
    moto: 'ResourceNotFoundException',
    source:
      'undocumented: the words of the message; the function uses them only to tell a secret without a value from a missing secret',
  },
  {
    behaviour: 'PutSecretValue moves AWSPENDING from the version that held it',
    moto: {
      '11111111-0000-4000-8000-000000000000': ['AWSCURRENT'],
      '22222222-0000-4000-8000-000000000000': [],
      '33333333-0000-4000-8000-000000000000': ['AWSPENDING'],
    },
    source:
      'Secrets Manager API, DescribeSecret, VersionIdsToStages: versions without labels are not in the list',
  },
  {
    behaviour: 'PutSecretValue with the token of another value is refused, and the value stays',
    moto: ['ok', 'other'],
    source:
      'Secrets Manager API, PutSecretValue, ClientRequestToken: other data under the same token is an error',
  },
  {
    behaviour: 'UpdateSecretVersionStage refuses to move a label whose version is not named',
    moto: [
      'ok',
      {
        '11111111-0000-4000-8000-000000000000': ['AWSCURRENT'],
        '22222222-0000-4000-8000-000000000000': ['AWSPENDING'],
        '33333333-0000-4000-8000-000000000000': ['AWSPENDING', 'ours'],
      },
    ],
    source:
      'Secrets Manager API, UpdateSecretVersionStage, RemoveFromVersionId: if the label is attached and its version is not named, the operation fails',
  },
  {
    behaviour: 'UpdateSecretVersionStage removes AWSPENDING',
    moto: [
      'ok',
      { '11111111-0000-4000-8000-000000000000': ['AWSCURRENT'], '22222222-0000-4000-8000-000000000000': [] },
    ],
    source:
      'Secrets Manager API, DescribeSecret, VersionIdsToStages: versions without labels are not in the list',
  },
  {
    behaviour: 'UpdateSecretVersionStage never leaves a secret without AWSCURRENT',
    moto: ['ok', 'ok'],
    source:
      'Terraform AWS provider, aws_secretsmanager_secret_version: if AWSCURRENT is on the version, that label cannot be removed',
  },
  {
    behaviour: 'a call for a secret that is scheduled for deletion is refused until the secret is restored',
    moto: ['InvalidRequestException', 'ok', 'one'],
    source:
      'Secrets Manager API, PutSecretValue, errors: InvalidRequestException where the secret is scheduled for deletion',
  },
  {
    behaviour: 'RotateSecret without a function is refused, and the value stays current',
    moto: [
      'ok',
      {
        '11111111-0000-4000-8000-000000000000': ['AWSPREVIOUS'],
        '44444444-0000-4000-8000-000000000000': ['AWSCURRENT'],
      },
    ],
    source:
      'Secrets Manager API, RotateSecret, errors: InvalidRequestException where no Lambda function is configured',
  },
  {
    behaviour: 'CreateSchedule with the same client token gives the same answer',
    moto: 'ConflictException',
    source: 'EventBridge Scheduler API, CreateSchedule, ClientToken: ensures the idempotency of the request',
  },
  {
    behaviour: 'CreateSchedule in a group that does not exist is not found',
    moto: 'SyntaxError',
    source:
      'EventBridge Scheduler API, CreateSchedule, errors: ResourceNotFoundException (moto answers with a page of HTML)',
  },
  {
    behaviour: 'CreateSchedule refuses a name of 65 characters',
    moto: 'ok',
    source: 'EventBridge Scheduler API, CreateSchedule, Name: at most 64 characters',
  },
  {
    behaviour: 'CreateSchedule refuses a slash in the name',
    moto: 'SyntaxError',
    source:
      'EventBridge Scheduler API, CreateSchedule, Name: [0-9a-zA-Z-_.]+ (moto answers with a page of HTML)',
  },
  {
    behaviour: 'CreateSchedule refuses an instant with a zone',
    moto: 'ok',
    source: "EventBridge Scheduler user guide, 'Schedule types': at(yyyy-mm-ddThh:mm:ss)",
  },
  {
    behaviour: 'CreateSchedule refuses an instant without seconds',
    moto: 'ok',
    source: "EventBridge Scheduler user guide, 'Schedule types': at(yyyy-mm-ddThh:mm:ss)",
  },
  {
    behaviour: 'CreateSchedule refuses a day that does not exist',
    moto: 'ok',
    source: "EventBridge Scheduler user guide, 'Schedule types': a valid date and time",
  },
  {
    behaviour: 'CreateSchedule refuses an expression that is none',
    moto: 'ok',
    source: "EventBridge Scheduler user guide, 'Schedule types': at, rate or cron",
  },
  {
    behaviour: 'CreateSchedule refuses a time zone that does not exist',
    moto: 'ok',
    source: "EventBridge Scheduler user guide, 'Schedule types': a time zone of the IANA database",
  },
  {
    behaviour: 'CreateSchedule refuses a role that is not an ARN',
    moto: 'ok',
    source: 'EventBridge Scheduler API, Target, RoleArn: ^arn:aws(-[a-z]+)?:iam::[0-9]{12}:role/...',
  },
  {
    behaviour: 'CreateSchedule refuses more retries than 185',
    moto: 'ok',
    source: 'EventBridge Scheduler API, RetryPolicy, MaximumRetryAttempts: at most 185',
  },
  {
    behaviour: 'ListSchedules in a group that does not exist is not found',
    moto: 'ok',
    source: 'EventBridge Scheduler API, ListSchedules, errors: ResourceNotFoundException',
  },
];
