import { describe, expect, test } from 'vitest';
import { operatorChecks } from '../../cli/operator-checks.ts';
import { preflightExitCode, preflightTable } from '../../cli/preflight-report.ts';

const FUNCTION_ROLE = 'arn:aws:iam::111122223333:role/function';
const SCHEDULER_ROLE = 'arn:aws:iam::111122223333:role/scheduler';
const REDEPLOY = 'restore it: npx cdk deploy --revert-drift';
const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf';

/** The answers of a client, by operation. */
type Answers = Record<string, (input: never) => object>;

const GOOD: Answers = {
  GetFunctionConfiguration: () => ({
    FunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:momento-key-refresher',
    Role: FUNCTION_ROLE,
    Environment: {
      Variables: {
        SCHEDULER_ROLE_ARN: SCHEDULER_ROLE,
        SCHEDULE_GROUP_NAME: 'momento-key-refresher',
        DEAD_LETTER_QUEUE_ARN: 'arn:aws:sqs:eu-west-1:111122223333:letters',
        ALARM_TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:alarms',
      },
    },
  }),
  GetRole: () => ({
    Role: { AssumeRolePolicyDocument: encodeURIComponent('{"Service":"scheduler.amazonaws.com"}') },
  }),
  SimulatePrincipalPolicy: ({
    ActionNames,
    ResourceArns,
  }: {
    ActionNames: string[];
    ResourceArns: string[];
  }) => ({
    EvaluationResults: ActionNames.map((EvalActionName) => ({
      EvalActionName,
      EvalResourceName: ResourceArns[0],
      EvalDecision: 'allowed',
    })),
  }),
  ListSchedules: () => ({ Schedules: [{ Name: 'momento-key-refresher-sweep', State: 'ENABLED' }] }),
  ListRuleNamesByTarget: () => ({ RuleNames: ['label'] }),
  DescribeRule: () => ({ Name: 'label', State: 'ENABLED', EventPattern: '["Secret Label Updated"]' }),
  ListSubscriptionsByTopic: () => ({
    Subscriptions: [{ SubscriptionArn: 'arn:aws:sns:eu-west-1:111122223333:alarms:1' }],
  }),
};

function fail(name: string): Answers[string] {
  return () => {
    throw Object.assign(new Error('no'), { name });
  };
}

async function checksWith(answers: Answers, secretArns = [SECRET_ARN]) {
  const asked: { operation: string; input: unknown }[] = [];
  const send = async (command: { input: never }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    asked.push({ operation, input: command.input });
    return { ...GOOD, ...answers }[operation]?.(command.input);
  };
  const client = { send } as never;
  const clients = { lambda: client, iam: client, sns: client, scheduler: client, events: client };
  return { checks: await operatorChecks(clients, 'momento-key-refresher', secretArns), asked };
}

