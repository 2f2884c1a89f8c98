/** Parses schedule expressions: `at(…)` and `rate(…)`. */

export type ScheduleTiming =
  | { readonly kind: 'once'; readonly atMs: number }
  | { readonly kind: 'rate'; readonly everyMs: number };

const AT = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/;
const RATE = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/;
const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * "at(yyyy-mm-ddThh:mm:ss)" in UTC or "rate(value unit)" (CreateSchedule, ScheduleExpression). AWS takes `rate(2 minute)`
 * and refuses white space, an offset or a `Z`, as recorded in LocalStack's test suite.
 * @returns undefined for anything else, `cron(…)` included: nothing here needs it
 */
export function parseScheduleExpression(expression: string): ScheduleTiming | undefined {
  const at = AT.exec(expression)?.[1];
  if (at !== undefined) {
    const atMs = Date.parse(`${at}Z`);
    // Date.parse gives NaN or another date if the date does not exist.
    const exists = !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(at);
    return exists ? { kind: 'once', atMs } : undefined;
  }
  const rate = RATE.exec(expression);
  if (rate === null) return undefined;
  const everyMs = Number(rate[1]) * UNIT_MS[rate[2] as keyof typeof UNIT_MS];
  return Number.isSafeInteger(everyMs) ? { kind: 'rate', everyMs } : undefined;
}

/** The first occurrence at or after `fromMs` of a rate that began at `startMs`. */
export function firstOccurrence(startMs: number, everyMs: number, fromMs: number): number {
  return fromMs <= startMs ? startMs : startMs + Math.ceil((fromMs - startMs) / everyMs) * everyMs;
}
