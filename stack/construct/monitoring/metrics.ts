/** The metrics of a deployment: the function's own, and those of AWS about its parts. */
import type { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import {
  DEPLOYMENT_DIMENSION,
  type Flag,
  METRIC_NAMESPACE,
  METRICS,
  SECRET_DIMENSION,
} from '../../../handlers/names.ts';

export type OwnMetricName = (typeof METRICS)[keyof typeof METRICS];

export interface MetricSources {
  readonly function: IFunction;
  readonly scheduleGroupName: string;
  readonly deadLetterQueue: IQueue;
  readonly labelRuleName: string;
}

export class RefresherMetrics {
  readonly #sources: MetricSources;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  own(metricName: OwnMetricName, statistic: string, period: Duration, label?: string): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { [DEPLOYMENT_DIMENSION]: this.#sources.function.functionName },
      statistic,
      period,
      ...(label !== undefined && { label }),
    });
  }

  /**
   * A flag of all secrets, as a query that has one series for each secret. An alarm on it watches each series by itself.
   * A query without ORDER BY is refused at deployment. The minimum lets the first 0 end an alarm.
   */
  flag(flag: Flag, period: Duration): IMetric {
    const { functionName } = this.#sources.function;
    return new MathExpression({
      expression:
        `SELECT MIN(${flag}) FROM SCHEMA("${METRIC_NAMESPACE}", ${DEPLOYMENT_DIMENSION}, ${SECRET_DIMENSION}) ` +
        `WHERE ${DEPLOYMENT_DIMENSION} = '${functionName}' GROUP BY ${SECRET_DIMENSION} ORDER BY MIN() DESC`,
      usingMetrics: {},
      period,
    });
  }

  /** A flag of one secret. */
  flagOf(flag: Flag, secretName: string, period: Duration): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName: flag,
      dimensionsMap: {
        [DEPLOYMENT_DIMENSION]: this.#sources.function.functionName,
        [SECRET_DIMENSION]: secretName,
      },
      statistic: Stats.MINIMUM,
      period,
    });
  }

  /**
   * How many sweeps went through all secrets in a period: 0 if the function was called in it or before and no sweep did. Without a
   * value as long as the function has never been called: repeating needs a first value.
   */
  sweepsSinceFirstCall(period: Duration): IMetric {
    return new MathExpression({
      expression: 'FILL(sweeps, 0) + 0 * FILL(calls, REPEAT)',
      usingMetrics: {
        sweeps: this.own(METRICS.sweeps, Stats.SUM, period),
        calls: this.#sources.function.metricInvocations({ period, statistic: Stats.SUM }),
      },
      period,
      label: 'sweeps',
    });
  }

  functionErrors(period: Duration): IMetric {
    return this.#sources.function.metricErrors({ period, statistic: Stats.SUM, label: 'errors' });
  }

  functionThrottles(period: Duration): IMetric {
    return this.#sources.function.metricThrottles({ period, statistic: Stats.SUM, label: 'throttles' });
  }

  /** Events that did not reach the function: wake-ups and sweeps that the Scheduler gave up, and label events. */
  lostDeliveries(period: Duration): IMetric {
    return new MathExpression({
      expression: 'FILL(wakeUps, 0) + FILL(labelEvents, 0) + FILL(unannounced, 0)',
      usingMetrics: {
        wakeUps: new Metric({
          namespace: 'AWS/Scheduler',
          metricName: 'InvocationDroppedCount',
          dimensionsMap: { ScheduleGroup: this.#sources.scheduleGroupName },
          statistic: Stats.SUM,
          period,
        }),
        labelEvents: new Metric({
          namespace: 'AWS/Events',
          metricName: 'FailedInvocations',
          dimensionsMap: { RuleName: this.#sources.labelRuleName },
          statistic: Stats.SUM,
          period,
        }),
        unannounced: this.own(METRICS.labelRuleMissed, Stats.SUM, period),
      },
      period,
      label: 'deliveries lost',
    });
  }

  deadLetters(period: Duration): IMetric {
    return this.#sources.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      period,
      statistic: Stats.MAXIMUM,
      label: 'dead letters',
    });
  }
}
