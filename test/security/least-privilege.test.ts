import { beforeAll, describe, expect, it } from 'vitest';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../local/synthesized-template.ts';
import { World } from '../worlds/world.ts';
import {
  arnOf,
  configuration,
  deadLetterQueueArn,
  deployed,
  functionArn,
  functionRole,
  OTHER_ACCOUNT,
  refresher,
  roleInVpc,
  schedulerRole,
  secretArns,
  sweep,
  topicArn,
} from './deployed.ts';
import { type IamCall, iamCallsOf, type RecordedCall } from './iam-calls.ts';
import { actionsOf, roleMay, without } from './policies.ts';
import { runEveryScenario } from './scenarios.ts';

/** The calls that Lambda itself makes with the function's role (developer guide: "Permissions for CloudWatch Logs" and "destinations"). */
const LOG_STREAM = arnOf('logs', `log-group:/aws/lambda/${refresher.FunctionName}:log-stream:2026/11/23`);
const LAMBDAS_OWN: readonly IamCall[] = [
  { action: 'logs:CreateLogStream', resource: LOG_STREAM, context: {} },
  { action: 'logs:PutLogEvents', resource: LOG_STREAM, context: {} },
  { action: 'sqs:SendMessage', resource: deadLetterQueueArn, context: {} },
];

let functionCalls: readonly IamCall[];
let schedulerCalls: readonly IamCall[];

function distinct(calls: readonly IamCall[]): IamCall[] {
  return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];
}

/** The calls that the Scheduler makes when the recorded entries and the sweep fire. */
function firedCalls(recorded: readonly RecordedCall[]): IamCall[] {
  const targets = recorded
    .filter(({ operation }) => operation === 'CreateSchedule')
    .map(({ input }) => (input as { Target: ScheduleTarget }).Target);
  return [...targets, asTarget(sweep.Target)].flatMap(({ Arn, DeadLetterConfig, RoleArn }) => {
    expect(RoleArn).toBe(schedulerRole.arn);
    return [
      { action: 'lambda:InvokeFunction', resource: Arn, context: {} },
      { action: 'sqs:SendMessage', resource: DeadLetterConfig.Arn, context: {} },
    ];
  });
}

interface ScheduleTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly DeadLetterConfig: { readonly Arn: string };
}
const asTarget = (target: unknown) => target as ScheduleTarget;

beforeAll(async () => {
  const world = new World({ secretNames: ['a/one', 'b'], deployment: { configuration, functionArn } });
  const recorded = await runEveryScenario(world);
  expect(world.secrets.rotations.failures).toEqual([]);
  const made = recorded.flatMap((call) => iamCallsOf(call, deployed));
  functionCalls = distinct([...made, ...LAMBDAS_OWN]);
  schedulerCalls = distinct(firedCalls(recorded));
});

describe('the policies allow', () => {
  it('every call that the function makes and that Lambda makes with its role', async () => {
    for (const call of functionCalls) {
      expect(await roleMay(functionRole, call), JSON.stringify(call)).toBe(true);
    }
  });

  it('every delivery of the Scheduler', async () => {
    expect(schedulerCalls).toHaveLength(2);
    for (const call of schedulerCalls) {
      expect(await roleMay(schedulerRole, call), JSON.stringify(call)).toBe(true);
    }
  });
});

describe('the policies allow no action that is not needed:', () => {
  it.each([
    ['the function', functionRole, () => functionCalls],
    ['the Scheduler', schedulerRole, () => schedulerCalls],
  ])('a call of %s is denied if any one action is removed', async (_, role, calls) => {
    for (const statement of role.policy.Statement.filter(({ Effect }) => Effect === 'Allow')) {
      expect(statement.Sid, 'a statement has no Sid').toBeDefined();
      for (const action of actionsOf(statement)) {
        expect(action).not.toContain('*');
        const lesser = { arn: role.arn, policy: without(role.policy, statement.Sid, action) };
        const users = calls().filter((call) => call.action === action);
        const answers = await Promise.all(users.map((call) => roleMay(lesser, call)));
        expect(answers.includes(false), `${statement.Sid} ${action} is needed by no call`).toBe(true);
      }
    }
  });

  it('the function uses each secret in the policies', () => {
    for (const [name, arn] of secretArns) {
      expect(
        functionCalls.some(({ resource }) => resource === arn),
        name,
      ).toBe(true);
    }
  });
});

