/** One run for one secret: observe, decide, act, until nothing is left to do but wait for the wake-up that is booked. */

import { KeyLapsedError, SecretAccessError, SecretContentError, SecretWriteError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { refreshFailure } from '../reporting/failure.ts';
import type { Subject, Trigger } from '../reporting/report.ts';
import { type RefreshResult, refreshResult } from '../reporting/result.ts';
import { type Action, type Decision, decide, type Verdict } from '../rules/decide.ts';
import { type ExpiringObservation, expires, type Observation } from '../rules/secret.ts';
import { CLOCK_TOLERANCE_SECONDS, type LeadPolicy, retryAt } from '../rules/timing.ts';
import type { BookedFor, Bookings } from '../rules/wake-up.ts';
import { act } from './act.ts';
import { bookRetry, settle } from './book.ts';
import { NO_BOOKINGS, observe } from './observe.ts';
import type { BookedRetry } from './successor.ts';
import { tellState } from './tell-state.ts';

/** What a run is asked to do. */
export interface RefreshTask {
  readonly secretName: string;
  /** If the event named the secret by its ARN. */
  readonly secretArn?: string | undefined;
  /** `manual` refreshes the current version even if it is not due. */
  readonly trigger: Trigger;
  /** What the wake-up was booked for that started this run. */
  readonly bookedFor?: BookedFor | undefined;
  /** The version of a rotation. The run promotes it if it is pending, and issues no key. */
  readonly promoteOnly?: string | undefined;
  /** All entries, if the caller has listed them. */
  readonly bookings?: Bookings | undefined;
}

export interface RefreshRun {
  readonly result: RefreshResult;
  /** The secret as it was left. */
  readonly observation: Observation;
  /** Epoch second of the planned refresh. Entries after it are superfluous. Undefined while a retry is booked. */
  readonly plannedAt?: number | undefined;
}

/** Another round means that somebody else has changed the secret. More of them than this is no coincidence. */
const MAX_ROUNDS = 4;

const REQUESTED = { outcome: 'refresh', reason: 'requested' } as const;

/**
 * Refreshes the secret if its key is due or a person asked for it, and books its next wake-up.
 * It may run twice, late, or beside another run.
 * @throws {KeyLapsedError} @throws {SecretAccessError} @throws {SecretContentError} before anything was changed
 * @throws {RefreshFailedError} after a try that stopped half-way; its message says when the next one is
 */
export async function refreshSecret(ports: Ports, lead: LeadPolicy, task: RefreshTask): Promise<RefreshRun> {
  const { secretName, trigger, bookedFor, promoteOnly } = task;
  const subject = { secretName, trigger, attempt: bookedFor?.attempt ?? 1 };
  const run: Run = { ports, lead, task, subject, startedAtMs: ports.clock(), demandedVersionId: promoteOnly };
  try {
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const { observation, decision, now } = await observeAndDecide(run, round);
      if (decision.outcome === 'lapsed' && trigger !== 'sweep')
        throw new KeyLapsedError('key-lapsed', { secretName, expiresAt: run.expiresAt });
      const mustAct = decision.outcome === 'refresh' || decision.outcome === 'resume';
      if (!mustAct || !expires(observation)) return await finish(run, observation, decision, now);
      const isBusy = await guardAndAct(run, observation, decision, now);
      if (isBusy) return await finish(run, observation, leaveToRetry(decision, run, now), now);
    }
    throw new SecretWriteError('secret-contested', { secretName, rounds: MAX_ROUNDS });
  } catch (error) {
    const failure = refreshFailure(secretName, error, run);
    ports.report({ kind: 'failure', ...subject, error: failure, retryAt: run.retry?.at });
    tellFailedState(run, error);
    throw failure;
  }
}

/** One run and how far it has come. */
interface Run {
  readonly ports: Ports;
  readonly lead: LeadPolicy;
  readonly task: RefreshTask;
  readonly subject: Subject;
  readonly startedAtMs: number;
  /** The only version that may be refreshed before it is due. */
  demandedVersionId?: string | undefined;
  /** The last one. */
  observation?: Observation | undefined;
  /** Of the current key, epoch seconds. */
  expiresAt?: number | undefined;
  /** At the last observation, epoch seconds. */
  now?: number | undefined;
  /** The new key is current. What fails from here on is the booking of the next wake-up. */
  isRefreshed?: boolean | undefined;
  retry?: BookedRetry | undefined;
  /** The version that this run meant to promote, and why. The next observation shows whether it is current. */
  tried?: { readonly versionId: string; readonly why: Verdict };
}

