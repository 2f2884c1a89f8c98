/**
 * The design's five invariants as the simulation asserts them, and when each is excused. What it knows comes from the ledger, never from
 * the function: it changes nothing.
 *
 * 1. A reader gets a key that works: whoever reads AWSCURRENT, directly or through a cache of 5 minutes or of 1 hour. A version must
 *    have been replaced by the time its key expires, less the cache. Excused where
 *    - there was no quiet stretch between the key's due time and then in which an undisturbed try would have fitted (promise.ts):
 *      Momento or AWS was away, or the function hindered, for longer than the lead covers;
 *    - a person put the value, and it holds no key that expires;
 *    - a refresh token that works once is spent: on a key that never reached the secret, that Momento spoilt, or that a person
 *      moved a label away from;
 *    - Momento spoilt the key itself, and it was made current unproven (see 4).
 *    Where the function could try, an alarm must have been raised for the first and the third.
 * 2. A seeded, unlapsed secret has a wake-up booked in time, or an invocation is under way or promised that will book it. Excused
 *    from where a wake-up or an event was lost by injection, or Lambda gave an event up (a dead letter, so alarmed) whose runs had
 *    all met a fault before the booking that comes first, to the next sweep that succeeds.
 * 3. No key, no token, nor a part of one is in anything that comes out (test/security/canary/canary.ts). Never excused.
 * 4. The function makes a version current only if Momento accepts its key, if it was issued for the very key it replaces, if it expires later,
 *    and if it was never current before. Excused from the first: Momento could not be asked (an outage or a fault of the proof) at the last chance.
 * 5. No loop: a key is replaced when it is due or a person asked for it, not before; and Momento is asked for a successor no more often
 *    than the backoff allows. Never excused.
 */
import type { Ledger, SecretLedger, Version } from './ledger.ts';
import { type Conditions, hasTimeToSpare, leads, longestRetryDelay, missedChance } from './promise.ts';
import type { Scenario } from './scenario.ts';

export class Violation extends Error {
  readonly invariant: number;

  constructor(invariant: number, secretName: string, what: string) {
    super(`invariant ${invariant}, secret ${secretName}: ${what}`);
    this.name = 'Violation';
    this.invariant = invariant;
  }
}

/** Readers by the age, in seconds, of what they may still use. */
const READER_CACHES = [3600, 300, 0] as const;

/** A run has ended by then, one way or another. */
const TIMEOUT_SECONDS = 300;

export interface Facts {
  readonly nowMs: number;
  accepts(apiKey: string): boolean;
}

export class Invariants {
  readonly #ledger: Ledger;
  readonly #scenario: Scenario;
  readonly #conditions: Conditions;
  /** How often each excuse was needed. */
  readonly excuses = new Map<string, number>();

  constructor(ledger: Ledger, scenario: Scenario) {
    this.#ledger = ledger;
    this.#scenario = scenario;
    const { callFaults, chances, maxSkewSeconds, mode, troubledProcesses } = scenario;
    const awayAtTimes = chances['aws-outage'] > 0 || chances.throttling > 0;
    const bookingsMayFail =
      maxSkewSeconds > 0 || awayAtTimes || (troubledProcesses > 0 && callFaults.length > 0);
    this.#conditions = { ...scenario, sweepOnly: mode === 'sweep', bookingsMayFail };
  }

  /** The instants at which a version must have been replaced, each with the reader that it is for; milliseconds. */
  deadlines({ key }: Version): { atMs: number; cacheSeconds: number }[] {
    if (key === undefined) return [];
    return READER_CACHES.map((cacheSeconds) => ({
      atMs: (key.expiresAt - cacheSeconds) * 1000,
      cacheSeconds,
    }));
  }

