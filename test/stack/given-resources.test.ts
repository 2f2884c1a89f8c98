import { App, Fn, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type ITopic, Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { describe, expect, test, vi } from 'vitest';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import type { MomentoKeyRefresherProps } from '../../stack/construct/props.ts';
import { SettingsError } from '../../stack/construct/settings.ts';
import { newApp, propertiesAt, readResources, statementsAt } from './synthesized.ts';

const ENV = { account: '111122223333', region: 'eu-west-1' };
const ALIAS_FAULT =
  'encryptionKey is an alias, and IAM grants on keys only: the function could not decrypt the secrets. Pass the key itself.';
const NAME_FAULT =
  'The name of the secret Author/Given cannot be told from the ARN that it was imported by: the function would not find it. ' +
  'Import it with Secret.fromSecretNameV2().';
const ALARMS_OF_THE_ACCOUNT = {
  StringEquals: { 'aws:SourceAccount': '111122223333' },
  ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*' },
};
const NOBODY =
  'Nobody is told of an alarm: set alarmEmail, or subscribe to the alarm topic. [ack: momento-key-refresher:nobody-listens]';

const keyOf = (stack: Stack, region: string) =>
  Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`);
const topicOf = (stack: Stack, region: string, account = '111122223333') =>
  Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${region}:${account}:ops`);

/** What the CDK CLI prints as warnings. */
function warningsOf(stack: Stack): readonly unknown[] {
  (stack.node.root as App).synth();
  return Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => entry.data);
}

function warningsWith(
  props: (stack: Stack) => MomentoKeyRefresherProps,
  env: object = ENV,
): readonly unknown[] {
  const stack = new Stack(newApp(), 'Author', { env });
  new MomentoKeyRefresher(stack, 'Keys', props(stack));
  return warningsOf(stack);
}

describe('an encryption key that AWS would not use is refused', () => {
  test.each<[string, (stack: Stack) => IKey]>([
    ['an alias by its name', (stack) => Alias.fromAliasName(stack, 'Alias', 'alias/mine')],
    ['an alias of the same stack', (stack) => new Key(stack, 'Key').addAlias('mine')],
  ])('%s is refused', (_, build) => {
    expect(() => warningsWith((stack) => ({ encryptionKey: build(stack) }))).toThrow(
      new SettingsError(ALIAS_FAULT),
    );
  });

  test('a key of another region is refused', () => {
    expect(() => warningsWith((stack) => ({ encryptionKey: keyOf(stack, 'us-east-1') }))).toThrow(
      new SettingsError(
        'encryptionKey is in region us-east-1 and the stack in eu-west-1: Secrets Manager cannot encrypt with it.',
      ),
    );
  });

  test.each<[string, (stack: Stack) => MomentoKeyRefresherProps, string]>([
    [
      'a key of another region',
      (stack) => ({ encryptionKey: keyOf(stack, 'us-east-1') }),
      'encryptionKey is in region us-east-1 and the stack in eu-west-1: Secrets Manager cannot encrypt with it. [ack: ' +
        'momento-key-refresher:region-of-encryptionKey]',
    ],
    [
      'a secret of another account',
      (stack) => ({
        secrets: [
          Secret.fromSecretCompleteArn(
            stack,
            'Given',
            'arn:aws:secretsmanager:eu-west-1:444455556666:secret:a/b-AbCdEf',
          ),
        ],
      }),
      'The secret Author/Given is in account 444455556666 and the stack in 111122223333: the function would not find it. [ack: ' +
        'momento-key-refresher:account-of-secrets]',
    ],
  ])('%s than the CDK CLI deploys to causes a warning in a stack without one', (_, props, warning) => {
    vi.stubEnv('CDK_DEFAULT_REGION', 'eu-west-1');
    vi.stubEnv('CDK_DEFAULT_ACCOUNT', '111122223333');
    expect(warningsWith((stack) => ({ ...props(stack), alarmEmail: 'ops@example.com' }), {})).toEqual([
      warning,
    ]);
    vi.unstubAllEnvs();
  });
});

