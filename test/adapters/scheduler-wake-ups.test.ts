import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SchedulerWakeUps } from '../../handlers/adapters/scheduler-wake-ups.ts';
import type { WakeUp } from '../../handlers/rules/wake-up.ts';
import { startAwsEndpoint } from '../../local/aws/endpoint.ts';
import { AwsServiceError } from '../../local/aws/service-error.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import type { RunningServer } from '../../local/serving/http-service.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const WAKE_UP: WakeUp = {
  name: 'a-b-0123abcd-1767312000',
  // 2026-01-02T00:00:00Z
  at: 1_767_312_000,
  secretName: 'a/b',
  versionId: '11111111-1111-4111-8111-111111111111',
  attempt: 2,
  demand: 'when-due',
};

/** Nothing listens there. */
const NOBODY = 'http://127.0.0.1:1';

let model: Scheduler;
let server: RunningServer;
let client: SchedulerClient;
let wakeUps: SchedulerWakeUps;

beforeEach(async () => {
  model = new Scheduler({ clock: () => 1_767_225_600_000, random: seededRandom(1) });
  model.createScheduleGroup({ Name: 'group' });
  server = await startAwsEndpoint({ scheduler: model });
  client = clientOf(server.url);
  wakeUps = wakeUpsOf(client);
});

afterEach(async () => {
  client.destroy();
  await server.close();
});

function clientOf(endpoint: string): SchedulerClient {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  return new SchedulerClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

function wakeUpsOf(client: SchedulerClient): SchedulerWakeUps {
  return new SchedulerWakeUps(client, {
    groupName: 'group',
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
    roleArn: 'arn:aws:iam::123456789012:role/scheduler',
    deadLetterQueueArn: 'arn:aws:sqs:us-east-1:123456789012:dead-letters',
  });
}

/** As a person does in the console. */
function disable(Name: string): void {
  const { ScheduleExpression, FlexibleTimeWindow, Target } = model.getSchedule({ Name, GroupName: 'group' });
  const State = 'DISABLED';
  model.updateSchedule({ Name, GroupName: 'group', ScheduleExpression, FlexibleTimeWindow, Target, State });
}

describe('SchedulerWakeUps.book', () => {
  it('creates a one-shot entry in UTC that deletes itself and delivers what it was booked for', async () => {
    expect(await wakeUps.book(WAKE_UP)).toBe('booked');
    const entry = model.getSchedule({ Name: WAKE_UP.name, GroupName: 'group' });
    expect(entry).toMatchObject({
      ScheduleExpression: 'at(2026-01-02T00:00:00)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Description: 'Refresh of the Momento key in secret a/b',
      Target: {
        Arn: 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
        RoleArn: 'arn:aws:iam::123456789012:role/scheduler',
        DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:123456789012:dead-letters' },
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
      },
    });
    expect(JSON.parse(entry.Target?.Input ?? '')).toEqual({
      momento_auth_token_secret_name: 'a/b',
      trigger: 'schedule',
      bookedFor: {
        wakeUp: 'a-b-0123abcd-1767312000',
        at: '2026-01-02T00:00:00Z',
        versionId: '11111111-1111-4111-8111-111111111111',
        attempt: 2,
        demand: 'when-due',
      },
    });
  });

  it('returns "already-booked" for the name of an existing entry', async () => {
    await wakeUps.book(WAKE_UP);
    expect(await wakeUps.book({ ...WAKE_UP, attempt: 1 })).toBe('already-booked');
  });

  it('returns "disabled" for the name of a disabled entry', async () => {
    await wakeUps.book(WAKE_UP);
    disable(WAKE_UP.name);
    expect(await wakeUps.book(WAKE_UP)).toBe('disabled');
  });

  it('books again if the entry of that name is deleted before it is read', async () => {
    await wakeUps.book(WAKE_UP);
    model.gate.faultHook = (operation, phase) => {
      if (operation !== 'GetSchedule' || phase !== 'before') return;
      model.gate.faultHook = undefined;
      model.deleteSchedule({ Name: WAKE_UP.name, GroupName: 'group' });
    };
    expect(await wakeUps.book({ ...WAKE_UP, attempt: 1 })).toBe('booked');
  });

  it.each([
    ['AccessDeniedException', 403, 'schedule-denied'],
    ['ResourceNotFoundException', 404, 'schedule-group-missing'],
    ['ServiceQuotaExceededException', 402, 'schedule-quota'],
    ['ThrottlingException', 429, 'scheduler-unavailable'],
  ])(
    'fails for %s (%d) with the code %s and keeps the message of the service',
    async (awsCode, status, code) => {
      model.gate.faultHook = () => {
        throw new AwsServiceError(awsCode, status, 'said the service');
      };
      await expect(wakeUps.book(WAKE_UP)).rejects.toMatchObject({
        name: 'WakeUpError',
        code,
        facts: { task: 'book', name: 'a-b-0123abcd-1767312000', groupName: 'group', awsCode },
        cause: { code: awsCode, message: `CreateSchedule failed with ${awsCode}: said the service` },
      });
    },
  );
});

describe('SchedulerWakeUps.cancel', () => {
  it('deletes the entry, and has no effect if there is none', async () => {
    await wakeUps.book(WAKE_UP);
    await wakeUps.cancel(WAKE_UP.name);
    await wakeUps.cancel(WAKE_UP.name);
    expect(await wakeUps.list()).toEqual([]);
  });

  it('fails with the code scheduler-unavailable if the Scheduler cannot be reached', async () => {
    await expect(wakeUpsOf(clientOf(NOBODY)).cancel('x')).rejects.toMatchObject({
      code: 'scheduler-unavailable',
      facts: { task: 'cancel', name: 'x', groupName: 'group', awsCode: 'ECONNREFUSED' },
    });
  });
});

describe('SchedulerWakeUps.list', () => {
  it('returns the enabled entries of one secret from all pages, with the second in which each was booked', async () => {
    for (let i = 0; i < 101; i++)
      await wakeUps.book({ ...WAKE_UP, name: `one-0123abcd-${1_767_312_000 + i}` });
    await wakeUps.book({ ...WAKE_UP, name: 'two-0123abcd-1767312000' });
    disable('one-0123abcd-1767312000');

    const entries = await wakeUps.list('one-0123abcd-');

    expect(entries).toHaveLength(100);
    expect(entries.map(({ name }) => name)).not.toContain('one-0123abcd-1767312000');
    expect(entries).toContainEqual({ name: 'one-0123abcd-1767312001', createdAt: 1_767_225_600 });
    expect(await wakeUps.list()).toHaveLength(101);
  });

  it('fails with the code scheduler-unavailable if the Scheduler cannot be reached', async () => {
    await expect(wakeUpsOf(clientOf(NOBODY)).list()).rejects.toMatchObject({
      code: 'scheduler-unavailable',
      facts: { task: 'list', name: 'group', groupName: 'group', awsCode: 'ECONNREFUSED' },
    });
  });
});
