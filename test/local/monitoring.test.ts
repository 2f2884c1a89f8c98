import { expect, test } from 'vitest';
import { Monitoring } from '../../local/cloudwatch/monitoring.ts';

const START = Date.parse('2026-01-01T12:00:00Z');
const MINUTE = 60_000;

const ALARM = {
  AlarmName: 'fn-rotation-failed',
  AlarmDescription: '',
  Namespace: 'MomentoKeyRefresher',
  MetricName: 'RefreshesFailed',
  Dimensions: [{ Name: 'service', Value: 'fn' }],
  Statistic: 'Sum',
  Period: 300,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'ignore',
};
const ERRORS = {
  ...ALARM,
  AlarmName: 'fn-function-errors',
  Namespace: 'AWS/Lambda',
  MetricName: 'Errors',
  Dimensions: [{ Name: 'FunctionName', Value: 'fn' }],
};
const template = { resources: () => [{ properties: ALARM }, { properties: ERRORS }] };

function metricLine(value: number | number[], atMs: number, reason?: string): string {
  const dimensions = { service: 'fn', ...(reason !== undefined && { Reason: reason }) };
  const directive = {
    Namespace: 'MomentoKeyRefresher',
    Dimensions: [Object.keys(dimensions)],
    Metrics: [{ Name: 'RefreshesFailed', Unit: 'Count' }],
  };
  return JSON.stringify({
    _aws: { Timestamp: atMs, CloudWatchMetrics: [directive] },
    ...dimensions,
    RefreshesFailed: value,
  });
}

test('the summary lists the metrics of a run and when each alarm was raised and cleared', () => {
  const monitoring = new Monitoring(template, START);
  monitoring.logLine('{"level":"INFO","message":"decision: wait"}');
  monitoring.logLine('no JSON but "CloudWatchMetrics"');
  monitoring.logLine(metricLine([1, 1], START + 30_000));
  monitoring.logLine(metricLine(1, START + 30_000, 'KeyIssueError'));
  monitoring.logLine(metricLine(0, START + 6 * MINUTE));
  monitoring.invocationEnded('fn', false, START + 30_000);
  expect(monitoring.summary(START + 10 * MINUTE)).toBe(
    'metrics that were emitted\n' +
      '  RefreshesFailed                    2\n' +
      '  Errors                             0\n' +
      '  RefreshesFailed (KeyIssueError)    1\n' +
      '  Invocations                        1\n' +
      '  Throttles                          0\n' +
      'alarms that they would have raised\n' +
      '  12:01  raised  fn-rotation-failed\n' +
      '  12:07  cleared fn-rotation-failed',
  );
  expect(monitoring.states()).toEqual({ 'fn-rotation-failed': 'OK', 'fn-function-errors': 'OK' });
});

test('the summary of a run without metrics lists no alarm', () => {
  expect(new Monitoring(template, START).summary(START + MINUTE)).toBe(
    'metrics that were emitted\nalarms that they would have raised\n  none',
  );
});
