import {
  ConflictException,
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  type CreateScheduleInput,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  paginateListSchedules,
  ResourceNotFoundException,
  SchedulerClient,
  ThrottlingException,
  UpdateScheduleCommand,
  ValidationException,
} from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import { startSchedulerServer } from '../../local/scheduler/scheduler-server.ts';
import type { RunningServer } from '../../local/serving/http-service.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const NOW = Date.parse('2026-03-01T10:00:00.250Z');
const SCHEDULE = {
  Name: 'one',
  GroupName: 'g',
  ScheduleExpression: 'at(2026-03-01T11:00:00)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: 'DELETE',
  Target: {
    Arn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
    RoleArn: 'arn:aws:iam::123456789012:role/r',
    Input: '{"a":"<aws.scheduler.scheduled-time>"}',
    RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 600 },
    DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:123456789012:dead' },
  },
} satisfies CreateScheduleInput;

let model: Scheduler;
let server: RunningServer;
let client: SchedulerClient;

beforeEach(async () => {
  model = new Scheduler({ clock: () => NOW, random: seededRandom(7) });
  server = await startSchedulerServer(model);
  client = new SchedulerClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  await client.send(new CreateScheduleGroupCommand({ Name: 'g' }));
});

afterEach(async () => {
  client.destroy();
  await server.close();
});

describe('the SDK', () => {
  it('creates a schedule and reads it back', async () => {
    const created = await client.send(new CreateScheduleCommand(SCHEDULE));
    expect(created.ScheduleArn).toBe('arn:aws:scheduler:us-east-1:123456789012:schedule/g/one');
    const read = await client.send(new GetScheduleCommand({ Name: 'one', GroupName: 'g' }));
    expect(read).toMatchObject({
      ...SCHEDULE,
      State: 'ENABLED',
      CreationDate: new Date('2026-03-01T10:00:00.250Z'),
    });
    expect(model.nextDueAt()).toBe(Date.parse('2026-03-01T11:00:00Z'));
  });

  it('sends dates and gets them back', async () => {
    const StartDate = new Date('2026-03-02T00:00:00Z');
    const EndDate = new Date('2026-03-03T00:00:00Z');
    const rate = { ...SCHEDULE, ScheduleExpression: 'rate(1 hour)', StartDate, EndDate };
    await client.send(new CreateScheduleCommand(rate));
    const read = await client.send(new GetScheduleCommand({ Name: 'one', GroupName: 'g' }));
    expect([read.StartDate, read.EndDate]).toEqual([StartDate, EndDate]);
  });

  it('updates and deletes', async () => {
    await client.send(new CreateScheduleCommand(SCHEDULE));
    await client.send(new UpdateScheduleCommand({ ...SCHEDULE, State: 'DISABLED' }));
    expect((await client.send(new GetScheduleCommand({ Name: 'one', GroupName: 'g' }))).State).toBe(
      'DISABLED',
    );
    await client.send(new DeleteScheduleCommand({ Name: 'one', GroupName: 'g' }));
    await expect(client.send(new DeleteScheduleCommand({ Name: 'one', GroupName: 'g' }))).rejects.toThrow(
      ResourceNotFoundException,
    );
    await client.send(new DeleteScheduleGroupCommand({ Name: 'g' }));
    await expect(client.send(new CreateScheduleCommand(SCHEDULE))).rejects.toThrow(ResourceNotFoundException);
  });

  it('lists by group and prefix, page by page', async () => {
    for (const Name of ['b-1', 'a-1', 'b-2', 'b-3']) {
      await client.send(new CreateScheduleCommand({ ...SCHEDULE, Name }));
    }
    const pages: (string | undefined)[][] = [];
    const config = { client, pageSize: 2 };
    for await (const page of paginateListSchedules(config, { GroupName: 'g', NamePrefix: 'b-' })) {
      pages.push((page.Schedules ?? []).map((schedule) => schedule.Name));
    }
    expect(pages).toEqual([['b-1', 'b-2'], ['b-3']]);
  });

  it('gets the real exceptions', async () => {
    await client.send(new CreateScheduleCommand(SCHEDULE));
    const conflict = client.send(new CreateScheduleCommand(SCHEDULE));
    await expect(conflict).rejects.toThrow(ConflictException);
    await expect(conflict).rejects.toMatchObject({
      message: 'Schedule one already exists.',
      $metadata: { httpStatusCode: 409 },
    });
    const past = { ...SCHEDULE, Name: 'two', ScheduleExpression: 'at(2026-03-01T09:00:00)' };
    await expect(client.send(new CreateScheduleCommand(past))).rejects.toThrow(ValidationException);
    model.gate.throttling = { requestsPerSecond: 0 };
    await expect(client.send(new CreateScheduleCommand({ ...SCHEDULE, Name: 'two' }))).rejects.toThrow(
      ThrottlingException,
    );
  });

  it('may send the same creation twice, as it does when it retries', async () => {
    const request = { ...SCHEDULE, ClientToken: 'token' };
    await client.send(new CreateScheduleCommand(request));
    expect((await client.send(new CreateScheduleCommand(request))).ScheduleArn).toBe(
      'arn:aws:scheduler:us-east-1:123456789012:schedule/g/one',
    );
  });
});

describe('a raw request', () => {
  const authorization = 'AWS4-HMAC-SHA256 x';
  it.each<[string, string, RequestInit, number, string, string]>([
    [
      'without a signature',
      '/schedules',
      {},
      403,
      'MissingAuthenticationTokenException',
      'Missing Authentication Token',
    ],
    [
      'for an operation that is not here',
      '/schedules/a/b',
      { headers: { authorization } },
      404,
      'UnknownOperationException',
      'GET /schedules/a/b: the local Scheduler offers CreateSchedule, CreateScheduleGroup, DeleteSchedule, DeleteScheduleGroup, GetSchedule, ListSchedules, UpdateSchedule.',
    ],
    [
      'with a name that is no name',
      '/schedules/a%20b',
      { headers: { authorization } },
      400,
      'ValidationException',
      "1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$",
    ],
    [
      'with a broken encoding',
      '/schedules/a%2',
      { headers: { authorization } },
      400,
      'ValidationException',
      "1 validation error detected: Value 'a%2' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$",
    ],
    [
      'with a member of another type',
      '/schedules/a',
      { method: 'POST', headers: { authorization }, body: '{"Target":{"Arn":true}}' },
      400,
      'SerializationException',
      'Arn must be a string.',
    ],
    [
      'with results that are no number',
      '/schedules?MaxResults=x',
      { headers: { authorization } },
      400,
      'ValidationException',
      "1 validation error detected: Value 'NaN' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
  ])('%s is refused', async (_, path, init, status, type, Message) => {
    const response = await fetch(`${server.url}${path}`, init);
    expect([response.status, response.headers.get('x-amzn-errortype'), await response.json()]).toEqual([
      status,
      type,
      { Message },
    ]);
  });
});
