/**
 * Renders the dashboard from its synthesized definition with the data of a simulated month, as an HTML page on the standard output:
 * `npm run docs:dashboard` keeps it as reports/dashboard.html. Draws only what the definition asks for; an unknown kind of widget is an error.
 */
import { rmSync } from 'node:fs';
import { alarmDefinitions } from '../local/alarm-watch.ts';
import type { Series } from '../local/metric-store.ts';
import { synthesizeTemplate } from '../local/synthesized-template.ts';
import { DAY, START } from '../test/flow/world.ts';
import { MonitoredWorld } from '../test/operations/monitored-world.ts';
import { alarmStates, type Box, graph, type Line, markdown, numbers, page, table } from './dashboard-page.ts';

interface Widget extends Box {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly view?: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: { horizontal?: { value: number; label: string; color: string }[] };
    readonly yAxis?: { left?: { min?: number; max?: number } };
  };
}

interface MetricOptions {
  readonly expression?: string;
  readonly id?: string;
  readonly visible?: boolean;
  readonly label?: string;
  readonly stat?: string;
  readonly period?: number;
  readonly color?: string;
}

const COLORS = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728'];
const END = START + 36 * DAY;
const SHOWN_FROM = END - 30 * DAY;

/** Two keys, a day and a half without Momento just when one of them is due, and one secret that nobody has seeded. */
async function simulate(alarms: ReturnType<typeof alarmDefinitions>): Promise<MonitoredWorld> {
  const month = new MonitoredWorld({
    alarms,
    secretNames: ['momento/authentication-token', 'team/reports', 'team/new'],
  });
  month.world.seed({ lifetimeSeconds: 30 * DAY });
  month.world.seed({ secretName: 'team/reports', lifetimeSeconds: 14 * DAY });
  await month.runUntil(START + 26.5 * DAY);
  month.momentoAway = ['RefreshApiKey', 'ListCaches'];
  await month.runUntil(START + 28.5 * DAY);
  month.momentoAway = [];
  await month.runUntil(END);
  return month;
}

function draw(month: MonitoredWorld, widget: Widget): string {
  const { properties } = widget;
  switch (widget.type) {
    case 'text':
      return markdown(properties.markdown ?? '');
    case 'alarm':
      return alarmStates(Object.entries(month.watch.states()));
    case 'log':
      return logTable(month, properties.query ?? '');
    case 'metric':
      return properties.view === 'singleValue' ? latest(month, widget) : metricGraph(month, widget);
    default:
      throw new TypeError(`no widget ${widget.type}`);
  }
}

function metricGraph(month: MonitoredWorld, widget: Widget): string {
  const { annotations, yAxis } = widget.properties;
  return graph(widget, linesOf(month, widget), {
    from: SHOWN_FROM,
    to: END,
    annotations: annotations?.horizontal ?? [],
    min: yAxis?.left?.min,
    max: yAxis?.left?.max,
  });
}

function latest(month: MonitoredWorld, widget: Widget): string {
  const lines = linesOf(month, widget);
  return numbers(lines.map(({ label, points }) => [label, String(points.at(-1)?.[1] ?? '--')]));
}

function linesOf(month: MonitoredWorld, { properties }: Widget): Line[] {
  const rows = (properties.metrics ?? []).map(readRow);
  const byId = new Map(rows.map((row) => [row.options.id, row]));
  const color = (options: MetricOptions, index: number) =>
    options.color ?? COLORS[index % COLORS.length] ?? '';
  return rows.flatMap(({ series, options }, index) => {
    const { expression, label = '', visible } = options;
    if (visible === false) return [];
    if (expression === undefined) {
      return [
        {
          label,
          color: color(options, index),
          points: pointsOf(month.watch.metrics.series(series), options),
        },
      ];
    }
    const [, id, divisor] = /^(\w+) \/ (\d+)$/.exec(expression) ?? [];
    const source = id === undefined ? undefined : byId.get(id);
    if (source !== undefined) {
      const points = pointsOf(month.watch.metrics.series(source.series), source.options);
      const scaled = points.map(([at, value]) => [at, value / Number(divisor)] as const);
      return [{ label, color: color(options, index), points: scaled }];
    }
    return search(month, expression).map((found, each) => ({
      label: found.id.dimensions.Reason ?? '',
      color: COLORS[each % COLORS.length] ?? '',
      points: pointsOf(found, { stat: 'Sum', period: DAY }),
    }));
  });
}

