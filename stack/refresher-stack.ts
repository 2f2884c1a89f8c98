/** The stack that `npx cdk deploy` deploys: the construct under its fixed names, and the outputs that a person needs next. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Settings } from './app-settings.ts';
import {
  nameInCommands,
  npmCommand,
  putKeyCommand,
  seedCommand,
  statusCommand,
} from './construct/commands.ts';
import { MomentoKeyRefresher } from './construct/momento-key-refresher.ts';
import { DEFAULT_NAME } from './construct/settings.ts';

export class RefresherStack extends Stack {
  readonly refresher: MomentoKeyRefresher;

  constructor(scope: Construct, id: string, settings: Settings, props: StackProps = {}) {
    super(scope, id, { description: 'Refreshes Momento API keys shortly before they expire', ...props });
    const { name = DEFAULT_NAME, kmsKeyArn, alarmTopicArn, urgentAlarmTopicArn, ...rest } = settings;
    this.refresher = new MomentoKeyRefresher(this, 'KeyRefresher', {
      ...rest,
      functionName: name,
      alarmTopic:
        alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(this, 'GivenTopic', alarmTopicArn),
      urgentAlarmTopic:
        urgentAlarmTopicArn === undefined
          ? undefined
          : Topic.fromTopicArn(this, 'GivenUrgentTopic', urgentAlarmTopicArn),
      encryptionKey: kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'SecretKey', kmsKeyArn),
    });
    this.#addOutputs(name, urgentAlarmTopicArn);
  }

  /** The CDK CLI prints them in the order of their names. */
  #addOutputs(functionName: string, urgentAlarmTopicArn: string | undefined): void {
    const { secretNames, alarmTopic, deadLetterQueue } = this.refresher;
    const secretName = nameInCommands(secretNames);
    const target = { functionName, region: this.region };
    const outputs: Readonly<Record<string, { readonly value: string; readonly description: string }>> = {
      FunctionName: { value: this.refresher.function.functionName, description: 'The refresher' },
      SecretNames: { value: secretNames.join(','), description: 'The secrets that hold the keys' },
      AlarmTopicArn: { value: alarmTopic.topicArn, description: 'Subscribe here to get the alarms' },
      ...(urgentAlarmTopicArn !== undefined && {
        UrgentAlarmTopicArn: {
          value: urgentAlarmTopicArn,
          description: 'Subscribe here to get the urgent alarms',
        },
      }),
      DeadLetterQueueUrl: {
        value: deadLetterQueue.queueUrl,
        description: 'The events that could not be delivered, with the reason',
      },
      SeedCommand: {
        value: npmCommand(target, 'seed', secretName, '--file', 'momento-key.json'),
        description:
          'Now: put the key that you downloaded from the Momento console, and refresh it, which proves that all works',
      },
      PreflightCommand: {
        value: npmCommand(target, 'preflight'),
        description: 'Whether everything is in place and allowed; changes nothing',
      },
      StatusCommand: {
        value: npmCommand(target, 'status'),
        description: 'The state of every key; changes nothing',
      },
      SeedWithAwsCli1Put: {
        value: putKeyCommand(secretName, this.region),
        description: 'Without a clone of the project, first: put the key',
      },
      SeedWithAwsCli2Refresh: {
        value: seedCommand(target, secretName),
        description: 'Then: refresh it. It failed if the last lines hold a FunctionError',
      },
      StatusWithAwsCli: {
        value: statusCommand(target),
        description: 'The state of every key, as JSON; changes nothing',
      },
    };
    for (const [id, output] of Object.entries(outputs)) new CfnOutput(this, id, output);
  }
}
