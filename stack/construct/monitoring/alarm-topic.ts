/** The topics of the alarms: creates one, or lets the alarms publish to one that was passed in. */
import { Annotations, ArnFormat, Aspects, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic, TopicPolicy } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/** @param email gets every message after the subscription is confirmed */
export function createAlarmTopic(scope: Construct, id: string, email: string | undefined): Topic {
  // Not encrypted with the AWS-managed key, because CloudWatch may not use that key and its messages would be lost.
  const topic = new Topic(scope, id, { displayName: 'Momento key refresher', enforceSSL: true });
  letAlarmsPublish(scope, 'alarmTopic', topic);
  if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
  return topic;
}

/** Changes the policies of the topic and of its key as far as this app has them. Warns if it does not have that of the key. */
export function letAlarmsPublish(scope: Construct, prop: string, topic: ITopic): void {
  // A topic without a policy has SNS's own, which lets the alarms of the account publish. So none is added, and the author's own
  // may be added later.
  Aspects.of(topic).add({
    visit: (node) => {
      if (!(node instanceof TopicPolicy)) return;
      node.document.addStatements(
        alarmsMay(scope, { sid: 'AlarmsPublish', actions: ['sns:Publish'], resources: [topic.topicArn] }),
      );
    },
  });
  const statement = { actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'] };
  const added = topic.masterKey?.addToResourcePolicy(alarmsMay(scope, statement), true);
  if (added?.statementAdded ?? true) return;
  Annotations.of(scope).addWarningV2(
    `momento-key-refresher:key-of-${prop}`,
    `${prop} is encrypted with a key that this app cannot change. No alarm arrives unless the key's policy lets ` +
      'cloudwatch.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*, and nothing reports that. The policy of the AWS-managed key ' +
      'alias/aws/sns never does.',
  );
}

/** The alarms of this account and region. */
function alarmsMay(
  scope: Construct,
  statement: { sid?: string; actions: string[]; resources: string[] },
): PolicyStatement {
  const { account } = Stack.of(scope);
  const resource = { service: 'cloudwatch', resource: 'alarm', resourceName: '*' };
  const arn = Stack.of(scope).formatArn({ ...resource, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return new PolicyStatement({
    ...statement,
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    conditions: { StringEquals: { 'aws:SourceAccount': account }, ArnLike: { 'aws:SourceArn': arn } },
  });
}
