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

test('shows a month, widget by widget, under a name of its region', () => {
  expect(DashboardName).toBe('momento-key-refresher-eu-west-1');
  expect(start).toBe('-P30D');
  expect(widgets.map(({ type, properties, x, width }) => [properties.title ?? type, x, width])).toEqual([
    ['text', 0, 24],
    ['Alarms', 0, 24],
    ['Days left for each key, nearest expiry first', 0, 24],
    ['Last failure of each secret, and why', 0, 24],
    ['Days until the nearest key expires', 0, 12],
    ['Refreshes and failures a day', 12, 12],
    ['Failures a day by reason', 0, 8],
    ['The function and its dead letters, an hour', 8, 8],
    ['Now', 16, 8],
  ]);
});

test('links to the alarms and the log in any console, and names the runbook and the command that tells the state', () => {
  const { markdown } = widgets[0]?.properties ?? {};
  expect(markdown).not.toContain('https://');
  expect(markdown).toContain('[Alarms](#alarmsV2:) · [Query the log](#logsV2:logs-insights)');
  expect(markdown).toContain('`docs/RUNBOOK.md`');
  expect(markdown).toContain('`npm run status -- --region eu-west-1 --function-name <Refresher/Function>`');
});

test('links to the runbook if the setting runbookUrl names where it is published', () => {
  const published = synthesizeStack({ runbookUrl: 'https://wiki.example.com/momento' });
  expect(String(propertiesAt(published, 'Dashboard').DashboardBody)).toContain(
    '([Runbook](https://wiki.example.com/momento))',
  );
});

test('the graph of the nearest expiry shows the minimum over all keys, in days', () => {
  expect(widget('Days until the nearest key expires').properties.metrics).toEqual([
    [{ label: 'days', expression: 'seconds / 86400', period: 3600 }],
    [
      'MomentoKeyRefresher',
      'SecondsUntilExpiry',
      'Deployment',
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

test('every graph says its unit', () => {
  const axes = widgets
    .map(({ properties }) => properties.yAxis as { left: { label: string } } | undefined)
    .flatMap((axis) => axis?.left.label ?? []);
  expect(axes).toEqual(['days', 'runs a day', 'runs a day', 'count']);
});

test('every alarm has its state there', () => {
  expect(widget('Alarms').properties.alarms).toHaveLength(8);
});

test('the tables ask the log of the function for the days left and for each last failure', () => {
  expect(widget('Days left for each key, nearest expiry first').properties.query).toBe(
    "SOURCE '<Refresher/Logs>' | filter ispresent(state)\n" +
      '| fields (expiresAt - now()) / 86400 as daysLeft\n' +
      '| stats latest(daysLeft) as days_left, latest(state) as last_state, latest(plannedRefreshAt) as planned_refresh by secretName\n' +
      '| sort days_left asc',
  );
  expect(widget('Last failure of each secret, and why').properties.query).toBe(
    "SOURCE '<Refresher/Logs>' | fields @timestamp, secretName, coalesce(error.cause.code, error.code) as code, message, retryAt\n" +
      '| filter level = "ERROR" and ispresent(secretName)\n| sort @timestamp desc\n| dedup secretName',
  );
});

// "The only query command that you can use in a query after the dedup command is limit." (CWL_QuerySyntax-Dedup)
test('no query of the log has another command than limit after dedup', () => {
  const queries = widgets.map(({ properties }) => String(properties.query ?? ''));
  expect(queries.filter((query) => query !== '')).toHaveLength(2);
  for (const query of queries) expect(query).not.toMatch(/\| dedup [^|]*\| (?!limit )/);
});

test('failures by reason are searched for, of this deployment only', () => {
  expect(widget('Failures a day by reason').properties.metrics).toEqual([
    [
      {
        expression:
          'SEARCH(\'{MomentoKeyRefresher,Deployment,Reason} MetricName="RefreshesFailed" Deployment="<Refresher/Function>"\', \'Sum\', 86400)',
        period: 86_400,
      },
    ],
  ]);
});

test.each([
  ['false', 0],
  ['true', 1],
])('with the setting dashboard=%s the stack has %i dashboards', (dashboard, count) => {
  Template.fromStack(newStack({ dashboard })).resourceCountIs('AWS::CloudWatch::Dashboard', count);
});
