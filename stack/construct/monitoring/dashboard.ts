/** The dashboard: the state of all keys at a glance; it shows what the metrics and the log hold and measures nothing itself. */
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
import { statusCommand } from '../commands.ts';
import { type MetricSources, RefresherMetrics } from './metrics.ts';

export interface DashboardProps extends MetricSources {
  readonly alarms: readonly Alarm[];
  readonly logGroup: ILogGroup;
  /** The start of the dashboard's name, before the region. Absent: those that CloudFormation gives. */
  readonly functionName?: string | undefined;
}

const FULL_WIDTH = 24;
const HALF_WIDTH = 12;
/** A month: long enough to see the teeth of the saw. */
const SHOWN = Duration.days(30);
const HOURLY = Duration.hours(1);
const DAILY = Duration.days(1);

export function addDashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const metrics = new RefresherMetrics(props);
  return new Dashboard(scope, id, {
    // A dashboard's name is global in the account.
    ...(props.functionName && { dashboardName: `${props.functionName}-${Stack.of(scope).region}` }),
    defaultInterval: SHOWN,
    widgets: [
      [introduction(props)],
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: FULL_WIDTH, height: 5 })],
      [expiryGraph(metrics), refreshGraph(metrics)],
      [leadGraph(metrics), reasonGraph(props), counts(metrics)],
      [lastDecisions(props.logGroup)],
      [lastErrors(props.logGroup)],
    ],
  });
}

function introduction({ function: { functionName } }: DashboardProps): IWidget {
  return new TextWidget({
    width: FULL_WIDTH,
    height: 2,
    markdown: `**Momento key refresher** \`${functionName}\`. Every alarm's description says what to do. The state of every key, now: \`${statusCommand(functionName)}\``,
  });
}

/** A saw: each refresh lifts it to a whole lifetime, and it must never come near zero. */
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
    leftYAxis: { showUnits: false },
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
    leftYAxis: { min: 0, showUnits: false },
  });
}

function leadGraph(metrics: RefresherMetrics): IWidget {
  return new GraphWidget({
    title: 'How much of its lead a key has used, percent',
    width: 8,
    left: [metrics.own(METRICS.leadUsedPercent, Stats.MAXIMUM, HOURLY, 'used')],
    leftAnnotations: [{ value: 50, label: 'alarm', color: Color.RED }],
    leftYAxis: { min: 0, max: 100, showUnits: false },
  });
}

/** A search, since a reason has a metric only once it has occurred. */
function reasonGraph({ function: { functionName } }: DashboardProps): IWidget {
  const dimensions = `${METRIC_NAMESPACE},${DEPLOYMENT_DIMENSION},${REASON_DIMENSION}`;
  return new GraphWidget({
    title: 'Failures by reason',
    width: 8,
    left: [
      new MathExpression({
        expression: `SEARCH('{${dimensions}} MetricName="${METRICS.refreshesFailed}" ${DEPLOYMENT_DIMENSION}="${functionName}"', 'Sum', ${DAILY.toSeconds()})`,
        usingMetrics: {},
        period: DAILY,
        // Empty: each line is labelled by what sets it apart, its reason.
        label: '',
      }),
    ],
    leftYAxis: { min: 0, showUnits: false },
  });
}

function counts(metrics: RefresherMetrics): IWidget {
  return new SingleValueWidget({
    title: 'Now',
    width: 8,
    height: 6,
    metrics: [
      metrics.own(METRICS.secretsManaged, Stats.MAXIMUM, HOURLY, 'secrets managed'),
      metrics.own(METRICS.secretsUnseeded, Stats.MAXIMUM, HOURLY, 'not seeded yet'),
      metrics.own(METRICS.secretsUnreadable, Stats.MAXIMUM, HOURLY, 'unreadable'),
      metrics.own(METRICS.sweeps, Stats.SUM, DAILY, 'sweeps a day'),
      metrics.own(METRICS.refreshDuration, Stats.MAXIMUM, DAILY, 'longest refresh'),
    ],
  });
}

function lastDecisions(logGroup: ILogGroup): IWidget {
  return logTable('Last decision for each secret', logGroup, [
    'fields @timestamp, secretName, outcome, reason, validUntil, plannedRefreshAt, trigger, attempt',
    'filter message like /^decision: /',
    'sort @timestamp desc',
    'dedup secretName',
  ]);
}

function lastErrors(logGroup: ILogGroup): IWidget {
  return logTable('Last errors', logGroup, [
    'fields @timestamp, secretName, error.name, message, retryAt',
    'filter level = "ERROR"',
    'sort @timestamp desc',
    'limit 20',
  ]);
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
