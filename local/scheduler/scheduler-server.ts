/** Serves the Scheduler model over REST-JSON. */
import type {
  CreateScheduleGroupInput,
  CreateScheduleInput,
  DeleteScheduleInput,
  GetScheduleInput,
  ListSchedulesInput,
  UpdateScheduleInput,
} from '@aws-sdk/client-scheduler';
import { type LocalService, type RestOperation, restAnswer, restService } from '../aws/protocol.ts';
import { readBody, type WireShape } from '../aws/wire-shape.ts';
import type { Scheduler, SchedulerOperation } from './scheduler.ts';

const SCHEDULE: WireShape = {
  ActionAfterCompletion: 'string',
  ClientToken: 'string',
  Description: 'string',
  FlexibleTimeWindow: { Mode: 'string' },
  GroupName: 'string',
  ScheduleExpression: 'string',
  ScheduleExpressionTimezone: 'string',
  State: 'string',
  Target: {
    Arn: 'string',
    RoleArn: 'string',
    DeadLetterConfig: { Arn: 'string' },
    RetryPolicy: { MaximumEventAgeInSeconds: 'number', MaximumRetryAttempts: 'number' },
    Input: 'string',
  },
};

const SCHEDULES = /^\/schedules$/;
const ONE_SCHEDULE = /^\/schedules\/([^/]+)$/;
const ONE_GROUP = /^\/schedule-groups\/([^/]+)$/;

export function schedulerService(model: Scheduler): LocalService {
  const operations: Readonly<Record<SchedulerOperation, RestOperation>> = {
    CreateSchedule: [
      'POST',
      ONE_SCHEDULE,
      (Name, { body }) =>
        restAnswer(model.createSchedule({ ...(readBody(body, SCHEDULE) as CreateScheduleInput), Name })),
    ],
    CreateScheduleGroup: [
      'POST',
      ONE_GROUP,
      (Name, { body }) => {
        const input = readBody(body, { ClientToken: 'string' }) as CreateScheduleGroupInput;
        return restAnswer(model.createScheduleGroup({ ...input, Name }));
      },
    ],
    DeleteSchedule: [
      'DELETE',
      ONE_SCHEDULE,
      (Name, { query }) => {
        const names = { groupName: 'GroupName', clientToken: 'ClientToken' };
        return restAnswer(model.deleteSchedule({ Name, ...fromQuery<DeleteScheduleInput>(query, names) }));
      },
    ],
    GetSchedule: [
      'GET',
      ONE_SCHEDULE,
      (Name, { query }) =>
        restAnswer(
          model.getSchedule({ Name, ...fromQuery<GetScheduleInput>(query, { groupName: 'GroupName' }) }),
        ),
    ],
    ListSchedules: ['GET', SCHEDULES, (_, { query }) => restAnswer(model.listSchedules(listing(query)))],
    UpdateSchedule: [
      'PUT',
      ONE_SCHEDULE,
      (Name, { body }) =>
        restAnswer(model.updateSchedule({ ...(readBody(body, SCHEDULE) as UpdateScheduleInput), Name })),
    ],
  };
  return restService('EventBridge Scheduler', operations);
}

/** Query parameters have other names than the members: `groupName`, and `ScheduleGroup` in ListSchedules. */
function fromQuery<Input>(query: URLSearchParams, names: Readonly<Record<string, string>>): Partial<Input> {
  const members: Record<string, string> = {};
  for (const [parameter, member] of Object.entries(names)) {
    const value = query.get(parameter);
    if (value !== null) members[member] = value;
  }
  return members as Partial<Input>;
}

function listing(query: URLSearchParams): ListSchedulesInput {
  const maxResults = query.get('MaxResults');
  return {
    ...fromQuery<ListSchedulesInput>(query, {
      ScheduleGroup: 'GroupName',
      NamePrefix: 'NamePrefix',
      State: 'State',
      NextToken: 'NextToken',
    }),
    ...(maxResults !== null && { MaxResults: Number(maxResults) }),
  };
}
