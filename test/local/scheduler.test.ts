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

describe('a schedule is created', () => {
  it('with the defaults that the service shows', () => {
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

  it('in the default group where none is named', () => {
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
  ])('by %s', (ScheduleExpression) => {
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ScheduleExpression }))).toBe('no error');
  });

  it.each([
    'at(2026-03-01T11:00:00Z)',
    'at(2026-03-01)',
    'at(2026-03-01T11:00)',
    'at(2026-03-01 11:00:00)',
    'at(2026-02-29T11:00:00)',
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
    'tomorrow',
  ])('but not by %j', (ScheduleExpression) => {
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ScheduleExpression }))).toBe(
      `400 ValidationException: Invalid Schedule Expression ${ScheduleExpression}.`,
    );
  });

  it.each(['at(2026-03-01T10:00:00)', 'at(2026-03-01T09:59:59)'])(
    'but not by %s, which is not in the future',
    (ScheduleExpression) => {
      expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ScheduleExpression }))).toBe(
        `400 ValidationException: Invalid Schedule Expression ${ScheduleExpression}. The time is in the past.`,
      );
    },
  );
});

describe('a malformed request is refused:', () => {
  const target = (change: Partial<Target>) => ({ Target: { ...TARGET, ...change } });
  const one = '1 validation error detected: Value';
  const constraint = 'failed to satisfy constraint: Member must';
  it.each<[string, Partial<CreateScheduleInput>, string]>([
    [
      'a name of 65 characters',
      { Name: 'n'.repeat(65) },
      `${one} '${'n'.repeat(65)}' at 'name' ${constraint} have length less than or equal to 64`,
    ],
    [
      'a name with a slash',
      { Name: 'a/b' },
      `${one} 'a/b' at 'name' ${constraint} satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$`,
    ],
    [
      'a group with a space',
      { GroupName: 'a b' },
      `${one} 'a b' at 'groupName' ${constraint} satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$`,
    ],
    [
      'no expression',
      { ScheduleExpression: undefined },
      `${one} null at 'scheduleExpression' ${constraint} not be null`,
    ],
    [
      'no flexible window',
      { FlexibleTimeWindow: undefined },
      `${one} null at 'flexibleTimeWindow' ${constraint} not be null`,
    ],
    [
      'a window of another mode',
      { FlexibleTimeWindow: { Mode: 'MAYBE' as 'OFF' } },
      `${one} 'MAYBE' at 'flexibleTimeWindow.mode' ${constraint} satisfy enum value set: [OFF, FLEXIBLE]`,
    ],
    [
      'a window of 1441 minutes',
      { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1441 } },
      `${one} '1441' at 'flexibleTimeWindow.maximumWindowInMinutes' ${constraint} have value less than or equal to 1440`,
    ],
    [
      'a flexible window of no length',
      { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } },
      'MaximumWindowInMinutes is required when the FlexibleTimeWindow mode is FLEXIBLE.',
    ],
    ['no target', { Target: undefined }, `${one} null at 'target' ${constraint} not be null`],
    [
      'a target without a role',
      target({ RoleArn: undefined }),
      `${one} null at 'target.roleArn' ${constraint} not be null`,
    ],
    [
      'a target that is no ARN',
      target({ Arn: 'momento-key-refresher' }),
      'Provided Arn is not in correct format.',
    ],
    [
      'a role that is no role',
      target({ RoleArn: 'arn:aws:iam::123456789012:user/u' }),
      `${one} 'arn:aws:iam::123456789012:user/u' at 'target.roleArn' ${constraint} satisfy regular expression pattern: ^arn:aws(-[a-z]+)?:iam::\\d{12}:role\\/[\\w+=,.@/-]+$`,
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
      '186 retries',
      target({ RetryPolicy: { MaximumRetryAttempts: 186 } }),
      `${one} '186' at 'target.retryPolicy.maximumRetryAttempts' ${constraint} have value less than or equal to 185`,
    ],
    [
      'retries below zero',
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
      'a dead-letter queue that is no queue',
      target({ DeadLetterConfig: { Arn: 'arn:aws:sns:us-east-1:123456789012:t' } }),
      `${one} 'arn:aws:sns:us-east-1:123456789012:t' at 'target.deadLetterConfig.arn' ${constraint} satisfy regular expression pattern: ^arn:aws(-[a-z]+)?:sqs:[a-z0-9-]+:\\d{12}:[a-zA-Z0-9\\-_]+$`,
    ],
    [
      'parameters of another kind of target',
      target({ SqsParameters: { MessageGroupId: 'm' } }),
      'SqsParameters does not fit the target arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher.',
    ],
    [
      'another action after completion',
      { ActionAfterCompletion: 'KEEP' as 'NONE' },
      `${one} 'KEEP' at 'actionAfterCompletion' ${constraint} satisfy enum value set: [NONE, DELETE]`,
    ],
    [
      'a client token with a space',
      { ClientToken: 'a b' },
      `${one} 'a b' at 'clientToken' ${constraint} satisfy regular expression pattern: ^[a-zA-Z0-9-_]+$`,
    ],
    [
      'another time zone, which the local service does not know',
      { ScheduleExpressionTimezone: 'Europe/Berlin' },
      'The local Scheduler evaluates expressions in UTC only, not in Europe/Berlin.',
    ],
    [
      'a start of long ago',
      { ScheduleExpression: 'rate(1 hour)', StartDate: new Date(START - 300_001) },
      'The StartDate you specify cannot be earlier than 5 minutes ago.',
    ],
    [
      'an end before the start',
      { ScheduleExpression: 'rate(1 hour)', StartDate: new Date(START + 2), EndDate: new Date(START + 1) },
      'The EndDate you specify must be in the future and later than the StartDate.',
    ],
  ])('%s', (_, change, message) => {
    const request = { ...SCHEDULE, ...change } as CreateScheduleInput;
    expect(errorOf(() => model.createSchedule(request))).toBe(`400 ValidationException: ${message}`);
    expect(model.listSchedules({}).Schedules).toEqual([]);
  });

  it('all faults at once', () => {
    const request = { ...SCHEDULE, Name: '', Target: undefined };
    expect(errorOf(() => model.createSchedule(request))).toBe(
      "400 ValidationException: 3 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$; Value null at 'target' failed to satisfy constraint: Member must not be null",
    );
  });
});

