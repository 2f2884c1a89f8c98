import type { CreateScheduleInput, Target } from '@aws-sdk/client-scheduler';
import { beforeEach, describe, expect, it } from 'vitest';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { errorOf } from './error-of.ts';

const START = Date.parse('2026-03-01T10:00:00Z');
const TARGET = {
  Arn: 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
  RoleArn: 'arn:aws:iam::123456789012:role/scheduler',
  Input: '{"a":1}',
} satisfies Target;
const SCHEDULE = {
  Name: 'one',
  GroupName: 'g',
  ScheduleExpression: 'at(2026-03-01T11:00:00)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: TARGET,
} satisfies CreateScheduleInput;

let now: number;
let model: Scheduler;

beforeEach(() => {
  now = START;
  model = new Scheduler({ clock: () => now, random: seededRandom(7) });
  model.createScheduleGroup({ Name: 'g' });
});

describe('CreateSchedule', () => {
  it('fills in the defaults', () => {
    expect(model.createSchedule(SCHEDULE)).toEqual({
      ScheduleArn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/g/one',
    });
    expect(model.getSchedule({ Name: 'one', GroupName: 'g' })).toEqual({
      Arn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/g/one',
      GroupName: 'g',
      Name: 'one',
      CreationDate: new Date(START),
      LastModificationDate: new Date(START),
      ScheduleExpression: 'at(2026-03-01T11:00:00)',
      ScheduleExpressionTimezone: 'UTC',
      State: 'ENABLED',
      ActionAfterCompletion: 'NONE',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { ...TARGET, RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } },
    });
  });

  it('uses the default group if none is named', () => {
    const { GroupName: _, ...schedule } = SCHEDULE;
    expect(model.createSchedule(schedule).ScheduleArn).toBe(
      'arn:aws:scheduler:us-east-1:123456789012:schedule/default/one',
    );
    expect(model.getSchedule({ Name: 'one' }).GroupName).toBe('default');
  });

  it.each([
    'at(2026-03-01T10:00:01)',
    'at(2028-02-29T00:00:00)',
    'rate(1 minute)',
    'rate(2 minute)',
    'rate(7 days)',
    'rate(12 hours)',
  ])('accepts %s', (ScheduleExpression) => {
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ScheduleExpression }))).toBe('no error');
  });

  it.each([
    'at(2026-03-01)',
    'at(2026-03-01 11:00:00)',
    'at(2026-03-01T25:00:00)',
    'at(2026-03-01T24:00:00)',
    ' rate(10 minutes)',
    'rate( 10 minutes )',
    'rate(10 seconds)',
    'rate(0 minutes)',
    'rate(-10 minutes)',
    'rate(10)',
    'rate(10 minutess)',
    'cron(INVALID)',
  ])('refuses %j', (ScheduleExpression) => {
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ScheduleExpression }))).toBe(
      `400 ValidationException: Invalid Schedule Expression ${ScheduleExpression}.`,
    );
  });

  it.each(['at(2026-03-01T10:00:00)', 'at(2026-03-01T09:59:59)'])(
    'refuses %s, which is not in the future',
    (ScheduleExpression) => {
      expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ScheduleExpression }))).toBe(
        `400 ValidationException: Invalid Schedule Expression ${ScheduleExpression}. The time is in the past.`,
      );
    },
  );
});

