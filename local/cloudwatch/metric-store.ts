/** Stores metric data from embedded-metric-format lines and computes statistics over time windows. */

export interface Datum {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly values: readonly number[];
}

export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The data of one metric. */
export class Series {
  readonly id: MetricId;
  /** In order. Metrics of standard resolution are kept by the minute. */
  readonly #minutes: number[] = [];
  readonly #values: number[][] = [];

  constructor(id: MetricId) {
    this.id = id;
  }

  get isEmpty(): boolean {
    return this.#minutes.length === 0;
  }

  put(atMs: number, values: readonly number[]): void {
    const minute = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const index = firstAtOrAfter(this.#minutes, minute);
    if (this.#minutes[index] === minute) this.#values[index]?.push(...values);
    else {
      this.#minutes.splice(index, 0, minute);
      this.#values.splice(index, 0, [...values]);
    }
  }

  /** @returns the statistic over [fromMs, toMs); undefined if there is no datum */
  statistic(statistic: string, fromMs: number, toMs: number): number | undefined {
    const combine = combination(statistic);
    let combined: number | undefined;
    for (let index = firstAtOrAfter(this.#minutes, fromMs); ; index++) {
      const minute = this.#minutes[index];
      if (minute === undefined || minute >= toMs) return combined;
      for (const value of this.#values[index] ?? []) {
        combined = combined === undefined ? value : combine(combined, value);
      }
    }
  }
}

export const MINUTE_MS = 60_000;

/** Parses an embedded-metric-format line (CloudWatch user guide, "Embedded metric format specification"). @returns [] for any other line */
export function parseMetricLine(line: string): Datum[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  let record: EmbeddedMetrics;
  try {
    record = JSON.parse(line);
  } catch {
    return [];
  }
  return record._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((keys) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(keys.map((key) => [key, String(record[key])])),
        atMs: record._aws.Timestamp,
        values: [record[Name]].flat().map(Number),
      })),
    ),
  );
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [key: string]: unknown;
}

export class MetricStore {
  readonly #series = new Map<string, Series>();

  put({ atMs, values, ...id }: Datum): void {
    this.series(id).put(atMs, values);
  }

  /** @returns an empty series if the metric has no data */
  series(id: MetricId): Series {
    const key = metricKey(id);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = new Series(id);
    this.#series.set(key, series);
    return series;
  }

  /** The metrics that have data. */
  all(): Series[] {
    return [...this.#series.values()].filter(({ isEmpty }) => !isEmpty);
  }
}

function combination(statistic: string): (one: number, other: number) => number {
  switch (statistic) {
    case 'Sum':
      return (one, other) => one + other;
    case 'Minimum':
      return Math.min;
    case 'Maximum':
      return Math.max;
    default:
      throw new TypeError(`the statistic ${statistic} is not supported`);
  }
}

/** Metrics with different dimensions are different metrics. */
function metricKey({ namespace, name, dimensions }: MetricId): string {
  const pairs = Object.keys(dimensions).sort();
  return [namespace, name, ...pairs.map((key) => `${key}=${dimensions[key]}`)].join('\n');
}

function firstAtOrAfter(minutes: readonly number[], minute: number): number {
  let low = 0;
  let high = minutes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((minutes[middle] ?? 0) < minute) low = middle + 1;
    else high = middle;
  }
  return low;
}
