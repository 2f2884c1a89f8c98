/** One run for one secret: it observes, decides and acts until it has only to wait for the booked wake-up. */

import {
  KeyLapsedError,
  KeyRejectedError,
  SecretWriteError,
  ShortLivedKeyError,
  UnrefreshableKeyError,
  UnstoredKeyError,
} from '../errors.ts';
import type { Ports } from '../ports.ts';
import { isOfSecret, refreshFailure, toReportable } from '../reporting/failure.ts';
import type { Subject, Trigger } from '../reporting/report.ts';
import { type RefreshResult, refreshResult } from '../reporting/result.ts';
import { conditionOf } from '../reporting/secret-state.ts';
import {
  type Action,
  type Decision,
  decide,
  isAction,
  type Verdict,
  withinRotation,
} from '../rules/decide.ts';
import {
  type CurrentVersion,
  type ExpiringObservation,
  expires,
  type Observation,
  UNREFRESHABLE_LABEL,
} from '../rules/secret.ts';
import {
  CLOCK_TOLERANCE_SECONDS,
  idleRetryAt,
  isDailyProofDue,
  isHalfLeadUsed,
  isLastChance,
  isShortLived,
  isStillToFire,
  issuedAtOf,
  type Policy,
  retryAfterLostKeyAt,
  retryAt,
} from '../rules/timing.ts';
import type { BookedFor, Bookings } from '../rules/wake-up.ts';
import { act, type Candidate, pendingCandidate } from './act.ts';
import { type BookedRetry, bookRetry, bringRetryForward, moveRetry, postponeRetry, settle } from './book.ts';
import { labelCurrent } from './current-label.ts';
import { NO_BOOKINGS, observe } from './observe.ts';
import { proveCurrent } from './prove-current.ts';

/** The input of a run. */
export interface RefreshTask {
  readonly secretName: string;
  /** The ARN in the event; absent if the event has the secret's name. */
  readonly secretArn?: string | undefined;
  /** `manual` refreshes the current version even if it is not due. */
  readonly trigger: Trigger;
  /** What the wake-up that started this run was booked for. */
  readonly bookedFor?: BookedFor | undefined;
  /** The version that became current, as the event says that started this run. */
  readonly announcedVersionId?: string | undefined;
  /** The version of a rotation. The run promotes it if it is pending, and issues no key. */
  readonly promoteOnly?: string | undefined;
  /** The caller's observation. The run observes again before it acts. */
  readonly observation?: Observation | undefined;
  /** All booked entries, if the caller has listed them. */
  readonly bookings?: Bookings | undefined;
}

export interface RefreshRun {
  readonly result: RefreshResult;
  /** The state of the secret at the end of the run. */
  readonly observation: Observation;
  /** Epoch second of the planned refresh. Entries after it are superfluous. Undefined while a retry is booked. */
  readonly plannedAt?: number | undefined;
}

/** Each further round means that somebody else has changed the secret. After this many rounds the run gives up. */
const MAX_ROUNDS = 4;

const REQUESTED = { outcome: 'refresh', reason: 'requested' } as const;

/**
 * Refreshes the secret if its key is due or a person asked for it, and books its next wake-up.
 * It may run twice, late, or beside another run.
 * @throws {KeyLapsedError} @throws {KeyRejectedError}
 * @throws {SecretNameError} @throws {SecretAccessError} @throws {SecretContentError} before anything was changed
 * @throws {RefreshFailedError} after a try that stopped half-way; the message says when the next try is
 */
export async function refreshSecret(ports: Ports, policy: Policy, task: RefreshTask): Promise<RefreshRun> {
  const { secretName, trigger, bookedFor, promoteOnly } = task;
  const subject = { secretName, trigger, attempt: bookedFor?.attempt ?? 1 };
  const run: Run = {
    ports,
    policy,
    task,
    subject,
    startedAtMs: ports.clock(),
    demandedVersionId: promoteOnly,
  };
  try {
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const { observation, decision, now } = await observeAndDecide(run, round);
      if (decision.outcome === 'lapsed' && trigger !== 'sweep')
        throw new KeyLapsedError('key-lapsed', { secretName, expiresAt: run.expiresAt });
      if (!isAction(decision) || !expires(observation)) return await finish(run, observation, decision, now);
      const finished = await takeAction(run, observation, decision, now);
      if (finished !== undefined) return finished;
    }
    throw new SecretWriteError('secret-contested', { secretName, rounds: MAX_ROUNDS });
  } catch (error) {
    throw await fail(run, error);
  }
}

