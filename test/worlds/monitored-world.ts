/** The world under CloudWatch's eyes: runs what the Scheduler and Lambda would, day after day, and feeds the synthesized alarms. */
import { Metrics } from '@aws-lambda-powertools/metrics';
import { PowertoolsMetrics } from '../../handlers/adapters/powertools-metrics.ts';
import { METRIC_NAMESPACE } from '../../handlers/names.ts';
import type { ReportEntry } from '../../handlers/reporting/report.ts';
import { type AlarmDefinition, AlarmWatch, type Transition } from '../../local/cloudwatch/alarm-watch.ts';
import type { Datum } from '../../local/cloudwatch/metric-store.ts';
import { START } from './names.ts';
import { type Outcome, World } from './world.ts';

const FUNCTION_NAME = 'momento-key-refresher';
/** Lambda: two more attempts of an asynchronous call, one and then two minutes later. */
const RETRY_DELAYS_SECONDS = [60, 120];

export interface MonitoredWorldOptions {
  readonly alarms: readonly AlarmDefinition[];
  readonly secretNames: string[];
  readonly sweepEverySeconds?: number;
  readonly extraPoints?: number;
  /** When the alarms are made: the last of them after the label rule, which takes CloudFormation a minute. */
  readonly alarmsAfterSeconds?: number;
  /** Seconds from an instant that is planned to the one at which Lambda starts. */
  readonly delaySeconds?: () => number;
}

interface Invocation {
  readonly at: number;
  readonly event: object;
  readonly failures: number;
}

export class MonitoredWorld {
  readonly world: World;
  readonly watch: AlarmWatch;
  /** What the function printed as metrics. */
  readonly metricLines: string[] = [];
  /** What it reported otherwise; epoch seconds. */
  readonly log: { readonly at: number; readonly entry: ReportEntry }[] = [];
  sweeping = true;
  /** Whether anything that is due reaches the function. */
  alive = true;
  readonly #told: string[] = [];
  readonly #sweepEverySeconds: number;
  readonly #delaySeconds: () => number;
  readonly #metrics: Metrics;
  #queue: Invocation[] = [];
  #nextSweepAt = START;

