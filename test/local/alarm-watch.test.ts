import { describe, expect, test } from 'vitest';
import { type AlarmDefinition, AlarmWatch } from '../../local/cloudwatch/alarm-watch.ts';

const START = Date.parse('2026-01-01T12:00:00Z');
const MINUTE = 60_000;
const QUERY =
  'SELECT MIN(Flag) FROM SCHEMA("Space", Deployment, SecretName) WHERE Deployment = \'fn\' GROUP BY SecretName ORDER BY MIN() DESC';

function grouped(changes: Partial<AlarmDefinition> = {}, expression = QUERY): AlarmDefinition {
  return {
    AlarmName: 'flag',
    AlarmDescription: '',
    Metrics: [{ Id: 'q', Expression: expression, Period: 600 }],
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
    AlarmActions: ['topic'],
    OKActions: ['topic'],
    ...changes,
  };
}

function put(watch: AlarmWatch, secret: string, minute: number, value: number, deployment = 'fn'): void {
  const dimensions = { Deployment: deployment, SecretName: secret };
  watch.put({ namespace: 'Space', name: 'Flag', dimensions, atMs: START + minute * MINUTE, values: [value] });
}

/** @returns the changes up to a minute, as `minute secret state`, with ` told` if a topic was notified */
function changesUntil(watch: AlarmWatch, minute: number): string[] {
  return watch
    .advanceTo(START + minute * MINUTE)
    .map(
      ({ contributor, to, atMs, notified }) =>
        `${(atMs - START) / MINUTE} ${contributor} ${to}${notified.length > 0 ? ' told' : ''}`,
    );
}

describe('an alarm on a grouped query', () => {
  test('notifies for each contributor, also while another contributor is in ALARM', () => {
    const watch = new AlarmWatch([grouped()], START, 0);
    put(watch, 'a', 1, 1);
    expect(changesUntil(watch, 4)).toEqual(['2 a ALARM told']);
    put(watch, 'b', 5, 1);
    expect(changesUntil(watch, 7)).toEqual(['6 b ALARM told']);
    put(watch, 'a', 8, 0);
    expect(changesUntil(watch, 9)).toEqual(['9 a OK told']);
    expect(watch.states()).toEqual({ flag: 'ALARM' });
  });

  test('notifies OK for a contributor in ALARM whose series ends', () => {
    const watch = new AlarmWatch([grouped({ TreatMissingData: 'breaching' })], START, 0);
    put(watch, 'a', 1, 1);
    expect(changesUntil(watch, 60)).toEqual(['2 a ALARM told', '12 a OK told']);
  });

  test('does not notify for a contributor that was never in ALARM', () => {
    const watch = new AlarmWatch([grouped()], START, 0);
    put(watch, 'a', 1, 0);
    expect(changesUntil(watch, 60)).toEqual([]);
    expect(watch.states()).toEqual({ flag: 'OK' });
  });

  test('runs no action at its first evaluation', () => {
    const watch = new AlarmWatch([grouped()], START, 0);
    expect(changesUntil(watch, 1)).toEqual([]);
    expect(watch.states()).toEqual({ flag: 'OK' });
  });

  test('takes the minimum of the period, so the first 0 ends an alarm', () => {
    const watch = new AlarmWatch([grouped()], START, 0);
    put(watch, 'a', 1, 1);
    put(watch, 'a', 3, 0);
    put(watch, 'a', 4, 1);
    expect(changesUntil(watch, 13)).toEqual(['2 a ALARM told', '4 a OK told']);
    expect(changesUntil(watch, 14)).toEqual(['14 a ALARM told']);
  });

  test('looks back at most three hours', () => {
    const hour = [{ Id: 'q', Expression: QUERY, Period: 3600 }];
    const watch = new AlarmWatch([grouped({ Metrics: hour })], START, 100);
    put(watch, 'a', 1, 1);
    expect(changesUntil(watch, 600)).toEqual(['2 a ALARM told', '182 a OK told']);
  });

  test('ignores metrics of other deployments and with other dimensions', () => {
    const watch = new AlarmWatch([grouped()], START, 0);
    put(watch, 'a', 1, 1, 'another');
    const dimensions = { Deployment: 'fn' };
    watch.put({ namespace: 'Space', name: 'Flag', dimensions, atMs: START, values: [1] });
    expect(changesUntil(watch, 60)).toEqual([]);
  });

  test.each([
    ['without ORDER BY', QUERY.replace(' ORDER BY MIN() DESC', ''), 'a query with GROUP BY needs ORDER BY'],
    ['of another form', 'SELECT MAX(Flag) FROM "Space"', 'this form of a query is not supported'],
    ['with other mathematics', 'ABS(m)', 'this form of an expression is not supported'],
  ])('refuses a query %s', (_, expression, message) => {
    expect(() => new AlarmWatch([grouped({}, expression)], START)).toThrow(message);
  });
});

test('an alarm on a sum counts a missing value as 0 and runs its OK actions at its first evaluation', () => {
  const metric = (Id: string, MetricName: string) => ({
    Id,
    MetricStat: { Metric: { Namespace: 'AWS', MetricName }, Period: 60, Stat: 'Sum' },
  });
  const sum = { Id: 'sum', Expression: 'FILL(one, 0) + FILL(two, 0)' };
  const alarm = grouped({ Metrics: [sum, metric('one', 'One'), metric('two', 'Two')] });
  const watch = new AlarmWatch([alarm], START, 0);
  expect(changesUntil(watch, 1)).toEqual(['1 undefined OK told']);
  watch.put({ namespace: 'AWS', name: 'Two', dimensions: {}, atMs: START + 2 * MINUTE, values: [1] });
  expect(changesUntil(watch, 5)).toEqual(['3 undefined ALARM told', '4 undefined OK told']);
});
