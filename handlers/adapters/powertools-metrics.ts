/** Reports as CloudWatch metrics with Powertools (embedded metric format): counts and gauges of one invocation. It logs nothing else. */
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { RefreshFailedError, RotationError } from '../errors.ts';
import { METRICS, REASON_DIMENSION } from '../names.ts';
import type { Clock, Report, ReportEntry } from '../ports.ts';

type Entry<Kind extends ReportEntry['kind']> = Extract<ReportEntry, { kind: Kind }>;

/** How an invocation left a key: whole seconds. */
interface KeyTimes {
  readonly untilExpiry: number;
  readonly pastPlannedRefresh: number;
}

/** One per invocation. */
export class PowertoolsMetrics {
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  /** By secret: a later decision replaces an earlier one, so that a key that was due and is refreshed does not count as overdue. */
  readonly #keys = new Map<string, KeyTimes>();

  constructor(metrics: Metrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  readonly report: Report = (entry) => {
    switch (entry.kind) {
      case 'decision':
        this.#keep(entry);
        break;
      case 'effect':
        if (entry.effect === 'key-promoted-unproven') this.#count(METRICS.unprovenPromotions, 1);
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
        this.#count(METRICS.refreshesFailed, 0);
        this.#count(METRICS.secretsManaged, entry.managed);
        this.#count(METRICS.secretsUnseeded, entry.unseeded);
        this.#count(METRICS.secretsUnreadable, entry.unreadable);
        break;
      case 'leftover':
        break;
    }
  };

  /** Writes the invocation's metrics; call it at its end, failed or not. Writes nothing where there is nothing to tell. */
  flush(): void {
    for (const { untilExpiry, pastPlannedRefresh } of this.#keys.values()) {
      this.#metrics.addMetric(METRICS.secondsUntilExpiry, MetricUnit.Seconds, untilExpiry);
      // A lapsed key waits for a person, maybe for ever: its figures would hold alarms on that the other keys need.
      if (untilExpiry <= 0) continue;
      const used = (100 * pastPlannedRefresh) / (untilExpiry + pastPlannedRefresh);
      this.#metrics
        .addMetric(METRICS.secondsPastPlannedRefresh, MetricUnit.Seconds, pastPlannedRefresh)
        .addMetric(METRICS.leadUsedPercent, MetricUnit.Percent, Math.round(Math.min(Math.max(used, 0), 100)));
    }
    this.#keys.clear();
    // Powertools warns about a flush of nothing.
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
  }

  #keep({ secretName, decision }: Entry<'decision'>): void {
    const { expiresAt, dueAt } = decision;
    if (expiresAt === undefined) {
      this.#keys.delete(secretName);
      return;
    }
    const now = Math.floor(this.#clock() / 1000);
    this.#keys.set(secretName, {
      untilExpiry: expiresAt - now,
      pastPlannedRefresh: now - dueAt,
    });
  }

  /** Once in the total and once by its reason, which is a line of its own. */
  #countFailure(error: Error): void {
    this.#count(METRICS.refreshesFailed, 1);
    const stopped = error instanceof RefreshFailedError || error instanceof RotationError;
    const reason = stopped && error.cause instanceof Error ? error.cause.name : error.name;
    const byReason = this.#metrics.singleMetric();
    byReason.addDimension(REASON_DIMENSION, reason);
    byReason.addMetric(METRICS.refreshesFailed, MetricUnit.Count, 1);
  }

  #count(name: string, amount: number): void {
    this.#metrics.addMetric(name, MetricUnit.Count, amount);
  }
}
