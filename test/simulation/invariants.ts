/**
 * The design's invariants as the simulation asserts them, and every excuse. What it knows comes from the ledger, never from the
 * function. It changes nothing.
 *
 * 1. A reader gets a key that works, whether it reads AWSCURRENT directly or through a cache of 5 minutes or of 1 hour. So a version
 *    must be replaced before its key expires, less the cache. Excused if
 *    - there was no quiet stretch between the key's due time and then in which an undisturbed try would have fitted (promise.ts):
 *      Momento or AWS was away, or the function was hindered, for longer than the lead covers. A Scheduler that hangs hinders
 *      bookings only: the sweep must refresh in time all the same;
 *    - a person put the value, and it holds no key that expires, or a person revoked the key;
 *    - a refresh token that works once is spent: Momento's answer never reached the process, the process was cut off while it held
 *      the key, Momento spoilt the key, or a person moved a label away from it;
 *    - Momento spoilt the key itself, and it was made current unproven (see 4).
 *    If the function could try, an alarm must have been raised for the first and the third, and the flag that a person must act
 *    within a day for a v2 key that nothing else can replace. A revoked current key must raise an
 *    alarm within a day, if a sweep ran.
 * 2. A seeded, unlapsed secret has a wake-up booked in time, or an invocation that will book it is running or promised. Excused
 *    from the instant at which a fault lost a wake-up or an event, a person removed an entry, or Lambda gave up an event (a dead
 *    letter, so alarmed) whose runs all met a fault before the booking that comes first. The excuse ends with the next sweep that
 *    succeeds. A secret that is no longer managed keeps an entry as the record that it was.
 * 3. No key, no token, nor a part of one is in anything that comes out (test/security/canary/canary.ts). Never excused.
 * 4. The function makes a version current only if Momento accepts its key, if the key was issued for the very key it replaces, if it
 *    does not expire earlier, and if it was never current before. Excused from the first: at the last chance, if Momento could not be asked.
 * 5. No loop: a key is replaced when it is due or a person asked for it, not before, and no more often than keys of its life come
 *    due. No second key is issued for a version whose successor is stored or in hand, unless a person asks. Momento is asked no more
 *    often than the backoff allows. No more than two v2 keys of a secret work, beside those that a person asked for or that were lost.
 *    Excused from the second: README.md lists for what.
 * 6. A flag is raised only while something is the matter, so every alarm clears one period after the cure. A sweep that ends by itself
 *    has told of each secret, and of each lapsed key with a flag.
 * 7. A key that is current, pending or newer than the current one is never revoked.
 */
import type { Disturbance, IssuedKey, Ledger, SecretLedger, Version } from './ledger.ts';
import { type Conditions, hasTimeToSpare, leads, longestRetryDelay, missedChance } from './promise.ts';
import type { Scenario } from './scenario.ts';
import { excuseFor, type Issuing, isFirstKnown, isSuccessor } from './second-key.ts';
import type { FoundKey } from './secret-text.ts';

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

const DAY_SECONDS = 86_400;

/** A run that finds the token spent first leaves the secret to the retry of another run that may hold the key. */
const TRIES_WITHOUT_TOKEN = 2;

/** A run has ended by then, one way or another. */
const TIMEOUT_SECONDS = 300;

/** The current key, and the one before it or the one after it. */
const MOST_WORKING_KEYS = 2;

