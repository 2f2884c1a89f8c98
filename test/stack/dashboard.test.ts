import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { newStack, propertiesAt, synthesizeStack } from './synthesized.ts';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

const { DashboardName, DashboardBody } = propertiesAt(synthesizeStack(), 'Dashboard');
const { start, widgets } = JSON.parse(String(DashboardBody)) as { start: string; widgets: Widget[] };

function widget(title: string): Widget {
  const found = widgets.find(({ properties }) => properties.title === title);
  if (found === undefined) throw new Error(`no widget ${title}`);
  return found;
}

test('shows a month, widget by widget', () => {
  expect(DashboardName).toBe('momento-key-refresher-eu-west-1');
  expect(start).toBe('-P30D');
  expect(widgets.map(({ type, properties, x, width }) => [properties.title ?? type, x, width])).toEqual([
    ['text', 0, 24],
    ['Alarms', 0, 24],
    ['Days until the nearest key expires', 0, 12],
    ['Refreshes and failures a day', 12, 12],
    ['How much of its lead a key has used, percent', 0, 8],
    ['Failures by reason', 8, 8],
    ['Now', 16, 8],
    ['Last decision for each secret', 0, 24],
    ['Last errors', 0, 24],
  ]);
});

test('the saw: the minimum over all keys, in days', () => {
  expect(widget('Days until the nearest key expires').properties.metrics).toEqual([
    [{ label: 'days', expression: 'seconds / 86400', period: 3600 }],
    [
      'MomentoKeyRefresher',
      'SecondsUntilExpiry',
      'service',
      '<Refresher/Function>',
      {
        stat: 'Minimum',
        period: 3600,
        visible: false,
        id: 'seconds',
      },
    ],
  ]);
});

test('every alarm has its state there', () => {
  expect(widget('Alarms').properties.alarms).toHaveLength(11);
});

test('the tables ask the log of the function for each last decision and the last errors', () => {
  expect(widget('Last decision for each secret').properties.query).toBe(
    "SOURCE '<Refresher/Logs>' | fields @timestamp, secretName, outcome, reason, validUntil, plannedRefreshAt, trigger, attempt\n" +
      '| filter message like /^decision: /\n| sort @timestamp desc\n| dedup secretName',
  );
  expect(widget('Last errors').properties.query).toBe(
    "SOURCE '<Refresher/Logs>' | fields @timestamp, secretName, error.name, message, retryAt\n" +
      '| filter level = "ERROR"\n| sort @timestamp desc\n| limit 20',
  );
});

test('failures by reason are searched for, of this deployment only', () => {
  expect(widget('Failures by reason').properties.metrics).toEqual([
    [
      {
        expression:
          'SEARCH(\'{MomentoKeyRefresher,service,Reason} MetricName="RefreshesFailed" service="<Refresher/Function>"\', \'Sum\', 86400)',
        period: 86_400,
      },
    ],
  ]);
});

test.each([
  ['false', 0],
  ['true', 1],
])('dashboard=%s', (dashboard, count) => {
  Template.fromStack(newStack({ dashboard })).resourceCountIs('AWS::CloudWatch::Dashboard', count);
});