/** A run and its progress. */
interface Run {
  readonly ports: Ports;
  readonly policy: Policy;
  readonly task: RefreshTask;
  readonly subject: Subject;
  readonly startedAtMs: number;
  /** The only version that may be refreshed before it is due. */
  demandedVersionId?: string | undefined;
  /** The last one. */
  observation?: Observation | undefined;
  /** When the current key expires, epoch seconds. */
  expiresAt?: number | undefined;
  /** Whether the new key is current. A later failure is one of the steps after the refresh. */
  isRefreshed?: boolean | undefined;
  retry?: BookedRetry | undefined;
  /** The retry comes after the deadline of this process, because the new key could not be stored at once. */
  isPostponed?: boolean | undefined;
  /** The version that another run has replaced, or stored a successor for. This run issues no second key for it. */
  elsewhere?: { readonly versionId: string; readonly mayResume: boolean } | undefined;
  /** The version that this run meant to promote, and why. The next observation shows whether it is current. */
  tried?: { readonly versionId: string; readonly why: Verdict };
}

/** Reports a failure and its consequences. @returns what to throw */
async function fail(run: Run, thrown: unknown): Promise<Error> {
  const { ports, subject } = run;
  const isUnstored = thrown instanceof UnstoredKeyError;
  if (isUnstored) await bookWriteTest(run);
  else await endPostponement(run);
  const isUnrefreshable = thrown instanceof UnrefreshableKeyError;
  const error = isUnstored || isUnrefreshable ? thrown.cause : thrown;
  const newer = await newerKey(run, error);
  const progress = {
    retry: run.retry,
    expiresAt: run.expiresAt,
    isRefreshed: run.isRefreshed,
    isRejected: run.observation?.current?.isRejected,
    now: Math.floor(ports.clock() / 1000),
    newerExpiresAt: newer?.current.content.expiresAt,
  };
  const failure = refreshFailure(ports.place, subject.secretName, error, progress);
  ports.report({ kind: 'failure', ...subject, error: failure, retryAt: run.retry?.at });
  if (newer !== undefined) {
    reportState(run, newer);
    return failure;
  }
  const { observation } = run;
  if (isUnrefreshable) run.observation = withFinding(observation, { isUnrefreshable });
  if (error instanceof KeyRejectedError) run.observation = withFinding(observation, { isRejected: true });
  reportFailedState(run, error);
  // After the reports, because the label may take long.
  if (isUnrefreshable) await labelUnrefreshable(run, observation);
  return failure;
}

/** Two reads that hang take less. The reports must be sent before the deadline of this process. */
const TIME_TO_LOOK_MS = 25_000;

/** A working key that another run or a person has made current while this run failed. */
async function newerKey(run: Run, error: unknown): Promise<ExpiringObservation | undefined> {
  const { ports, task, observation, retry, isRefreshed } = run;
  if (retry === undefined || isRefreshed === true || ports.remainingMs() < TIME_TO_LOOK_MS) return undefined;
  if (isOfSecret(error)) return undefined;
  const { secretName } = task;
  const since = await observe(ports, { secretName, bookings: NO_BOOKINGS }).catch(() => undefined);
  if (since === undefined || !expires(since) || since.current.isRejected === true) return undefined;
  const isNewer = since.current.versionId !== observation?.current?.versionId;
  return isNewer && ports.clock() / 1000 < since.current.content.expiresAt ? since : undefined;
}