/** A read shows a write after this time at the latest. */
export const LONGEST_STALENESS_MS = 60_000;

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
    const awayAtTimes = chances['aws-outage'] > 0 || chances.throttling > 0 || chances.hanging > 0;
    const bookingsMayFail =
      maxSkewSeconds > 0 || awayAtTimes || (troubledProcesses > 0 && callFaults.length > 0);
    // Four calls to the Scheduler may wait for their time limits.
    const runSeconds = chances.hanging > 0 ? 120 : 60;
    this.#conditions = { ...scenario, sweepOnly: mode === 'sweep', bookingsMayFail, runSeconds };
  }

  /** The instants at which a version must have been replaced, each with the reader that it is for; milliseconds. */
  deadlines({ key }: Version): { atMs: number; cacheSeconds: number }[] {
    if (key === undefined) return [];
    return READER_CACHES.map((cacheSeconds) => ({
      atMs: (key.expiresAt - cacheSeconds) * 1000,
      cacheSeconds,
    }));
  }

  /** Invariant 1, at a deadline of a version that is still current. @returns why that is allowed */
  atDeadline(secret: SecretLedger, version: Version, cacheSeconds: number): string | undefined {
    const { key, currentSinceMs = 0 } = version;
    if (key === undefined) return undefined;
    const { expiresAt } = key;
    const { shortest } = leads(version.createdAt, expiresAt);
    const excuse = unusableFor(secret, key.apiKey);
    if (excuse !== undefined) return this.#excused(excuse);
    const currentSince = Math.ceil(currentSinceMs / 1000);
    const life = {
      currentSince,
      dueAt: Math.max(expiresAt - shortest, currentSince),
      expiresAt,
      deadline: expiresAt - cacheSeconds,
    };
    const isReplaceable = this.#isReplaceable(secret, key);
    const lacksToken = this.#lacksToken(secret, version);
    const besides = lacksToken && isReplaceable ? this.#ledger.unmanaged : [];
    const hinders = this.#conditions.sweepOnly ? (['bookings', 'sweeps'] as const) : (['bookings'] as const);
    const conditions = lacksToken ? { ...this.#conditions, tries: TRIES_WITHOUT_TOKEN } : this.#conditions;
    const missed =
      missedChance(life, [...secret.hindrances('all', ...hinders), ...besides], conditions) ??
      this.#missedSweep(
        secret,
        { ...life, dueAt: Math.max(expiresAt - shortest / 2, currentSince) },
        besides,
        conditions,
      );
    if (lacksToken && !isReplaceable) {
      // With a stretch in which a try fitted, the function has tried, and failed.
      const isTold = missed === undefined || cacheSeconds > 0;
      if (cacheSeconds === 0) this.#mustTellToActNow(secret, version);
      return this.#withoutToken(secret, version, isTold);
    }
    if (missed !== undefined) {
      throw new Violation(
        1,
        secret.plan.name,
        `version ${version.versionId} is still current ${cacheSeconds} s before its key expires (${iso(expiresAt)}), due ${iso(life.dueAt)}, ` +
          `although nothing stood against a refresh from ${iso(missed.from)} to ${iso(missed.to)}`,
      );
    }
    if (cacheSeconds > 0) return undefined;
    this.#mustBeAlarmed(secret, version);
    return this.#excused(
      besides.length > 0 ? '1: no quiet stretch with a management key' : '1: no quiet stretch',
    );
  }

  /** Whether the management key gets one more successor for this key. */
  #isReplaceable(secret: SecretLedger, { kind, apiKey }: FoundKey): boolean {
    const isManaged = this.#scenario.managementSecretName !== undefined;
    return kind === 'v2' && isManaged && secondUseless(secret, apiKey) === undefined;
  }

  /** @param isTold whether it is no time to ask for the alarm */
  #withoutToken(secret: SecretLedger, version: Version, isTold: boolean): string {
    const { kind, isTokenless } = version.key ?? {};
    if (!isTold && secret.lastAlarmMs < this.#spentAtMs(secret, version))
      throw new Violation(
        1,
        secret.plan.name,
        'its refresh token was spent for nothing, or it has none, and no alarm was raised',
      );
    if (secondUseless(secret, version.key?.apiKey ?? '') !== undefined) {
      return this.#excused('1: Momento rejected two successors');
    }
    return this.#excused(
      isTokenless
        ? '1: v2 key without refresh token, no management key'
        : `1: token of a ${kind} key spent, no management key`,
    );
  }

  /** Within a day after the first try that must have found the token spent, or missing. */
  #mustTellToActNow(secret: SecretLedger, version: Version): void {
    const { key, createdAt } = version;
    if (key?.kind !== 'v2') return;
    const { expiresAt } = key;
    const currentSince = Math.ceil(this.#spentAtMs(secret, version) / 1000);
    const dueAt = Math.max(expiresAt - leads(createdAt, expiresAt).shortest, currentSince);
    const deadline = Math.min(expiresAt, dueAt + DAY_SECONDS);
    if ((secret.toldActNowMs ?? Number.POSITIVE_INFINITY) <= deadline * 1000) return;
    const life = { currentSince, dueAt, expiresAt, deadline };
    const hindrances = secret.hindrances('all', 'bookings', 'sweeps');
    const conditions = { ...this.#conditions, tries: TRIES_WITHOUT_TOKEN };
    if (missedChance(life, hindrances, conditions) === undefined) return;
    throw new Violation(
      1,
      secret.plan.name,
      `only a person can replace its key, and by ${iso(deadline)} the function has not said so`,
    );
  }

  #mustBeAlarmed(secret: SecretLedger, { versionId, key, currentSinceMs = 0 }: Version): void {
    const expiresAtMs = (key?.expiresAt ?? 0) * 1000;
    const tried = (secret.issueCallsMs[0] ?? expiresAtMs) < expiresAtMs - TIMEOUT_SECONDS * 1000;
    if (tried && secret.lastAlarmMs < currentSinceMs)
      throw new Violation(
        1,
        secret.plan.name,
        `version ${versionId} lapsed after failed tries, and no alarm was raised`,
      );
  }

  /** While nothing can be booked the sweep refreshes all the same, once half the lead is over. */
  #missedSweep(
    secret: SecretLedger,
    life: Parameters<typeof missedChance>[0],
    besides: readonly Disturbance[],
    conditions: Conditions,
  ) {
    if (this.#scenario.mode === 'chain') return undefined;
    const hindrances = [...secret.hindrances('all', 'sweeps'), ...besides];
    return missedChance(life, hindrances, { ...conditions, sweepOnly: true });
  }

  /** Invariant 1: a current key that a person has revoked is noticed within a day. */
  atRevocationUnseen(secret: SecretLedger, revokedAtMs: number, nowMs: number): void {
    const isHindered = secret.hindrances('all', 'sweeps').some(({ toMs }) => toMs >= revokedAtMs);
    if (this.#scenario.mode === 'chain' || isHindered) {
      this.#excused('1: revocation not seen for another day');
      return;
    }
    throw new Violation(
      1,
      secret.plan.name,
      `the current key was revoked at ${iso(revokedAtMs / 1000)}, and by ${iso(nowMs / 1000)} no alarm was raised`,
    );
  }

  /** Invariant 5, when Momento has issued a key: nobody who could know of another successor asks for one more. */
  atIssue(secret: SecretLedger, parentApiKey: string, actor: Issuing, nowMs: number): boolean {
    if (actor.mustTestWrite)
      throw new Violation(
        5,
        secret.plan.name,
        'a key was issued before it was known that the secret can be written again',
      );
    if (actor.isRequested) return false;
    const children = secret.children.get(parentApiKey) ?? [];
    for (const { lostBy } of children) if (lostBy !== undefined) this.#excused(`5: ${lostBy}`);
    let isExcused = false;
    for (const first of children.filter((child) => isSuccessor(secret, parentApiKey, child))) {
      const second = { secret, parentApiKey, first, actor, nowMs, scenario: this.#scenario };
      const excuse = excuseFor(second);
      if (excuse !== undefined) this.#excused(excuse);
      else if (isFirstKnown(second))
        throw new Violation(
          5,
          secret.plan.name,
          `a second key was issued, although the one of ${iso(first.issuedAtMs / 1000)} ${first.stored ? 'is stored' : 'was thrown away or is still in hand'}`,
        );
      isExcused ||= excuse !== undefined;
    }
    return isExcused;
  }

  /**
   * Invariant 5, when Momento has issued a v2 key: beside those that are excused, no more than two keys of a secret work. Of v1 keys
   * two runs at a time may get one each.
   */
  afterIssue(secret: SecretLedger, facts: Facts): void {
    if (secret.plan.kind === 'v1') return;
    secret.working = secret.working.filter(({ apiKey, issued }) => facts.accepts(apiKey) && !isExtra(issued));
    const newest = secret.working.at(-1);
    // The answer of an older one may have been lost.
    const counted = secret.working.filter(
      (key) => key === newest || key.issued === undefined || key.issued.answeredAtMs !== undefined,
    );
    if (counted.length <= MOST_WORKING_KEYS) return;
    throw new Violation(
      5,
      secret.plan.name,
      `${counted.length} of its keys work at a time, although nobody asked for the third and no answer was lost`,
    );
  }

  /** Invariant 7, when the function has revoked a key. @param lookedAtMs when it last read the current version */
  atRevocation(secret: SecretLedger, apiKey: string, lookedAtMs: number): void {
    const versions = [...secret.versions.values()];
    const stored = versions.findLastIndex(({ key }) => key?.apiKey === apiKey);
    const wasCurrent = versions.some(({ key, currentSinceMs }) => key?.apiKey === apiKey && currentSinceMs);
    const { current } = secret;
    const isOlder = stored < versions.findIndex(({ versionId }) => versionId === current?.versionId);
    if (wasCurrent && isOlder && current?.key?.apiKey !== apiKey) return;
    if (secret.lastChangeMs > lookedAtMs) {
      this.#excused('7: a label was moved after the last look');
      return;
    }
    throw new Violation(7, secret.plan.name, 'a key was revoked that is current, pending or newer');
  }

  /** Invariant 5, when a process has given up a key that it could not store: the next run knows. */
  atRefusedKey(secret: SecretLedger): void {
    if ([...secret.bookings.values()].some(({ isWriteTest }) => isWriteTest)) return;
    throw new Violation(5, secret.plan.name, 'a key could not be stored, and no entry tells the next run');
  }

  /** Invariants 4 and 5, when the function has moved AWSCURRENT. */
  atPromotion(
    secret: SecretLedger,
    move: {
      from: Version | undefined;
      to: Version;
      proofFailed: boolean;
      bookingFailed: boolean;
      wasCurrent: boolean;
    },
    facts: Facts,
  ): void {
    const { from, to, proofFailed, bookingFailed, wasCurrent } = move;
    const broken = (invariant: number, what: string) =>
      new Violation(invariant, secret.plan.name, `${to.versionId} was made current: ${what}`);
    if (to.key === undefined || from?.key === undefined) throw broken(4, 'it holds no key, or replaces none');
    const now = facts.nowMs / 1000;
    const { expiresAt } = from.key;
    if (!facts.accepts(to.key.apiKey) && !proofFailed) throw broken(4, 'Momento rejects its key');
    if (proofFailed && hasTimeToSpare(now, expiresAt, this.#conditions, bookingFailed))
      throw broken(4, 'its key was not proved, with time to spare for another try');
    if (wasCurrent) throw broken(4, 'it was current before, and somebody had moved the label away');
    if (secret.issued.get(to.key.apiKey)?.parentApiKey !== from.key.apiKey)
      throw broken(4, `its key was not issued for that of ${from.versionId}, which it replaces`);
    if (to.key.expiresAt < expiresAt) throw broken(4, 'its key expires before the one it replaces');
    const { longest } = leads(from.createdAt, expiresAt);
    const earliest = expiresAt - longest - 60 - 2 * this.#scenario.maxSkewSeconds;
    if (now < earliest && !secret.demanded.has(from.versionId))
      throw broken(5, `${from.versionId} was not due before ${iso(earliest)}, and nobody had asked`);
    this.#refuseLoop(secret, facts.nowMs);
  }

  /** Invariant 5: no more refreshes than keys of this life come due, beside those that somebody asked for. */
  #refuseLoop({ begun, plan }: SecretLedger, nowMs: number): void {
    const { lifetimeSeconds, name } = plan;
    const apart =
      lifetimeSeconds - leads(0, lifetimeSeconds).longest - 60 - 2 * this.#scenario.maxSkewSeconds;
    const allowed = Math.floor((nowMs - begun.atMs) / 1000 / apart) + 1;
    if (begun.refreshes <= allowed) return;
    throw new Violation(
      5,
      name,
      `${begun.refreshes} refreshes that nobody asked for since ${iso(begun.atMs / 1000)}, ${allowed} are allowed`,
    );
  }

  /**
   * Invariant 6, when the function tells how a secret stands: it raises no flag for one that was well, with nothing against it, before
   * the run began. So a flag is last raised within one sweep interval after the cure, and its alarm clears one period later.
   */
  atFlags(secret: SecretLedger, raised: readonly string[], startedAtMs: number, facts: Facts): void {
    if (raised.length === 0 || !this.#isWell(secret, startedAtMs, facts)) return;
    throw new Violation(
      6,
      secret.plan.name,
      `${raised.join(', ')} was raised at ${iso(facts.nowMs / 1000)}, although its key was well and nothing stood against it`,
    );
  }

  #isWell(secret: SecretLedger, sinceMs: number, { nowMs, accepts }: Facts): boolean {
    const { current, dropped, lastChangeMs } = secret;
    if (current?.key === undefined || dropped !== undefined) return false;
    const { apiKey, expiresAt } = current.key;
    const dueAt = expiresAt - leads(current.createdAt, expiresAt).longest - this.#scenario.maxSkewSeconds;
    if (nowMs / 1000 >= dueAt || !accepts(apiKey) || this.#lacksToken(secret, current)) return false;
    const children = secret.children.get(apiKey) ?? [];
    if (children.some(({ wasCurrent }) => !wasCurrent)) return false;
    const isCalm = secret.disturbances.every(({ toMs }) => toMs < sinceMs);
    return isCalm && lastChangeMs + LONGEST_STALENESS_MS < sinceMs;
  }

  /** Invariant 6, when a sweep has ended by itself: it has told of each secret, whatever the trouble of the others. */
  mustTellOfEach(sweep: {
    readonly flags: ReadonlyMap<string, readonly string[]>;
    readonly managed: readonly string[];
    readonly startedAtMs: number;
  }): void {
    const knownMs = sweep.startedAtMs - this.#scenario.maxSkewSeconds * 1000 - LONGEST_STALENESS_MS;
    for (const name of sweep.managed) {
      const raised = sweep.flags.get(name);
      if (raised === undefined) throw new Violation(6, name, 'a sweep has ended and told nothing of it');
      const { current, lastChangeMs } = this.#ledger.of(name);
      const lapsedAtMs = (current?.key?.expiresAt ?? Number.POSITIVE_INFINITY) * 1000;
      if (Math.max(lapsedAtMs, lastChangeMs) < knownMs && raised.length === 0)
        throw new Violation(6, name, 'its key has lapsed, and a sweep has raised no flag');
    }
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
    if (secret.dropped !== undefined) {
      this.#afterDroppedStep(secret, nowMs);
      return;
    }
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
    const cause = secret.brokenBy;
    this.#excused(`2: ${cause}`);
    const sweepOnly = this.#conditions.sweepOnly;
    const disturbance = sweepOnly
      ? { fromMs: nowMs, toMs: nowMs, hinders: 'all' as const, cause }
      : secret.disturbed(cause, nowMs, Number.POSITIVE_INFINITY, 'bookings');
    secret.uncovered = { sinceMs: nowMs, disturbance };
  }

  /** Invariant 2: the entry of a secret that is no longer managed stays, as the record that it was. */
  #afterDroppedStep(secret: SecretLedger, nowMs: number): void {
    if (secret.uncovered !== undefined) secret.uncovered.disturbance.toMs = nowMs;
    secret.uncovered = undefined;
    const isRecorded = secret.bookings.size > 0 || secret.expectedInvocations > 0;
    if (isRecorded || secret.dropped?.hadEntry !== true) return;
    if (secret.brokenBy === undefined)
      throw new Violation(
        2,
        secret.plan.name,
        'it is no longer managed, and no entry is left that would tell',
      );
    this.#excused(`2: abandoned, ${secret.brokenBy}`);
    secret.dropped = { ...secret.dropped, hadEntry: false };
  }

  /**
   * Invariant 2: what a sweep has seen and called well is well. On a clock that is behind it cannot know that an entry which
   * lingers has just fired: what was lost within that time is the next sweep's. On one that is ahead the key has lapsed a little early.
   */
  afterSweep(startedAtMs: number, nowMs: number): void {
    const staleMs = this.#scenario.chances['stale-read'] > 0 ? LONGEST_STALENESS_MS : 0;
    const knownMs = startedAtMs - this.#scenario.maxSkewSeconds * 1000 - staleMs;
    for (const secret of this.#ledger.secrets.values()) {
      const since = secret.uncovered?.sinceMs;
      if (
        since !== undefined &&
        since < knownMs &&
        secret.dropped === undefined &&
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
    // A run that could not store its key at once has moved its retry to a minute after its own deadline.
    const retryDelay = Math.max(longestRetryDelay(now, expiresAt), TIMEOUT_SECONDS + 60) + 60;
    const latest = Math.max(dueAt, now + retryDelay) + clocks;
    for (const { atMs } of secret.bookings.values()) if (atMs <= latest * 1000) return true;
    return false;
  }

  #lacksToken(secret: SecretLedger, version: Version): boolean {
    return version.key?.isTokenless === true || this.#isSpent(secret, version);
  }

  /** The current key's token, where it works once, was used, and what it brought has not come into the secret as a key that works. */
  #isSpent(secret: SecretLedger, { key }: Version): boolean {
    if (key === undefined || (key.kind === 'v1' && !this.#scenario.singleUseTokens)) return false;
    const children = secret.children.get(key.apiKey) ?? [];
    const isGone = ({ stored, taken, lostBy, answeredAtMs }: IssuedKey) =>
      !stored && (taken || lostBy !== undefined || answeredAtMs === undefined);
    return (
      children.length > 0 && children.every((child) => child.spoilt || child.wasCurrent || isGone(child))
    );
  }

  #spentAtMs(secret: SecretLedger, { key }: Version): number {
    const apiKey = key?.apiKey ?? '';
    const { issuedAtMs = 0 } = secondUseless(secret, apiKey) ?? secret.children.get(apiKey)?.[0] ?? {};
    // A person may have made it current again since then.
    return Math.max(issuedAtMs, secret.current?.currentSinceMs ?? 0);
  }

  #excused(excuse: string): string {
    this.excuses.set(excuse, (this.excuses.get(excuse) ?? 0) + 1);
    return excuse;
  }
}

/** The second stored successor of a key that Momento rejects. The function asks for no third one: a person must help. */
function secondUseless({ children, revoked }: SecretLedger, apiKey: string): IssuedKey | undefined {
  const isUseless = ({ stored, spoilt, apiKey }: IssuedKey) => stored && (spoilt || revoked.has(apiKey));
  return (children.get(apiKey) ?? []).filter(isUseless)[1];
}

/** Why a key does not work of which nobody promised that it would. */
function unusableFor({ issued, revoked }: SecretLedger, apiKey: string): string | undefined {
  if (issued.get(apiKey)?.spoilt) return '1: unproven key promoted at the last chance';
  return revoked.has(apiKey) ? '1: current key revoked by a person' : undefined;
}

/** Not one of the two keys that a secret needs: a person asked for it, or what it was meant for came to nothing. */
function isExtra(issued: IssuedKey | undefined): boolean {
  if (issued === undefined) return false;
  const { isRequested, isExcused, spoilt, lostBy, taken } = issued;
  return isRequested || isExcused || spoilt || lostBy !== undefined || taken;
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