const OTHERS: readonly { what: string; like: string; change: Partial<IamCall> }[] = [
  ...['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage', 'DescribeSecret'].flatMap((operation) =>
    [
      ['another secret', arnOf('secretsmanager', 'secret:other-AbCdEf')],
      ['a secret whose name starts with a managed name', arnOf('secretsmanager', 'secret:b-extra-AbCdEf')],
      ["another account's secret", arnOf('secretsmanager', 'secret:b-AbCdEf', OTHER_ACCOUNT)],
    ].map(([what = '', resource = '']) => ({
      what: `${operation} on ${what}`,
      like: `secretsmanager:${operation}`,
      change: { resource },
    })),
  ),
  ...['CreateSchedule', 'GetSchedule', 'DeleteSchedule'].flatMap((operation) =>
    [
      ['the default group', 'schedule/default/entry'],
      ['another group', 'schedule/momento-key-refresher-2/entry'],
    ].map(([what = '', rest = '']) => ({
      what: `${operation} in ${what}`,
      like: `scheduler:${operation}`,
      change: { resource: arnOf('scheduler', rest) },
    })),
  ),
  {
    what: 'passing another role',
    like: 'iam:PassRole',
    change: { resource: `arn:aws:iam::${LOCAL_ACCOUNT}:role/Admin` },
  },
  { what: 'passing its own role', like: 'iam:PassRole', change: { resource: functionRole.arn } },
  {
    what: "passing the Scheduler's role to Lambda",
    like: 'iam:PassRole',
    change: { context: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
  },
  ...['Decrypt', 'GenerateDataKey'].flatMap((operation) =>
    [
      ['by a direct call', {}],
      [
        'for another secret',
        {
          'kms:ViaService': `secretsmanager.${LOCAL_REGION}.amazonaws.com`,
          'kms:EncryptionContext:SecretARN': arnOf('secretsmanager', 'secret:other-AbCdEf'),
        },
      ],
      [
        'through another service',
        {
          'kms:ViaService': `s3.${LOCAL_REGION}.amazonaws.com`,
          'kms:EncryptionContext:SecretARN': arnOf('secretsmanager', 'secret:b-AbCdEf'),
        },
      ],
    ].map(([what, context]) => ({
      what: `${operation} ${what}`,
      like: `kms:${operation}`,
      change: { context: context as Record<string, string> },
    })),
  ),
  {
    what: 'Decrypt with another key',
    like: 'kms:Decrypt',
    change: { resource: arnOf('kms', 'key/00000000-12ab-34cd-56ef-1234567890ab') },
  },
  {
    what: 'sending to another queue',
    like: 'sqs:SendMessage',
    change: { resource: arnOf('sqs', 'others-queue') },
  },
  {
    what: "writing to another function's log",
    like: 'logs:PutLogEvents',
    change: { resource: arnOf('logs', 'log-group:/aws/lambda/other:log-stream:x') },
  },
];

const NEVER: readonly [action: string, resource: string][] = [
  ['secretsmanager:DeleteSecret', arnOf('secretsmanager', 'secret:b-AbCdEf')],
  ['secretsmanager:PutResourcePolicy', arnOf('secretsmanager', 'secret:b-AbCdEf')],
  ['secretsmanager:RotateSecret', arnOf('secretsmanager', 'secret:b-AbCdEf')],
  ['secretsmanager:UpdateSecret', arnOf('secretsmanager', 'secret:b-AbCdEf')],
  ['scheduler:UpdateSchedule', arnOf('scheduler', 'schedule/momento-key-refresher/entry')],
  ['scheduler:DeleteScheduleGroup', arnOf('scheduler', 'schedule-group/momento-key-refresher')],
  ['lambda:InvokeFunction', functionArn],
  ['lambda:UpdateFunctionConfiguration', functionArn],
  ['sts:AssumeRole', configuration.schedulerRoleArn],
  ['iam:PutRolePolicy', String(refresher.Role)],
  ['logs:CreateLogGroup', arnOf('logs', 'log-group:/aws/lambda/momento-key-refresher')],
  ['sqs:ReceiveMessage', deadLetterQueueArn],
  ['sns:Publish', topicArn],
];

describe('the role of the function does not allow', () => {
  it.each(OTHERS)('$what', async ({ like, change }) => {
    const allowed = functionCalls.find(({ action }) => action === like);
    if (allowed === undefined) throw new Error(`no call of ${like} was recorded`);
    expect(await roleMay(functionRole, { ...allowed, ...change })).toBe(false);
  });

  it('DeleteSchedule on the sweep, although it is in the group of the bookings', async () => {
    const booked = functionCalls.find(({ action }) => action === 'scheduler:DeleteSchedule');
    if (booked === undefined) throw new Error('no booking was cancelled');
    const resource = arnOf('scheduler', 'schedule/momento-key-refresher/momento-key-refresher-sweep');
    expect([sweep.GroupName, sweep.Name]).toEqual(['momento-key-refresher', 'momento-key-refresher-sweep']);
    expect(await roleMay(functionRole, { ...booked, resource })).toBe(false);
    const lesser = without(functionRole.policy, 'KeepSweep', 'scheduler:DeleteSchedule');
    expect(await roleMay({ arn: functionRole.arn, policy: lesser }, { ...booked, resource })).toBe(true);
  });

  it.each(NEVER)('the role of the function does not allow %s', async (action, resource) => {
    expect(await roleMay(functionRole, { action, resource, context: {} })).toBe(false);
  });
});

const NETWORK_CALLS = [
  ['ec2:AssignPrivateIpAddresses', 'network-interface/eni-1'],
  ['ec2:CreateNetworkInterface', 'network-interface/*'],
  ['ec2:DeleteNetworkInterface', 'network-interface/eni-1'],
  ['ec2:DescribeNetworkInterfaces', '*'],
  ['ec2:DescribeSubnets', '*'],
  ['ec2:UnassignPrivateIpAddresses', 'network-interface/eni-1'],
] as const;

it.each(NETWORK_CALLS)(
  'in a VPC, %s is allowed to Lambda, with the role of the function, and not to the code of the function',
  async (action, rest) => {
    const resource = rest === '*' ? rest : arnOf('ec2', rest);
    const call = { action, resource, context: {} };
    expect(await roleMay(roleInVpc, call)).toBe(true);
    const byCode = { ...call, context: { 'lambda:SourceFunctionArn': functionArn } };
    expect(await roleMay(roleInVpc, byCode)).toBe(false);
    expect(await roleMay(functionRole, call)).toBe(false);
  },
);

describe("the Scheduler's role does not allow", () => {
  it.each([
    ['calls of another function', 'lambda:InvokeFunction', arnOf('lambda', 'function:other')],
    ['calls of a version of this function', 'lambda:InvokeFunction', `${functionArn}:1`],
    ['messages to another queue', 'sqs:SendMessage', arnOf('sqs', 'others-queue')],
    ['reads of a secret', 'secretsmanager:GetSecretValue', arnOf('secretsmanager', 'secret:b-AbCdEf')],
    ['bookings', 'scheduler:CreateSchedule', arnOf('scheduler', 'schedule/momento-key-refresher/e')],
  ])('%s', async (_, action, resource) => {
    expect(await roleMay(schedulerRole, { action, resource, context: {} })).toBe(false);
  });
});
