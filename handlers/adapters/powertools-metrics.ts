/** Writes reports as CloudWatch metrics in the embedded metric format: the counts of an invocation and the flags of secrets. */
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { RefreshFailedError, RotationError } from '../errors.ts';
import { DEPLOYMENT_DIMENSION, FLAGS, METRICS, REASON_DIMENSION, SECRET_DIMENSION } from '../names.ts';
import type { Clock, Report, ReportEntry } from '../ports.ts';

type Entry<Kind extends ReportEntry['kind']> = Extract<ReportEntry, { kind: Kind }>;

export interface MetricsContext {
  /** The function's name. */
  readonly deployment: string;
  readonly clock: Clock;
}

/** Create one for each invocation. */
export class PowertoolsMetrics {
  readonly #metrics: Metrics;
  readonly #context: MetricsContext;
  /** Seconds by secret. A later state replaces an earlier one. */
  readonly #untilExpiry = new Map<string, number>();

  constructor(metrics: Metrics, context: MetricsContext) {
    this.#metrics = metrics;
    this.#context = context;
    this.#setDimensions(metrics, {});
  }

  readonly report: Report = (entry) => {
    switch (entry.kind) {
      case 'state':
        this.#keepExpiry(entry);
        this.#send(entry.secretName, entry.flags);
        break;
      case 'effect':
        if (entry.effect === 'key-promoted-unproven')
          this.#send(entry.secretName, { [FLAGS.keyUnproven]: 1 });
        if (entry.effect === 'label-rule-missed') this.#count(METRICS.labelRuleMissed, 1);
        if (entry.effect === 'rejection-cleared') this.#send(entry.secretName, { [FLAGS.keyUnusable]: 0 });
        break;
      case 'failure':
        this.#countFailure(entry.error);
        break;
      case 'refreshed':
        this.#count(METRICS.refreshesSucceeded, 1);
        if (entry.decision.outcome === 'resume') this.#count(METRICS.refreshesResumed, 1);
        this.#metrics.addMetric(METRICS.refreshDuration, MetricUnit.Seconds, entry.durationSeconds);
        break;
      case 'sweep':
        this.#count(METRICS.sweeps, 1);
        this.#count(METRICS.secretsManaged, entry.managed);
        this.#count(METRICS.secretsUnseeded, entry.unseeded);
        this.#count(METRICS.secretsUnreadable, entry.unreadable);
        break;
      case 'decision':
      case 'leftover':
        break;
    }
  };

  /** Writes the counts of the invocation, if there are any. Call it at the end, even after a failure. */
  flush(): void {
    for (const untilExpiry of this.#untilExpiry.values()) {
      this.#metrics.addMetric(METRICS.secondsUntilExpiry, MetricUnit.Seconds, untilExpiry);
    }
    this.#untilExpiry.clear();
    // Powertools warns about a flush without metrics.
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
  }

  #keepExpiry({ secretName, expiresAt }: Entry<'state'>): void {
    if (expiresAt === undefined) this.#untilExpiry.delete(secretName);
    else this.#untilExpiry.set(secretName, expiresAt - this.#now());
  }

  /** Flags are written at once, because the process may be killed during the slow work that follows. */
  #send(secretName: string, flags: Entry<'state'>['flags']): void {
    for (const [flag, value] of Object.entries(flags)) {
      this.#single({ [SECRET_DIMENSION]: secretName }).addMetric(flag, MetricUnit.Count, value);
    }
  }

  /** Once in the total and once by its reason. */
  #countFailure(error: Error): void {
    this.#count(METRICS.refreshesFailed, 1);
    const stopped = error instanceof RefreshFailedError || error instanceof RotationError;
    const reason = stopped && error.cause instanceof Error ? error.cause.name : error.name;
    this.#single({ [REASON_DIMENSION]: reason }).addMetric(METRICS.refreshesFailed, MetricUnit.Count, 1);
  }

  #count(name: string, amount: number): void {
    this.#metrics.addMetric(name, MetricUnit.Count, amount);
  }

  /** Writes its first metric as a line of its own. */
  #single(dimensions: Readonly<Record<string, string>>): Metrics {
    return this.#setDimensions(this.#metrics.singleMetric(), dimensions);
  }

  /** Powertools adds a dimension `service` unless the default dimensions are cleared. */
  #setDimensions(metrics: Metrics, dimensions: Readonly<Record<string, string>>): Metrics {
    metrics.clearDefaultDimensions();
    metrics.setDefaultDimensions({ [DEPLOYMENT_DIMENSION]: this.#context.deployment, ...dimensions });
    return metrics;
  }

  #now(): number {
    return Math.floor(this.#context.clock() / 1000);
  }
}