describe('a name that is taken', () => {
  it('is a conflict', () => {
    model.createSchedule(SCHEDULE);
    expect(errorOf(() => model.createSchedule(SCHEDULE))).toBe(
      '409 ConflictException: Schedule one already exists.',
    );
  });

  it.each<[string, Partial<CreateScheduleInput>, string]>([
    ['the same request with the same token is the first success once more', {}, 'no error'],
    [
      'another request with the same token is a conflict',
      { Description: 'd' },
      '409 ConflictException: Schedule one already exists.',
    ],
    [
      'the same request with another token is a conflict',
      { ClientToken: 'u' },
      '409 ConflictException: Schedule one already exists.',
    ],
  ])('%s', (_, change, expected) => {
    model.createSchedule({ ...SCHEDULE, ClientToken: 't' });
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, ClientToken: 't', ...change }))).toBe(expected);
    expect(model.listSchedules({}).Schedules).toHaveLength(1);
  });

  it('is free in another group', () => {
    model.createSchedule(SCHEDULE);
    expect(errorOf(() => model.createSchedule({ ...SCHEDULE, GroupName: 'default' }))).toBe('no error');
  });
});

describe('what does not exist is not found:', () => {
  it.each<[string, () => unknown, string]>([
    [
      'the group of a new schedule',
      () => model.createSchedule({ ...SCHEDULE, GroupName: 'h' }),
      'Schedule group h',
    ],
    ['a schedule to get', () => model.getSchedule({ Name: 'x', GroupName: 'g' }), 'Schedule x'],
    [
      'a schedule to get in a group that is missing',
      () => model.getSchedule({ Name: 'x', GroupName: 'h' }),
      'Schedule group h',
    ],
    ['a schedule to delete', () => model.deleteSchedule({ Name: 'x', GroupName: 'g' }), 'Schedule x'],
    ['a schedule to update', () => model.updateSchedule({ ...SCHEDULE, Name: 'x' }), 'Schedule x'],
    ['a group to list', () => model.listSchedules({ GroupName: 'h' }), 'Schedule group h'],
    ['a group to delete', () => model.deleteScheduleGroup({ Name: 'h' }), 'Schedule group h'],
  ])('%s', (_, call, missing) => {
    expect(errorOf(call)).toBe(`404 ResourceNotFoundException: ${missing} does not exist.`);
  });
});

