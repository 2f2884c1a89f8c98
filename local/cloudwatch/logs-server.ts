/** CloudWatch Logs on the wire: FilterLogEvents as AWS JSON 1.1 over a model. It has no rules of its own. */
import type { FilterLogEventsRequest } from '@aws-sdk/client-cloudwatch-logs';
import { awsHandler, jsonError, unknownOperation } from '../aws/protocol.ts';
import { readBody, writeBody } from '../aws/wire-shape.ts';
import type { WireHandler } from '../serving/http-service.ts';
import type { LogEvents } from './log-events.ts';

const TARGET_PREFIX = 'Logs_20140328.';
const FILTER_SHAPE = {
  logGroupName: 'string',
  startTime: 'number',
  endTime: 'number',
  filterPattern: 'string',
  nextToken: 'string',
  limit: 'number',
} as const;

export function isLogsTarget(target: string | undefined): boolean {
  return target?.startsWith(TARGET_PREFIX) ?? false;
}

/** @param model undefined: nothing keeps the function's lines */
export function logsHandler(model: LogEvents | undefined): WireHandler {
  return awsHandler((request) => {
    const name = request.headers['x-amz-target']?.slice(TARGET_PREFIX.length);
    if (model === undefined || name !== 'FilterLogEvents') {
      throw unknownOperation(
        `${name}: the local CloudWatch Logs offers FilterLogEvents, where a function runs.`,
      );
    }
    const input = readBody(request.body, FILTER_SHAPE) as FilterLogEventsRequest;
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: writeBody(model.filterLogEvents(input)),
    };
  }, jsonError);
}
