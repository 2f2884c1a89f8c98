/** The last failure of each secret, from the function's log: the function itself keeps no record of what went wrong. Reads only. */
import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';

interface Failure {
  /** ISO instant. */
  readonly at: string;
  /** The name of the error that stopped the run, such as KeyIssueError. */
  readonly name: string;
  /** The runbook has a section of this name. Absent if the error has no code. */
  readonly code?: string;
  readonly message: string;
}

export interface FailureLog {
  /** By secret: its most recent failure. A secret that is not here has had none since then, or its line has not arrived yet. */
  readonly failures: ReadonlyMap<string, Failure>;
  /** Why nothing is known about failures. */
  readonly problem?: string;
}

/** Far enough to cover a whole lead of three days; CloudWatch Logs charges nothing for it and takes a second or two. */
const LOOK_BACK_DAYS = 7;
const LOOK_BACK_MS = LOOK_BACK_DAYS * 86_400_000;
/** Pages can be empty while there are more: with more than these a person waits too long. */
const MOST_PAGES = 100;

interface LoggedError {
  readonly name?: string;
  readonly code?: string;
}

interface ErrorLine {
  readonly secretName?: string;
  readonly timestamp?: string;
  readonly message?: string;
  readonly error?: LoggedError & { readonly cause?: LoggedError };
}

/** Never throws: without the log the rest of the status is as true. What it could not read to the end, where the newest are, is unknown. */
export async function readFailures(
  client: Pick<CloudWatchLogsClient, 'send'>,
  logGroupName: string,
  nowMs: number,
): Promise<FailureLog> {
  const failures = new Map<string, Failure>();
  try {
    for await (const event of errorEvents(client, logGroupName, nowMs - LOOK_BACK_MS)) {
      const line = parseLine(event.message);
      if (line?.secretName === undefined) continue;
      const failure = toFailure(line, event);
      const known = failures.get(line.secretName);
      if (known === undefined || known.at <= failure.at) failures.set(line.secretName, failure);
    }
    return { failures };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { failures: new Map(), problem: `log group ${logGroupName} cannot be read: ${message || name}` };
  }
}

async function* errorEvents(
  client: Pick<CloudWatchLogsClient, 'send'>,
  logGroupName: string,
  startTime: number,
): AsyncGenerator<FilteredLogEvent> {
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await client.send(
      new FilterLogEventsCommand({
        logGroupName,
        startTime,
        filterPattern: '{ $.level = "ERROR" }',
        ...(nextToken !== undefined && { nextToken }),
      }),
    );
    yield* answer.events ?? [];
    nextToken = answer.nextToken;
    if (nextToken === undefined) return;
  }
  throw new Error(`its last ${LOOK_BACK_DAYS} days are more than ${MOST_PAGES} pages, the newest at the end`);
}

function parseLine(message: string | undefined): ErrorLine | undefined {
  try {
    return JSON.parse(message ?? '');
  } catch {
    return undefined;
  }
}

/** These say in their cause what stopped them. */
const STOPPED: ReadonlySet<string | undefined> = new Set(['RefreshFailedError', 'RotationError']);

function toFailure({ timestamp, message = '', error }: ErrorLine, event: FilteredLogEvent): Failure {
  const { name, code } = (STOPPED.has(error?.name) ? error?.cause : undefined) ?? error ?? {};
  const at = timestamp ?? new Date(event.timestamp ?? 0).toISOString();
  return { at: `${at.slice(0, 19)}Z`, name: name ?? 'Error', ...(code !== undefined && { code }), message };
}
