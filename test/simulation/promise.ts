/** The specification: what the function promises of a key, in numbers, worked out apart from its code. Pure arithmetic, epoch seconds. */
import type { Disturbance } from './ledger.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The Scheduler fires within this time. */
const PRECISION_SECONDS = MINUTE;

export interface Conditions {
  readonly sweepOnly: boolean;
  readonly sweepEverySeconds: number;
  readonly maxSkewSeconds: number;
  /** A first booking may fail, on its way or because its instant is past by the Scheduler's clock. */
  readonly bookingsMayFail: boolean;
  /** A process that meets no trouble is done in this time. */
  readonly runSeconds: number;
  /** How many tries it takes, one after the other. Default: one. */
  readonly tries?: number;
}

/** Where the first booking failed, the second is for this much later: the whole minute after the clocks' tolerance. */
const SECOND_BOOKING_SECONDS = 4 * MINUTE;

/** Lead: 10 % of the lifetime, at least 6 minutes, at most 3 days, up to 10 % more by jitter; never more than half the lifetime. */
export function leads(createdAt: number, expiresAt: number): { shortest: number; longest: number } {
  const lifetime = expiresAt - createdAt;
  const lead = Math.min(Math.max(lifetime * 0.1, 6 * MINUTE), 3 * DAY);
  const longest = Math.min(lead * 1.1, lifetime / 2);
  return { shortest: Math.floor(Math.min(lead, lifetime / 2)), longest: Math.ceil(longest) };
}

/** The longest wait for the retry after a failure: 10 % of the time left, at least a minute, at most an hour. */
export function longestRetryDelay(now: number, expiresAt: number): number {
  return Math.max(MINUTE, Math.min(HOUR, (expiresAt - now) * 0.1));
}

/** After the last disturbance it takes no longer than this until the undisturbed tries have ended. */
export function recoverySeconds(now: number, expiresAt: number, conditions: Conditions): number {
  const { sweepOnly, sweepEverySeconds, maxSkewSeconds, runSeconds, tries = 1 } = conditions;
  const delay = sweepOnly ? sweepEverySeconds : longestBooking(now, expiresAt, conditions);
  return tries * (delay + PRECISION_SECONDS + 2 * maxSkewSeconds + runSeconds);
}

/** How far ahead a retry is at most: its delay up to the whole minute, or what a second booking needs. */
function longestBooking(now: number, expiresAt: number, { bookingsMayFail }: Conditions): number {
  return Math.max(longestRetryDelay(now, expiresAt) + MINUTE, bookingsMayFail ? SECOND_BOOKING_SECONDS : 0);
}

/**
 * Whether the next try comes before the key is dead: as long as it does, nothing unproven is to be made current. It is the retry or,
 * if that could not be booked, the next sweep.
 */
export function hasTimeToSpare(
  now: number,
  expiresAt: number,
  conditions: Conditions,
  bookingFailed: boolean,
): boolean {
  const { maxSkewSeconds, sweepEverySeconds } = conditions;
  const delay = bookingFailed ? sweepEverySeconds : longestBooking(now, expiresAt, conditions);
  return now + delay + PRECISION_SECONDS + 2 * maxSkewSeconds < expiresAt;
}

/** From this instant on a key that nothing stands against has been renewed: it was due, and the wake-up or the sweep has come. */
export function renewedBy(dueAt: number, conditions: Conditions): number {
  const { sweepOnly, sweepEverySeconds, maxSkewSeconds, bookingsMayFail, runSeconds } = conditions;
  const arrival = sweepOnly ? sweepEverySeconds : bookingsMayFail ? SECOND_BOOKING_SECONDS : 0;
  return dueAt + arrival + PRECISION_SECONDS + 2 * maxSkewSeconds + runSeconds;
}

/**
 * A quiet stretch in which the key should have been renewed and was not: it is long enough for an undisturbed try,
 * it reaches past the instant at which the key was due, and it ends before the deadline.
 * @returns undefined where there is none: then the services were away, or the function was hindered, all the time
 */
export function missedChance(
  key: {
    readonly currentSince: number;
    readonly dueAt: number;
    readonly expiresAt: number;
    readonly deadline: number;
  },
  disturbances: readonly Disturbance[],
  conditions: Conditions,
): { from: number; to: number } | undefined {
  let from = key.currentSince;
  const chance = (to: number) => {
    const long = from + recoverySeconds(from, key.expiresAt, conditions);
    return to >= Math.max(long, renewedBy(key.dueAt, conditions)) ? { from, to } : undefined;
  };
  for (const { fromMs, toMs } of disturbances.toSorted((one, other) => one.fromMs - other.fromMs)) {
    const disturbedFrom = Math.floor(fromMs / 1000);
    if (disturbedFrom > key.deadline) break;
    const missed = disturbedFrom > from ? chance(disturbedFrom) : undefined;
    if (missed !== undefined) return missed;
    from = Math.max(from, Math.ceil(toMs / 1000));
  }
  return from < key.deadline ? chance(key.deadline) : undefined;
}
