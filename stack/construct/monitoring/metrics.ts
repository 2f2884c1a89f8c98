/** The metrics of one deployment as CDK knows them: the function's own and those that AWS keeps of its parts. No thresholds here. */
import type { Duration } from 'aws-cdk-lib';
import { type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { DEPLOYMENT_DIMENSION, METRIC_NAMESPACE, type METRICS } from '../../../handlers/names.ts';

export type OwnMetricName = (typeof METRICS)[keyof typeof METRICS];

export interface MetricSources {
  readonly function: IFunction;
  readonly scheduleGroupName: string;
  readonly deadLetterQueue: IQueue;
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

  functionErrors(period: Duration): IMetric {
    return this.#sources.function.metricErrors({ period, statistic: Stats.SUM });
  }

  functionThrottles(period: Duration): IMetric {
    return this.#sources.function.metricThrottles({ period, statistic: Stats.SUM });
  }

  /** Deliveries that the Scheduler gave up after all its attempts. */
  droppedDeliveries(period: Duration): IMetric {
    return new Metric({
      namespace: 'AWS/Scheduler',
      metricName: 'InvocationDroppedCount',
      dimensionsMap: { ScheduleGroup: this.#sources.scheduleGroupName },
      statistic: Stats.SUM,
      period,
    });
  }

  deadLetters(period: Duration): IMetric {
    return this.#sources.deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      period,
      statistic: Stats.MAXIMUM,
    });
  }
}
