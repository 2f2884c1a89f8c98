/** The alarms: their names, metrics and thresholds, and whether a mail tells when they end. */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { FLAGS, flagPeriodSeconds } from '../../../handlers/names.ts';
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
  /** The trouble in words. Urgency and trouble are the alarm's name, which is in the subject of its mails. */
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
  /** How many of them must be over the threshold. Absent: all. */
  readonly datapointsToAlarm?: number;
  readonly treatMissingData: TreatMissingData;
}

/**
 * A period holds a sweep, also a late one. Two periods without a sweep mean that two sweeps are missing. The third holds the last call
 * of the function: CloudWatch repeats no value that lies before the periods it looks at.
 */
const SILENT_PERIOD_INTERVALS = 1.25;
const SILENT_PERIODS = { evaluationPeriods: 3, datapointsToAlarm: 2 };

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
  const silentMinutes = Math.ceil(sweepEvery.toMinutes() * SILENT_PERIOD_INTERVALS);
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
      metric: metrics.sweepsSinceFirstCall(Duration.minutes(silentMinutes)),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      ...SILENT_PERIODS,
      // Before the first sweep the alarm stays as it was made. Long after the last call it stays on.
      treatMissingData: TreatMissingData.IGNORE,
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

/** The period of the alarms on flags. */
export function flagPeriod(sweepEvery: Duration): Duration {
  return Duration.seconds(flagPeriodSeconds(sweepEvery.toSeconds()));
}
