/** The stack that `npx cdk deploy` deploys: the construct under its fixed names, and the outputs that a person needs next. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Settings } from './app-settings.ts';
import { nameInCommands, putKeyCommand, seedCommand, statusCommand } from './construct/commands.ts';
import { MomentoKeyRefresher } from './construct/momento-key-refresher.ts';
import { DEFAULT_NAME } from './construct/settings.ts';

export class RefresherStack extends Stack {
  readonly refresher: MomentoKeyRefresher;

  constructor(scope: Construct, id: string, settings: Settings, props: StackProps = {}) {
    super(scope, id, { description: 'Refreshes Momento API keys shortly before they expire', ...props });
    const { name = DEFAULT_NAME, kmsKeyArn, alarmTopicArn, ...rest } = settings;
    this.refresher = new MomentoKeyRefresher(this, 'KeyRefresher', {
      ...rest,
      functionName: name,
      alarmTopic:
        alarmTopicArn === undefined ? undefined : Topic.fromTopicArn(this, 'GivenTopic', alarmTopicArn),
      encryptionKey: kmsKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'SecretKey', kmsKeyArn),
    });
    this.#addOutputs(name);
  }

  #addOutputs(functionName: string): void {
    const { secretNames, alarms } = this.refresher;
    const secretName = nameInCommands(secretNames);
    const outputs: Readonly<Record<string, { readonly value: string; readonly description: string }>> = {
      FunctionName: { value: this.refresher.function.functionName, description: 'The refresher' },
      SecretNames: { value: secretNames.join(','), description: 'The secrets that hold the keys' },
      AlarmTopicArn: { value: alarms.topic.topicArn, description: 'Subscribe here to hear of failures' },
      PutKeyCommand: {
        value: putKeyCommand(secretName),
        description: 'First: put the key that you downloaded from the Momento console',
      },
      SeedCommand: {
        value: seedCommand(functionName, secretName),
        description: 'Then: refresh it at once, which proves that all works; again at any time',
      },
      StatusCommand: {
        value: statusCommand(functionName),
        description: 'The state of every key; changes nothing',
      },
    };
    for (const [id, output] of Object.entries(outputs)) new CfnOutput(this, id, output);
  }
}
