/**
 * Computes the state of a metric alarm from its data points. Source: CloudWatch user guide, "Alarm evaluation" and "Configuring
 * how CloudWatch alarms treat missing data".
 */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** The properties of `AWS::CloudWatch::Alarm` that decide its state. */
export interface AlarmRule {
  readonly EvaluationPeriods: number;
  /** M of "M out of N". Default: all evaluation periods. */
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: string;
}

/**
 * "CloudWatch attempts to retrieve a higher number of data points than the number specified as Evaluation Periods". The guide
 * gives no formula. In its example CloudWatch retrieves five points for three evaluation periods, which is two more.
 */
export const EXTRA_POINTS = 2;

/**
 * @param points the most recent first, one for each period of the evaluation range; undefined: missing
 * @param previous the result if missing data is ignored and the other points do not decide
 */
export function evaluateAlarm(
  rule: AlarmRule,
  points: readonly (number | undefined)[],
  previous: AlarmState,
): AlarmState {
  const { EvaluationPeriods: needed, DatapointsToAlarm: toAlarm = needed } = rule;
  const isBreaching = (value: number) => compare(rule, value);
  const real = points.filter((value) => value !== undefined);
  // "evaluates the alarm state based on the most recent real data points […] including the necessary extra data points from
  // farther back […] the value you set for how to treat missing data is not needed and is ignored."
  const evaluated = real.slice(0, needed);
  const breaching = evaluated.filter(isBreaching).length;
  if (breaching >= toAlarm) return 'ALARM';
  if (evaluated.length === needed) return 'OK';
  // "CloudWatch fills in the missing data points with the result you specified". It fills in as few as possible.
  const filled = needed - evaluated.length;
  const hasGood = breaching < evaluated.length;
  switch (rule.TreatMissingData ?? 'missing') {
    case 'breaching':
      return breaching + filled >= toAlarm ? 'ALARM' : 'OK';
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      return hasGood ? 'OK' : previous;
    default:
      if (hasGood) return 'OK';
      return isOldEnough(points, toAlarm) ? 'ALARM' : 'INSUFFICIENT_DATA';
  }
}

/**
 * "Alarms are designed to always go into ALARM state when the oldest available breaching datapoint […] is at least as old as the
 * value of Datapoints to Alarm, and all other more recent data points are breaching or missing." The caller knows that they are.
 */
function isOldEnough(points: readonly (number | undefined)[], toAlarm: number): boolean {
  const oldest = points.findLastIndex((value) => value !== undefined);
  return oldest !== -1 && oldest + 1 >= toAlarm;
}

function compare({ ComparisonOperator: operator, Threshold: threshold }: AlarmRule, value: number): boolean {
  switch (operator) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'GreaterThanThreshold':
      return value > threshold;
    case 'LessThanThreshold':
      return value < threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= threshold;
    default:
      throw new TypeError(`the comparison operator ${operator} is unknown`);
  }
}
