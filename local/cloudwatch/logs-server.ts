/** Serves FilterLogEvents of CloudWatch Logs over AWS JSON 1.1. */
import type { FilterLogEventsRequest } from '@aws-sdk/client-cloudwatch-logs';
import { jsonService, type LocalService } from '../aws/protocol.ts';
import type { LogEvents } from './log-events.ts';

export function logsService(model: LogEvents): LocalService {
  return jsonService('CloudWatch Logs', 'Logs_20140328.', {
    FilterLogEvents: [
      {
        logGroupName: 'string',
        startTime: 'number',
        endTime: 'number',
        filterPattern: 'string',
        nextToken: 'string',
        limit: 'number',
      },
      (input: FilterLogEventsRequest) => model.filterLogEvents(input),
    ],
  });
}
