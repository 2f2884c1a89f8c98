/**
 * Evaluates the alarms of a template as CloudWatch does: when each alarm changes its state, and which topics it notifies.
 *
 * Comments below quote the CloudWatch user guide. Two rules for grouped queries are not in the guide. They are marked "Recorded":
 * they come from notifications of real alarms (testdata/aws/cloudwatch in the public project radkawar/stackd).
 */
import { type AlarmRule, type AlarmState, EXTRA_POINTS, evaluateAlarm } from './alarm-evaluation.ts';
import { type AlarmSource, alarmSource, type SourceProperties, type Values } from './alarm-source.ts';
import { type Datum, MetricStore, MINUTE_MS, parseMetricLine } from './metric-store.ts';

/** The properties of `AWS::CloudWatch::Alarm`. */
export interface AlarmDefinition extends AlarmRule, SourceProperties {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  /** ARNs. */
  readonly AlarmActions?: readonly string[];
  readonly OKActions?: readonly string[];
}

export interface Transition {
  readonly alarm: AlarmDefinition;
  /** The value of the grouping dimension, such as a secret's name. Absent if the alarm watches one series. */
  readonly contributor?: string;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly atMs: number;
  /** The ARNs of the notified topics. */
  readonly notified: readonly string[];
}

interface Watched {
  readonly alarm: AlarmDefinition;
  readonly source: AlarmSource;
  state: AlarmState;
  /** The contributors in ALARM. */
  readonly raised: Set<string>;
}

/** @param template such as a `SynthesizedTemplate` */
export function alarmDefinitions(template: {
  resources(type: string): readonly { readonly properties: unknown }[];
}): AlarmDefinition[] {
  return template
    .resources('AWS::CloudWatch::Alarm')
    .map(({ properties }) => properties as unknown as AlarmDefinition);
}

// "Only the latest 3 hours of data can be used for evaluating the alarm's conditions" of a query (alarm-limits).
const QUERY_RANGE_MS = 3 * 3_600_000;

export class AlarmWatch {
  /** Every change of the state of an alarm or a contributor so far, in order of time. */
  readonly transitions: Transition[] = [];
  readonly metrics = new MetricStore();
  readonly #watched: readonly Watched[];
  readonly #extraPoints: number;
  #evaluatedToMs: number;

  /** @param startMs when the alarms are created, epoch milliseconds */
  constructor(alarms: readonly AlarmDefinition[], startMs: number, extraPoints = EXTRA_POINTS) {
    this.#watched = alarms.map((alarm) => ({
      alarm,
      source: alarmSource(alarm, this.metrics),
      // "When this operation creates an alarm, the alarm state is immediately set to INSUFFICIENT_DATA" (PutMetricAlarm).
      state: 'INSUFFICIENT_DATA',
      raised: new Set(),
    }));
    this.#evaluatedToMs = Math.floor(startMs / MINUTE_MS) * MINUTE_MS;
    this.#extraPoints = extraPoints;
  }

  /** @param line a line that the function printed; ignored if it has no metrics */
  logLine(line: string): void {
    for (const datum of parseMetricLine(line)) this.metrics.put(datum);
  }

  /** Adds a datum that AWS itself records, such as `Errors` in `AWS/Lambda`. */
  put(datum: Datum): void {
    this.metrics.put(datum);
  }

  /**
   * Evaluates every alarm at each whole minute up to now: "For any period of one minute or longer, an alarm is evaluated every minute".
   * @returns the changes
   */
  advanceTo(nowMs: number): Transition[] {
    const known = this.transitions.length;
    while (this.#evaluatedToMs + MINUTE_MS <= nowMs) {
      this.#evaluatedToMs += MINUTE_MS;
      for (const watched of this.#watched) {
        if (watched.source.kind === 'single') this.#evaluateSingle(watched, watched.source);
        else this.#evaluateGrouped(watched, watched.source);
      }
    }
    return this.transitions.slice(known);
  }

  /** @returns the state of each alarm, by its name */
  states(): Record<string, AlarmState> {
    return Object.fromEntries(this.#watched.map(({ alarm, state }) => [alarm.AlarmName, state]));
  }

  #evaluateSingle(watched: Watched, { periodMs, values }: AlarmSource & { kind: 'single' }): void {
    const { alarm, state } = watched;
    const points = this.#points(values, periodMs, alarm.EvaluationPeriods, this.#extraPoints);
    const next = evaluateAlarm(alarm, points, state);
    if (next === state) return;
    watched.state = next;
    // "Any actions associated with the new state are then executed" (PutMetricAlarm), also at the first evaluation.
    this.#change(alarm, undefined, state, next);
  }

  #evaluateGrouped(watched: Watched, source: AlarmSource & { kind: 'grouped' }): void {
    const { alarm, raised } = watched;
    const mostPoints = Math.max(Math.floor(QUERY_RANGE_MS / source.periodMs), alarm.EvaluationPeriods);
    const extra = Math.min(this.#extraPoints, mostPoints - alarm.EvaluationPeriods);
    let contributors = 0;
    for (const [contributor, values] of source.series()) {
      const points = this.#points(values, source.periodMs, alarm.EvaluationPeriods, extra);
      const exists = points.some((value) => value !== undefined);
      if (exists) contributors++;
      // "each time series (contributor) can only be in ALARM or OK state, never in INSUFFICIENT_DATA state. This is because a time
      // series only exists when data is present." (Acting_Alarm_Changes)
      const state = exists ? evaluateAlarm(alarm, points, 'OK') : 'OK';
      if (state === 'ALARM' && !raised.has(contributor)) {
        raised.add(contributor);
        this.#change(alarm, contributor, 'OK', 'ALARM');
      }
      // Recorded: a contributor in ALARM whose series ends changes to OK and runs the OK actions, whatever TreatMissingData says.
      if (state === 'OK' && raised.delete(contributor)) this.#change(alarm, contributor, 'ALARM', 'OK');
    }
    // "The alarm activates when any contributor enters the ALARM state" (Create_Metrics_Insights_Alarm). Recorded: only changes of
    // contributors run SNS actions. A change of the alarm itself runs none.
    watched.state = groupedState(watched, contributors);
  }

  /**
   * The window ends at the minute of the evaluation ("Alarm evaluation window"). CloudWatch does not look farther back than it
   * needs to find enough real data points.
   */
  #points(values: Values, periodMs: number, needed: number, extra: number): (number | undefined)[] {
    const points: (number | undefined)[] = [];
    const rangeFromMs = this.#evaluatedToMs - (needed + extra) * periodMs;
    for (let age = 0, real = 0; age < needed + extra && real < needed; age++) {
      const toMs = this.#evaluatedToMs - age * periodMs;
      const value = values(toMs - periodMs, toMs, rangeFromMs);
      points.push(value);
      if (value !== undefined) real++;
    }
    return points;
  }

  #change(alarm: AlarmDefinition, contributor: string | undefined, from: AlarmState, to: AlarmState): void {
    const actions = { ALARM: alarm.AlarmActions, OK: alarm.OKActions, INSUFFICIENT_DATA: undefined }[to];
    this.transitions.push({
      alarm,
      ...(contributor !== undefined && { contributor }),
      from,
      to,
      atMs: this.#evaluatedToMs,
      notified: actions ?? [],
    });
  }
}

function groupedState({ alarm, raised, state }: Watched, contributors: number): AlarmState {
  if (raised.size > 0) return 'ALARM';
  return contributors > 0 ? 'OK' : evaluateAlarm(alarm, [], state);
}
