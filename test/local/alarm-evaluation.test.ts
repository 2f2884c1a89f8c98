import { describe, expect, test } from 'vitest';
import { type AlarmState, evaluateAlarm } from '../../local/cloudwatch/alarm-evaluation.ts';

/** @param row as the guide writes it: 0 good, X breaching, - missing; the newest on the right */
function points(row: string): (number | undefined)[] {
  const values: Record<string, number | undefined> = { 0: 0, X: 1, '-': undefined };
  return row
    .split(' ')
    .map((sign) => values[sign])
    .reverse();
}

function evaluate(row: string, toAlarm: number, treatMissingData: string, previous: AlarmState): AlarmState {
  const rule = {
    EvaluationPeriods: 3,
    DatapointsToAlarm: toAlarm,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: treatMissingData,
  };
  return evaluateAlarm(rule, points(row), previous);
}

const RETAIN = 'the previous state';

// The rows are those of the CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".
describe('evaluateAlarm', () => {
  test.each([
    [3, '0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    [3, '0 - - - -', 'OK', 'OK', 'OK', 'OK'],
    [3, '- - - - -', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
    [3, '0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [3, '- - X - -', 'ALARM', RETAIN, 'ALARM', 'OK'],
    [3, '- - - - X', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
    [3, '- - - X -', 'INSUFFICIENT_DATA', RETAIN, 'ALARM', 'OK'],
    [2, '0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '- - - X -', 'ALARM', RETAIN, 'ALARM', 'OK'],
  ])(
    'evaluates %i of 3 data points in the row %s as the CloudWatch user guide says',
    (toAlarm, row, missing, ignore, breaching, notBreaching) => {
      for (const previous of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const) {
        const expected = (state: string) => (state === RETAIN ? previous : state);
        expect(evaluate(row, toAlarm, 'missing', previous)).toBe(expected(missing));
        expect(evaluate(row, toAlarm, 'ignore', previous)).toBe(expected(ignore));
        expect(evaluate(row, toAlarm, 'breaching', previous)).toBe(expected(breaching));
        expect(evaluate(row, toAlarm, 'notBreaching', previous)).toBe(expected(notBreaching));
      }
    },
  );
});

test.each([
  ['GreaterThanOrEqualToThreshold', 'OK', 'ALARM', 'ALARM'],
  ['GreaterThanThreshold', 'OK', 'OK', 'ALARM'],
  ['LessThanThreshold', 'ALARM', 'OK', 'OK'],
  ['LessThanOrEqualToThreshold', 'ALARM', 'ALARM', 'OK'],
])(
  'evaluateAlarm compares 4, 5 and 6 with the threshold 5 by %s',
  (ComparisonOperator, below, equal, above) => {
    const rule = { EvaluationPeriods: 1, Threshold: 5, ComparisonOperator };
    expect([4, 5, 6].map((value) => evaluateAlarm(rule, [value], 'OK'))).toEqual([below, equal, above]);
  },
);