  /** Invariant 1, at a deadline of a version that is still current. */
  atDeadline(secret: SecretLedger, version: Version, cacheSeconds: number): void {
    const { key, currentSinceMs = 0 } = version;
    if (key === undefined) return;
    const { expiresAt } = key;
    const { shortest } = leads(version.createdAt, expiresAt);
    if (secret.issued.get(key.apiKey)?.spoilt) {
      this.#excused('1: unproven key promoted at the last chance');
      return;
    }
    const life = {
      currentSince: Math.ceil(currentSinceMs / 1000),
      dueAt: Math.max(expiresAt - shortest, Math.ceil(currentSinceMs / 1000)),
      expiresAt,
      deadline: expiresAt - cacheSeconds,
    };
    const missed = missedChance(life, secret.disturbances, this.#conditions);
    if (this.#isSpent(secret, version)) {
      this.#excused('1: single-use token spent');
      // With a stretch in which a try fitted, the function has tried, and failed.
      if (missed !== undefined && cacheSeconds === 0 && secret.lastAlarmMs < this.#spentAtMs(secret, version))
        throw new Violation(
          1,
          secret.plan.name,
          'its refresh token was spent for nothing, and no alarm was raised',
        );
      return;
    }
    if (missed !== undefined) {
      throw new Violation(
        1,
        secret.plan.name,
        `version ${version.versionId} is still current ${cacheSeconds} s before its key expires (${iso(expiresAt)}), due ${iso(life.dueAt)}, ` +
          `although nothing stood against a refresh from ${iso(missed.from)} to ${iso(missed.to)}`,
      );
    }
    if (cacheSeconds > 0) return;
    this.#excused(`1: no quiet stretch`);
    const tried = (secret.issueCallsMs[0] ?? expiresAt * 1000) < (expiresAt - TIMEOUT_SECONDS) * 1000;
    if (tried && secret.lastAlarmMs < currentSinceMs)
      throw new Violation(
        1,
        secret.plan.name,
        `version ${version.versionId} lapsed after failed tries, and no alarm was raised`,
      );
  }

  /** Invariants 4 and 5, when the function has moved AWSCURRENT. */
  atPromotion(
    secret: SecretLedger,
    move: { from: Version | undefined; to: Version; proofFailed: boolean; wasCurrent: boolean },
    facts: Facts,
  ): void {
    const { from, to, proofFailed, wasCurrent } = move;
    const broken = (invariant: number, what: string) =>
      new Violation(invariant, secret.plan.name, `${to.versionId} was made current: ${what}`);
    if (to.key === undefined || from?.key === undefined) throw broken(4, 'it holds no key, or replaces none');
    const now = facts.nowMs / 1000;
    const { expiresAt } = from.key;
    if (!facts.accepts(to.key.apiKey) && !proofFailed) throw broken(4, 'Momento rejects its key');
    if (proofFailed && hasTimeToSpare(now, expiresAt, this.#conditions))
      throw broken(4, 'its key was not proved, with time to spare for another try');
    if (wasCurrent) throw broken(4, 'it was current before, and somebody had moved the label away');
    if (secret.issued.get(to.key.apiKey)?.parentApiKey !== from.key.apiKey)
      throw broken(4, `its key was not issued for that of ${from.versionId}, which it replaces`);
    if (to.key.expiresAt <= expiresAt) throw broken(4, 'its key expires no later than the one it replaces');
    const { longest } = leads(from.createdAt, expiresAt);
    const earliest = expiresAt - longest - 60 - 2 * this.#scenario.maxSkewSeconds;
    if (now < earliest && !secret.demanded.has(from.versionId))
      throw broken(5, `${from.versionId} was not due before ${iso(earliest)}, and nobody had asked`);
  }

  /** Invariant 5, when the function asks Momento for a new key. */
  atIssueCall(secret: SecretLedger, facts: Facts): void {
    const expiresAt = secret.current?.key?.expiresAt;
    if (expiresAt === undefined) return;
    const calls = secret.issueCallsMs;
    const first = calls[0] ?? facts.nowMs;
    const allowed = allowedCalls(first / 1000, facts.nowMs / 1000, expiresAt) + secret.extraChances;
    if (calls.length > allowed)
      throw new Violation(
        5,
        secret.plan.name,
        `Momento was asked ${calls.length} times since ${iso(first / 1000)}, ${Math.floor(allowed)} are allowed`,
      );
  }

  /** Invariant 2, after every step that touched the secret. */
  afterStep(secret: SecretLedger, nowMs: number): void {
    const isBooked = !needsWakeUp(secret, nowMs) || this.#booked(secret, nowMs);
    // An invocation that is still to come may fail in its turn: what has broken the chain stays the cause until something is booked.
    if (isBooked) secret.brokenBy = undefined;
    if (isBooked || secret.expectedInvocations > 0) {
      if (secret.uncovered !== undefined) secret.uncovered.disturbance.toMs = nowMs;
      secret.uncovered = undefined;
      return;
    }
    if (secret.uncovered !== undefined) return;
    if (secret.brokenBy === undefined)
      throw new Violation(
        2,
        secret.plan.name,
        `version ${secret.current?.versionId} has no wake-up booked, and nothing runs that could book it`,
      );
    this.#excused(`2: ${secret.brokenBy}`);
    const sweepOnly = this.#conditions.sweepOnly;
    const disturbance = sweepOnly
      ? { fromMs: nowMs, toMs: nowMs }
      : secret.disturbed(nowMs, Number.POSITIVE_INFINITY);
    secret.uncovered = { sinceMs: nowMs, disturbance };
  }

  /**
   * Invariant 2: what a sweep has seen and called well is well. On a clock that is behind it cannot know that an entry which
   * lingers has just fired: what was lost within that time is the next sweep's. On one that is ahead the key has lapsed a little early.
   */
  afterSweep(startedAtMs: number, nowMs: number): void {
    const knownMs = startedAtMs - this.#scenario.maxSkewSeconds * 1000;
    for (const secret of this.#ledger.secrets.values()) {
      const since = secret.uncovered?.sinceMs;
      if (
        since !== undefined &&
        since < knownMs &&
        needsWakeUp(secret, nowMs + this.#scenario.maxSkewSeconds * 1000) &&
        secret.expectedInvocations === 0 &&
        !this.#booked(secret, nowMs)
      )
        throw new Violation(
          2,
          secret.plan.name,
          `a sweep succeeded and left version ${secret.current?.versionId} without a wake-up`,
        );
    }
  }

  /** Booked no later than it is needed: by the key's due time, or, past it, by the longest delay of a retry. */
  #booked(secret: SecretLedger, nowMs: number): boolean {
    const { current } = secret;
    if (current?.key === undefined) return true;
    const { expiresAt } = current.key;
    const now = nowMs / 1000;
    const dueAt = expiresAt - leads(current.createdAt, expiresAt).shortest;
    const { bookingsMayFail, maxSkewSeconds } = this.#conditions;
    const clocks = 2 * maxSkewSeconds + (bookingsMayFail ? 180 : 0);
    const latest = Math.max(dueAt, now + longestRetryDelay(now, expiresAt) + 60) + clocks;
    for (const { atMs } of secret.bookings.values()) if (atMs <= latest * 1000) return true;
    return false;
  }

  /** The current key's token, where it works once, was used, and what it brought has not come into the secret as a key that works. */
  #isSpent(secret: SecretLedger, { key }: Version): boolean {
    if (!this.#scenario.singleUseTokens || key === undefined) return false;
    const children = secret.children.get(key.apiKey) ?? [];
    return (
      children.length > 0 && children.every((child) => child.spoilt || !child.stored || child.wasCurrent)
    );
  }

  #spentAtMs(secret: SecretLedger, { key }: Version): number {
    return secret.children.get(key?.apiKey ?? '')?.[0]?.issuedAtMs ?? 0;
  }

  #excused(excuse: string): void {
    this.excuses.set(excuse, (this.excuses.get(excuse) ?? 0) + 1);
  }
}

function needsWakeUp({ current }: SecretLedger, nowMs: number): boolean {
  return current?.key !== undefined && nowMs < current.key.expiresAt * 1000;
}

/** How often one chain of retries would have asked by now, three times over: Lambda repeats what fails twice before the booked retry counts. */
function allowedCalls(first: number, now: number, expiresAt: number): number {
  let count = 1;
  let at = first;
  for (let n = 0; at < now; n++) {
    at += Math.max(60, Math.min(60 * 2 ** Math.min(n, 6), (expiresAt - at) * 0.1, 3600));
    count++;
  }
  return 3 * count + 3;
}

function iso(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z');
}