function withFinding(
  observation: Observation | undefined,
  finding: Pick<CurrentVersion, 'isRejected' | 'isUnrefreshable'>,
): Observation | undefined {
  if (observation?.current === undefined) return observation;
  return { ...observation, current: { ...observation.current, ...finding } };
}

/** The label tells the sweeps that the key cannot be refreshed. A version that a person puts does not carry it. */
async function labelUnrefreshable({ ports, subject }: Run, observed: Observation | undefined): Promise<void> {
  if (observed === undefined || !expires(observed) || observed.current.isUnrefreshable === true) return;
  const effect = 'key-unrefreshable';
  await labelCurrent(ports, subject, observed, { label: UNREFRESHABLE_LABEL, isOn: true, effect });
}

/** @returns undefined if the secret has changed meanwhile: observe it again */
async function takeAction(
  run: Run,
  observation: ExpiringObservation,
  decision: Action,
  now: number,
): Promise<RefreshRun | undefined> {
  const { ports, task, subject } = run;
  const { bookedFor, promoteOnly } = task;
  const { versionId } = observation.current;
  const known = run.elsewhere?.versionId === versionId ? run.elsewhere : undefined;
  if (known !== undefined && !(known.mayResume && decision.outcome === 'resume')) {
    // The read does not show yet what another run has changed.
    return await finish(run, observation, leaveToRetry(decision, run, now), now);
  }
  const wasRefused = bookedFor?.writeRefused === true;
  run.retry ??= await bookRetry(ports, subject, observation, decision, wasRefused, now);
  const acted = await act(ports, subject, observation, {
    pending: decision.outcome === 'resume' ? pendingCandidate(observation) : undefined,
    mayIssue: promoteOnly === undefined && known === undefined,
    mustTestWrite: wasRefused || !couldTellNextRun(run, decision),
    now,
    ownWakeUp: bookedFor?.name,
    retry: run.retry,
    nextTryAt: () => nextTryAt(run),
    isHalfLeadUsed: isHalfLeadUsed(decision, now),
    onStoreFailed: async () => {
      run.isPostponed = true;
      run.retry = await postponeRetry(ports, subject, observation, run.retry);
    },
    onStored: () => endPostponement(run),
  });
  // Another run may hold a new key. It could be lost if this run continued.
  if (acted === 'busy') {
    if (run.retry?.isShared === false) {
      const at = idleRetryAt(run.retry.at);
      run.retry = await moveRetry(ports, subject, observation, run.retry, { at });
    }
    return await finish(run, observation, leaveToRetry(decision, run, now), now);
  }
  if (acted === 'overtaken') {
    await endPostponement(run);
    run.elsewhere = { versionId, mayResume: true };
    return undefined;
  }
  // The rotation asked for this promotion. It does not resume an interrupted refresh.
  const { outcome, reason } = promoteOnly === undefined ? decision : REQUESTED;
  const isSuperseded = acted.promotion === 'superseded';
  // Other runs may have issued and promoted a key that was pending. Then the refresh is theirs.
  if (!isSuperseded || !acted.isResumed) {
    run.tried = { versionId: acted.candidate.versionId, why: { outcome, reason } };
  }
  if (isSuperseded) {
    run.elsewhere = { versionId, mayResume: false };
    return undefined;
  }
  return await finishPromoted(run, withPromoted(observation, acted.candidate));
}

async function observeAndDecide(run: Run, round: number) {
  const { ports, task } = run;
  const { secretName, secretArn, trigger, bookedFor } = task;
  if (round === 1 && task.observation !== undefined && !wouldAct(run, task.observation)) {
    return decideAndReport(run, task.observation);
  }
  const observation = await observe(ports, {
    secretName,
    namedArn: secretArn,
    ownWakeUps: [bookedFor?.name],
    // After this run has booked an entry, the list is out of date and would contain its own retry.
    bookings: round === 1 ? task.bookings : NO_BOOKINGS,
  });
  if (trigger === 'manual') run.demandedVersionId ??= observation.current?.versionId;
  if (bookedFor?.demand === 'now') run.demandedVersionId ??= bookedFor.versionId;
  return decideAndReport(run, observation);
}

