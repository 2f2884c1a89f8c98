/** Names and limits that the stack and the function must spell alike. Imports nothing. */

/** The function's environment variables: the stack sets them and the function reads them. */
export const ENVIRONMENT = {
  /** A comma list. */
  secretNames: 'SECRET_NAMES',
  scheduleGroupName: 'SCHEDULE_GROUP_NAME',
  schedulerRoleArn: 'SCHEDULER_ROLE_ARN',
  deadLetterQueueArn: 'DEAD_LETTER_QUEUE_ARN',
  /** Seconds such as `259200s`, or a percentage such as `10%`. */
  refreshBefore: 'REFRESH_BEFORE',
  /** host:port of a Momento server without TLS; local runs and tests only. */
  momentoEndpoint: 'MOMENTO_ENDPOINT',
  /** host:port of a server without TLS that speaks Momento's HTTP API; local runs and tests only. */
  momentoApiEndpoint: 'MOMENTO_API_ENDPOINT',
  /** The managed secret whose key may manage keys. */
  managementSecretName: 'MANAGEMENT_SECRET_NAME',
  /** A comma list. */
  momentoHosts: 'MOMENTO_HOSTS',
  /** Seconds such as `3600s`. */
  sweepEvery: 'SWEEP_EVERY',
} as const;

export const DEFAULT_FUNCTION_NAME = 'momento-key-refresher';

/** Where Momento's HTTP API for v2 keys is. */
export const MOMENTO_API = 'https://mga.registry.prod.a.momentohq.com';

export const DEFAULT_SECRET_NAME = 'momento/authentication-token';

/** The first value of a secret that the stack creates. It must never change: CloudFormation would overwrite keys with the new text. */
export const PLACEHOLDER = '{"status":"not seeded yet"}';

/** The shortest lead. A reader may cache a replaced key for five minutes, and the refresh takes up to one minute. */
export const MIN_LEAD_MINUTES = 6;

/** The longest time between two sweeps. The sweep does what a lost wake-up would have done, and alarms rely on it. */
export const MAX_SWEEP_MINUTES = 60;

/** The longest lead in percent of a key's life, so that a new key is not due at once. */
export const MAX_LEAD_PERCENT = 50;

/** The time limit of the function. */
export const TIME_LIMIT_MINUTES = 5;

/** Puts the file that the Momento console offers for download into a secret. */
export function putKeyCommand(secretName: string, region?: string): string {
  const where = region === undefined ? '' : `--region ${region} `;
  return `aws secretsmanager put-secret-value ${where}--secret-id ${secretName} --secret-string file://momento-key.json`;
}

/** Restores what was deleted or changed by hand. A plain deployment of the same template would change nothing. */
export const RESTORE = 'npx cdk deploy --revert-drift';

/** Acknowledges that a secret is no longer managed, by deleting its entry. */
export function acknowledgeCommand(region: string, groupName: string, entryName: string): string {
  return `aws scheduler delete-schedule --region ${region} --group-name ${groupName} --name ${entryName}`;
}

export const METRIC_NAMESPACE = 'MomentoKeyRefresher';

/** The dimension of every metric: its value is the function's name. */
export const DEPLOYMENT_DIMENSION = 'Deployment';
/** The second dimension of a flag: its value is the secret's name. */
export const SECRET_DIMENSION = 'SecretName';
/** The name of the error that stopped a refresh. Only `RefreshesFailed` has it, in addition to the total without it. */
export const REASON_DIMENSION = 'Reason';

/**
 * One flag for each kind of alarm about a secret: 1 while the secret is in that trouble. It has a metric for each secret, which costs
 * nothing while nothing is sent.
 */
export const FLAGS = {
  /** The key has expired, or Momento rejected it. */
  keyUnusable: 'KeyUnusable',
  /** The key works, and only a person can replace it: its refresh token is spent or missing, and no management key helped. */
  keyUnrefreshable: 'KeyUnrefreshable',
  /** More than half of the time from the planned refresh to the expiry is over. */
  halfLeadUsed: 'HalfLeadUsed',
  /** The secret could not be read, or it is abandoned: its key is not refreshed. */
  secretUnattended: 'SecretUnattended',
  /** A refresh failed or is late. Retries go on. */
  refreshFailing: 'RefreshFailing',
  /** A key was made current although it could not be proved. Sent once. */
  keyUnproven: 'KeyUnproven',
} as const;

export type Flag = (typeof FLAGS)[keyof typeof FLAGS];

/** Time for a late sweep, a slow run and the delivery of a metric to CloudWatch. */
const FLAG_SLACK_SECONDS = 600;
/** CloudWatch evaluates a query over at most the last three hours. */
const LONGEST_FLAG_PERIOD_SECONDS = 10_800;

/** The period of the alarms on flags. It contains a sweep even if one is missed. */
export function flagPeriodSeconds(sweepEverySeconds: number): number {
  return Math.min(2 * sweepEverySeconds + FLAG_SLACK_SECONDS, LONGEST_FLAG_PERIOD_SECONDS);
}

/** Except for the flags there is no metric per secret, because each custom metric costs $0.30 a month. The log has the figures. */
export const METRICS = {
  /** 1 for each refresh that ended with a new current key, including resumed ones. */
  refreshesSucceeded: 'RefreshesSucceeded',
  /** 1 for each failed run for a secret. */
  refreshesFailed: 'RefreshesFailed',
  refreshesResumed: 'RefreshesResumed',
  /** One value for each expiring key at the end of an invocation. Use the Minimum. 0 or less after a key has lapsed. */
  secondsUntilExpiry: 'SecondsUntilExpiry',
  /** The heartbeat: 1 for each sweep that finished, even if a secret failed. */
  sweeps: 'Sweeps',
  secretsManaged: 'SecretsManaged',
  secretsUnseeded: 'SecretsUnseeded',
  /** Secrets that a sweep could not read or parse. */
  secretsUnreadable: 'SecretsUnreadable',
  /** 1 for each key that a person put and that no event announced. */
  labelRuleMissed: 'LabelRuleMissed',
  refreshDuration: 'RefreshDuration',
} as const;
