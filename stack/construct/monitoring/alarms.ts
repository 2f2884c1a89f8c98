/** The alarms: each is one definition with its runbook, and reports to the topic when it starts and when it is over. */
import type { Duration } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct, type IDependable } from 'constructs';
import { ALARM_NAMES, type AlarmName, alarmDefinitions, failureWindow } from './alarm-definitions.ts';
import { type MetricSources, RefresherMetrics } from './metrics.ts';
import { runbooks } from './runbooks.ts';

export interface AlarmsProps extends MetricSources {
  readonly topic: ITopic;
  readonly logGroup: ILogGroup;
  /** The name to put into commands and alarm names; absent: those that CloudFormation gives. */
  readonly functionName?: string | undefined;
  /** As commands call it. */
  readonly secretName: string;
  readonly sweepEvery: Duration;
  /** The alarm on its silence is made after it, so that it has a moment to be heard. */
  readonly sweep: IDependable;
}

export class Alarms extends Construct {
  readonly topic: ITopic;
  readonly byName: Readonly<Record<AlarmName, Alarm>>;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = props.topic;
    const definitions = alarmDefinitions(new RefresherMetrics(props), props.sweepEvery);
    const descriptions = runbooks({
      functionName: props.functionName ?? props.function.functionName,
      logGroupName: props.logGroup.logGroupName,
      scheduleGroupName: props.scheduleGroupName,
      deadLetterQueueUrl: props.deadLetterQueue.queueUrl,
      secretName: props.secretName,
      sweepEvery: props.sweepEvery.toHumanString(),
      failureWindow: failureWindow(props.sweepEvery).toHumanString(),
    });
    const action = new SnsAction(props.topic);
    this.byName = Object.fromEntries(
      ALARM_NAMES.map((name) => {
        const alarm = new Alarm(this, constructId(name), {
          ...definitions[name],
          ...(props.functionName && { alarmName: `${props.functionName}-${name}` }),
          alarmDescription: descriptions[name],
        });
        alarm.addAlarmAction(action);
        alarm.addOkAction(action);
        return [name, alarm];
      }),
    ) as Record<AlarmName, Alarm>;
    this.byName['sweep-silent'].node.addDependency(props.sweep);
  }
}

/** `rotation-failed` as `RotationFailed`. */
function constructId(name: AlarmName): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
