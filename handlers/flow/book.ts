/** Books the retry before an act and the next wake-up after it, and removes what is no longer needed. */

import { WakeUpError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import type { Effect, Subject } from '../reporting/report.ts';
import type { Action, Decision } from '../rules/decide.ts';
import { type ExpiringObservation, expires, isOurs, isResumable, type Observation } from '../rules/secret.ts';
import {
  earliestSafeAt,
  isHalfLeadUsed,
  retryAt,
  SCHEDULER_PRECISION_SECONDS,
  wholeMinute,
} from '../rules/timing.ts';
import type { WakeUp } from '../rules/wake-up.ts';
import { wakeUpName } from '../rules/wake-up.ts';

/** The label event arrives within seconds, and Lambda retries it twice within minutes. */
const ANNOUNCED_WITHIN_SECONDS = 600;

/** By then a sweep has seen a new key, even if one sweep failed. The booking of an older key was lost in another way. */
const SWEPT_WITHIN_SECONDS = 10_800;

/**
 * Secrets Manager repeats the steps of a failed rotation within this time. If a secret has not changed for longer, no rotation works
 * on its version without a value.
 */
const ROTATION_REPEATED_WITHIN_SECONDS = 3600;

type Booking = Pick<WakeUp, 'at' | 'attempt' | 'demand' | 'writeRefused'>;

export interface BookedRetry extends WakeUp {
  /** Another run has booked the same entry, so it works on the same secret now. */
  readonly isShared?: boolean;
}

/**
 * Books a retry in case this process fails or is killed.
 * @returns undefined if the booking failed after half of the lead. Then it is safer to refresh without a retry than to wait.
 * @throws {WakeUpError} if the booking failed earlier
 */
export async function bookRetry(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  { reason, dueAt, expiresAt }: Action,
  writeRefused: boolean,
  now: number,
): Promise<BookedRetry | undefined> {
  const demand = reason === 'requested' ? 'now' : 'when-due';
  const retry = {
    at: retryAt(now, subject.attempt, expiresAt),
    attempt: subject.attempt + 1,
    demand,
    ...(writeRefused && { writeRefused }),
  } as const;
  try {
    const { wakeUp, booked } = await book(ports, observation, retry, now);
    ports.report({ kind: 'effect', ...subject, effect: 'retry-booked', wakeUp: wakeUp.name, at: wakeUp.at });
    return { ...wakeUp, isShared: booked === 'already-booked' };
  } catch (error) {
    if (!isHalfLeadUsed({ dueAt, expiresAt }, now)) throw error;
    leftover(ports, subject, 'retry-booked', error);
    return undefined;
  }
}

/**
 * Books the retry for another instant and cancels the former entry. If the booking fails, the former entry stays the retry.
 */
export async function moveRetry(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  retry: WakeUp | undefined,
  change: { readonly at: number; readonly writeRefused?: boolean },
): Promise<WakeUp | undefined> {
  const { attempt = subject.attempt + 1, writeRefused = false } = retry ?? {};
  // A demand is for one version. Once another version is current, it is met.
  const demand = retry?.versionId === observation.current.versionId ? retry.demand : 'when-due';
  const moved = { attempt, demand, ...(writeRefused && { writeRefused }), ...change };
  try {
    const wakeUp = await bookMoved(ports, observation, moved);
    ports.report({ kind: 'effect', ...subject, effect: 'retry-booked', wakeUp: wakeUp.name, at: wakeUp.at });
    if (retry !== undefined && retry.name !== wakeUp.name) {
      await tidy(ports, subject, 'wake-up-cancelled', () => ports.wakeUps.cancel(retry.name));
    }
    return wakeUp;
  } catch (error) {
    leftover(ports, subject, 'retry-booked', error);
    return retry;
  }
}

/** An entry of another run may not say that a key could not be stored. Then this run books one of its own, a second later. */
async function bookMoved(ports: Ports, observation: ExpiringObservation, moved: Booking): Promise<WakeUp> {
  const now = Math.floor(ports.clock() / 1000);
  const { wakeUp, booked } = await book(ports, observation, moved, now);
  if (booked === 'booked' || moved.writeRefused !== true) return wakeUp;
  const own = await book(ports, observation, { ...moved, at: wakeUp.at + 1 }, now);
  return own.wakeUp;
}

/**
 * Books the retry for one minute after the deadline of this process, rounded up to the minute, because the process tries to store its
 * key until then. Does nothing if it is booked so already.
 */
export async function postponeRetry(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  retry: WakeUp | undefined,
): Promise<WakeUp | undefined> {
  const at = wholeMinute((ports.clock() + ports.remainingMs()) / 1000 + 60);
  if (retry !== undefined && retry.at >= at) return retry;
  return await moveRetry(ports, subject, observation, retry, { at, writeRefused: true });
}

/** Less is not worth two calls while a key waits for its proof. */
const LEAST_GAIN_SECONDS = 120;

/**
 * Books a postponed retry for the usual instant again, because this process holds no key any more that is not stored. Does nothing if
 * the retry would come less than two minutes earlier.
 */
export async function bringRetryForward(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  retry: WakeUp | undefined,
): Promise<WakeUp | undefined> {
  const { expiresAt } = observation.current.content;
  const usual = retryAt(Math.floor(ports.clock() / 1000), subject.attempt, expiresAt);
  // The entry at the whole minute may be one that this run has cancelled. If that takes effect late, it deletes a new entry of the same name.
  const at = usual + 1;
  if (retry !== undefined && retry.at - at < LEAST_GAIN_SECONDS) return retry;
  return await moveRetry(ports, subject, observation, retry, { at, writeRefused: false });
}

/**
 * Ends a run: books the next wake-up, then removes entries and labels that are no longer needed. A failed removal is only reported,
 * because it does no harm: a superfluous wake-up ends as `wait`, and the next run removes the label.
 * @returns epoch second of the next wake-up; undefined if none is needed
 * @throws {WakeUpError}
 */
export async function settle(
  ports: Ports,
  subject: Subject,
  end: { observation: Observation; decision: Decision; retry: WakeUp | undefined; now: number },
): Promise<number | undefined> {
  const { observation, decision, retry, now } = end;
  let wakeUpAt: number | undefined;
  if (decision.outcome === 'wait') {
    // Another entry near that instant may have fired already, but this run's own retry has not.
    const isRetry = decision.until === retry?.at;
    wakeUpAt = isRetry ? decision.until : await bookNext(ports, subject, observation, decision, now);
    for (const { versionId, label } of spentLabels(observation, now, subject.trigger)) {
      const isGivenUp = label === 'AWSPENDING' && versionId !== observation.current?.versionId;
      const effect = isGivenUp ? 'pending-released' : 'label-released';
      await tidy(ports, subject, effect, () =>
        ports.secrets.releaseLabel(observation.secretName, versionId, label),
      );
    }
  }
  if (retry !== undefined && retry.at !== wakeUpAt) {
    await tidy(ports, subject, 'wake-up-cancelled', () => ports.wakeUps.cancel(retry.name));
  }
  return wakeUpAt;
}

/** @returns epoch second of the entry for this instant, whether this run or an earlier one booked it */
async function bookNext(
  ports: Ports,
  subject: Subject,
  observation: Observation,
  { until, reason }: Extract<Decision, { outcome: 'wait' }>,
  now: number,
): Promise<number> {
  const bookedAt = bookedNear(until, observation);
  if (bookedAt !== undefined || !expires(observation)) return bookedAt ?? until;
  // A refresh is delayed only once.
  const attempt = reason === 'too-soon' ? 2 : 1;
  const { wakeUp, booked } = await book(ports, observation, { at: until, attempt, demand: 'when-due' }, now);
  const { name, at } = wakeUp;
  if (booked === 'booked') {
    ports.report({ kind: 'effect', ...subject, effect: 'wake-up-booked', wakeUp: name, at });
    if (subject.trigger === 'sweep' && isUnannounced(observation, now)) {
      const { versionId } = observation.current;
      ports.report({ kind: 'effect', ...subject, effect: 'label-rule-missed', versionId });
    }
  }
  return at;
}

/** Whether a person put the current key and its label event, which should have caused a booking by now, never came. */
function isUnannounced({ current, lastChangedAt }: ExpiringObservation, now: number): boolean {
  const age = now - (lastChangedAt ?? Math.floor(current.createdAtMs / 1000));
  return !isOurs(current) && age > ANNOUNCED_WITHIN_SECONDS && age < SWEPT_WITHIN_SECONDS;
}

/** Finds an entry within the precision of the Scheduler and of the creation time of a version. */
function bookedNear(wantedAt: number, { bookedAt }: Observation): number | undefined {
  const onTime = bookedAt.filter((at) => Math.abs(at - wantedAt) <= SCHEDULER_PRECISION_SECONDS);
  return onTime.length === 0 ? undefined : Math.min(...onTime);
}

/**
 * The labels to remove: the one that names the predecessor of the current key, and AWSPENDING on a key that is current or will never be
 * promoted. With AWSPENDING, a key that a person has moved AWSCURRENT away from twice would look as if it had never been current. The run
 * that promotes a key does not remove it: the event of its promotion starts a run that does.
 */
function spentLabels(
  observation: Observation,
  now: number,
  trigger: Subject['trigger'],
): { versionId: string; label: string }[] {
  const { current, pending } = observation;
  const fulfilled = (current?.labels ?? []).map((label) => ({ versionId: current?.versionId ?? '', label }));
  if (pending !== undefined && isResumable(observation, now)) return fulfilled;
  // Secrets Manager still looks at the label of a rotation that it runs, and a read may not show yet what the rotation has stored.
  const holder = trigger === 'rotation' ? undefined : idleHolderId(observation, now);
  const versionId = pending?.versionId ?? holder;
  return versionId === undefined ? fulfilled : [...fulfilled, { versionId, label: 'AWSPENDING' }];
}

/**
 * The version whose AWSPENDING is of no use: the current one, or that of a rotation that was given up before it stored a value, which
 * blocks every later rotation.
 */
function idleHolderId({ current, labels = {}, lastChangedAt }: Observation, now: number): string | undefined {
  const holder = Object.keys(labels).find((versionId) => labels[versionId]?.includes('AWSPENDING'));
  if (holder === current?.versionId) return holder;
  const isGivenUp = lastChangedAt !== undefined && now - lastChangedAt > ROTATION_REPEATED_WITHIN_SECONDS;
  return isGivenUp ? holder : undefined;
}

/**
 * Books at the wanted instant. If that fails, the instant may be in the past by the Scheduler's clock. Then it books again,
 * far enough ahead.
 * @throws {WakeUpError}
 */
async function book(ports: Ports, observation: ExpiringObservation, booking: Booking, now: number) {
  try {
    return await bookEnabled(ports, observation, booking);
  } catch (error) {
    const at = earliestSafeAt(now);
    if (booking.at >= at) throw error;
    return await bookEnabled(ports, observation, { ...booking, at });
  }
}

/**
 * Books the first second, from the given instant on, whose entry is not disabled. An entry that a person disabled is not changed.
 */
async function bookEnabled(ports: Ports, observation: ExpiringObservation, booking: Booking) {
  const latestAt = booking.at + SCHEDULER_PRECISION_SECONDS;
  for (let { at } = booking; at <= latestAt; at++) {
    const wakeUp = wakeUpFor(observation, { ...booking, at });
    const booked = await ports.wakeUps.book(wakeUp);
    if (booked !== 'disabled') return { wakeUp, booked };
  }
  throw new WakeUpError('entries-disabled', { at: booking.at });
}

/** Removes what is no longer needed. A failure is only reported, because a later run removes it too. */
export async function tidy(
  ports: Ports,
  subject: Subject,
  effect: Effect,
  remove: () => Promise<void>,
): Promise<void> {
  try {
    await remove();
    ports.report({ kind: 'effect', ...subject, effect });
  } catch (error) {
    leftover(ports, subject, effect, error);
  }
}

function wakeUpFor({ secretName, secretArn, current }: ExpiringObservation, booking: Booking): WakeUp {
  return {
    name: wakeUpName(secretName, secretArn, booking.at),
    secretName,
    versionId: current.versionId,
    ...booking,
  };
}

function leftover({ report, place }: Ports, subject: Subject, effect: Effect, error: unknown): void {
  report({ kind: 'leftover', ...subject, effect, error: toReportable(error, place) });
}
