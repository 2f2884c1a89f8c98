import { describe, expect, it } from 'vitest';
import { LOCAL_ACCOUNT } from '../../local/synthesized-template.ts';
import {
  arnOf,
  deadLetterQueueArn,
  functionArn,
  functionRole,
  OTHER_ACCOUNT,
  policyAt,
  ruleArn,
  schedulerRole,
  template,
  topicArn,
} from './deployed.ts';
import type { IamCall } from './iam-calls.ts';
import { functionPolicy, type Policy, resourceLets } from './policies.ts';

/** A resource policy, the principal that it allows, and principals that it denies. */
interface ResourcePolicy {
  readonly resource: string;
  readonly policy: Policy;
  /** How many statements it has. */
  readonly statements: number;
  readonly principal: string;
  readonly call: IamCall;
  readonly others: readonly (readonly [what: string, change: { principal?: string; context?: object }])[];
}

const GROUP_ARN = arnOf('scheduler', 'schedule-group/momento-key-refresher');
const foreign = (service: string, rest: string) => arnOf(service, rest, OTHER_ACCOUNT);

const POLICIES: readonly ResourcePolicy[] = [
  {
    resource: "the Scheduler's role",
    policy: schedulerRole.trust,
    statements: 1,
    principal: 'scheduler.amazonaws.com',
    call: {
      action: 'sts:AssumeRole',
      resource: schedulerRole.arn,
      context: { 'aws:SourceAccount': LOCAL_ACCOUNT, 'aws:SourceArn': GROUP_ARN },
    },
    others: [
      ['another account', { context: { 'aws:SourceAccount': OTHER_ACCOUNT } }],
      [
        "another account's group of that name",
        { context: { 'aws:SourceArn': foreign('scheduler', 'schedule-group/momento-key-refresher') } },
      ],
      ['another group', { context: { 'aws:SourceArn': arnOf('scheduler', 'schedule-group/default') } }],
      ['a group whose name starts with this name', { context: { 'aws:SourceArn': `${GROUP_ARN}-2` } }],
      ['Lambda', { principal: 'lambda.amazonaws.com' }],
      ['the function', { principal: functionRole.arn }],
    ],
  },
  {
    resource: "the function's role",
    policy: functionRole.trust,
    statements: 1,
    principal: 'lambda.amazonaws.com',
    call: { action: 'sts:AssumeRole', resource: functionRole.arn, context: {} },
    others: [
      ['the Scheduler', { principal: 'scheduler.amazonaws.com' }],
      ['a role of another account', { principal: `arn:aws:iam::${OTHER_ACCOUNT}:role/Admin` }],
    ],
  },
  {
    resource: 'the dead-letter queue',
    policy: policyAt('AWS::SQS::QueuePolicy'),
    statements: 2,
    principal: 'events.amazonaws.com',
    call: { action: 'sqs:SendMessage', resource: deadLetterQueueArn, context: { 'aws:SourceArn': ruleArn } },
    others: [
      ['another rule', { context: { 'aws:SourceArn': arnOf('events', 'rule/other') } }],
      [
        "another account's rule",
        { context: { 'aws:SourceArn': ruleArn.replace(LOCAL_ACCOUNT, OTHER_ACCOUNT) } },
      ],
      ['a connection without TLS', { context: { 'aws:SecureTransport': 'false' } }],
      ['another service', { principal: 'sns.amazonaws.com' }],
    ],
  },
  {
    resource: 'the alarm topic',
    policy: policyAt('AWS::SNS::TopicPolicy'),
    statements: 2,
    principal: 'cloudwatch.amazonaws.com',
    call: {
      action: 'sns:Publish',
      resource: topicArn,
      context: {
        'aws:SourceAccount': LOCAL_ACCOUNT,
        'aws:SourceArn': arnOf('cloudwatch', 'alarm:momento-key-refresher-rotation-failed'),
      },
    },
    others: [
      ["another account's alarm", { context: { 'aws:SourceArn': foreign('cloudwatch', 'alarm:x') } }],
      ['another account', { context: { 'aws:SourceAccount': OTHER_ACCOUNT } }],
      ['a connection without TLS', { context: { 'aws:SecureTransport': 'false' } }],
      ['another service', { principal: 'events.amazonaws.com' }],
    ],
  },
  {
    resource: 'the function, for the label rule',
    policy: functionPolicy(template),
    statements: 3,
    principal: 'events.amazonaws.com',
    call: { action: 'lambda:InvokeFunction', resource: functionArn, context: { 'aws:SourceArn': ruleArn } },
    others: [
      ['another rule', { context: { 'aws:SourceArn': arnOf('events', 'rule/other') } }],
      [
        "another account's rule",
        { context: { 'aws:SourceArn': ruleArn.replace(LOCAL_ACCOUNT, OTHER_ACCOUNT) } },
      ],
      ['the Scheduler, which has a role for it', { principal: 'scheduler.amazonaws.com' }],
    ],
  },
  {
    resource: 'the function, for a rotation by Secrets Manager',
    policy: functionPolicy(template),
    statements: 3,
    principal: 'secretsmanager.amazonaws.com',
    call: {
      action: 'lambda:InvokeFunction',
      resource: functionArn,
      context: {
        'aws:SourceAccount': LOCAL_ACCOUNT,
        'aws:SourceArn': arnOf('secretsmanager', 'secret:b-AbCdEf'),
      },
    },
    others: [
      ['another account', { context: { 'aws:SourceAccount': OTHER_ACCOUNT } }],
      [
        "another account's secret",
        { context: { 'aws:SourceArn': foreign('secretsmanager', 'secret:b-AbCdEf') } },
      ],
      ['another secret', { context: { 'aws:SourceArn': arnOf('secretsmanager', 'secret:other-AbCdEf') } }],
      ['a role of another account', { principal: `arn:aws:iam::${OTHER_ACCOUNT}:role/Admin` }],
    ],
  },
];

describe.each(POLICIES)('the policy of $resource', ({ policy, statements, principal, call, others }) => {
  it('allows the principal that needs it', async () => {
    expect(policy.Statement).toHaveLength(statements);
    expect(await resourceLets(policy, principal, call)).toBe(true);
  });

  it.each(others)('denies %s', async (_, change) => {
    const context = { ...call.context, ...change.context };
    expect(await resourceLets(policy, change.principal ?? principal, { ...call, context })).toBe(false);
  });
});
