import type { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { expect, test } from 'vitest';
import { readFailures } from '../../cli/failure-log.ts';

const GROUP = '/aws/lambda/momento-key-refresher';
const NOW_MS = Date.parse('2026-01-08T00:00:00Z');

/** A client that returns these pages, one for each call. */
function clientOf(pages: readonly (readonly object[])[]) {
  const inputs: unknown[] = [];
  const send = async (command: FilterLogEventsCommand) => {
    inputs.push(command.input);
    const events = (pages[inputs.length - 1] ?? []).map((line) => ({
      message: JSON.stringify(line),
      timestamp: 0,
    }));
    return { events, ...(inputs.length < pages.length && { nextToken: `page ${inputs.length}` }) };
  };
  return { client: { send } as never, inputs };
}

function line(secretName: string, timestamp: string, error: object) {
  return { level: 'ERROR', secretName, timestamp, message: `${secretName} failed`, error };
}

test('readFailures returns the last failure of each secret with the name of its cause', async () => {
  const { client, inputs } = clientOf([
    [
      line('a', '2026-01-07T10:00:00.123Z', { name: 'RefreshFailedError', cause: { name: 'KeyIssueError' } }),
      line('b', '2026-01-07T11:00:00.123Z', { name: 'KeyLapsedError' }),
    ],
    [],
    [
      line('a', '2026-01-07T12:00:00.999Z', {
        name: 'RefreshFailedError',
        cause: { name: 'KeyProofError', code: 'new-key-unproven' },
      }),
      { level: 'ERROR', message: 'of no secret' },
    ],
  ]);
  const { failures, problem } = await readFailures(client, GROUP, NOW_MS);
  expect(problem).toBeUndefined();
  expect(Object.fromEntries(failures)).toEqual({
    a: { at: '2026-01-07T12:00:00Z', name: 'KeyProofError', code: 'new-key-unproven', message: 'a failed' },
    b: { at: '2026-01-07T11:00:00Z', name: 'KeyLapsedError', message: 'b failed' },
  });
  expect(inputs).toEqual([
    {
      logGroupName: GROUP,
      startTime: Date.parse('2026-01-01T00:00:00Z'),
      filterPattern: '{ $.level = "ERROR" }',
    },
    expect.objectContaining({ nextToken: 'page 1' }),
    expect.objectContaining({ nextToken: 'page 2' }),
  ]);
});

test('readFailures describes a log that cannot be read', async () => {
  const send = async () => {
    throw Object.assign(new Error('not authorized to perform logs:FilterLogEvents'), {
      name: 'AccessDeniedException',
    });
  };
  const { failures, problem } = await readFailures({ send } as never, GROUP, NOW_MS);
  expect(failures.size).toBe(0);
  expect(problem).toBe(
    'log group /aws/lambda/momento-key-refresher cannot be read: not authorized to perform logs:FilterLogEvents',
  );
});

test('readFailures returns no failure if the log has more pages than it reads, because the newest are last', async () => {
  let pages = 0;
  const old = line('a', '2026-01-01T10:00:00.123Z', { name: 'KeyIssueError' });
  const send = async () => {
    pages++;
    return { events: [{ message: JSON.stringify(old), timestamp: 0 }], nextToken: `page ${pages}` };
  };
  const { failures, problem } = await readFailures({ send } as never, GROUP, NOW_MS);
  expect(pages).toBe(100);
  expect(failures.size).toBe(0);
  expect(problem).toBe(
    'log group /aws/lambda/momento-key-refresher cannot be read: its last 7 days are more than 100 pages, the newest at the end',
  );
});

test('readFailures ignores a line that is not JSON', async () => {
  const send = async () => ({ events: [{ message: 'no JSON', timestamp: 0 }, {}] });
  expect((await readFailures({ send } as never, GROUP, NOW_MS)).failures.size).toBe(0);
});
