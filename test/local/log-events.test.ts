import { describe, expect, test } from 'vitest';
import { LogEvents } from '../../local/cloudwatch/log-events.ts';

const GROUP = '/aws/lambda/momento-key-refresher';

function group(...messages: string[]): LogEvents {
  let now = 1000;
  const events = new LogEvents(GROUP, () => now++);
  for (const message of messages) events.add(message);
  return events;
}

describe('FilterLogEvents', () => {
  test('returns the JSON lines in which a field has a value, within the time range', () => {
    const events = group('{"level":"ERROR","n":1}', '{"level":"INFO"}', 'no JSON', '{"level":"ERROR","n":2}');
    const filterPattern = '{ $.level = "ERROR" }';
    const all = events.filterLogEvents({ logGroupName: GROUP, filterPattern }).events ?? [];
    expect(all.map(({ message, timestamp }) => [message, timestamp])).toEqual([
      ['{"level":"ERROR","n":1}', 1000],
      ['{"level":"ERROR","n":2}', 1003],
    ]);
    const late = events.filterLogEvents({ logGroupName: GROUP, filterPattern, startTime: 1001 });
    expect(late.events).toHaveLength(1);
    expect(events.filterLogEvents({ logGroupName: GROUP, endTime: 1001 }).events).toHaveLength(2);
  });

  test('returns the lines with a word, case-sensitive', () => {
    const events = group('{"level":"ERROR","n":1}', '{"level":"error"}', 'ERRORS', 'an ERROR.');
    const found = events.filterLogEvents({ logGroupName: GROUP, filterPattern: 'ERROR' }).events ?? [];
    expect(found.map(({ message }) => message)).toEqual(['{"level":"ERROR","n":1}', 'an ERROR.']);
  });

  test('FilterLogEvents returns pages', () => {
    const events = group('a', 'b', 'c');
    const first = events.filterLogEvents({ logGroupName: GROUP, limit: 2 });
    expect(first.events?.map(({ message }) => message)).toEqual(['a', 'b']);
    const second = events.filterLogEvents({ logGroupName: GROUP, limit: 2, nextToken: first.nextToken });
    expect(second.events?.map(({ message }) => message)).toEqual(['c']);
    expect(second.nextToken).toBeUndefined();
  });

  test('refuses another group, a limit out of range and unsupported patterns', () => {
    const events = group();
    expect(() => events.filterLogEvents({ logGroupName: '/other' })).toThrow('does not exist');
    expect(() => events.filterLogEvents({ logGroupName: GROUP, limit: 0 })).toThrow('limit');
    expect(() => events.filterLogEvents({ logGroupName: GROUP, filterPattern: 'ERROR INFO' })).toThrow(
      'patterns',
    );
  });
});