describe('operatorChecks', () => {
  test('passes if everything is in place, and only reads and simulates', async () => {
    const { checks, asked } = await checksWith({});
    expect(checks.map(({ check, subject, result, detail }) => [result, check, subject, detail])).toEqual([
      ['passed', 'sweep', 'momento-key-refresher-sweep', 'its schedule is enabled'],
      ['passed', 'label rule', 'label', 'the rule is enabled'],
      ['passed', 'scheduler role', 'scheduler', 'in place, and EventBridge Scheduler may assume it'],
      ['passed', 'permission', 'function', 'iam:PassRole'],
      [
        'passed',
        'permission',
        'function',
        'scheduler:CreateSchedule, scheduler:DeleteSchedule, scheduler:GetSchedule',
      ],
      [
        'passed',
        'permission',
        'function',
        'secretsmanager:PutSecretValue, secretsmanager:UpdateSecretVersionStage',
      ],
      ['passed', 'permission', 'function', 'sqs:SendMessage'],
      ['passed', 'permission', 'scheduler', 'lambda:InvokeFunction'],
      ['passed', 'permission', 'scheduler', 'sqs:SendMessage'],
      ['passed', 'alarm topic', 'alarms', 'confirmed subscriptions: 1'],
    ]);
    expect(new Set(asked.map(({ operation }) => operation))).toEqual(
      new Set([
        'GetFunctionConfiguration',
        'ListSchedules',
        'ListRuleNamesByTarget',
        'DescribeRule',
        'GetRole',
        'SimulatePrincipalPolicy',
        'ListSubscriptionsByTopic',
      ]),
    );
    expect(asked.find(({ operation }) => operation === 'SimulatePrincipalPolicy')?.input).toEqual({
      PolicySourceArn: FUNCTION_ROLE,
      ActionNames: ['iam:PassRole'],
      ResourceArns: [SCHEDULER_ROLE],
      ContextEntries: [
        {
          ContextKeyName: 'iam:PassedToService',
          ContextKeyType: 'string',
          ContextKeyValues: ['scheduler.amazonaws.com'],
        },
      ],
    });
    expect(preflightExitCode(checks)).toBe(0);
  });

  test('fails for a missing role and for a role that the Scheduler may not assume', async () => {
    const [, , gone] = (await checksWith({ GetRole: fail('NoSuchEntityException') })).checks;
    expect(gone).toMatchObject({
      result: 'failed',
      detail: `it does not exist: ${REDEPLOY}`,
    });
    const [, , closed] = (await checksWith({ GetRole: () => ({ Role: {} }) })).checks;
    expect(closed?.detail).toMatch(/^EventBridge Scheduler may not assume it/);
  });

  test('names a denied permission and its resource', async () => {
    const { checks } = await checksWith({
      SimulatePrincipalPolicy: () => ({
        EvaluationResults: [
          { EvalActionName: 'iam:PassRole', EvalResourceName: SCHEDULER_ROLE, EvalDecision: 'implicitDeny' },
        ],
      }),
    });
    expect(checks[3]).toMatchObject({
      result: 'failed',
      detail: `IAM denies iam:PassRole on ${SCHEDULER_ROLE}: ${REDEPLOY}`,
    });
    expect(preflightExitCode(checks)).toBe(1);
  });

  test.each([
    [
      [],
      /^nobody gets its alarms\. .*: aws sns subscribe --region eu-west-1 --topic-arn arn:aws:sns:eu-west-1:111122223333:alarms --protocol email --notification-endpoint you@example\.com$/,
    ],
    [[{ SubscriptionArn: 'PendingConfirmation' }], /^nobody has confirmed/],
  ])('fails for a topic with the subscriptions %j', async (Subscriptions, detail) => {
    const { checks } = await checksWith({ ListSubscriptionsByTopic: () => ({ Subscriptions }) });
    expect(checks.at(-1)).toMatchObject({ result: 'failed', detail: expect.stringMatching(detail) });
  });

  test('checks the topic of the urgent alarms by itself', async () => {
    const urgentArn = 'arn:aws:sns:eu-west-1:111122223333:pager';
    const configuration = GOOD.GetFunctionConfiguration?.(undefined as never) as {
      Environment: { Variables: object };
    };
    const Variables = { ...configuration.Environment.Variables, URGENT_ALARM_TOPIC_ARN: urgentArn };
    const { checks } = await checksWith({
      GetFunctionConfiguration: () => ({ ...configuration, Environment: { Variables } }),
      ListSubscriptionsByTopic: ({ TopicArn }: { TopicArn: string }) => ({
        Subscriptions: [
          { SubscriptionArn: TopicArn === urgentArn ? 'PendingConfirmation' : `${TopicArn}:1` },
        ],
      }),
    });
    expect(checks.slice(-2)).toMatchObject([
      { check: 'alarm topic', subject: 'alarms', result: 'passed' },
      { check: 'urgent topic', subject: 'pager', result: 'failed' },
    ]);
    expect(preflightExitCode(checks)).toBe(1);
  });

  test('returns unknown for a check that the operator may not make', async () => {
    const denied = fail('AccessDenied');
    const { checks } = await checksWith({
      ListSchedules: denied,
      ListRuleNamesByTarget: denied,
      GetRole: denied,
      SimulatePrincipalPolicy: denied,
      ListSubscriptionsByTopic: denied,
    });
    expect(new Set(checks.map(({ result }) => result))).toEqual(new Set(['unknown']));
    expect(preflightExitCode(checks)).toBe(2);
    const [only, ...others] = (await checksWith({ GetFunctionConfiguration: denied })).checks;
    expect(others).toEqual([]);
    expect(only).toMatchObject({ check: 'function', result: 'unknown' });
  });

  test('does not simulate writes if no secret could be read', async () => {
    const { checks } = await checksWith({}, []);
    expect(checks.some(({ detail }) => detail.includes('PutSecretValue'))).toBe(false);
  });
});

test('preflightTable writes a failed check in capitals', () => {
  expect(
    preflightTable([
      { check: 'key', subject: 'a', result: 'failed', detail: 'Momento rejects it' },
      { check: 'secret', subject: 'a', result: 'passed', detail: 'readable' },
    ]),
  ).toBe(
    'result  check   of  detail\nFAILED  key     a   Momento rejects it\npassed  secret  a   readable\n\n1 of 2 passed',
  );
});
