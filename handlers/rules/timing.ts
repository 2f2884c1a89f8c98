/** When to refresh and when to try again: pure arithmetic on whole epoch seconds, without a clock. */
import { hash } from 'node:crypto';
import { MAX_LEAD_PERCENT, MIN_LEAD_MINUTES, TIME_LIMIT_MINUTES } from '../names.ts';
import type { Key } from './key.ts';

/** EventBridge Scheduler fires within this time after the instant. A wake-up that is early by this time counts as on time. */
export const SCHEDULER_PRECISION_SECONDS = 60;

/** How far this clock may be behind the services' clocks without the loss of a booking. Lambda's clocks are far better. */
export const CLOCK_TOLERANCE_SECONDS = 120;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const DEFAULT_LEAD_PERCENT = 10;
/** A weekend. A longer lead would only waste the life of a long key. */
const MAX_DEFAULT_LEAD_SECONDS = 3 * DAY;
const MAX_JITTER_SHARE = 0.1;

const MIN_RETRY_SECONDS = MINUTE;
const MAX_RETRY_SECONDS = HOUR;
const MAX_RETRY_SHARE_OF_TIME_LEFT = 0.1;
/** After the key has lapsed, retry every ten minutes: a pending key may still rescue it. */
const MAX_RETRY_AFTER_LAPSE_SECONDS = 10 * MINUTE;
/** 2^6 minutes already exceed the longest delay. */
const MAX_DOUBLINGS = 6;

/** How long before expiry a key is refreshed: the default rule, or what an operator set. */
export type LeadPolicy =
  | { readonly kind: 'default' }
  | { readonly kind: 'duration'; readonly seconds: number }
  | { readonly kind: 'percentage'; readonly percent: number };

/** The operator's settings about time. */
export interface Policy {
  readonly lead: LeadPolicy;
  readonly sweepEverySeconds: number;
}

/** Identifies a key from its creation to its expiry. Instants are epoch seconds. */
interface KeyLife {
  readonly secretArn: string;
  readonly versionId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** When the life of the key began, epoch seconds. Momento says it of a v2 key. Of others the creation of the version stands for it. */
export function issuedAtOf({
  createdAtMs,
  content: { key },
}: {
  readonly createdAtMs: number;
  readonly content: { readonly key: Key };
}): number {
  const issuedAt = key.kind === 'v2' ? key.info?.issued_at_epoch_seconds : undefined;
  return issuedAt ?? Math.floor(createdAtMs / 1000);
}

/**
 * The seconds before its expiry at which this key is refreshed, including the jitter: never more than half of its lifetime. Every run
 * computes the same value, because the jitter is a hash of secret and version.
 */
export function leadSeconds(life: KeyLife, policy: LeadPolicy): number {
  const lifetime = life.expiresAt - life.createdAt;
  const planned = Math.max(plannedLead(lifetime, policy), MIN_LEAD_MINUTES * MINUTE);
  const jittered = planned * (1 + MAX_JITTER_SHARE * spread(life));
  return Math.floor(Math.min(jittered, (lifetime * MAX_LEAD_PERCENT) / 100));
}

/** Epoch second at which this key is to be refreshed. */
export function refreshAt(life: KeyLife, policy: LeadPolicy): number {
  return life.expiresAt - leadSeconds(life, policy);
}

/**
 * Epoch second of the next try after the n-th failure, `attempt`. The delay is the smallest of 1 min × 2^(n−1), 10 % of the time left
 * (10 min after the key has lapsed) and 1 h, and at least 1 min. The instant is rounded up to the minute, so that failing duplicates
 * within one minute share one booking.
 */
export function retryAt(now: number, attempt: number, expiresAt: number): number {
  const timeLeft = expiresAt - now;
  const share =
    timeLeft > 0 ? Math.floor(timeLeft * MAX_RETRY_SHARE_OF_TIME_LEFT) : MAX_RETRY_AFTER_LAPSE_SECONDS;
  const doubled = MINUTE * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);
  const delay = Math.max(MIN_RETRY_SECONDS, Math.min(doubled, share, MAX_RETRY_SECONDS));
  return wholeMinute(now + delay);
}