  constructor({
    alarms,
    secretNames,
    sweepEverySeconds = 3600,
    extraPoints,
    ...rest
  }: MonitoredWorldOptions) {
    this.world = new World({ secretNames, sweepEverySeconds });
    this.watch = new AlarmWatch(alarms, (START + (rest.alarmsAfterSeconds ?? 120)) * 1000, extraPoints);
    this.#sweepEverySeconds = sweepEverySeconds;
    this.#delaySeconds = rest.delaySeconds ?? (() => 20);
    this.#metrics = new CapturedMetrics(
      (line) => {
        this.metricLines.push(line);
        this.watch.logLine(line);
      },
      { namespace: METRIC_NAMESPACE },
    );
  }

  /** The calls that Momento does not answer from now on. */
  set momentoAway(operations: readonly ('RefreshApiKey' | 'ListCaches')[]) {
    this.world.meanwhile = (operation) => {
      if (operations.some((away) => away === operation)) throw new Error('unreachable');
    };
  }

  /** A person calls the function now. */
  async call(event: object): Promise<Outcome> {
    return await this.#invoke({ at: this.world.now, event, failures: 2 });
  }

  /** The function reports this now. */
  report(entry: ReportEntry): void {
    this.#measure([entry]);
  }

  /** A datum that AWS itself would publish now. */
  put(metric: Pick<Datum, 'namespace' | 'name' | 'dimensions'>, value: number): void {
    this.watch.put({ ...metric, atMs: this.world.now * 1000, values: [value] });
  }

  /** Lets everything happen that is due up to that instant, epoch seconds. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      const nextQueueAt = Math.min(...this.#queue.map(({ at }) => at));
      const nextWakeUpAt = (this.world.scheduler.nextDueAt() ?? Number.POSITIVE_INFINITY) / 1000;
      const next = Math.min(this.#nextSweepAt, nextQueueAt, nextWakeUpAt);
      if (next > until) break;
      await this.#advanceTo(Math.max(next, this.world.now));
      this.#collectDue();
      const due = this.#queue.filter(({ at }) => at <= this.world.now);
      this.#queue = this.#queue.filter(({ at }) => at > this.world.now);
      for (const invocation of due) await this.#invoke(invocation);
    }
    await this.#advanceTo(until);
  }

  /** Changes since the last look, as `hours since the start, alarm, secret, state`; the first look at each alarm left out. */
  changes(): string[] {
    const changes = this.watch.transitions.splice(0);
    this.#told.push(...changes.flatMap(mailsOf));
    return changes
      .filter(({ from, to }) => to === 'ALARM' || from === 'ALARM')
      .map((change) => `${hoursOf(change)} h ${subjectOf(change)} ${change.to}`);
  }

  /** The mails that were sent so far, as `hours since the start, state, alarm, secret`. */
  mails(): string[] {
    this.changes();
    return this.#told;
  }

  /** The names of the alarms that are on. */
  raised(): string[] {
    return Object.entries(this.watch.states())
      .filter(([, state]) => state === 'ALARM')
      .map(([name]) => shortName(name));
  }

  #collectDue(): void {
    const { now } = this.world;
    const at = now + this.#delaySeconds();
    if (this.#nextSweepAt <= now) {
      this.#nextSweepAt += this.#sweepEverySeconds;
      if (this.sweeping) this.#queue.push({ at, event: { action: 'sweep' }, failures: 0 });
    }
    for (const delivery of this.world.scheduler.takeDue()) {
      this.world.scheduler.delivered(delivery);
      this.#queue.push({ at, event: JSON.parse(delivery.input), failures: 0 });
    }
  }

  async #invoke({ event, failures }: Invocation): Promise<Outcome> {
    if (!this.alive) return 'killed';
    const { world } = this;
    this.put(
      { namespace: 'AWS/Lambda', name: 'Invocations', dimensions: { FunctionName: FUNCTION_NAME } },
      1,
    );
    const known = world.reports.length;
    const outcome = await world.run(event);
    const reports = world.reports.slice(known);
    this.log.push(...reports.map((entry) => ({ at: world.now, entry })));
    this.#measure(reports);
    if (typeof outcome === 'object' && 'error' in outcome) this.#fail(event, failures);
    for (const entry of reports) {
      if (entry.kind === 'refreshed')
        this.#queue.push({ at: world.now + 2, event: labelUpdated(entry), failures: 0 });
    }
    return outcome;
  }

  /** What the function's metrics make of these reports now. */
  #measure(reports: readonly ReportEntry[]): void {
    const { world } = this;
    const measured = new PowertoolsMetrics(this.#metrics, {
      deployment: FUNCTION_NAME,
      clock: () => world.now * 1000,
    });
    atTime(world.now * 1000, () => {
      for (const entry of reports) measured.report(entry);
      measured.flush();
    });
  }

  #fail(event: object, failures: number): void {
    const delay = RETRY_DELAYS_SECONDS[failures];
    if (delay !== undefined) this.#queue.push({ at: this.world.now + delay, event, failures: failures + 1 });
  }

  async #advanceTo(until: number): Promise<void> {
    this.world.now = until;
    this.watch.advanceTo(until * 1000);
  }
}

function hoursOf({ atMs }: Transition): string {
  return ((atMs / 1000 - START) / 3600).toFixed(1);
}

/** `URGENT: …` without the function's name, and the secret that it is about. */
function subjectOf({ alarm, contributor }: Transition): string {
  const name = shortName(alarm.AlarmName);
  return contributor === undefined ? name : `${name} [${contributor}]`;
}

function shortName(alarmName: string): string {
  return alarmName.replace(` (${FUNCTION_NAME})`, '');
}

function mailsOf(change: Transition): string[] {
  return change.notified.map(() => `${hoursOf(change)} h ${change.to}: ${subjectOf(change)}`);
}

/** Powertools with its lines caught before they reach the standard output. */
class CapturedMetrics extends Metrics {
  readonly #write: (line: string) => void;
  readonly #options: { namespace: string };

  constructor(write: (line: string) => void, options: { namespace: string }, singleMetric = false) {
    super({ ...options, singleMetric });
    this.#write = write;
    this.#options = options;
    Reflect.set(this, 'console', { log: write });
  }

  override singleMetric(): Metrics {
    return new CapturedMetrics(this.#write, this.#options, true);
  }
}

function labelUpdated({ secretName }: { secretName: string }): object {
  return {
    source: 'aws.secretsmanager',
    'detail-type': 'Secret Label Updated',
    detail: { name: secretName, labelUpdated: 'AWSCURRENT' },
  };
}

/** Powertools stamps its lines with the time of day. */
function atTime(epochMs: number, work: () => void): void {
  const real = Date.now;
  Date.now = () => epochMs;
  try {
    work();
  } finally {
    Date.now = real;
  }
}
