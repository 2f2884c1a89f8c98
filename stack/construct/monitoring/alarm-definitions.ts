/** What each alarm watches: the datum that raises it, the one that clears it, and what a missing one means. It creates nothing. */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS } from '../../../handlers/names.ts';
import type { RefresherMetrics } from './metrics.ts';

export const ALARM_NAMES = [
  'rotation-failed',
  'refresh-overdue',
  'half-lead-used',
  'key-lapsed',
  'secret-unreadable',
  'unproven-key',
  'sweep-silent',
  'function-errors',
  'function-throttled',
  'delivery-failed',
  'dead-letters',
] as const;

export type AlarmName = (typeof ALARM_NAMES)[number];

export interface AlarmDefinition {
  readonly metric: IMetric;
  readonly comparisonOperator: ComparisonOperator;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly treatMissingData: TreatMissingData;
}

/** Past the first of the hourly retries: from here on it is an outage, not a hiccup. */
const OVERDUE_SECONDS = 3600;
/** Half of the lead is left to act in. */
const LEAD_USED_PERCENT = 50;

/** CloudWatch's longest period. A window of less than a sweep interval would be empty between two daily sweeps. */
const LONGEST_PERIOD_SECONDS = 86_400;
/** The longest delay between two tries of a refresh that goes on failing. */
const LONGEST_RETRY_SECONDS = 3600;
/** The Scheduler's minute, the function's timeout and the way of a datum to CloudWatch. */
const SLACK_SECONDS = 600;
/** The heartbeat's period is half a sweep interval: five of them without one are two sweeps that are missing for certain. */
const SILENT_PERIODS = 5;

const AT_LEAST = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;

/** @param sweepEvery in whole minutes */
export function alarmDefinitions(
  metrics: RefresherMetrics,
  sweepEvery: Duration,
): Readonly<Record<AlarmName, AlarmDefinition>> {
  const sweepSeconds = sweepEvery.toSeconds();
  // Every window holds a whole sweep, so that one key's good news cannot hide another's trouble.
  const keys = window(sweepSeconds);
  // And the next try of a failing refresh, so that the alarm does not come and go with each of them.
  const failures = failureWindow(sweepEvery);
  // A gauge that is missing says nothing about the key: its alarm stays as it is, and a dead sweep has its own.
  const gauge = { evaluationPeriods: 1, treatMissingData: TreatMissingData.IGNORE };
  // Where no datum means that nothing happened.
  const events = {
    comparisonOperator: AT_LEAST,
    threshold: 1,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
  const fiveMinutes = Duration.minutes(5);
  return {
    'rotation-failed': {
      ...gauge,
      metric: metrics.own(METRICS.refreshesFailed, Stats.SUM, failures),
      comparisonOperator: AT_LEAST,
      threshold: 1,
    },
    'refresh-overdue': {
      ...gauge,
      metric: metrics.own(METRICS.secondsPastPlannedRefresh, Stats.MAXIMUM, keys),
      comparisonOperator: AT_LEAST,
      threshold: OVERDUE_SECONDS,
    },
    'half-lead-used': {
      ...gauge,
      metric: metrics.own(METRICS.leadUsedPercent, Stats.MAXIMUM, keys),
      comparisonOperator: AT_LEAST,
      threshold: LEAD_USED_PERCENT,
    },
    'key-lapsed': {
      ...gauge,
      metric: metrics.own(METRICS.secondsUntilExpiry, Stats.MINIMUM, keys),
      comparisonOperator: ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 0,
    },
    'secret-unreadable': {
      ...gauge,
      metric: metrics.own(METRICS.secretsUnreadable, Stats.MAXIMUM, keys),
      comparisonOperator: AT_LEAST,
      threshold: 1,
    },
    'unproven-key': {
      ...events,
      metric: metrics.own(METRICS.unprovenPromotions, Stats.SUM, Duration.hours(1)),
    },
    'sweep-silent': {
      metric: metrics.own(METRICS.sweeps, Stats.SUM, Duration.minutes(Math.ceil(sweepSeconds / 120))),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: SILENT_PERIODS,
      treatMissingData: TreatMissingData.BREACHING,
    },
    // Lambda counts a 0 for each run without an error: that clears it, and not that nothing runs any more.
    'function-errors': {
      ...events,
      metric: metrics.functionErrors(failures),
      treatMissingData: TreatMissingData.IGNORE,
    },
    'function-throttled': { ...events, metric: metrics.functionThrottles(failures) },
    'delivery-failed': { ...events, metric: metrics.droppedDeliveries(fiveMinutes) },
    'dead-letters': { ...events, metric: metrics.deadLetters(fiveMinutes) },
  };
}

/** How long without a failure the alarms about failures wait before they clear. */
export function failureWindow(sweepEvery: Duration): Duration {
  return window(Math.max(sweepEvery.toSeconds(), LONGEST_RETRY_SECONDS));
}

function window(seconds: number): Duration {
  return Duration.seconds(Math.min(seconds + SLACK_SECONDS, LONGEST_PERIOD_SECONDS));
}
