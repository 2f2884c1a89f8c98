/** One log group of CloudWatch Logs in memory, with FilterLogEvents. */
import type { FilterLogEventsRequest, FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { AwsServiceError } from '../aws/service-error.ts';

interface LogEvent {
  readonly eventId: string;
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

/** Limits the memory of a long local run. The oldest lines are dropped first. */
const MOST_EVENTS = 50_000;
// FilterLogEvents, limit: "The default is 10,000 events."
const PAGE = 10_000;
/** A filter pattern that matches events with this word, case-sensitive. */
const WORD = /^\w+$/;
/** A filter pattern that matches JSON events with this value of a field. */
const FIELD_EQUALS = /^\{ \$\.([\w.]+) = "([^"]*)" \}$/;

export class LogEvents {
  readonly logGroupName: string;
  readonly #clock: () => number;
  readonly #events: LogEvent[] = [];
  #count = 0;

  /** @param clock epoch milliseconds */
  constructor(logGroupName: string, clock: () => number) {
    this.logGroupName = logGroupName;
    this.#clock = clock;
  }

  add(message: string): void {
    const timestamp = Math.floor(this.#clock());
    const eventId = String(this.#count++).padStart(56, '0');
    this.#events.push({ eventId, logStreamName: 'local', timestamp, ingestionTime: timestamp, message });
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  filterLogEvents(request: FilterLogEventsRequest): FilterLogEventsResponse {
    const { logGroupName, startTime = 0, endTime = Number.MAX_SAFE_INTEGER, limit = PAGE } = request;
    if (logGroupName !== this.logGroupName) {
      throw new AwsServiceError('ResourceNotFoundException', 400, 'The specified log group does not exist.');
    }
    if (limit < 1 || limit > PAGE) throw invalidParameter(`limit must be from 1 to ${PAGE}`);
    const matches = matcher(request.filterPattern);
    const after = request.nextToken ?? '';
    const found = this.#events.filter(
      ({ eventId, timestamp, message }) =>
        eventId > after && timestamp >= startTime && timestamp <= endTime && matches(message),
    );
    const events = found.slice(0, limit);
    const last = events.at(-1);
    return { events, ...(found.length > limit && last !== undefined && { nextToken: last.eventId }) };
  }
}

function matcher(filterPattern: string | undefined): (message: string) => boolean {
  if (filterPattern === undefined || filterPattern === '') return () => true;
  if (WORD.test(filterPattern)) {
    const word = new RegExp(`\\b${filterPattern}\\b`);
    return (message) => word.test(message);
  }
  const [, path, text] = FIELD_EQUALS.exec(filterPattern) ?? [];
  if (path === undefined) {
    throw invalidParameter(`only words and patterns of the form { $.field = "text" } are supported`);
  }
  const names = path.split('.');
  return (message) => {
    try {
      return names.reduce((value, name) => value?.[name], JSON.parse(message)) === text;
    } catch {
      return false;
    }
  };
}

function invalidParameter(message: string): AwsServiceError {
  return new AwsServiceError('InvalidParameterException', 400, message);
}
