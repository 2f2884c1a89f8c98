/** The world under CloudWatch's eyes: runs what the Scheduler and Lambda would, day after day, and feeds the synthesized alarms. */
import { Metrics } from '@aws-lambda-powertools/metrics';
import { PowertoolsMetrics } from '../../handlers/adapters/powertools-metrics.ts';
import { METRIC_NAMESPACE } from '../../handlers/names.ts';
import type { ReportEntry } from '../../handlers/reporting/report.ts';
import { type AlarmDefinition, AlarmWatch } from '../../local/cloudwatch/alarm-watch.ts';
import { START } from './names.ts';
import { type Outcome, World } from './world.ts';

const FUNCTION_NAME = 'momento-key-refresher';
/** Lambda: two more attempts of an asynchronous call, one and then two minutes later. */
const RETRY_DELAYS_SECONDS = [60, 120];
/** How often SQS tells CloudWatch how many messages there are. */
const QUEUE_DATUM_SECONDS = 300;

export interface MonitoredWorldOptions {
  readonly alarms: readonly AlarmDefinition[];
  readonly secretNames: string[];
  readonly sweepEverySeconds?: number;
  readonly extraPoints?: number;
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
  deadLetters = 0;
  readonly #alarms: readonly AlarmDefinition[];
  readonly #sweepEverySeconds: number;
  readonly #delaySeconds: () => number;
  readonly #metrics: Metrics;
  #queue: Invocation[] = [];
  #nextSweepAt = START;
  #queueActive = false;

  constructor({
    alarms,
    secretNames,
    sweepEverySeconds = 3600,
    extraPoints,
    ...rest
  }: MonitoredWorldOptions) {
    this.#alarms = alarms;
    this.world = new World({ secretNames });
    this.watch = new AlarmWatch(alarms, START * 1000, extraPoints);
    this.#sweepEverySeconds = sweepEverySeconds;
    this.#delaySeconds = rest.delaySeconds ?? (() => 20);
    this.#metrics = new CapturedMetrics(
      (line) => {
        this.metricLines.push(line);
        this.watch.logLine(line);
      },
      { namespace: METRIC_NAMESPACE, serviceName: FUNCTION_NAME },
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

  /** Changes of state since the last look, as `hours since the start, alarm, state`; the first look at each alarm left out. */
  changes(): string[] {
    const changes = this.watch.transitions.splice(0);
    return changes
      .filter(({ from, to }) => to === 'ALARM' || from === 'ALARM')
      .map(({ alarm, to, atMs }) => {
        const hours = ((atMs / 1000 - START) / 3600).toFixed(1);
        return `${hours} h ${alarm.AlarmName.replace(`${FUNCTION_NAME}-`, '')} ${to}`;
      });
  }

  /** The names of the alarms that are on. */
  raised(): string[] {
    return Object.entries(this.watch.states())
      .filter(([, state]) => state === 'ALARM')
      .map(([name]) => name.replace(`${FUNCTION_NAME}-`, ''));
  }

  /** A datum that AWS itself would publish now, of the metric that this alarm watches. */
  put(alarmName: string, value: number): void {
    const alarm = this.#alarms.find(({ AlarmName }) => AlarmName === `${FUNCTION_NAME}-${alarmName}`);
    if (alarm === undefined) throw new TypeError(`no alarm ${alarmName}`);
    const { Namespace: namespace, MetricName: name, Dimensions = [] } = alarm;
    const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    this.watch.put({ namespace, name, dimensions, atMs: this.world.now * 1000, values: [value] });
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
    const measured = new PowertoolsMetrics(this.#metrics, () => world.now * 1000);
    const known = world.reports.length;
    const outcome = await world.run(event);
    const reports = world.reports.slice(known);
    this.log.push(...reports.map((entry) => ({ at: world.now, entry })));
    atTime(world.now * 1000, () => {
      for (const entry of reports) measured.report(entry);
      measured.flush();
    });
    const failed = typeof outcome === 'object' && 'error' in outcome;
    this.put('function-errors', failed ? 1 : 0);
    this.put('function-throttled', 0);
    if (failed) this.#fail(event, failures);
    for (const entry of reports) {
      if (entry.kind === 'refreshed')
        this.#queue.push({ at: world.now + 2, event: labelUpdated(entry), failures: 0 });
    }
    return outcome;
  }

  #fail(event: object, failures: number): void {
    const delay = RETRY_DELAYS_SECONDS[failures];
    if (delay !== undefined) this.#queue.push({ at: this.world.now + delay, event, failures: failures + 1 });
    else this.deadLetters++;
  }

  async #advanceTo(until: number): Promise<void> {
    const { world } = this;
    for (let at = nextMultiple(world.now, QUEUE_DATUM_SECONDS); at <= until; at += QUEUE_DATUM_SECONDS) {
      world.now = at;
      this.#queueActive ||= this.deadLetters > 0;
      if (this.#queueActive) {
        this.put('dead-letters', this.deadLetters);
      }
    }
    world.now = until;
    this.watch.advanceTo(until * 1000);
  }
}

/** Powertools with its lines caught before they reach the standard output. */
class CapturedMetrics extends Metrics {
  readonly #write: (line: string) => void;
  readonly #options: { namespace: string; serviceName: string };

  constructor(
    write: (line: string) => void,
    options: { namespace: string; serviceName: string },
    singleMetric = false,
  ) {
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

function nextMultiple(value: number, of: number): number {
  return (Math.floor(value / of) + 1) * of;
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
