/** The data of an alarm: one metric, a sum of metrics, or a query with one time series for each contributor. */
import type { MetricId, MetricStore, Series } from './metric-store.ts';

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

interface MetricProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly Dimension[];
}

/** The properties of `AWS::CloudWatch::Alarm` that select its data. */
export interface SourceProperties extends Partial<MetricProperties> {
  readonly Statistic?: string;
  /** Seconds. */
  readonly Period?: number;
  /** Replaces the other properties: a query, or an expression and its metrics. */
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly Expression?: string;
    readonly Period?: number;
    readonly MetricStat?: {
      readonly Metric: MetricProperties;
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
}

/** @returns undefined if there is no datum in [fromMs, toMs) */
export type Values = (fromMs: number, toMs: number) => number | undefined;

export type AlarmSource =
  | { readonly kind: 'single'; readonly periodMs: number; readonly values: Values }
  | {
      readonly kind: 'grouped';
      readonly periodMs: number;
      /** Every series that has ever had data, by the value of the grouping dimension. */
      series(): ReadonlyMap<string, Values>;
      readonly groupedBy: string;
    };

/** The only supported form of a query. */
const QUERY =
  /^SELECT MIN\((\w+)\) FROM SCHEMA\("([^"]+)", (\w+), (\w+)\) WHERE (\w+) = '([^']*)' GROUP BY (\w+)( ORDER BY MIN\(\) DESC)?$/;
const SUM = /^FILL\(\w+, 0\)( \+ FILL\(\w+, 0\))*$/;

/** @throws {TypeError} CloudWatch refuses the alarm, or its form is not supported */
export function alarmSource(properties: SourceProperties, store: MetricStore): AlarmSource {
  const { Metrics: metrics } = properties;
  if (metrics === undefined) {
    const series = store.series(idOf(properties as MetricProperties));
    const { Statistic: statistic = '', Period: period = 0 } = properties;
    return {
      kind: 'single',
      periodMs: period * 1000,
      values: (fromMs, toMs) => series.statistic(statistic, fromMs, toMs),
    };
  }
  const [expression, ...others] = metrics.filter(({ Expression }) => Expression !== undefined);
  if (expression?.Expression === undefined || others.length > 0) {
    throw new TypeError('an alarm must have exactly one expression');
  }
  if (expression.Expression.startsWith('SELECT ')) {
    return groupedSource(expression.Expression, (expression.Period ?? 0) * 1000, store);
  }
  return sumSource(expression.Expression, metrics, store);
}

function groupedSource(query: string, periodMs: number, store: MetricStore): AlarmSource {
  const [, name, namespace, first = '', second = '', whereKey, whereValue, groupedBy, order] =
    QUERY.exec(query) ?? [];
  if (name === undefined || groupedBy === undefined || whereKey === undefined) {
    throw new TypeError(`this form of a query is not supported: ${query}`);
  }
  // "you must include two key clauses in your query: a GROUP BY clause […] an ORDER BY clause" (Create_Metrics_Insights_Alarm)
  if (order === undefined) throw new TypeError('a query with GROUP BY needs ORDER BY');
  const schema = [first, second].toSorted().join();
  const isSelected = ({ id }: Series) =>
    id.namespace === namespace &&
    id.name === name &&
    // SCHEMA matches only metrics with exactly these dimensions.
    Object.keys(id.dimensions).toSorted().join() === schema &&
    id.dimensions[whereKey] === whereValue;
  let known = 0;
  let selected: ReadonlyMap<string, Values> = new Map();
  return {
    kind: 'grouped',
    periodMs,
    groupedBy,
    series() {
      const all = store.all();
      if (all.length === known) return selected;
      known = all.length;
      selected = new Map(
        all
          .filter(isSelected)
          .map((series) => [
            series.id.dimensions[groupedBy] ?? '',
            (fromMs, toMs) => series.statistic('Minimum', fromMs, toMs),
          ]),
      );
      return selected;
    },
  };
}

function sumSource(
  expression: string,
  metrics: NonNullable<SourceProperties['Metrics']>,
  store: MetricStore,
): AlarmSource {
  const stats = metrics.flatMap(({ MetricStat }) => MetricStat ?? []);
  const [{ Period: period } = { Period: 0 }] = stats;
  const terms = expression.match(/\w+(?=, 0)/g) ?? [];
  if (!SUM.test(expression) || terms.length !== stats.length) {
    throw new TypeError(`this form of an expression is not supported: ${expression}`);
  }
  const summed = stats.map(({ Metric, Stat }) => ({ series: store.series(idOf(Metric)), Stat }));
  return {
    kind: 'single',
    periodMs: period * 1000,
    // "FILL: Fills in the missing values of a time series" (using-metric-math).
    values: (fromMs, toMs) =>
      summed.reduce((sum, { series, Stat }) => sum + (series.statistic(Stat, fromMs, toMs) ?? 0), 0),
  };
}

function idOf({ Namespace, MetricName, Dimensions = [] }: MetricProperties): MetricId {
  return {
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}
