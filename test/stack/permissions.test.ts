import { describe, expect, test } from 'vitest';
import { propertiesAt, statementsAt, synthesizeStack } from './synthesized.ts';

const FUNCTION_POLICY = 'Refresher/Policy';
const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const resources = synthesizeStack();

describe('what the function may do', () => {
  test('exactly this', () => {
    expect(statementsAt(resources, FUNCTION_POLICY)).toEqual([
      {
        Sid: 'WriteLogs',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '<Refresher/Logs.Arn>',
      },
      {
        Sid: 'SendDeadLetters',
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: '<DeadLetters.Arn>',
      },
      {
        Sid: 'RefreshSecrets',
        Effect: 'Allow',
        Action: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        Resource: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:momento/authentication-token-??????',
      },
      {
        Sid: 'BookWakeUps',
        Effect: 'Allow',
        Action: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:GetSchedule'],
        Resource: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/momento-key-refresher/*',
      },
      {
        Sid: 'KeepSweep',
        Effect: 'Deny',
        Action: 'scheduler:DeleteSchedule',
        Resource:
          'arn:aws:scheduler:eu-west-1:111122223333:schedule/momento-key-refresher/momento-key-refresher-sweep',
      },
      { Sid: 'ListWakeUps', Effect: 'Allow', Action: 'scheduler:ListSchedules', Resource: '*' },
      {
        Sid: 'PassSchedulerRole',
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: '<Schedules/Role.Arn>',
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      },
    ]);
  });

  test.each([true, false])(
    'with createSecrets=%s each secret is granted by its whole name and the six characters that AWS adds',
    (createSecrets) => {
      const existing = synthesizeStack({ secretNames: 'a/one,b', createSecrets });
      expect(statementsAt(existing, FUNCTION_POLICY)[2]).toMatchObject({
        Sid: 'RefreshSecrets',
        Resource: [
          'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/one-??????',
          'arn:aws:secretsmanager:eu-west-1:111122223333:secret:b-??????',
        ],
      });
    },
  );

  test('a customer-managed key: for these secrets only, through Secrets Manager only', () => {
    const encrypted = synthesizeStack({ secretNames: 'a/one,b', kmsKeyArn: KEY_ARN });
    expect(statementsAt(encrypted, FUNCTION_POLICY)[3]).toEqual({
      Sid: 'UseSecretKey',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: KEY_ARN,
      Condition: {
        StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' },
        StringLike: {
          'kms:EncryptionContext:SecretARN': [
            'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/one-??????',
            'arn:aws:secretsmanager:eu-west-1:111122223333:secret:b-??????',
          ],
        },
      },
    });
  });

  test('only Lambda assumes its role', () => {
    expect(propertiesAt(resources, 'Refresher/Role').AssumeRolePolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
      ],
    });
  });
});

describe('what the schedules may do', () => {
  test('invoke this function, not its versions, and send dead letters', () => {
    expect(statementsAt(resources, 'Schedules/Policy')).toEqual([
      {
        Sid: 'InvokeFunction',
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: '<Refresher/Function.Arn>',
      },
      { Sid: 'SendDeadLetters', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '<DeadLetters.Arn>' },
    ]);
  });

  test("only this account's Scheduler assumes the role, and only for this group", () => {
    expect(propertiesAt(resources, 'Schedules/Role').AssumeRolePolicyDocument).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': '111122223333' },
            ArnEquals: { 'aws:SourceArn': '<Schedules/Group.Arn>' },
          },
        },
      ],
    });
  });
});

describe('who may reach what', () => {
  test('of all rules only the label rule invokes the function', () => {
    const permissions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Permission');
    expect(permissions.map(({ Properties }) => Properties)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: '<Refresher/Function.Arn>',
        Principal: 'events.amazonaws.com',
        SourceArn: '<LabelRule.Arn>',
      },
    ]);
  });

  test('of all rules only the label rule sends to the dead-letter queue, and nobody without TLS', () => {
    expect(statementsAt(resources, 'DeadLetters/Policy')).toEqual([
      {
        Effect: 'Deny',
        Action: 'sqs:*',
        Principal: { AWS: '*' },
        Resource: '<DeadLetters.Arn>',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: expect.stringMatching(/^AllowEventRule/),
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
        Resource: '<DeadLetters.Arn>',
        Condition: { ArnEquals: { 'aws:SourceArn': '<LabelRule.Arn>' } },
      },
    ]);
  });

  test("this account's alarms publish to the topic, and nobody without TLS", () => {
    expect(statementsAt(resources, 'AlarmTopic/Policy')).toEqual([
      {
        Sid: 'AllowPublishThroughSSLOnly',
        Effect: 'Deny',
        Action: 'sns:Publish',
        Principal: '*',
        Resource: '<AlarmTopic>',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'AlarmsPublish',
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: '<AlarmTopic>',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111122223333' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*' },
        },
      },
    ]);
  });

  test('two policies, two roles, none of them managed by AWS', () => {
    const roles = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles.map(({ Properties }) => Object.keys(Properties))).toEqual([
      ['AssumeRolePolicyDocument', 'Description'],
      ['AssumeRolePolicyDocument', 'Description'],
    ]);
    const policies = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
    expect(policies.map(([path]) => path)).toEqual(['Schedules/Policy', 'Refresher/Policy']);
  });
});
