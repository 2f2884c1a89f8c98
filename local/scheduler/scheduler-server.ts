/** Serves the Scheduler model over REST-JSON. */
import type {
  CreateScheduleGroupInput,
  CreateScheduleInput,
  DeleteScheduleInput,
  GetScheduleInput,
  ListSchedulesInput,
  UpdateScheduleInput,
} from '@aws-sdk/client-scheduler';
import { awsHandler, restError, unknownOperation } from '../aws/protocol.ts';
import { readBody, type WireShape, writeBody } from '../aws/wire-shape.ts';
import {
  decodePathSegment,
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireHandler,
  type WireRequest,
} from '../serving/http-service.ts';
import type { Scheduler } from './scheduler.ts';

export const SCHEDULER_OPERATIONS: readonly string[] = [
  'CreateSchedule',
  'CreateScheduleGroup',
  'DeleteSchedule',
  'GetSchedule',
  'ListSchedules',
  'UpdateSchedule',
];

const TARGET: WireShape = {
  Arn: 'string',
  RoleArn: 'string',
  DeadLetterConfig: { Arn: 'string' },
  RetryPolicy: { MaximumEventAgeInSeconds: 'number', MaximumRetryAttempts: 'number' },
  Input: 'string',
};

const SCHEDULE: WireShape = {
  ActionAfterCompletion: 'string',
  ClientToken: 'string',
  Description: 'string',
  FlexibleTimeWindow: { Mode: 'string' },
  GroupName: 'string',
  ScheduleExpression: 'string',
  ScheduleExpressionTimezone: 'string',
  State: 'string',
  Target: TARGET,
};

const GROUP: WireShape = { ClientToken: 'string', Tags: [{ Key: 'string', Value: 'string' }] };

const PATH = /^\/(schedules|schedule-groups)(?:\/([^/]+))?$/;

export function isSchedulerPath(path: string): boolean {
  return PATH.test(path);
}

type Call = (name: string, request: WireRequest) => object;

export function schedulerHandler(model: Scheduler): WireHandler {
  // By method, resource and whether a name follows.
  const calls: Readonly<Record<string, Call>> = {
    'POST schedules/{Name}': (Name, { body }) =>
      model.createSchedule({ ...(readBody(body, SCHEDULE) as CreateScheduleInput), Name }),
    'PUT schedules/{Name}': (Name, { body }) =>
      model.updateSchedule({ ...(readBody(body, SCHEDULE) as UpdateScheduleInput), Name }),
    'GET schedules/{Name}': (Name, { query }) =>
      model.getSchedule({ Name, ...fromQuery<GetScheduleInput>(query, { groupName: 'GroupName' }) }),
    'DELETE schedules/{Name}': (Name, { query }) =>
      model.deleteSchedule({
        Name,
        ...fromQuery<DeleteScheduleInput>(query, { groupName: 'GroupName', clientToken: 'ClientToken' }),
      }),
    'GET schedules': (_, { query }) => model.listSchedules(listing(query)),
    'POST schedule-groups/{Name}': (Name, { body }) =>
      model.createScheduleGroup({ ...(readBody(body, GROUP) as CreateScheduleGroupInput), Name }),
  };
  return awsHandler((request) => {
    const [, resource = '', name] = PATH.exec(request.path) ?? [];
    const call = calls[`${request.method} ${resource}${name === undefined ? '' : '/{Name}'}`];
    if (call === undefined) {
      throw unknownOperation(
        `${request.method} ${request.path}: the local Scheduler offers ${SCHEDULER_OPERATIONS.join(', ')}.`,
      );
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: writeBody(call(decodePathSegment(name ?? ''), request)),
    };
  }, restError);
}

export function startSchedulerServer(model: Scheduler, options?: StartOptions): Promise<RunningServer> {
  return startHttpService(schedulerHandler(model), options);
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
