/** Creates the alarms from their definitions. Each has its runbook as description and reports to the topic of its urgency. */
import { type Duration, Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ALARM_NAMES, type AlarmName, alarmDefinitions } from './alarm-definitions.ts';
import { type MetricSources, RefresherMetrics } from './metrics.ts';
import { runbooks } from './runbooks.ts';

export interface AlarmsProps extends MetricSources {
  /** For the alarms that can wait until the morning. */
  readonly topic: ITopic;
  /** For the alarms that somebody has to act on now. */
  readonly urgentTopic: ITopic;
  /** The secret in commands. */
  readonly secretName: string;
  readonly runbookUrl?: string | undefined;
  readonly sweepEvery: Duration;
}

export class Alarms extends Construct {
  readonly topic: ITopic;
  readonly urgentTopic: ITopic;
  readonly byName: Readonly<Record<AlarmName, Alarm>>;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = props.topic;
    this.urgentTopic = props.urgentTopic;
    const { functionName } = props.function;
    const definitions = alarmDefinitions(new RefresherMetrics(props), props.sweepEvery);
    const descriptions = runbooks({
      functionName,
      region: Stack.of(this).region,
      scheduleGroupName: props.scheduleGroupName,
      deadLetterQueueUrl: props.deadLetterQueue.queueUrl,
      secretName: props.secretName,
      runbookUrl: props.runbookUrl,
      sweepEvery: props.sweepEvery.toHumanString(),
    });
    this.byName = Object.fromEntries(
      ALARM_NAMES.map((name) => {
        const { urgency, trouble, tellsEnd, ...definition } = definitions[name];
        const alarm = new Alarm(this, constructId(name), {
          ...definition,
          alarmName: `${urgency}: ${trouble} (${functionName})`,
          alarmDescription: descriptions[name],
        });
        const action = new SnsAction(urgency === 'URGENT' ? props.urgentTopic : props.topic);
        alarm.addAlarmAction(action);
        if (tellsEnd) alarm.addOkAction(action);
        return [name, alarm];
      }),
    ) as Record<AlarmName, Alarm>;
  }
}

/** `sweep-silent` as `SweepSilent`. */
function constructId(name: AlarmName): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
