/** The names of the metrics: the function emits them and the stack's alarms and dashboard read them, so neither spells one itself. */

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
