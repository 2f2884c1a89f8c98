import type { CreateScheduleInput } from '@aws-sdk/client-scheduler';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../../local/scheduler/schedule-firing.ts';
import { Scheduler, type SchedulerOptions } from '../../local/scheduler/scheduler.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { errorOf } from './error-of.ts';

const START = Date.parse('2026-03-01T10:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SCHEDULE = {
  Name: 'one',
  ScheduleExpression: 'at(2026-03-01T11:00:00)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: 'DELETE',
  Target: {
    Arn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
    RoleArn: 'arn:aws:iam::123456789012:role/r',
    Input: '{}',
    RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
    DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:123456789012:dead' },
  },
} satisfies CreateScheduleInput;

let now: number;

function create(options: Partial<SchedulerOptions> = {}): Scheduler {
  return new Scheduler({
    clock: () => now,
    random: seededRandom(7),
    ...options,
  });
}

/** Jumps from one due instant to the next until `untilMs`. @returns the deliveries with their times */
function run(
  model: Scheduler,
  untilMs: number,
  fails: (delivery: Delivery) => boolean = () => false,
): string[] {
  const log: string[] = [];
  for (let due = model.nextDueAt(); due !== undefined && due <= untilMs; due = model.nextDueAt()) {
    now = Math.max(now, due);
    for (const delivery of model.takeDue()) {
      log.push(`${new Date(now).toISOString().slice(11, 19)} ${delivery.scheduleName} ${delivery.attempt}`);
      if (fails(delivery)) model.failed(delivery);
      else model.delivered(delivery);
    }
  }
  now = untilMs;
  return log;
}

const always = () => true;

beforeEach(() => {
  now = START;
});

describe('a one-time schedule', () => {
  it('is due once, at its instant', () => {
    const model = create();
    model.createSchedule(SCHEDULE);
    expect(model.nextDueAt()).toBe(Date.parse('2026-03-01T11:00:00Z'));
    now = START + HOUR - 1;
    expect(model.takeDue()).toEqual([]);
    now += 1;
    expect(model.takeDue()).toHaveLength(1);
    expect([model.takeDue(), model.nextDueAt()]).toEqual([[], undefined]);
  });

  it('is delivered with its context attributes replaced', () => {
    const model = create();
    const Input =
      '{"at":"<aws.scheduler.scheduled-time>","arn":"<aws.scheduler.schedule-arn>","id":"<aws.scheduler.execution-id>","n":"<aws.scheduler.attempt-number>","x":"<aws.scheduler.other>"}';
    model.createSchedule({ ...SCHEDULE, Target: { ...SCHEDULE.Target, Input } });
    now = START + HOUR + 30_000;
    const [delivery] = model.takeDue();
    expect(delivery).toMatchObject({
      scheduleName: 'one',
      scheduledAtMs: START + HOUR,
      attempt: 1,
    });
    expect(JSON.parse(delivery?.input ?? '')).toEqual({
      at: '2026-03-01T11:00:00Z',
      arn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/default/one',
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      n: '1',
      x: '<aws.scheduler.other>',
    });
  });

  it('is not due while it is disabled or after it is deleted, and follows a new time', () => {
    const model = create();
    model.createSchedule({ ...SCHEDULE, State: 'DISABLED' });
    expect(model.nextDueAt()).toBeUndefined();
    model.updateSchedule({ ...SCHEDULE, ScheduleExpression: 'at(2026-03-01T12:00:00)' });
    expect(model.nextDueAt()).toBe(START + 2 * HOUR);
    model.updateSchedule(SCHEDULE);
    expect(model.nextDueAt()).toBe(START + HOUR);
    model.deleteSchedule({ Name: 'one' });
    expect(model.nextDueAt()).toBeUndefined();
  });

  it('fires late or early by the configured delay', () => {
    for (const delayMs of [59_000, -42_000]) {
      const model = create({ delayMs: () => delayMs });
      model.createSchedule(SCHEDULE);
      expect(model.nextDueAt()).toBe(START + HOUR + delayMs);
    }
  });

  it('keeps the order in which schedules of one instant were created', () => {
    const model = create();
    for (const Name of ['z', 'a', 'm']) model.createSchedule({ ...SCHEDULE, Name });
    expect(run(model, START + HOUR)).toEqual(['11:00:00 z 1', '11:00:00 a 1', '11:00:00 m 1']);
  });
});

