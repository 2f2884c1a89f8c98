import { expect, it } from 'vitest';
import { earliestSafeAt } from '../../handlers/rules/timing.ts';
import { epoch } from '../worlds/observations.ts';

it.each([
  { now: '2026-11-06T00:00:00Z', expected: '2026-11-06T00:03:00Z' },
  { now: '2026-11-06T00:00:01Z', expected: '2026-11-06T00:04:00Z' },
  { now: '2026-11-06T00:00:59Z', expected: '2026-11-06T00:04:00Z' },
  { now: '2026-11-06T00:01:00Z', expected: '2026-11-06T00:04:00Z' },
])(
  'at $now the first instant that no clock has behind it is $expected: three minutes on, the whole minute',
  ({ now, expected }) => {
    expect(earliestSafeAt(epoch(now))).toBe(epoch(expected));
  },
);
