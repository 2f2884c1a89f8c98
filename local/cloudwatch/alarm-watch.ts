/** Watches metrics as CloudWatch's alarms would: which alarm is raised and cleared when, from the synthesized definitions. No I/O, no clock. */
import { type AlarmRule, type AlarmState, EXTRA_POINTS, evaluateAlarm } from './alarm-evaluation.ts';
import { type Datum, MetricStore, MINUTE_MS, parseMetricLine, type Series } from './metric-store.ts';

/** The properties of an `AWS::CloudWatch::Alarm` over one metric, as the template has them. */
export interface AlarmDefinition extends AlarmRule {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic: string;
  /** Seconds. */
  readonly Period: number;
}

export interface Transition {
  readonly alarm: AlarmDefinition;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly atMs: number;
}

interface Watched {
  readonly alarm: AlarmDefinition;
  readonly series: Series;
  state: AlarmState;
}

/** @param template such as a `SynthesizedTemplate` */
export function alarmDefinitions(template: {
  resources(type: string): readonly { readonly properties: unknown }[];
}): AlarmDefinition[] {
  return template
    .resources('AWS::CloudWatch::Alarm')
    .map(({ properties }) => properties as unknown as AlarmDefinition);
}

export class AlarmWatch {
  /** Every change of state so far, in the order of time. */
  readonly transitions: Transition[] = [];
  readonly metrics = new MetricStore();
  readonly #watched: readonly Watched[];
  readonly #extraPoints: number;
  #evaluatedToMs: number;

  /** @param startMs when the alarms are created, epoch milliseconds */
  constructor(alarms: readonly AlarmDefinition[], startMs: number, extraPoints = EXTRA_POINTS) {
    this.#watched = alarms.map((alarm) => ({
      alarm,
      series: this.metrics.series({
        namespace: alarm.Namespace,
        name: alarm.MetricName,
        dimensions: Object.fromEntries((alarm.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
      }),
      state: 'INSUFFICIENT_DATA',
    }));
    this.#evaluatedToMs = Math.floor(startMs / MINUTE_MS) * MINUTE_MS;
    this.#extraPoints = extraPoints;
  }

  /** A line that the function printed; what is no metric is passed over. */
  logLine(line: string): void {
    for (const datum of parseMetricLine(line)) this.metrics.put(datum);
  }

  /** A datum that AWS would keep by itself, such as `Errors` in `AWS/Lambda`. */
  put(datum: Datum): void {
    this.metrics.put(datum);
  }

  /**
   * Evaluates every alarm at each whole minute up to now: "For any period of one minute or longer, an alarm is evaluated every minute".
   * @returns the changes that came of it
   */
  advanceTo(nowMs: number): Transition[] {
    const known = this.transitions.length;
    while (this.#evaluatedToMs + MINUTE_MS <= nowMs) {
      this.#evaluatedToMs += MINUTE_MS;
      for (const watched of this.#watched) this.#evaluate(watched);
    }
    return this.transitions.slice(known);
  }

  /** By the alarm's name. */
  states(): Record<string, AlarmState> {
    return Object.fromEntries(this.#watched.map(({ alarm, state }) => [alarm.AlarmName, state]));
  }

  /** The window slides: it ends at the minute of the evaluation, whatever the clock's hours ("Alarm evaluation window"). */
  #evaluate(watched: Watched): void {
    const { alarm, series, state } = watched;
    const periodMs = alarm.Period * 1000;
    const points: (number | undefined)[] = [];
    // What lies farther back than enough real data is not looked at, by CloudWatch neither.
    for (
      let age = 0, real = 0;
      age < range(alarm, this.#extraPoints) && real < alarm.EvaluationPeriods;
      age++
    ) {
      const toMs = this.#evaluatedToMs - age * periodMs;
      const value = series.statistic(alarm.Statistic, toMs - periodMs, toMs);
      points.push(value);
      if (value !== undefined) real++;
    }
    const next = evaluateAlarm(alarm, points, state);
    if (next === state) return;
    watched.state = next;
    this.transitions.push({ alarm, from: state, to: next, atMs: this.#evaluatedToMs });
  }
}

function range({ EvaluationPeriods }: AlarmDefinition, extraPoints: number): number {
  return EvaluationPeriods + extraPoints;
}
