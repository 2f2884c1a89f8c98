import { expect, test } from 'vitest';
import { statementsAt, synthesizeStack } from './synthesized.ts';

const FUNCTION_POLICY = 'Refresher/Policy';
const resources = synthesizeStack();

test('the role of the function allows exactly the actions that a refresh needs', () => {
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

test('the stack has two policies and two roles, and none of them is managed by AWS', () => {
  const roles = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  expect(roles.map(({ Properties }) => Object.keys(Properties))).toEqual([
    ['AssumeRolePolicyDocument', 'Description'],
    ['AssumeRolePolicyDocument', 'Description'],
  ]);
  const policies = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
  expect(policies.map(([path]) => path)).toEqual(['Schedules/Policy', 'Refresher/Policy']);
});
