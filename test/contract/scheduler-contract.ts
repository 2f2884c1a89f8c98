/** The behaviours of EventBridge Scheduler that the project relies on, with the results that AWS documents. */
import { randomUUID } from 'node:crypto';
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  type ListSchedulesCommandInput,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { type Behaviour, type Case, outcomeOf } from './behaviour.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:contract';
const ROLE_ARN = 'arn:aws:iam::123456789012:role/contract';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:123456789012:contract';

class Subject {
  readonly group = `contract-${randomUUID()}`;
  readonly #client: SchedulerClient;

  constructor(client: SchedulerClient) {
    this.#client = client;
  }

  createGroup() {
    return this.#client.send(new CreateScheduleGroupCommand({ Name: this.group }));
  }

  create(Name: string, changes: Partial<CreateScheduleCommandInput> = {}) {
    return this.#client.send(
      new CreateScheduleCommand({
        Name,
        GroupName: this.group,
        ScheduleExpression: 'at(2099-01-01T00:00:00)',
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: FUNCTION_ARN,
          RoleArn: ROLE_ARN,
          Input: '{"a":1}',
          RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
          DeadLetterConfig: { Arn: QUEUE_ARN },
        },
        ...changes,
      }),
    );
  }

  get(Name: string) {
    return this.#client.send(new GetScheduleCommand({ Name, GroupName: this.group }));
  }

  delete(Name: string) {
    return this.#client.send(new DeleteScheduleCommand({ Name, GroupName: this.group }));
  }

  async names(filter: Partial<ListSchedulesCommandInput> = {}): Promise<(string | undefined)[]> {
    const page = await this.list(filter);
    return (page.Schedules ?? []).map(({ Name }) => Name).sort();
  }

  list(filter: Partial<ListSchedulesCommandInput>) {
    return this.#client.send(new ListSchedulesCommand({ GroupName: this.group, ...filter }));
  }
}

/** Most cases need a group. */
function grouped(run: (subject: Subject) => Promise<unknown>): (subject: Subject) => Promise<unknown> {
  return async (subject) => {
    await subject.createGroup();
    return await run(subject);
  };
}

const CASES: readonly Case<Subject>[] = [
  [
    'CreateSchedule creates an entry, and GetSchedule returns it unchanged',
    grouped(async (subject) => {
      const { ScheduleArn = '' } = await subject.create('entry');
      const {
        Name,
        GroupName,
        State,
        ScheduleExpression,
        Target,
        FlexibleTimeWindow,
        ActionAfterCompletion,
      } = await subject.get('entry');
      const told = [ScheduleArn.endsWith(`:schedule/${subject.group}/entry`), GroupName === subject.group];
      return [...told, Name, State, ScheduleExpression, FlexibleTimeWindow, ActionAfterCompletion, Target];
    }),
    [
      ...[true, true, 'entry', 'ENABLED', 'at(2099-01-01T00:00:00)', { Mode: 'OFF' }, 'DELETE'],
      {
        Arn: FUNCTION_ARN,
        RoleArn: ROLE_ARN,
        Input: '{"a":1}',
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
        DeadLetterConfig: { Arn: QUEUE_ARN },
      },
    ],
  ],
  [
    'CreateSchedule with the name of an existing entry is a conflict',
    grouped(async (subject) => {
      await subject.create('entry');
      return await outcomeOf(subject.create('entry', { ScheduleExpression: 'at(2099-01-02T00:00:00)' }));
    }),
    'ConflictException',
  ],
  [
    'CreateSchedule with the same client token gives the same answer',
    grouped(async (subject) => {
      const ClientToken = randomUUID();
      await subject.create('entry', { ClientToken });
      return await outcomeOf(subject.create('entry', { ClientToken }));
    }),
    'ok',
    'ConflictException',
  ],
  [
    'CreateSchedule in a group that does not exist is not found',
    (subject) => outcomeOf(subject.create('entry')),
    'ResourceNotFoundException',
    'SyntaxError',
  ],
  ...(
    [
      ['a name of 65 characters', { Name: 'x'.repeat(65) }],
      ['a slash in the name', { Name: 'a/b' }, 'SyntaxError'],
      ['an instant with a zone', { ScheduleExpression: 'at(2099-01-01T00:00:00Z)' }],
      ['an instant without seconds', { ScheduleExpression: 'at(2099-01-01T00:00)' }],
      ['a day that does not exist', { ScheduleExpression: 'at(2099-02-30T00:00:00)' }],
      ['an expression that is not at, rate or cron', { ScheduleExpression: 'tomorrow' }],
      ['a time zone that does not exist', { ScheduleExpressionTimezone: 'Mars/Olympus' }],
      ['a role that is not an ARN', { Target: { Arn: FUNCTION_ARN, RoleArn: 'role' } }],
      [
        'more retries than 185',
        { Target: { Arn: FUNCTION_ARN, RoleArn: ROLE_ARN, RetryPolicy: { MaximumRetryAttempts: 186 } } },
      ],
    ] as readonly [string, Partial<CreateScheduleCommandInput>, string?][]
  ).map(
    ([what, changes, moto = 'ok']): Case<Subject> => [
      `CreateSchedule refuses ${what}`,
      grouped((subject) => outcomeOf(subject.create('entry', changes))),
      'ValidationException',
      moto,
    ],
  ),
  [
    'GetSchedule and DeleteSchedule of an entry that does not exist are not found',
    grouped(async (subject) => [
      await outcomeOf(subject.get('none')),
      await outcomeOf(subject.delete('none')),
    ]),
    ['ResourceNotFoundException', 'ResourceNotFoundException'],
  ],
  [
    'DeleteSchedule removes the entry, and its name is free again',
    grouped(async (subject) => {
      await subject.create('entry');
      await subject.delete('entry');
      return [await outcomeOf(subject.get('entry')), await outcomeOf(subject.create('entry'))];
    }),
    ['ResourceNotFoundException', 'ok'],
  ],
  [
    'ListSchedules filters the entries of a group by name prefix and by state',
    grouped(async (subject) => {
      await subject.create('a-1');
      await subject.create('a-2', { State: 'DISABLED' });
      await subject.create('b-1');
      const enabled = { NamePrefix: 'a-', State: 'ENABLED' } as const;
      return [await subject.names(), await subject.names({ NamePrefix: 'a-' }), await subject.names(enabled)];
    }),
    [['a-1', 'a-2', 'b-1'], ['a-1', 'a-2'], ['a-1']],
  ],
  [
    'ListSchedules returns pages with a token for the next page',
    grouped(async (subject) => {
      for (const name of ['a', 'b', 'c']) await subject.create(name);
      const first = await subject.list({ MaxResults: 2 });
      if (first.NextToken === undefined) return [first.Schedules?.length];
      const second = await subject.list({ MaxResults: 2, NextToken: first.NextToken });
      return [first.Schedules?.length, second.Schedules?.length, second.NextToken];
    }),
    [2, 1, undefined],
  ],
  [
    'ListSchedules in a group that does not exist is not found',
    (subject) => outcomeOf(subject.list({})),
    'ResourceNotFoundException',
    'ok',
  ],
];

export const SCHEDULER_BEHAVIOURS: readonly Behaviour<SchedulerClient>[] = CASES.map(
  ([sentence, run, expected, moto]) => ({
    sentence,
    run: (client) => run(new Subject(client)),
    expected,
    moto,
  }),
);