/** @returns whether another run is at it: its key would be lost if this run did anything more */
async function guardAndAct(
  run: Run,
  observation: ExpiringObservation,
  decision: Action,
  now: number,
): Promise<boolean> {
  const { ports, subject, task } = run;
  const isRotation = task.promoteOnly !== undefined;
  run.retry ??= await bookRetry(ports, subject, observation, decision, now);
  const versionId = await act(ports, subject, observation, {
    resume: decision.outcome === 'resume',
    mayIssue: !isRotation,
    now,
    retry: run.retry,
  });
  if (versionId === 'busy') return true;
  // What a rotation promotes was asked for. It is not the rest of a refresh that stopped half-way.
  const { outcome, reason } = isRotation ? REQUESTED : decision;
  if (versionId !== 'overtaken') run.tried = { versionId, why: { outcome, reason } };
  return false;
}

async function observeAndDecide(run: Run, round: number) {
  const { ports, lead, task, subject } = run;
  const { secretName, secretArn, trigger, bookedFor } = task;
  const observation = await observe(ports, {
    secretName,
    namedArn: secretArn,
    ownWakeUp: bookedFor?.name,
    // Once this run has booked something the list is out of date, and would show the run its own retry.
    bookings: round === 1 ? task.bookings : NO_BOOKINGS,
  });
  run.observation = observation;
  const versionId = observation.current?.versionId;
  if (trigger === 'manual') run.demandedVersionId ??= versionId;
  if (bookedFor?.demand === 'now') run.demandedVersionId ??= bookedFor.versionId;
  const now = nowSeconds(ports, bookedFor);
  const context = {
    now,
    lead,
    demandedVersionId: run.demandedVersionId,
    isBooked: trigger === 'schedule',
    ownVersionId: run.tried?.versionId,
  };
  const decision = withinRotation(decide(observation, context), observation, task, now);
  run.expiresAt = decision.expiresAt;
  run.now = now;
  const pendingVersionId = observation.pending?.versionId;
  ports.report({ kind: 'decision', ...subject, decision, versionId, pendingVersionId });
  return { observation, decision, now };
}

/** The last step of a rotation promotes its own version. It leaves everything else to a wake-up that it books. */
function withinRotation(
  decision: Decision,
  { pending }: Observation,
  { promoteOnly }: RefreshTask,
  now: number,
): Decision {
  if (promoteOnly === undefined) return decision;
  const isOwn = decision.outcome === 'resume' && pending?.versionId === promoteOnly;
  if (isOwn || (decision.outcome !== 'refresh' && decision.outcome !== 'resume')) return decision;
  const until = retryAt(now, 1, decision.expiresAt);
  return { ...decision, outcome: 'wait', reason: 'retry-booked', until };
}

/** Another run uses the refresh token: this run's own retry looks again after it. */
function leaveToRetry({ dueAt, expiresAt }: Action, { retry }: Run, now: number): Decision {
  const until = retry?.at ?? retryAt(now, 1, expiresAt);
  return { outcome: 'wait', reason: 'retry-booked', until, dueAt, expiresAt };
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
  } finally {
    const durationSeconds = (ports.clock() - run.startedAtMs) / 1000;
    if (done !== undefined) ports.report({ kind: 'refreshed', ...subject, decision: done, durationSeconds });
  }
  // A sweep has told the state already, unless this run changed it.
  if (run.task.trigger !== 'sweep' || retry !== undefined) {
    tellState(ports, run.lead, subject, { observation });
  }
  const { expiresAt } = decision;
  const result = refreshResult(observation, done ?? decision, { expiresAt, wakeUpAt });
  return { result, observation, plannedAt: decision.reason === 'retry-booked' ? undefined : wakeUpAt };
}

function tellFailedState({ ports, lead, subject, observation }: Run, error: unknown): void {
  const isUnreadable = error instanceof SecretAccessError || error instanceof SecretContentError;
  tellState(ports, lead, subject, {
    observation: isUnreadable ? undefined : observation,
    hasFailed: !(error instanceof KeyLapsedError),
  });
}

/** A wake-up that fires proves that its instant has come, even if our clock is a little behind the Scheduler's. */
function nowSeconds({ clock }: Ports, bookedFor: BookedFor | undefined): number {
  const now = Math.floor(clock() / 1000);
  return bookedFor === undefined ? now : Math.max(now, Math.min(bookedFor.at, now + CLOCK_TOLERANCE_SECONDS));
}