function wouldAct({ ports, policy }: Run, observation: Observation): boolean {
  const now = Math.floor(ports.clock() / 1000);
  return isAction(decide(observation, { now, lead: policy.lead }));
}

function decideAndReport(run: Run, observation: Observation) {
  const { ports, policy, task, subject } = run;
  const { trigger, bookedFor, announcedVersionId } = task;
  const versionId = observation.current?.versionId;
  const now = nowSeconds(ports, bookedFor);
  const context = {
    now,
    lead: policy.lead,
    demandedVersionId: run.demandedVersionId,
    isBooked: trigger === 'schedule',
    ownVersionId: run.tried?.versionId,
    announcedVersionId,
    isRetry: bookedFor !== undefined && bookedFor.attempt > 1,
    nextSweepAt: trigger === 'sweep' ? now + policy.sweepEverySeconds : undefined,
  };
  const decided = decide(observation, context);
  const decision =
    task.promoteOnly === undefined ? decided : withinRotation(decided, observation, task.promoteOnly, now);
  run.observation = observation;
  run.expiresAt = decision.expiresAt;
  const pendingVersionId = observation.pending?.versionId;
  ports.report({ kind: 'decision', ...subject, decision, versionId, pendingVersionId });
  return { observation, decision, now };
}

/** Another run works on this secret. This run's retry checks the secret again afterwards. */
function leaveToRetry({ dueAt, expiresAt }: Action, { retry }: Run, now: number): Decision {
  const until = retry?.at ?? retryAt(now, 1, expiresAt);
  return { outcome: 'wait', reason: 'retry-booked', until, dueAt, expiresAt };
}

/** A run that promoted a key knows what is current. It does not read it back, because AWS promises no read after a write. */
async function finishPromoted(run: Run, observation: ExpiringObservation): Promise<RefreshRun> {
  const { decision, now } = decideAndReport(run, observation);
  const finished = await finish(run, observation, decision, now);
  const { secretName, current } = observation;
  const { expiresAt } = current.content;
  if (isShortLived(issuedAtOf(current), expiresAt)) {
    throw new ShortLivedKeyError('key-short-lived', { secretName, expiresAt });
  }
  return finished;
}

function withPromoted(
  { pending, labels = {}, lastChangedAt, ...observation }: ExpiringObservation,
  { versionId, createdAtMs, content }: Candidate,
): ExpiringObservation {
  const ownLabels = pending?.versionId === versionId ? (pending.labels ?? []) : [];
  return {
    ...observation,
    labels: { ...labels, [versionId]: ['AWSCURRENT', ...ownLabels] },
    current: { versionId, createdAtMs, content, labels: ownLabels },
    // The entries were listed before this run booked its retry.
    bookedAt: [],
    mayBeStale: false,
  };
}

/** The key that Momento issued is lost. The next try first tests whether it could store one. */
async function bookWriteTest(run: Run): Promise<void> {
  const { ports, subject, observation, retry } = run;
  if (observation === undefined || !expires(observation)) return;
  const now = Math.floor(ports.clock() / 1000);
  const at = retryAfterLostKeyAt(now, subject.attempt, observation.current.content.expiresAt);
  run.retry = await moveRetry(ports, subject, observation, retry, { at, writeRefused: true });
}

/** Whether the next run would learn that this one could not store its key, or whether there is no time left for another run. */
function couldTellNextRun(run: Run, { expiresAt }: Action): boolean {
  return run.retry !== undefined || isLastChance(nextTryAt(run), expiresAt);
}

/** When the next run starts if this one fails now, epoch seconds. */
function nextTryAt({ ports, policy, task, retry }: Run): number {
  const now = nowSeconds(ports, task.bookedFor);
  return Math.max(now, retry?.at ?? now + policy.sweepEverySeconds);
}

/** After this the retry need not wait for the deadline of this process. */
async function endPostponement(run: Run): Promise<void> {
  const { ports, subject, observation, retry, isPostponed } = run;
  if (isPostponed !== true || observation === undefined || !expires(observation)) return;
  run.retry = await bringRetryForward(ports, subject, observation, retry);
  run.isPostponed = run.retry === retry;
}

