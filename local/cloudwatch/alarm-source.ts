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

/**
 * @param rangeFromMs where the data begin that CloudWatch retrieves for the evaluation
 * @returns undefined if there is no value for the period [fromMs, toMs)
 */
export type Values = (fromMs: number, toMs: number, rangeFromMs: number) => number | undefined;

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
const SUM = /^FILL\(\w+, 0\)( \+ (FILL\(\w+, 0\)|0 \* FILL\(\w+, REPEAT\)))*$/;

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
  const terms = [...expression.matchAll(/FILL\((\w+), (0|REPEAT)\)/g)];
  if (!SUM.test(expression) || terms.length !== stats.length) {
    throw new TypeError(`this form of an expression is not supported: ${expression}`);
  }
  const periodMs = period * 1000;
  const summands = terms.map(([, id, fill]): Values => {
    const found = metrics.find(({ Id, MetricStat }) => Id === id && MetricStat !== undefined)?.MetricStat;
    if (found === undefined) throw new TypeError(`${id} is no metric of the expression ${expression}`);
    const series = store.series(idOf(found.Metric));
    const value: Values = (fromMs, toMs) => series.statistic(found.Stat, fromMs, toMs);
    return fill === 'REPEAT' ? zeroSinceFirst(value, periodMs) : (...period) => value(...period) ?? 0;
  });
  return {
    kind: 'single',
    periodMs,
    // "FILL: Fills in the missing values of a time series" (using-metric-math). A sum has a value where each summand has one.
    values: (...period) =>
      summands
        .map((summand) => summand(...period))
        .reduce((sum, value) => (sum === undefined || value === undefined ? undefined : sum + value), 0),
  };
}

/** `0 * FILL(…, REPEAT)`: fills in "the most recent actual value of the metric before the missing value", as far back as the range. */
function zeroSinceFirst(value: Values, periodMs: number): Values {
  return (fromMs, toMs, rangeFromMs) => {
    for (let ageMs = 0; fromMs - ageMs >= rangeFromMs; ageMs += periodMs) {
      if (value(fromMs - ageMs, toMs - ageMs, rangeFromMs) !== undefined) return 0;
    }
    return undefined;
  };
}

function idOf({ Namespace, MetricName, Dimensions = [] }: MetricProperties): MetricId {
  return {
    namespace: Namespace,
    name: MetricName,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  };
}
