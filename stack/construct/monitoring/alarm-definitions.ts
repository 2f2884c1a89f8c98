/** The alarms: their names, metrics and thresholds, and whether a mail tells when they end. */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { FLAGS, flagPeriodSeconds, METRICS } from '../../../handlers/names.ts';
import type { RefresherMetrics } from './metrics.ts';

/** Sorted by urgency, then by how soon readers of a key fail. */
export const ALARM_NAMES = [
  'key-unusable',
  'key-unrefreshable',
  'half-lead-used',
  'secret-unattended',
  'sweep-silent',
  'refresh-failing',
  'key-unproven',
  'delivery-failed',
] as const;

export type AlarmName = (typeof ALARM_NAMES)[number];

export interface AlarmDefinition {
  /** `URGENT`: act now, also at night. `LOOK`: in working hours. */
  readonly urgency: 'URGENT' | 'LOOK';
  /** The trouble in words. Urgency and trouble are the alarm's name, which is the subject of its mails. */
  readonly trouble: string;
  /**
   * Whether a mail tells that the alarm has ended. Only if the end means that the trouble is over, and only for alarms on flags:
   * CloudWatch also runs the OK actions of any other alarm at its first evaluation, on the day of deployment.
   */
  readonly tellsEnd: boolean;
  readonly metric: IMetric;
  readonly comparisonOperator: ComparisonOperator;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly treatMissingData: TreatMissingData;
}

/** The period of the sweep's alarm is half a sweep interval. Five of them without a sweep mean that two sweeps are missing. */
const SILENT_PERIODS = 5;

const AT_LEAST_ONE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  threshold: 1,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

/** @param sweepEvery in whole minutes */
export function alarmDefinitions(
  metrics: RefresherMetrics,
  sweepEvery: Duration,
): Readonly<Record<AlarmName, AlarmDefinition>> {
  const sweepSeconds = sweepEvery.toSeconds();
  const period = flagPeriod(sweepEvery);
  return {
    'key-unusable': {
      ...AT_LEAST_ONE,
      urgency: 'URGENT',
      trouble: 'Momento key lapsed or rejected',
      tellsEnd: true,
      metric: metrics.flag(FLAGS.keyUnusable, period),
    },
    'key-unrefreshable': {
      ...AT_LEAST_ONE,
      urgency: 'URGENT',
      trouble: 'Momento key cannot be refreshed',
      tellsEnd: true,
      metric: metrics.flag(FLAGS.keyUnrefreshable, period),
    },
    'half-lead-used': {
      ...AT_LEAST_ONE,
      urgency: 'URGENT',
      trouble: 'Momento key soon lapses',
      tellsEnd: true,
      metric: metrics.flag(FLAGS.halfLeadUsed, period),
    },
    'secret-unattended': {
      ...AT_LEAST_ONE,
      urgency: 'URGENT',
      trouble: 'secret unreadable or abandoned',
      tellsEnd: true,
      metric: metrics.flag(FLAGS.secretUnattended, period),
    },
    'sweep-silent': {
      urgency: 'URGENT',
      trouble: 'no sweep checks the keys',
      tellsEnd: false,
      metric: metrics.own(METRICS.sweeps, Stats.SUM, Duration.minutes(Math.ceil(sweepSeconds / 120))),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: SILENT_PERIODS,
      treatMissingData: TreatMissingData.BREACHING,
    },
    'refresh-failing': {
      ...AT_LEAST_ONE,
      urgency: 'LOOK',
      trouble: 'Momento key refresh failed',
      tellsEnd: true,
      metric: metrics.flag(FLAGS.refreshFailing, period),
    },
    'key-unproven': {
      ...AT_LEAST_ONE,
      urgency: 'LOOK',
      trouble: 'Momento key in use unproven',
      tellsEnd: false,
      metric: metrics.flag(FLAGS.keyUnproven, period),
    },
    'delivery-failed': {
      ...AT_LEAST_ONE,
      urgency: 'LOOK',
      trouble: 'event not delivered',
      tellsEnd: false,
      metric: metrics.lostDeliveries(Duration.minutes(5)),
    },
  };
}

/** The evaluation time of the flags: an alarm lasts at most this long after the last 1. */
export function flagPeriod(sweepEvery: Duration): Duration {
  return Duration.seconds(flagPeriodSeconds(sweepEvery.toSeconds()));
}