describe('CreateSchedule refuses', () => {
  const target = (change: Partial<Target>) => ({ Target: { ...TARGET, ...change } });
  const one = '1 validation error detected: Value';
  const constraint = 'failed to satisfy constraint: Member must';
  it.each<[string, Partial<CreateScheduleInput>, string]>([
    [
      'a group with a space',
      { GroupName: 'a b' },
      `${one} 'a b' at 'groupName' ${constraint} satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$`,
    ],
    [
      'a request without an expression',
      { ScheduleExpression: undefined },
      `${one} null at 'scheduleExpression' ${constraint} not be null`,
    ],
    [
      'a request without a flexible window',
      { FlexibleTimeWindow: undefined },
      `${one} null at 'flexibleTimeWindow' ${constraint} not be null`,
    ],
    [
      'an unknown mode of the flexible window',
      { FlexibleTimeWindow: { Mode: 'MAYBE' as 'OFF' } },
      `${one} 'MAYBE' at 'flexibleTimeWindow.mode' ${constraint} satisfy enum value set: [OFF, FLEXIBLE]`,
    ],
    [
      'a flexible window, which the local service does not offer',
      { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 } },
      'The local Scheduler offers the flexible time window OFF only.',
    ],
    [
      'a request without a target',
      { Target: undefined },
      `${one} null at 'target' ${constraint} not be null`,
    ],
    [
      'a target without a role',
      target({ RoleArn: undefined }),
      `${one} null at 'target.roleArn' ${constraint} not be null`,
    ],
    [
      'a target that is not an ARN',
      target({ Arn: 'momento-key-refresher' }),
      'Provided Arn is not in correct format.',
    ],
    [
      'an input that is not JSON',
      target({ Input: '{' }),
      'The Input of a Lambda target must be well-formed JSON.',
    ],
    [
      'an input that is too long',
      target({ Input: `"${'x'.repeat(262_143)}"` }),
      `${one} at 'target.input' ${constraint} have length less than or equal to 262144`,
    ],
    [
      'a negative number of retries',
      target({ RetryPolicy: { MaximumRetryAttempts: -1 } }),
      `${one} '-1' at 'target.retryPolicy.maximumRetryAttempts' ${constraint} have value greater than or equal to 0`,
    ],
    [
      'an event age of 59 seconds',
      target({ RetryPolicy: { MaximumEventAgeInSeconds: 59 } }),
      `${one} '59' at 'target.retryPolicy.maximumEventAgeInSeconds' ${constraint} have value greater than or equal to 60`,
    ],
    [
      'an event age of 86401 seconds',
      target({ RetryPolicy: { MaximumEventAgeInSeconds: 86_401 } }),
      `${one} '86401' at 'target.retryPolicy.maximumEventAgeInSeconds' ${constraint} have value less than or equal to 86400`,
    ],
    [
      'a dead-letter queue that is not a queue',
      target({ DeadLetterConfig: { Arn: 'arn:aws:sns:us-east-1:123456789012:t' } }),
      `${one} 'arn:aws:sns:us-east-1:123456789012:t' at 'target.deadLetterConfig.arn' ${constraint} satisfy regular expression pattern: ^arn:aws(-[a-z]+)?:sqs:[a-z0-9-]+:\\d{12}:[a-zA-Z0-9\\-_]+$`,
    ],
    [
      'an unknown action after completion',
      { ActionAfterCompletion: 'KEEP' as 'NONE' },
      `${one} 'KEEP' at 'actionAfterCompletion' ${constraint} satisfy enum value set: [NONE, DELETE]`,
    ],
    [
      'a client token with a space',
      { ClientToken: 'a b' },
      `${one} 'a b' at 'clientToken' ${constraint} satisfy regular expression pattern: ^[a-zA-Z0-9-_]+$`,
    ],
    [
      'a time zone other than UTC, which the local service does not offer',
      { ScheduleExpressionTimezone: 'Europe/Berlin' },
      'The local Scheduler evaluates expressions in UTC only, not in Europe/Berlin.',
    ],
  ])('%s', (_, change, message) => {
    const request = { ...SCHEDULE, ...change } as CreateScheduleInput;
    expect(errorOf(() => model.createSchedule(request))).toBe(`400 ValidationException: ${message}`);
    expect(model.listSchedules({}).Schedules).toEqual([]);
  });

  it('several faults with one error that names them all', () => {
    const request = { ...SCHEDULE, Name: '', Target: undefined };
    expect(errorOf(() => model.createSchedule(request))).toBe(
      "400 ValidationException: 3 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$; Value null at 'target' failed to satisfy constraint: Member must not be null",
    );
  });
});

describe('a schedule name that is taken', () => {
  it('is a conflict for another request with the same token', () => {
    model.createSchedule({ ...SCHEDULE, ClientToken: 't' });
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ClientToken: 't', Description: 'd' }))).toBe(
      '409 ConflictException: Schedule one already exists.',
    );
    expect(model.listSchedules({}).Schedules).toHaveLength(1);
  });

  it('is free in another group', () => {
    model.createSchedule(SCHEDULE);
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, GroupName: 'default' }))).toBe('no error');
  });
});

describe('a ResourceNotFoundException is the answer to', () => {
  it.each<[string, () => unknown, string]>([
    [
      'GetSchedule for an unknown group',
      () => model.getSchedule({ Name: 'x', GroupName: 'h' }),
      'Schedule group h',
    ],
    [
      'UpdateSchedule for an unknown schedule',
      () => model.updateSchedule({ ...SCHEDULE, Name: 'x' }),
      'Schedule x',
    ],
  ])('%s', (_, call, missing) => {
    expect(errorOf(call)).toBe(`404 ResourceNotFoundException: ${missing} does not exist.`);
  });
});

describe('UpdateSchedule', () => {
  it('resets every member that is not given to its default', () => {
    model.createSchedule({
      ...SCHEDULE,
      Description: 'd',
      State: 'DISABLED',
      ActionAfterCompletion: 'DELETE',
      Target: { ...TARGET, RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 60 } },
    });
    now += 1000;
    model.updateSchedule({ ...SCHEDULE, ScheduleExpression: 'at(2026-03-01T12:00:00)' });
    const updated = model.getSchedule({ Name: 'one', GroupName: 'g' });
    expect(updated).toMatchObject({
      CreationDate: new Date(START),
      LastModificationDate: new Date(START + 1000),
      State: 'ENABLED',
      ActionAfterCompletion: 'NONE',
      ScheduleExpression: 'at(2026-03-01T12:00:00)',
      Target: { RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } },
    });
    expect(updated).not.toHaveProperty('Description');
  });

  it('checks the same rules as CreateSchedule', () => {
    model.createSchedule(SCHEDULE);
    const update = { ...SCHEDULE, ScheduleExpression: 'at(2026-03-01T09:00:00)' };
    expect(errorOf(() => model.updateSchedule(update))).toMatch(/^400 ValidationException/);
  });
});