/** `SEARCH('{Namespace,dimension,dimension} MetricName="…" …', …)`: the metrics with just these dimensions. */
function search(month: MonitoredWorld, expression: string): Series[] {
  const [, schema = ''] = /^SEARCH\('\{([^}]+)\}/.exec(expression) ?? [];
  const [namespace, ...dimensions] = schema.split(',');
  const [, name] = /MetricName="(\w+)"/.exec(expression) ?? [];
  return month.watch.metrics
    .all()
    .filter(
      ({ id }) =>
        id.namespace === namespace &&
        id.name === name &&
        Object.keys(id.dimensions).toSorted().join() === dimensions.toSorted().join(),
    );
}

/** A row is `[namespace, name, dimension, value, …, options]`, or `[options]` for an expression. */
function readRow(row: readonly unknown[]) {
  const texts = row.filter((cell) => typeof cell === 'string');
  const options = (row.find((cell) => typeof cell === 'object') ?? {}) as MetricOptions;
  const [namespace = '', name = '', ...pairs] = texts;
  const dimensions: Record<string, string> = {};
  for (let index = 0; index + 1 < pairs.length; index += 2)
    dimensions[pairs[index] ?? ''] = pairs[index + 1] ?? '';
  return { series: { namespace, name, dimensions }, options };
}

function pointsOf(series: Series, { stat = 'Average', period = 300 }: MetricOptions): [number, number][] {
  const points: [number, number][] = [];
  for (let at = SHOWN_FROM; at < END; at += period) {
    const value = series.statistic(stat, at * 1000, (at + period) * 1000);
    if (value !== undefined) points.push([at, value]);
  }
  return points;
}

/** The two tables, with what their queries would find in this month's log. */
function logTable({ log }: MonitoredWorld, query: string): string {
  const newest = log.toReversed();
  const iso = (at: number | undefined) =>
    at === undefined ? '' : new Date(at * 1000).toISOString().replace('.000Z', 'Z');
  if (query.includes('dedup secretName')) {
    const seen = new Set<string>();
    const rows = newest.flatMap(({ at, entry }) => {
      if (entry.kind !== 'decision' || seen.has(entry.secretName)) return [];
      seen.add(entry.secretName);
      const { secretName, decision, expiresAt, plannedRefreshAt, trigger, attempt } = entry;
      const { outcome, reason } = decision;
      return [
        [
          iso(at),
          secretName,
          outcome,
          reason,
          iso(expiresAt),
          iso(plannedRefreshAt),
          trigger,
          String(attempt),
        ],
      ];
    });
    return table(
      [
        '@timestamp',
        'secretName',
        'outcome',
        'reason',
        'validUntil',
        'plannedRefreshAt',
        'trigger',
        'attempt',
      ],
      rows,
    );
  }
  const rows = newest.flatMap(({ at, entry }) =>
    entry.kind === 'failure'
      ? [[iso(at), entry.secretName, entry.error.name, entry.error.message, iso(entry.retryAt)]]
      : [],
  );
  return table(['@timestamp', 'secretName', 'error.name', 'message', 'retryAt'], rows.slice(0, 8));
}

const template = synthesizeTemplate({}, { bundle: false });
const { DashboardBody } = template.resource('AWS::CloudWatch::Dashboard').properties;
const { widgets } = JSON.parse(String(DashboardBody)) as { widgets: Widget[] };
const month = await simulate(alarmDefinitions(template));
rmSync(template.folder, { recursive: true, force: true });
console.log(
  page(
    widgets.map((widget) => ({
      box: widget,
      title: widget.properties.title ?? '',
      body: draw(month, widget),
    })),
  ),
);