/**
 * When the retry comes after a key could not be stored. Lambda repeats the failed event after a minute, and that run leaves the secret
 * to this retry, even if their clocks differ. If the key would lapse before that, the retry comes as early as any other.
 */
export function retryAfterLostKeyAt(now: number, attempt: number, expiresAt: number): number {
  const usual = retryAt(now, attempt, expiresAt);
  const late = wholeMinute(now + 3 * MINUTE + 2 * CLOCK_TOLERANCE_SECONDS);
  return isLastChance(late, expiresAt) ? usual : Math.max(usual, late);
}

/** Rounds an instant up to the minute. */
export function wholeMinute(at: number): number {
  return Math.ceil(at / MINUTE) * MINUTE;
}

/** Whether an entry for that instant cannot have fired yet, even if this clock is as far behind as it may be. */
export function isStillToFire(at: number, now: number): boolean {
  return at > safelyAheadOf(now);
}

/** The first whole minute that is in the future even if this clock is as far behind as it may be. */
export function earliestSafeAt(now: number): number {
  return wholeMinute(safelyAheadOf(now));
}

function safelyAheadOf(now: number): number {
  return now + CLOCK_TOLERANCE_SECONDS + SCHEDULER_PRECISION_SECONDS;
}

/**
 * The latest possible instant of a retry that is booked now. A later entry is no retry of this outage. A run that cannot store its key
 * books its retry for after its own end. That retry counts if it comes before the key lapses.
 */
export function latestRetryAt(now: number, expiresAt: number): number {
  const ofUnstoredKey = wholeMinute(now + (TIME_LIMIT_MINUTES + 3) * MINUTE + 2 * CLOCK_TOLERANCE_SECONDS);
  const beforeLapse = expiresAt - SCHEDULER_PRECISION_SECONDS - 1;
  return Math.max(retryAt(now, Number.MAX_SAFE_INTEGER, expiresAt), Math.min(ofUnstoredKey, beforeLapse));
}

/**
 * The latest instant of a retry whose run may still be working: a run that cannot store its key moves its retry to a minute after its
 * own end. A later entry is a planned refresh.
 */
export function latestRetryOfRunAt(now: number, expiresAt: number): number {
  return Math.max(latestRetryAt(now, expiresAt), wholeMinute(now + (TIME_LIMIT_MINUTES + 1) * MINUTE));
}

/** The second of the minute for the retry of a run that left the secret to another run, and so holds no key. Other retries are at 0 or 1. */
const IDLE_RETRY_SECOND = 30;

/** When a run that left the secret to another run checks it again. @param retryAt the instant of its retry, which was not moved: a whole minute */
export function idleRetryAt(retryAt: number): number {
  return retryAt + IDLE_RETRY_SECOND;
}

/**
 * Whether a booked entry may be a retry of this outage. Only the retries of runs that could not store their keys come later than the usual
 * ones. They are at whole minutes, or half a minute later. An entry at another second is the planned refresh of an older key.
 * @param isStored whether the new key is in the secret. Then no run waits for one that could not store its key.
 */
export function mayBeRetry(bookedAt: number, now: number, expiresAt: number, isStored: boolean): boolean {
  // A retry that was moved is a second later.
  if (bookedAt <= retryAt(now, Number.MAX_SAFE_INTEGER, expiresAt) + 1) return true;
  return !isStored && bookedAt <= latestRetryAt(now, expiresAt) && bookedAt % IDLE_RETRY_SECOND === 0;
}

/** Whether the run that booked this entry may hold a key. Without this distinction two runs could wait for each other for ever. */
export function mayHoldKey(bookedAt: number): boolean {
  return bookedAt % MINUTE !== IDLE_RETRY_SECOND;
}

/**
 * Secrets Manager allows one new version per ten minutes, and a key is refreshed after half of its life at the latest. So a refreshed
 * key that lives less than twenty minutes is not refreshed again by itself. One minute is allowed for clocks that differ.
 */
const MIN_PROMOTION_INTERVAL_SECONDS = 10 * MINUTE;
const MIN_LIFE_SECONDS = 20 * MINUTE - MINUTE;

