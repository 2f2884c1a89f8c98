/** One run for one secret: observe, decide, act, until there is nothing left to do but wait for the wake-up that is booked. */

import { SecretWriteError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { lapsedError, refreshFailure } from '../reporting/failure.ts';
import type { Subject, Trigger } from '../reporting/report.ts';
import { keyInstants, type RefreshResult, refreshResult } from '../reporting/result.ts';
import { type Decision, decide } from '../rules/decide.ts';
import { type ExpiringObservation, expires, type Observation } from '../rules/secret.ts';
import { CLOCK_TOLERANCE_SECONDS, type LeadPolicy } from '../rules/timing.ts';
import type { WakeUp } from '../rules/wake-up.ts';
import { act } from './act.ts';
import { bookRetry, settle } from './book.ts';
import { observe } from './observe.ts';

/** What a run is asked to do. */
export interface RefreshTask {
  readonly secretName: string;
  readonly trigger: Trigger;
  /** 1, or n + 1 for the retry after the n-th failure. */
  readonly attempt: number;
  readonly demand: 'when-due' | 'now';
  /** With demand `now`: the only version that may be refreshed before it is due; absent: the one that is current. */
  readonly versionId?: string | undefined;
  /** The Scheduler entry that this run answers, and the epoch second that it was booked for. */
  readonly wakeUp?: string | undefined;
  readonly wakeUpAt?: number | undefined;
  /** The names of all booked entries, where the caller has listed them. */
  readonly booked?: readonly string[] | undefined;
}

/** Every further round means that somebody else changed the secret meanwhile: more of them than this is no coincidence. */
const MAX_ROUNDS = 4;

export interface RefreshRun {
  readonly result: RefreshResult;
  /** The secret as it was left. */
  readonly observation: Observation;
  /** Epoch second of its planned refresh: whatever is booked later is superfluous. Undefined where a retry is still to decide. */
  readonly plannedAt?: number | undefined;
}

/**
 * Refreshes the secret if its key is due (or demanded), and makes sure that its next wake-up is booked.
 * Safe to run twice, late, or beside itself.
 * @throws {KeyLapsedError} @throws {SecretAccessError} @throws {SecretContentError} before anything was changed
 * @throws {RefreshFailedError} after a try that stopped half-way; its message says when the next one is
 */
export async function refreshSecret(ports: Ports, lead: LeadPolicy, task: RefreshTask): Promise<RefreshRun> {
  const { secretName, trigger, attempt } = task;
  const run: Run = {
    ports,
    lead,
    task,
    subject: { secretName, trigger, attempt },
    startedAtMs: ports.clock(),
  };
  try {
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      const { observation, decision, now } = await observeAndDecide(run, round);
      if (decision.outcome === 'lapsed' && trigger !== 'sweep') throw lapsedError(secretName, run.expiresAt);
      const mustAct = decision.outcome === 'refresh' || decision.outcome === 'resume';
      if (!mustAct || !expires(observation)) return await finish(run, observation, decision, now);
      await guardAndAct(run, observation, decision, now);
    }
    throw new SecretWriteError(`others changed it ${MAX_ROUNDS} times while this run worked on it`);
  } catch (error) {
    const failure = refreshFailure(secretName, error, run);
    ports.report({ kind: 'failure', ...run.subject, error: failure, retryAt: run.retry?.at });
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
  /** Of the current key, epoch seconds. */
  expiresAt?: number | undefined;
  /** At the last look, epoch seconds. */
  now?: number | undefined;
  /** The new key is current: what fails from here on is the booking of what comes next. */
  isRefreshed?: boolean | undefined;
  /** The dead man's switch, once it is booked. */
  retry?: WakeUp | undefined;
  /** The version that this run meant to make current, and why; whether it is, the next observation shows. */
  tried?: { readonly versionId: string; readonly decision: Decision };
}

async function observeAndDecide(run: Run, round: number) {
  const { ports, lead, task, subject } = run;
  const observation = await observe(ports, {
    secretName: task.secretName,
    ownWakeUp: task.wakeUp,
    // Once this run has changed something the list is out of date, and would show it its own retry.
    booked: round === 1 ? task.booked : [],
  });
  const versionId = observation.current?.versionId;
  if (task.demand === 'now') run.demandedVersionId ??= task.versionId ?? versionId;
  const now = nowSeconds(ports, task);
  const decision = decide(observation, {
    now,
    lead,
    demandedVersionId: run.demandedVersionId,
    isBooked: task.trigger === 'schedule',
    ownVersionId: run.tried?.versionId,
  });
  const instants = keyInstants(observation, lead);
  run.expiresAt = instants.expiresAt;
  run.now = now;
  const pendingVersionId = observation.pending?.versionId;
  ports.report({ kind: 'decision', ...subject, decision, versionId, pendingVersionId, ...instants });
  return { observation, decision, now };
}

async function guardAndAct(run: Run, observation: ExpiringObservation, decision: Decision, now: number) {
  const { ports, lead, subject } = run;
  run.retry ??= await bookRetry(ports, subject, { observation, decision, lead, now });
  const nextTryAt = run.retry?.at ?? now;
  const versionId = await act(ports, { subject, observation, decision, now, nextTryAt });
  if (versionId !== undefined) run.tried = { versionId, decision };
}

async function finish(
  run: Run,
  observation: Observation,
  decision: Decision,
  now: number,
): Promise<RefreshRun> {
  const { ports, subject, retry, tried } = run;
  run.isRefreshed = tried !== undefined && tried.versionId === observation.current?.versionId;
  const done = run.isRefreshed ? tried?.decision : undefined;
  let wakeUpAt: number | undefined;
  try {
    wakeUpAt = await settle(ports, subject, { observation, decision, retry, now });
  } finally {
    const durationSeconds = (ports.clock() - run.startedAtMs) / 1000;
    if (done !== undefined) ports.report({ kind: 'refreshed', ...subject, decision: done, durationSeconds });
  }
  const result = refreshResult(observation, done ?? decision, wakeUpAt);
  return { result, observation, plannedAt: decision.reason === 'retry-booked' ? undefined : wakeUpAt };
}

/** A wake-up that fires proves that its instant has come, even where our clock is a little behind the Scheduler's. */
function nowSeconds({ clock }: Ports, { wakeUpAt }: RefreshTask): number {
  const now = Math.floor(clock() / 1000);
  return wakeUpAt === undefined ? now : Math.max(now, Math.min(wakeUpAt, now + CLOCK_TOLERANCE_SECONDS));
}