describe('an entry that has fired', () => {
  it('keeps its name for the configured time and is then deleted', () => {
    const model = create({ lingerMs: () => 5000 });
    model.createSchedule(SCHEDULE);
    run(model, START + HOUR);
    now = START + HOUR + 4999;
    const again = { ...SCHEDULE, ScheduleExpression: 'at(2026-03-01T12:00:00)' };
    expect(model.listSchedules({}).Schedules).toHaveLength(1);
    expect(errorOf(() => model.createSchedule(again))).toMatch(/^409 ConflictException/);
    now += 1;
    expect(model.listSchedules({}).Schedules).toEqual([]);
    expect(errorOf(() => model.getSchedule({ Name: 'one' }))).toMatch(/^404 ResourceNotFoundException/);
    expect(errorOf(() => model.createSchedule(again))).toBe('no error');
  });

  it('stays if its action is NONE', () => {
    const model = create({ lingerMs: () => 0 });
    model.createSchedule({ ...SCHEDULE, ActionAfterCompletion: 'NONE' });
    run(model, START + 24 * HOUR);
    expect(model.getSchedule({ Name: 'one' }).State).toBe('ENABLED');
  });

  it('stays if it gets a new time before it is deleted', () => {
    const model = create({ lingerMs: () => 5000 });
    model.createSchedule(SCHEDULE);
    run(model, START + HOUR);
    model.updateSchedule({ ...SCHEDULE, ScheduleExpression: 'at(2026-03-01T12:00:00)' });
    expect(run(model, START + 2 * HOUR)).toEqual(['12:00:00 one 1']);
  });

  it('is not deleted before its delivery is reported', () => {
    const model = create({ lingerMs: () => 0 });
    model.createSchedule(SCHEDULE);
    now = START + HOUR;
    const [delivery] = model.takeDue();
    now += HOUR;
    expect(model.listSchedules({}).Schedules).toHaveLength(1);
    model.delivered(delivery as Delivery);
    expect(model.listSchedules({}).Schedules).toEqual([]);
  });
});

describe('a rate schedule', () => {
  it('fires at once and then at each interval', () => {
    const model = create();
    model.createSchedule({ ...SCHEDULE, ScheduleExpression: 'rate(1 hour)' });
    expect(run(model, START + 2 * HOUR)).toEqual(['10:00:00 one 1', '11:00:00 one 1', '12:00:00 one 1']);
  });

  it('catches up after a jump of the clock', () => {
    const model = create();
    model.createSchedule({ ...SCHEDULE, ScheduleExpression: 'rate(1 hour)' });
    now = START + 150 * MINUTE;
    expect(model.takeDue().map((delivery) => (delivery.scheduledAtMs - START) / MINUTE)).toEqual([
      0, 60, 120,
    ]);
  });

  it('fires while an earlier delivery is retried', () => {
    const model = create();
    model.createSchedule({ ...SCHEDULE, ScheduleExpression: 'rate(1 minute)' });
    const log = run(model, START + MINUTE, (delivery) => delivery.scheduledAtMs === START);
    expect(log).toEqual(['10:00:00 one 1', '10:00:01 one 2', '10:00:03 one 3', '10:01:00 one 1']);
  });
});

describe('a failed delivery', () => {
  it('is retried with growing delays until its attempts are used up', () => {
    const model = create({ lingerMs: () => 0 });
    model.createSchedule(SCHEDULE);
    expect(run(model, START + 2 * HOUR, always)).toEqual([
      '11:00:00 one 1',
      '11:00:01 one 2',
      '11:00:03 one 3',
    ]);
    expect(model.listSchedules({}).Schedules).toEqual([]);
  });

  it('is not retried when the event is too old', () => {
    const model = create();
    const RetryPolicy = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 60 };
    model.createSchedule({ ...SCHEDULE, Target: { ...SCHEDULE.Target, RetryPolicy } });
    // After 1, 2, 4, 8 and 16 seconds; the next would come at 63.
    expect(run(model, START + 2 * HOUR, always)).toHaveLength(6);
  });

  it('is retried 185 times within a day by default', () => {
    const model = create();
    const { RetryPolicy: _, DeadLetterConfig: __, ...Target } = SCHEDULE.Target;
    model.createSchedule({ ...SCHEDULE, Target });
    expect(run(model, START + 48 * HOUR, always)).toHaveLength(186);
  });

  it('is not retried after its schedule is deleted', () => {
    const model = create();
    model.createSchedule(SCHEDULE);
    now = START + HOUR;
    for (const delivery of model.takeDue()) {
      model.deleteSchedule({ Name: 'one' });
      model.failed(delivery);
    }
    expect(model.nextDueAt()).toBeUndefined();
  });

  it('counts once if it is reported several times', () => {
    const model = create();
    model.createSchedule(SCHEDULE);
    now = START + HOUR;
    for (const delivery of model.takeDue()) {
      model.failed(delivery);
      model.failed(delivery);
      model.delivered(delivery);
    }
    expect(run(model, START + 2 * HOUR)).toEqual(['11:00:01 one 2']);
  });
});

it('a thousand schedules fire in the order of their instants, without the deleted ones', () => {
  const model = create();
  const random = seededRandom(11);
  for (let i = 0; i < 1000; i += 1) {
    const at = new Date(START + MINUTE + Math.floor(random() * 12 * 3600) * 1000);
    model.createSchedule({
      ...SCHEDULE,
      Name: `n-${i}`,
      ScheduleExpression: `at(${at.toISOString().slice(0, 19)})`,
    });
    if (i % 3 === 0) model.deleteSchedule({ Name: `n-${i}` });
  }
  const instants = run(model, START + 24 * HOUR).map((entry) => entry.slice(0, 8));
  expect(instants).toHaveLength(666);
  expect(instants).toEqual(instants.toSorted());
});