/**
 * Whether the daily instant of this secret's proof was in the last sweep interval. It is true at least once a day, and twice if a sweep
 * is a little late.
 */
export function isDailyProofDue(secretName: string, now: number, sweepEverySeconds: number): boolean {
  const dailyAt = Number.parseInt(hash('sha256', secretName).slice(0, 8), 16) % DAY;
  const sinceDailyAt = (now - dailyAt) % DAY;
  return sinceDailyAt < sweepEverySeconds + CLOCK_TOLERANCE_SECONDS;
}

/** Whether the key expires too soon to be refreshed in time again and again. */
export function isShortLived(createdAt: number, expiresAt: number): boolean {
  return expiresAt - createdAt < MIN_LIFE_SECONDS;
}

/**
 * The earliest instant for the next promotion without a demand.
 * @returns undefined if the key would expire sooner; then it is refreshed now
 */
export function nextPromotionAt(createdAt: number, expiresAt: number): number | undefined {
  const at = createdAt + MIN_PROMOTION_INTERVAL_SECONDS;
  return isLastChance(at, expiresAt) ? undefined : at;
}

/**
 * AWS promises no read after a write, but its copies agree within seconds. After this time a read shows what an entry tells. Ten minutes
 * also cover clocks that differ.
 */
export const READS_AGREE_WITHIN_SECONDS = 10 * MINUTE;

/**
 * When to repeat a read that may be stale.
 * @param nextSweepAt of a sweep: the secret must still be saved by the next one if the wake-up for this instant never comes
 * @returns undefined if the key would lapse before it is read again
 */
export function nextReadAt(now: number, expiresAt: number, nextSweepAt = now): number | undefined {
  const at = now + 2 * MINUTE;
  return isLastChance(Math.max(at, nextSweepAt), expiresAt) ? undefined : at;
}

/** Whether the sweep alone, without a booked wake-up, refreshes a key in time. Two minutes allow for a late start and the run itself. */
export function sweepCanSave(leadSeconds: number, sweepEverySeconds: number): boolean {
  return leadSeconds >= sweepEverySeconds + 2 * MINUTE;
}

/** Storing a new key, with some tries, takes less. */
const TIME_TO_STORE_MS = 60_000;

/** Whether too little of this run is left to store a new key, and the next run comes before the current key expires. */
export function isTooLateToIssue(remainingMs: number, nextTryAt: () => number, expiresAt: number): boolean {
  return remainingMs < TIME_TO_STORE_MS && !isLastChance(nextTryAt(), expiresAt);
}

/** Whether half of the lead is over. From then on a refresh no longer waits until the Scheduler answers. */
export function isHalfLeadUsed(
  key: { readonly dueAt: number; readonly expiresAt: number },
  now: number,
): boolean {
  return now >= (key.dueAt + key.expiresAt) / 2;
}

/** Whether the current key may expire before the next try starts. */
export function isLastChance(nextTryAt: number, expiresAt: number): boolean {
  return expiresAt <= nextTryAt + SCHEDULER_PRECISION_SECONDS;
}

/**
 * Whether a new key is usable: it expires in the future, and not before the current key. Two keys that were issued within one second
 * expire in the same second.
 */
export function isUsableExpiry(issuedExpiresAt: number, currentExpiresAt: number, now: number): boolean {
  return issuedExpiresAt > now && issuedExpiresAt >= currentExpiresAt;
}

function plannedLead(lifetimeSeconds: number, policy: LeadPolicy): number {
  switch (policy.kind) {
    case 'default':
      return Math.min((lifetimeSeconds * DEFAULT_LEAD_PERCENT) / 100, MAX_DEFAULT_LEAD_SECONDS);
    case 'duration':
      return policy.seconds;
    case 'percentage':
      return (lifetimeSeconds * policy.percent) / 100;
  }
}

/** A fraction in [0, 1) that depends only on secret and version. */
function spread({ secretArn, versionId }: KeyLife): number {
  return Number.parseInt(hash('sha256', `${secretArn}\n${versionId}`).slice(0, 8), 16) / 2 ** 32;
}