describe('a schedule is updated', () => {
  it('as a whole: what is not given falls back to its default', () => {
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

  it('under the same rules as it is created', () => {
    model.createSchedule(SCHEDULE);
    const update = { ...SCHEDULE, ScheduleExpression: 'at(2026-03-01T09:00:00)' };
    expect(errorOf(() => model.updateSchedule(update))).toMatch(/^400 ValidationException/);
  });
});

describe('schedules are listed', () => {
  const names = (request: Parameters<Scheduler['listSchedules']>[0]) =>
    model.listSchedules(request).Schedules?.map((schedule) => schedule.Name);

  beforeEach(() => {
    for (const Name of ['b-2', 'a-1', 'b-1', 'b-10', 'c-1']) model.createSchedule({ ...SCHEDULE, Name });
    model.createSchedule({ ...SCHEDULE, Name: 'b-9', GroupName: 'default', State: 'DISABLED' });
  });

  it.each<[string, Parameters<Scheduler['listSchedules']>[0], string[]]>([
    ['of all groups', {}, ['b-9', 'a-1', 'b-1', 'b-10', 'b-2', 'c-1']],
    ['of one group', { GroupName: 'g' }, ['a-1', 'b-1', 'b-10', 'b-2', 'c-1']],
    ['by prefix', { GroupName: 'g', NamePrefix: 'b-' }, ['b-1', 'b-10', 'b-2']],
    ['by prefix in all groups', { NamePrefix: 'b-' }, ['b-9', 'b-1', 'b-10', 'b-2']],
    ['by a prefix that is a name', { NamePrefix: 'b-1' }, ['b-1', 'b-10']],
    ['by a prefix of none', { NamePrefix: 'd' }, []],
    ['by state', { State: 'DISABLED' }, ['b-9']],
  ])('%s', (_, request, expected) => {
    expect(names(request)).toEqual(expected);
  });

  it('in summaries', () => {
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

  it('in pages, which survive a deletion between them', () => {
    const first = model.listSchedules({ MaxResults: 3 });
    expect(first.Schedules?.map((schedule) => schedule.Name)).toEqual(['b-9', 'a-1', 'b-1']);
    model.deleteSchedule({ Name: 'b-1', GroupName: 'g' });
    const second = model.listSchedules({ MaxResults: 3, NextToken: first.NextToken });
    expect(second.Schedules?.map((schedule) => schedule.Name)).toEqual(['b-10', 'b-2', 'c-1']);
    expect(second.NextToken).toBeUndefined();
  });

  it.each([
    [
      'no results',
      { MaxResults: 0 },
      "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      '101 results',
      { MaxResults: 101 },
      "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
    ],
    [
      'an empty prefix',
      { NamePrefix: '' },
      "Value '' at 'namePrefix' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    ['a token of its own making', { NextToken: 'eA==' }, 'Invalid NextToken.'],
  ])('but not %s', (_, request, message) => {
    expect(errorOf(() => model.listSchedules(request))).toContain('400 ValidationException: ');
    expect(errorOf(() => model.listSchedules(request))).toContain(message);
  });
});

describe('a schedule group', () => {
  it('that exists is a conflict, but not for the same client token', () => {
    expect(errorOf(() => model.createScheduleGroup({ Name: 'g' }))).toBe(
      '409 ConflictException: Schedule group g already exists.',
    );
    const request = { Name: 'h', ClientToken: 't' };
    expect(model.createScheduleGroup(request)).toEqual({
      ScheduleGroupArn: 'arn:aws:scheduler:us-east-1:123456789012:schedule-group/h',
    });
    expect(errorOf(() => model.createScheduleGroup(request))).toBe('no error');
  });

  it('takes its schedules with it when it is deleted', () => {
    model.createSchedule(SCHEDULE);
    model.deleteScheduleGroup({ Name: 'g' });
    expect([model.nextDueAt(), model.listSchedules({}).Schedules]).toEqual([undefined, []]);
  });

  it('of the name default always exists', () => {
    expect(errorOf(() => model.deleteScheduleGroup({ Name: 'default' }))).toBe(
      '400 ValidationException: The default schedule group cannot be deleted.',
    );
  });
});

it('a throttled call is refused with 429', () => {
  model.gate.throttling = { requestsPerSecond: 0 };
  expect(errorOf(() => model.listSchedules({}))).toBe('429 ThrottlingException: Rate exceeded');
});

it('a call can be made to fail after its effect', () => {
  model.gate.faultHook = (_, phase) => {
    if (phase === 'after') throw new Error('lost');
  };
  expect(() => model.createSchedule(SCHEDULE)).toThrow('lost');
  model.gate.faultHook = undefined;
  expect(model.getSchedule({ Name: 'one', GroupName: 'g' }).Name).toBe('one');
});
