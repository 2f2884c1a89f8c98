/** Checks what the caller passes in and CDK accepts, but AWS would not serve. Creates nothing. */
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, type ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { SettingsError } from './settings.ts';

/**
 * @throws {SettingsError} if it is an alias, or a key of another region than the stack's
 */
export function checkEncryptionKey(scope: Construct, key: IKey): void {
  const arn = JSON.stringify(Stack.of(scope).resolve(key.keyArn));
  if ('aliasName' in key || arn.includes(':alias/')) {
    throw new SettingsError(
      'encryptionKey is an alias, and IAM grants on keys only: the function could not decrypt the secrets. Pass the key itself.',
    );
  }
  checkRegion(scope, 'encryptionKey', key.env.region, 'Secrets Manager cannot encrypt with it');
}

/**
 * Warns of a topic of another account.
 * @throws {SettingsError} if the topic is in another region than the stack
 */
export function checkTopic(scope: Construct, prop: string, topic: ITopic): void {
  checkRegion(scope, prop, topic.env.region, 'CloudWatch sends no alarm to it');
  const account = deploymentAccount(scope);
  if (account === undefined || isUnknownOr(topic.env.account, account)) return;
  Annotations.of(scope).addWarningV2(
    'momento-key-refresher:topic-of-another-account',
    `${prop} is in account ${topic.env.account}. No alarm arrives there unless the topic's own policy lets CloudWatch of ` +
      `account ${account} publish to it, and nothing reports that.`,
  );
}

/** Warns at synth if nobody is subscribed to the topic by then. */
export function warnIfNobodyListens(scope: Construct, topic: ITopic): void {
  scope.node.addValidation({
    validate: () => {
      const isHeard = scope.node.root.node
        .findAll()
        .some((node) => node instanceof CfnSubscription && node.topicArn === topic.topicArn);
      if (!isHeard) {
        Annotations.of(scope).addWarningV2(
          'momento-key-refresher:nobody-listens',
          'Nobody is told of an alarm: set alarmEmail, or subscribe to the alarm topic.',
        );
      }
      return [];
    },
  });
}

function checkRegion(scope: Construct, prop: string, region: string, consequence: string): void {
  const own = Stack.of(scope).region;
  const message = (deployedTo: string) =>
    `${prop} is in region ${region} and the stack in ${deployedTo}: ${consequence}.`;
  if (!Token.isUnresolved(own)) {
    if (!isUnknownOr(region, own)) throw new SettingsError(message(own));
    return;
  }
  // A stack without a region of its own usually goes where the CDK CLI is pointed at.
  const current = process.env.CDK_DEFAULT_REGION;
  if (current === undefined || isUnknownOr(region, current)) return;
  Annotations.of(scope).addWarningV2(`momento-key-refresher:region-of-${prop}`, message(current));
}

function deploymentAccount(scope: Construct): string | undefined {
  const { account } = Stack.of(scope);
  return Token.isUnresolved(account) ? process.env.CDK_DEFAULT_ACCOUNT : account;
}

function isUnknownOr(place: string, expected: string): boolean {
  return Token.isUnresolved(place) || place === expected;
}