describe('a secret that the function would not find or could not decrypt is refused', () => {
  const secretWith =
    (attributes: { arn?: string; encryptionKey?: (stack: Stack) => IKey }) => (stack: Stack) => ({
      secrets: [
        Secret.fromSecretAttributes(stack, 'Given', {
          secretCompleteArn:
            attributes.arn ?? 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/b-AbCdEf',
          ...(attributes.encryptionKey && { encryptionKey: attributes.encryptionKey(stack) }),
        }),
      ],
    });

  test.each<[string, (stack: Stack) => MomentoKeyRefresherProps, string]>([
    [
      'a secret of another region',
      secretWith({ arn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:a/b-AbCdEf' }),
      'The secret Author/Given is in region us-east-1 and the stack in eu-west-1: the function would not find it.',
    ],
    [
      'a secret of another account',
      secretWith({ arn: 'arn:aws:secretsmanager:eu-west-1:444455556666:secret:a/b-AbCdEf' }),
      'The secret Author/Given is in account 444455556666 and the stack in 111122223333: the function would not find it.',
    ],
    [
      'a secret whose key is an alias',
      secretWith({ encryptionKey: (stack) => Alias.fromAliasName(stack, 'Alias', 'alias/mine') }),
      'The key of the secret Author/Given is an alias, and IAM grants on keys only: the function could not decrypt the secrets. ' +
        'Pass the key itself.',
    ],
    [
      'a secret whose key is in another region',
      secretWith({ encryptionKey: (stack) => keyOf(stack, 'us-east-1') }),
      'The key of the secret Author/Given is in region us-east-1 and the stack in eu-west-1: Secrets Manager cannot encrypt with it.',
    ],
    [
      'a secret whose name is hidden in an ARN that is known only at deployment',
      (stack) => ({ secrets: [Secret.fromSecretCompleteArn(stack, 'Given', Fn.importValue('Arn'))] }),
      NAME_FAULT,
    ],
    [
      'a secret of a partial ARN whose name ends in a hyphen and six letters, which CDK takes off',
      (stack) => ({
        secrets: [
          Secret.fromSecretPartialArn(
            stack,
            'Given',
            'arn:aws:secretsmanager:eu-west-1:111122223333:secret:momento-apikey',
          ),
        ],
      }),
      NAME_FAULT,
    ],
  ])('%s is refused', (_, props, message) => {
    expect(() => warningsWith(props)).toThrow(new SettingsError(message));
  });

  test.each<[string, (stack: Stack) => ISecret]>([
    ['its name', (stack) => Secret.fromSecretNameV2(stack, 'Given', 'momento-apikey')],
    [
      'a name that is known only at deployment',
      (stack) => Secret.fromSecretNameV2(stack, 'Given', Fn.importValue('Name')),
    ],
    [
      'a partial ARN that ends in its name',
      (stack) =>
        Secret.fromSecretPartialArn(
          stack,
          'Given',
          'arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/momento',
        ),
    ],
  ])('a secret that is imported by %s is accepted', (_, given) => {
    expect(warningsWith((stack) => ({ secrets: [given(stack)], alarmEmail: 'ops@example.com' }))).toEqual([]);
  });

  test('a secret of the same account and region with a key of its own causes no warning', () => {
    const props = secretWith({ encryptionKey: (stack) => keyOf(stack, 'eu-west-1') });
    expect(warningsWith((stack) => ({ ...props(stack), alarmEmail: 'ops@example.com' }))).toEqual([]);
  });
});

describe('a log group that the function cannot write to is refused', () => {
  test.each([
    ['region', 'us-east-1:111122223333', 'region us-east-1 and the stack in eu-west-1'],
    ['account', 'eu-west-1:444455556666', 'account 444455556666 and the stack in 111122223333'],
  ])('one of another %s', (_, place, where) => {
    const logGroup = (stack: Stack) =>
      LogGroup.fromLogGroupArn(stack, 'Logs', `arn:aws:logs:${place}:log-group:mine`);
    expect(() => warningsWith((stack) => ({ logGroup: logGroup(stack) }))).toThrow(
      new SettingsError(`logGroup is in ${where}: Lambda cannot write to it.`),
    );
  });
});

describe('an alarm topic that would get nothing is reported at synth', () => {
  test.each(['alarmTopic', 'urgentAlarmTopic'])('%s of another region is refused', (prop) => {
    expect(() => warningsWith((stack) => ({ [prop]: topicOf(stack, 'us-east-1') }))).toThrow(
      new SettingsError(
        `${prop} is in region us-east-1 and the stack in eu-west-1: CloudWatch sends no alarm to it.`,
      ),
    );
  });

  test.each(['alarmTopic', 'urgentAlarmTopic'])('%s that is a FIFO topic is refused', (prop) => {
    const topic = (stack: Stack) => new Topic(stack, 'Ordered', { fifo: true, topicName: 'ordered' });
    expect(() => warningsWith((stack) => ({ [prop]: topic(stack) }))).toThrow(
      new SettingsError(`${prop} is a FIFO topic: CloudWatch sends no alarm to it.`),
    );
  });

  test.each<[string, (stack: Stack) => void]>([
    ['which denies all that is sent without TLS', () => {}],
    [
      'to which the app adds afterwards',
      (stack) =>
        (stack.node.findChild('Ops') as Topic).addToResourcePolicy(
          new PolicyStatement({
            principals: [new AnyPrincipal()],
            actions: ['sns:Subscribe'],
            resources: ['*'],
          }),
        ),
    ],
  ])("a policy of the app's topic, %s, lets the alarms of two refreshers publish", (_, change) => {
    const stack = new Stack(newApp(), 'Author', { env: ENV });
    const topic = new Topic(stack, 'Ops', { enforceSSL: true });
    new MomentoKeyRefresher(stack, 'Keys', { alarmTopic: topic as ITopic });
    new MomentoKeyRefresher(stack, 'Others', { secretNames: ['b'], urgentAlarmTopic: topic as ITopic });
    change(stack);
    const statements = statementsAt(readResources(stack, 'Keys'), 'Author/Ops/Policy');
    expect(statements.filter((statement) => JSON.stringify(statement).includes('cloudwatch'))).toEqual([
      {
        Sid: 'AlarmsPublish',
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: '<Author/Ops>',
        Condition: ALARMS_OF_THE_ACCOUNT,
      },
    ]);
  });

  test("a topic of the app without a policy keeps Amazon's default one, which lets the alarms publish", () => {
    const stack = new Stack(newApp(), 'Author', { env: ENV });
    new MomentoKeyRefresher(stack, 'Keys', { alarmTopic: new Topic(stack, 'Ops') as ITopic });
    Template.fromStack(stack).resourceCountIs('AWS::SNS::TopicPolicy', 0);
  });

  test("the key of the app's topic lets the alarms use it", () => {
    const stack = new Stack(newApp(), 'Author', { env: ENV });
    const topic = new Topic(stack, 'Ops', { masterKey: new Key(stack, 'Key') as IKey });
    new MomentoKeyRefresher(stack, 'Keys', { alarmTopic: topic as ITopic });
    const { KeyPolicy } = propertiesAt(readResources(stack, 'Keys'), 'Author/Key') as {
      KeyPolicy: { Statement: unknown[] };
    };
    expect(KeyPolicy.Statement.slice(1)).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: '*',
        Condition: ALARMS_OF_THE_ACCOUNT,
      },
    ]);
  });

  test.each<[string, (stack: Stack) => IKey]>([
    ['the AWS-managed key', (stack) => Alias.fromAliasName(stack, 'Alias', 'alias/aws/sns')],
    ['a key that exists', (stack) => keyOf(stack, 'eu-west-1')],
  ])('a topic that is encrypted with %s causes a warning that says what the key must allow', (_, key) => {
    const props = (stack: Stack) => {
      const alarmTopic = new Topic(stack, 'Ops', { masterKey: key(stack) });
      alarmTopic.addSubscription(new EmailSubscription('ops@example.com'));
      return { alarmTopic: alarmTopic as ITopic };
    };
    expect(warningsWith(props)).toEqual([
      "alarmTopic is encrypted with a key that this app cannot change. No alarm arrives unless the key's policy lets " +
        'cloudwatch.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*, and nothing reports that. The policy of the AWS-managed ' +
        'key alias/aws/sns never does. [ack: momento-key-refresher:key-of-alarmTopic]',
    ]);
  });

  test('a topic of another account causes a warning that says what its policy must allow', () => {
    expect(warningsWith((stack) => ({ alarmTopic: topicOf(stack, 'eu-west-1', '444455556666') }))).toEqual([
      "alarmTopic is in account 444455556666. No alarm arrives there unless the topic's own policy lets CloudWatch of " +
        'account 111122223333 publish to it, and nothing reports that. [ack: momento-key-refresher:topic-of-another-account]',
    ]);
  });

  test('a topic without a subscription causes a warning', () => {
    expect(warningsWith(() => ({}))).toEqual([NOBODY]);
  });

  test('a warning says of which alarms nobody is told if the urgent ones have a topic of their own', () => {
    expect(warningsWith((stack) => ({ urgentAlarmTopic: topicOf(stack, 'eu-west-1') }))).toEqual([
      'Nobody is told of an alarm that is not urgent: set alarmEmail, or subscribe to the alarm topic. [ack: ' +
        'momento-key-refresher:nobody-listens]',
    ]);
    const unheardPager = (stack: Stack) => ({
      alarmEmail: 'ops@example.com',
      urgentAlarmTopic: new Topic(stack, 'Pager'),
    });
    expect(warningsWith(unheardPager)).toEqual([
      'Nobody is told of an urgent alarm: subscribe to the topic of the prop urgentAlarmTopic. [ack: ' +
        'momento-key-refresher:nobody-listens-urgent]',
    ]);
  });

  test.each<[string, (stack: Stack) => MomentoKeyRefresherProps]>([
    ['an address', () => ({ alarmEmail: 'ops@example.com' })],
    ['a topic that exists', (stack) => ({ alarmTopic: topicOf(stack, 'eu-west-1') })],
  ])('%s for the alarms causes no warning', (_, props) => {
    expect(warningsWith(props)).toEqual([]);
  });

  test('a subscription that is added afterwards causes no warning', () => {
    const stack = new Stack(new App(), 'Author', { env: ENV });
    const { alarmTopic } = new MomentoKeyRefresher(stack, 'Keys');
    new Subscription(stack, 'Pager', {
      topic: alarmTopic,
      protocol: SubscriptionProtocol.HTTPS,
      endpoint: 'https://pager.example.com/',
    });
    expect(warningsOf(stack)).toEqual([]);
  });
});
