/** The metrics of a local run and the alarms that CloudWatch would have raised. */
import type { AlarmState } from './alarm-evaluation.ts';
import { AlarmWatch, alarmDefinitions } from './alarm-watch.ts';
import type { Series } from './metric-store.ts';

export class Monitoring {
  readonly #watch: AlarmWatch;
  readonly #startMs: number;

  /**
   * @param template the synthesized stack, whose alarms are watched
   * @param startMs when the stack was deployed, epoch milliseconds of the local clock
   */
  constructor(template: Parameters<typeof alarmDefinitions>[0], startMs: number) {
    this.#watch = new AlarmWatch(alarmDefinitions(template), startMs);
    this.#startMs = startMs;
  }

  /** @param line a line that the function printed; ignored if it has no metrics */
  logLine(line: string): void {
    this.#watch.logLine(line);
  }

  /** Records the metrics that Lambda itself counts. */
  invocationEnded(functionName: string, failed: boolean, atMs: number): void {
    const dimensions = { FunctionName: functionName };
    const data = [
      ['Invocations', 1],
      ['Errors', failed ? 1 : 0],
      ['Throttles', 0],
    ] as const;
    for (const [name, value] of data) {
      this.#watch.put({ namespace: 'AWS/Lambda', name, dimensions, atMs, values: [value] });
    }
  }

  /** One line for each metric and for each change of an alarm. Call it at the end of the run. */
  summary(nowMs: number): string {
    this.#watch.advanceTo(nowMs);
    const metrics = this.#watch.metrics
      .all()
      .map((series) => `  ${describeSeries(series, this.#startMs, nowMs)}`);
    const changes = this.#watch.transitions
      .filter(({ from, to }) => from === 'ALARM' || to === 'ALARM')
      .map(
        ({ alarm, contributor, to, atMs }) =>
          `  ${new Date(atMs).toISOString().slice(11, 16)}  ${verb(to)} ${alarm.AlarmName}` +
          (contributor === undefined ? '' : ` [${contributor}]`),
      );
    return [
      'metrics that were emitted',
      ...metrics,
      'alarms that they would have raised',
      ...(changes.length > 0 ? changes : ['  none']),
    ].join('\n');
  }

  /** @returns the state of each alarm at its last evaluation, by its name */
  states(): Record<string, AlarmState> {
    return this.#watch.states();
  }
}

/** Metrics whose sum means nothing, such as the time until expiry. */
const GAUGE = /^Seconds|Percent$|Duration$|^Secrets/;

function verb(to: AlarmState): string {
  return to === 'ALARM' ? 'raised ' : 'cleared';
}

function describeSeries(series: Series, fromMs: number, toMs: number): string {
  const { name, dimensions } = series.id;
  const part = dimensions.Reason ?? dimensions.SecretName;
  const reason = part === undefined ? '' : ` (${part})`;
  const [sum, least, most] = ['Sum', 'Minimum', 'Maximum'].map((statistic) =>
    series.statistic(statistic, fromMs - 60_000, toMs + 60_000),
  );
  const isCount = !GAUGE.test(name);
  return `${(name + reason).padEnd(34)} ${isCount ? `${round(sum)}` : `from ${round(least)} to ${round(most)}`}`;
}

function round(value = 0): string {
  return String(Number(value.toFixed(1)));
}
