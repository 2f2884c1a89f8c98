/** Checks passed-in resources that CDK accepts but that would not work in AWS, and lets the alarms publish to passed-in topics. */
import { Annotations, type IResource, Stack, Token } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSecret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnSubscription, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { letAlarmsPublish } from './monitoring/alarm-topic.ts';
import { SettingsError } from './settings.ts';

export interface GivenResources {
  readonly encryptionKey: IKey | undefined;
  readonly secrets: readonly ISecret[];
  readonly alarmTopic: ITopic | undefined;
  readonly urgentAlarmTopic: ITopic | undefined;
  readonly logGroup: ILogGroup | undefined;
}

/**
 * Warns of a topic of another account.
 * @throws {SettingsError} if a key is an alias, if a topic is a FIFO topic, if one of them is in another region than the stack, or a
 * secret or the log group in another account
 */
export function checkGivenResources(scope: Construct, given: GivenResources): void {
  const { encryptionKey, secrets, alarmTopic, urgentAlarmTopic, logGroup } = given;
  if (encryptionKey) checkEncryptionKey(scope, 'encryptionKey', encryptionKey);
  for (const secret of secrets) checkSecret(scope, secret);
  if (alarmTopic) checkTopic(scope, 'alarmTopic', alarmTopic);
  if (urgentAlarmTopic) checkTopic(scope, 'urgentAlarmTopic', urgentAlarmTopic);
  if (logGroup === undefined) return;
  checkPlace(scope, 'region', 'logGroup', logGroup.env, 'Lambda cannot write to it');
  checkPlace(scope, 'account', 'logGroup', logGroup.env, 'Lambda cannot write to it');
}

function checkEncryptionKey(scope: Construct, prop: string, key: IKey, name = prop): void {
  const arn = JSON.stringify(Stack.of(scope).resolve(key.keyArn));
  if ('aliasName' in key || arn.includes(':alias/')) {
    throw new SettingsError(
      `${name} is an alias, and IAM grants on keys only: the function could not decrypt the secrets. Pass the key itself.`,
    );
  }
  checkPlace(scope, 'region', prop, key.env, 'Secrets Manager cannot encrypt with it', name);
}

/** The function knows a secret by its name, which AWS looks up in the function's own account and region. */
function checkSecret(scope: Construct, secret: ISecret): void {
  const { env, node, encryptionKey } = secret;
  const name = `The secret ${node.path}`;
  if (!isNameKnown(secret)) {
    throw new SettingsError(
      `The name of the secret ${node.path} cannot be told from the ARN that it was imported by: the function would not find it. ` +
        'Import it with Secret.fromSecretNameV2().',
    );
  }
  const consequence = 'the function would not find it';
  checkPlace(scope, 'region', 'secrets', env, consequence, name);
  checkPlace(scope, 'account', 'secrets', env, consequence, name);
  if (encryptionKey)
    checkEncryptionKey(scope, 'secrets', encryptionKey, `The key of the secret ${node.path}`);
}

/** CDK removes the last six characters of any ARN, even if they belong to the name. It removes none from an ARN that is a token. */
function isNameKnown({ node, secretName, secretArn, secretFullArn }: ISecret): boolean {
  if (node.defaultChild instanceof CfnSecret) return true;
  if (secretFullArn !== undefined) return !Token.isUnresolved(secretName);
  return secretArn === secretName || secretArn.endsWith(`:${secretName}`);
}

/** Warns if the principal does not get the permission, because CDK does not. */
export function warnOfLostGrant(scope: Construct, { grantPrincipal }: IGrantable, grant: Grant): void {
  const { principalAccount } = grantPrincipal;
  const account = deploymentAccount(scope);
  const isForeign =
    principalAccount !== undefined && account !== undefined && !isUnknownOr(principalAccount, account);
  if (grant.success && !isForeign) return;
  Annotations.of(scope).addWarningV2(
    'momento-key-refresher:grant-read-lost',
    'grantRead gives nothing to an AWS service or a principal of another account. Such a reader needs a resource policy on the ' +
      'secret, and a key policy that lets it decrypt.',
  );
}

function checkTopic(scope: Construct, prop: string, topic: ITopic): void {
  if (topic.fifo) throw new SettingsError(`${prop} is a FIFO topic: CloudWatch sends no alarm to it.`);
  checkPlace(scope, 'region', prop, topic.env, 'CloudWatch sends no alarm to it');
  letAlarmsPublish(scope, prop, topic);
  const account = deploymentAccount(scope);
  if (account === undefined || isUnknownOr(topic.env.account, account)) return;
  Annotations.of(scope).addWarningV2(
    'momento-key-refresher:topic-of-another-account',
    `${prop} is in account ${topic.env.account}. No alarm arrives there unless the topic's own policy lets CloudWatch of ` +
      `account ${account} publish to it, and nothing reports that.`,
  );
}

/** Warns at synth if a topic of this app has no subscriptions. The subscriptions of an existing topic are not known. */
export function warnIfNobodyListens(scope: Construct, topic: ITopic, urgentTopic: ITopic): void {
  const isUnheard = (candidate: ITopic) =>
    candidate instanceof Topic &&
    !scope.node.root.node
      .findAll()
      .some((node) => node instanceof CfnSubscription && node.topicArn === candidate.topicArn);
  scope.node.addValidation({
    validate: () => {
      if (isUnheard(topic)) {
        const which = topic === urgentTopic ? 'an alarm' : 'an alarm that is not urgent';
        Annotations.of(scope).addWarningV2(
          'momento-key-refresher:nobody-listens',
          `Nobody is told of ${which}: set alarmEmail, or subscribe to the alarm topic.`,
        );
      }
      if (topic !== urgentTopic && isUnheard(urgentTopic)) {
        Annotations.of(scope).addWarningV2(
          'momento-key-refresher:nobody-listens-urgent',
          'Nobody is told of an urgent alarm: subscribe to the topic of the prop urgentAlarmTopic.',
        );
      }
      return [];
    },
  });
}

/** @param name the name in the message, if the prop has several resources */
function checkPlace(
  scope: Construct,
  kind: 'region' | 'account',
  prop: string,
  env: IResource['env'],
  consequence: string,
  name = prop,
): void {
  const place = env[kind];
  const own = Stack.of(scope)[kind];
  const message = (deployedTo: string) =>
    `${name} is in ${kind} ${place} and the stack in ${deployedTo}: ${consequence}.`;
  if (!Token.isUnresolved(own)) {
    if (!isUnknownOr(place, own)) throw new SettingsError(message(own));
    return;
  }
  // A stack without them is usually deployed to the account and the region of the CDK CLI.
  const current = process.env[`CDK_DEFAULT_${kind.toUpperCase()}`];
  if (current === undefined || isUnknownOr(place, current)) return;
  Annotations.of(scope).addWarningV2(`momento-key-refresher:${kind}-of-${prop}`, message(current));
}

function deploymentAccount(scope: Construct): string | undefined {
  const { account } = Stack.of(scope);
  return Token.isUnresolved(account) ? process.env.CDK_DEFAULT_ACCOUNT : account;
}

function isUnknownOr(place: string, expected: string): boolean {
  return Token.isUnresolved(place) || place === expected;
}
