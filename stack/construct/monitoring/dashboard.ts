/** The dashboard: the state of all keys, from the metrics and the log. */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  SingleValueWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import {
  DEPLOYMENT_DIMENSION,
  METRIC_NAMESPACE,
  METRICS,
  REASON_DIMENSION,
} from '../../../handlers/names.ts';
import { type MetricSources, RefresherMetrics } from './metrics.ts';
import { RUNBOOK_FILE } from './runbooks.ts';

export interface DashboardProps extends MetricSources {
  readonly alarms: readonly Alarm[];
  readonly logGroup: ILogGroup;
  /** Without a section. */
  readonly runbookUrl?: string | undefined;
  /** The start of the dashboard's name. Default: a name from CloudFormation. */
  readonly functionName?: string | undefined;
}

const FULL_WIDTH = 24;
const HALF_WIDTH = 12;
const THIRD_WIDTH = 8;
/** A month: long enough to see several refreshes. */
const SHOWN = Duration.days(30);
const HOURLY = Duration.hours(1);
const DAILY = Duration.days(1);

export function addDashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const metrics = new RefresherMetrics(props);
  const { region } = Stack.of(scope);
  return new Dashboard(scope, id, {
    // All regions of an account share the names of dashboards.
    ...(props.functionName && { dashboardName: `${props.functionName}-${region}` }),
    defaultInterval: SHOWN,
    widgets: [
      [introduction(props, region)],
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: FULL_WIDTH, height: 4 })],
      [daysLeft(props.logGroup)],
      [lastFailures(props.logGroup)],
      [expiryGraph(metrics), refreshGraph(metrics)],
      [reasonGraph(props), functionGraph(metrics), counts(metrics)],
    ],
  });
}

function introduction({ function: { functionName }, runbookUrl }: DashboardProps, region: string): IWidget {
  const runbook = runbookUrl === undefined ? `\`${RUNBOOK_FILE}\`` : `[Runbook](${runbookUrl})`;
  return new TextWidget({
    width: FULL_WIDTH,
    height: 3,
    markdown:
      `**Momento key refresher** \`${functionName}\`. What to do about an alarm: its description, and the runbook ` +
      // Links within the console, because its domain depends on the partition.
      `(${runbook}). [Alarms](#alarmsV2:) · [Query the log](#logsV2:logs-insights)\n\n` +
      `The state of every key, now: \`npm run status -- --region ${region} --function-name ${functionName}\``,
  });
}

function daysLeft(logGroup: ILogGroup): IWidget {
  return logTable('Days left for each key, nearest expiry first', logGroup, [
    'filter ispresent(state)',
    'fields (expiresAt - now()) / 86400 as daysLeft',
    'stats latest(daysLeft) as days_left, latest(state) as last_state, latest(plannedRefreshAt) as planned_refresh by secretName',
    'sort days_left asc',
  ]);
}

function lastFailures(logGroup: ILogGroup): IWidget {
  return logTable('Last failure of each secret, and why', logGroup, [
    // The runbook has a section of that name. An error that stopped a refresh has the code in its cause.
    'fields @timestamp, secretName, coalesce(error.cause.code, error.code) as code, message, retryAt',
    'filter level = "ERROR" and ispresent(secretName)',
    'sort @timestamp desc',
    'dedup secretName',
  ]);
}

/** Each refresh raises it to the lifetime of the new key. It must never come near zero. */
function expiryGraph(metrics: RefresherMetrics): IWidget {
  return new GraphWidget({
    title: 'Days until the nearest key expires',
    width: HALF_WIDTH,
    left: [
      new MathExpression({
        expression: 'seconds / 86400',
        usingMetrics: { seconds: metrics.own(METRICS.secondsUntilExpiry, Stats.MINIMUM, HOURLY) },
        period: HOURLY,
        label: 'days',
      }),
    ],
    leftAnnotations: [{ value: 0, label: 'lapsed', color: Color.RED }],
    leftYAxis: { label: 'days', showUnits: false },
  });
}

function refreshGraph(metrics: RefresherMetrics): IWidget {
  return new GraphWidget({
    title: 'Refreshes and failures a day',
    width: HALF_WIDTH,
    left: [
      metrics.own(METRICS.refreshesSucceeded, Stats.SUM, DAILY, 'refreshed').with({ color: Color.GREEN }),
      metrics.own(METRICS.refreshesResumed, Stats.SUM, DAILY, 'of which resumed').with({ color: Color.BLUE }),
      metrics.own(METRICS.refreshesFailed, Stats.SUM, DAILY, 'failed').with({ color: Color.RED }),
    ],
    leftYAxis: { min: 0, label: 'runs a day', showUnits: false },
  });
}

/** A search, because the metric of a reason exists only after its first failure. */
function reasonGraph({ function: { functionName } }: DashboardProps): IWidget {
  const dimensions = `${METRIC_NAMESPACE},${DEPLOYMENT_DIMENSION},${REASON_DIMENSION}`;
  return new GraphWidget({
    title: 'Failures a day by reason',
    width: THIRD_WIDTH,
    left: [
      new MathExpression({
        expression: `SEARCH('{${dimensions}} MetricName="${METRICS.refreshesFailed}" ${DEPLOYMENT_DIMENSION}="${functionName}"', 'Sum', ${DAILY.toSeconds()})`,
        usingMetrics: {},
        period: DAILY,
        // Empty, because the reason alone labels each line.
        label: '',
      }),
    ],
    leftYAxis: { min: 0, label: 'runs a day', showUnits: false },
  });
}

/** The metrics without an alarm of their own. When they matter, another alarm is on. */
function functionGraph(metrics: RefresherMetrics): IWidget {
  return new GraphWidget({
    title: 'The function and its dead letters, an hour',
    width: THIRD_WIDTH,
    left: [
      metrics.functionErrors(HOURLY),
      metrics.functionThrottles(HOURLY),
      metrics.lostDeliveries(HOURLY),
      metrics.deadLetters(HOURLY),
    ],
    leftYAxis: { min: 0, label: 'count', showUnits: false },
  });
}

function counts(metrics: RefresherMetrics): IWidget {
  return new SingleValueWidget({
    title: 'Now',
    width: THIRD_WIDTH,
    height: 6,
    metrics: [
      metrics.own(METRICS.secretsManaged, Stats.MAXIMUM, HOURLY, 'secrets managed'),
      metrics.own(METRICS.secretsUnseeded, Stats.MAXIMUM, HOURLY, 'not seeded yet'),
      metrics.own(METRICS.secretsUnreadable, Stats.MAXIMUM, HOURLY, 'unreadable'),
      metrics.own(METRICS.sweeps, Stats.SUM, DAILY, 'sweeps in a day'),
      metrics.own(METRICS.refreshDuration, Stats.MAXIMUM, DAILY, 'longest refresh, seconds'),
    ],
  });
}

function logTable(title: string, logGroup: ILogGroup, queryLines: string[]): IWidget {
  return new LogQueryWidget({
    title,
    width: FULL_WIDTH,
    height: 6,
    view: LogQueryVisualizationType.TABLE,
    logGroupNames: [logGroup.logGroupName],
    queryLines,
  });
}
