/** Reads the last failure of each secret from the function's log. The function itself stores no failures. */
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
  /** The most recent failure by secret. A missing secret had no failure in that time, or its line has not arrived yet. */
  readonly failures: ReadonlyMap<string, Failure>;
  /** Why the failures are not known. */
  readonly problem?: string;
}

/** More than the longest default lead of three days. The search costs nothing and takes a second or two. */
const LOOK_BACK_DAYS = 7;
const LOOK_BACK_MS = LOOK_BACK_DAYS * 86_400_000;
/** Empty pages can have successors. With more pages than this a person would wait too long. */
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

/** Does not throw, because the rest of the status is right without the log. If not all pages could be read, the failures are unknown. */
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

/** The cause of these errors says what stopped the run. */
const STOPPED: ReadonlySet<string | undefined> = new Set(['RefreshFailedError', 'RotationError']);

function toFailure({ timestamp, message = '', error }: ErrorLine, event: FilteredLogEvent): Failure {
  const { name, code } = (STOPPED.has(error?.name) ? error?.cause : undefined) ?? error ?? {};
  const at = timestamp ?? new Date(event.timestamp ?? 0).toISOString();
  return { at: `${at.slice(0, 19)}Z`, name: name ?? 'Error', ...(code !== undefined && { code }), message };
}
