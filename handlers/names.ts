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
  /** A comma list. */
  momentoHosts: 'MOMENTO_HOSTS',
} as const;

export const DEFAULT_SECRET_NAME = 'momento/authentication-token';

/** The value of a secret that the stack creates. If it changed, CloudFormation would overwrite secrets that hold a key. */
export const PLACEHOLDER = '{"status":"not seeded yet"}';

/** The shortest lead: time for two retries and for a reader that caches the key for five minutes. */
export const MIN_LEAD_MINUTES = 5;

/** The longest lead, in percent of a key's life: a new key is never due at once. */
export const MAX_LEAD_PERCENT = 50;

/** Puts the file that the Momento console offers for download into a secret. */
export function putKeyCommand(secretName: string): string {
  return `aws secretsmanager put-secret-value --secret-id ${secretName} --secret-string file://momento-key.json`;
}

export const METRIC_NAMESPACE = 'MomentoKeyRefresher';

/** The dimension that tells one deployment from another: its value is the function's name. */
export const DEPLOYMENT_DIMENSION = 'service';
/** The name of the error that stopped a refresh; only on `RefreshesFailed`, beside the total without it. */
export const REASON_DIMENSION = 'Reason';

/** No metric per secret: those figures are in the log, and each custom metric costs $0.30 a month. */
export const METRICS = {
  /** 1 for each refresh that ended with a new current key, resumed ones included. */
  refreshesSucceeded: 'RefreshesSucceeded',
  /** 1 for each run for a secret that failed; each sweep adds a 0, the datum that lets the alarm clear. */
  refreshesFailed: 'RefreshesFailed',
  refreshesResumed: 'RefreshesResumed',
  unprovenPromotions: 'UnprovenPromotions',
  /** One value for each expiring key that an invocation looked at, as it left it: read the Minimum. 0 or less once lapsed. */
  secondsUntilExpiry: 'SecondsUntilExpiry',
  /** As above, but not of lapsed keys: read the Maximum. Negative while the planned refresh is still to come. */
  secondsPastPlannedRefresh: 'SecondsPastPlannedRefresh',
  /**
   * How much of the time from planned refresh to expiry is gone, 0 to 100, so that one threshold fits keys of an hour and of a year.
   * Not of lapsed keys: one that nobody needs any more would hide every other.
   */
  leadUsedPercent: 'LeadUsedPercent',
  /** The heartbeat: 1 for each sweep that went through all secrets, failures or not. */
  sweeps: 'Sweeps',
  secretsManaged: 'SecretsManaged',
  secretsUnseeded: 'SecretsUnseeded',
  /** Secrets that a sweep could not read or understand: nothing is known of their keys, so no metric above speaks for them. */
  secretsUnreadable: 'SecretsUnreadable',
  refreshDuration: 'RefreshDuration',
} as const;