describe('ListSchedules', () => {
  const names = (request: Parameters<Scheduler['listSchedules']>[0]) =>
    model.listSchedules(request).Schedules?.map((schedule) => schedule.Name);

  beforeEach(() => {
    for (const Name of ['b-2', 'a-1', 'b-1', 'b-10', 'c-1']) model.createSchedule({ ...SCHEDULE, Name });
    model.createSchedule({ ...SCHEDULE, Name: 'b-9', GroupName: 'default', State: 'DISABLED' });
  });

  it.each<[string, Parameters<Scheduler['listSchedules']>[0], string[]]>([
    ['lists all groups by name', {}, ['b-9', 'a-1', 'b-1', 'b-10', 'b-2', 'c-1']],
    ['lists one group', { GroupName: 'g' }, ['a-1', 'b-1', 'b-10', 'b-2', 'c-1']],
    ['lists one group by prefix', { GroupName: 'g', NamePrefix: 'b-' }, ['b-1', 'b-10', 'b-2']],
    ['lists all groups by prefix', { NamePrefix: 'b-' }, ['b-9', 'b-1', 'b-10', 'b-2']],
    ['lists by a prefix that is itself a name', { NamePrefix: 'b-1' }, ['b-1', 'b-10']],
    ['lists nothing for an unknown prefix', { NamePrefix: 'd' }, []],
    ['lists by state', { State: 'DISABLED' }, ['b-9']],
  ])('%s', (_, request, expected) => {
    expect(names(request)).toEqual(expected);
  });

  it('returns summaries', () => {
    expect(model.listSchedules({ GroupName: 'g', NamePrefix: 'a' }).Schedules).toEqual([
      {
        Arn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/g/a-1',
        CreationDate: new Date(START),
        GroupName: 'g',
        LastModificationDate: new Date(START),
        Name: 'a-1',
        State: 'ENABLED',
        Target: { Arn: TARGET.Arn },
      },
    ]);
  });

  it('returns pages, and a deletion between two pages skips no entry', () => {
    const first = model.listSchedules({ MaxResults: 3 });
    expect(first.Schedules?.map((schedule) => schedule.Name)).toEqual(['b-9', 'a-1', 'b-1']);
    model.deleteSchedule({ Name: 'b-1', GroupName: 'g' });
    const second = model.listSchedules({ MaxResults: 3, NextToken: first.NextToken });
    expect(second.Schedules?.map((schedule) => schedule.Name)).toEqual(['b-10', 'b-2', 'c-1']);
    expect(second.NextToken).toBeUndefined();
  });

  it.each([
    [
      'a page size of 0',
      { MaxResults: 0 },
      "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'a page size of 101',
      { MaxResults: 101 },
      "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
    ],
    [
      'an empty prefix',
      { NamePrefix: '' },
      "Value '' at 'namePrefix' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    ['an unknown token', { NextToken: 'eA==' }, 'Invalid NextToken.'],
  ])('refuses %s', (_, request, message) => {
    expect(errorOf(() => model.listSchedules(request))).toContain('400 ValidationException: ');
    expect(errorOf(() => model.listSchedules(request))).toContain(message);
  });
});

it('CreateScheduleGroup returns the ARN of a new group, and is a conflict if the group exists', () => {
  expect(model.createScheduleGroup({ Name: 'h' })).toEqual({
    ScheduleGroupArn: 'arn:aws:scheduler:us-east-1:123456789012:schedule-group/h',
  });
  expect(errorOf(() => model.createScheduleGroup({ Name: 'g' }))).toBe(
    '409 ConflictException: Schedule group g already exists.',
  );
});

it('the local Scheduler refuses a throttled call with 429', () => {
  model.gate.throttling = { requestsPerSecond: 0 };
  expect(errorOf(() => model.listSchedules({}))).toBe('429 ThrottlingException: Rate exceeded');
});

it('the gate of the local Scheduler can make a call fail after its effect', () => {
  model.gate.faultHook = (_, phase) => {
    if (phase === 'after') throw new Error('lost');
  };
  expect(() => model.createSchedule(SCHEDULE)).toThrow('lost');
  model.gate.faultHook = undefined;
  expect(model.getSchedule({ Name: 'one', GroupName: 'g' }).Name).toBe('one');
});