async function finish(
  run: Run,
  observation: Observation,
  decision: Decision,
  now: number,
): Promise<RefreshRun> {
  const { ports, subject, retry, tried } = run;
  run.isRefreshed = tried !== undefined && tried.versionId === observation.current?.versionId;
  const done = run.isRefreshed ? tried?.why : undefined;
  let wakeUpAt: number | undefined;
  try {
    wakeUpAt = await settle(ports, subject, { observation, decision, retry, now });
    // Otherwise the retry is cancelled.
    run.retry = wakeUpAt === retry?.at ? retry : undefined;
    run.isPostponed = false;
  } finally {
    const durationSeconds = (ports.clock() - run.startedAtMs) / 1000;
    if (done !== undefined) ports.report({ kind: 'refreshed', ...subject, decision: done, durationSeconds });
  }
  const proved = done === undefined ? await proveIfDue(run, observation, now) : observation;
  // The sweep has reported the state already, unless it could not read it or this run changed it.
  const isReported = run.task.trigger === 'sweep' && run.task.observation !== undefined;
  if (!isReported || retry !== undefined || proved !== observation) {
    reportState(run, proved);
  }
  const { expiresAt } = decision;
  const result = refreshResult(proved, done ?? decision, { expiresAt, wakeUpAt }, ports.place);
  return {
    result,
    observation: proved,
    plannedAt: isPlanned(decision, wakeUpAt, now) ? wakeUpAt : undefined,
  };
}

/**
 * Whether the wait ends at the planned refresh. Another run may have booked one that this run could not see yet. An entry that may have
 * fired already does not count: the later ones can be its retries.
 */
function isPlanned({ reason }: Decision, wakeUpAt: number | undefined, now: number): boolean {
  if (wakeUpAt === undefined || !isStillToFire(wakeUpAt, now)) return false;
  return reason !== 'retry-booked' && reason !== 'too-soon';
}

/** @throws {KeyRejectedError} Momento rejects the current key. In a sweep that is only reported: its alarm tells the person. */
async function proveIfDue(run: Run, observation: Observation, now: number): Promise<Observation> {
  const { ports, policy, task, subject } = run;
  const { secretName, trigger } = task;
  if (!expires(observation) || now >= observation.current.content.expiresAt) return observation;
  const isDue =
    trigger === 'label-updated' ||
    (trigger === 'sweep' &&
      (observation.current.isRejected === true ||
        isDailyProofDue(secretName, now, policy.sweepEverySeconds)));
  if (!isDue) return observation;
  const { observation: proved } = await proveCurrent(ports, subject, observation);
  run.observation = proved;
  if (proved.current.isRejected !== true) return proved;
  const error = new KeyRejectedError('key-rejected', { secretName });
  if (trigger !== 'sweep') throw error;
  ports.report({ kind: 'failure', ...subject, error: toReportable(error, ports.place) });
  return proved;
}

function reportFailedState(run: Run, error: unknown): void {
  const isUnreadable = isOfSecret(error);
  // Nothing is known of a secret that was not read because the caller named another one.
  if (!isUnreadable && run.observation === undefined) return;
  reportState(run, isUnreadable ? undefined : run.observation, !(error instanceof KeyLapsedError));
}

function reportState(
  { ports, policy, subject }: Run,
  observation: Observation | undefined,
  hasFailed = false,
): void {
  const now = Math.floor(ports.clock() / 1000);
  ports.report({ kind: 'state', ...subject, ...conditionOf(observation, { now, policy, hasFailed }) });
}

/** If a wake-up has fired, its instant has come, even if this clock is behind the Scheduler's. */
function nowSeconds({ clock }: Ports, bookedFor: BookedFor | undefined): number {
  const now = Math.floor(clock() / 1000);
  return bookedFor === undefined ? now : Math.max(now, Math.min(bookedFor.at, now + CLOCK_TOLERANCE_SECONDS));
}
