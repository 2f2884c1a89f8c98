/** Books the retry before an act and the next wake-up after it, and removes what is no longer needed. */

import { WakeUpError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import type { Effect, Subject } from '../reporting/report.ts';
import type { Action, Decision } from '../rules/decide.ts';
import { type ExpiringObservation, expires, isResumable, type Observation } from '../rules/secret.ts';
import { earliestSafeAt, retryAt, SCHEDULER_PRECISION_SECONDS } from '../rules/timing.ts';
import type { WakeUp } from '../rules/wake-up.ts';
import { wakeUpName } from '../rules/wake-up.ts';
import type { BookedRetry } from './successor.ts';

type Booking = Pick<WakeUp, 'at' | 'attempt' | 'demand'>;

/**
 * Books a retry, for the case that this process is killed or fails.
 * @returns undefined if that failed and half the lead is over: then it is safer to refresh without a retry than to wait
 * @throws {WakeUpError} if that failed earlier
 */
export async function bookRetry(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
  { reason, dueAt, expiresAt }: Action,
  now: number,
): Promise<BookedRetry | undefined> {
  const demand = reason === 'requested' ? 'now' : 'when-due';
  const retry = {
    at: retryAt(now, subject.attempt, expiresAt),
    attempt: subject.attempt + 1,
    demand,
  } as const;
  try {
    const { wakeUp, booked } = await book(ports, observation, retry, now);
    ports.report({ kind: 'effect', ...subject, effect: 'retry-booked', wakeUp: wakeUp.name, at: wakeUp.at });
    return { ...wakeUp, isShared: booked === 'already-booked' };
  } catch (error) {
    if (now < (dueAt + expiresAt) / 2) throw error;
    leftover(ports, subject, 'retry-booked', error);
    return undefined;
  }
}

/**
 * Ends a run that has nothing left to refresh: books the next wake-up, then removes entries and labels that are no longer needed.
 * A removal that fails is only reported. It does no harm: a superfluous wake-up ends as `wait`, and the next run removes the label.
 * @returns epoch second of the next wake-up; undefined if none is needed
 * @throws {WakeUpError}
 */
export async function settle(
  ports: Ports,
  subject: Subject,
  end: { observation: Observation; decision: Decision; retry: WakeUp | undefined; now: number },
): Promise<number | undefined> {
  const { observation, decision, retry, now } = end;
  const wantedAt = decision.outcome === 'wait' ? decision.until : undefined;
  let wakeUpAt = wantedAt === undefined ? undefined : (bookedFor(wantedAt, observation) ?? wantedAt);
  if (wakeUpAt !== undefined && expires(observation) && !observation.bookedAt.includes(wakeUpAt)) {
    const next = { at: wakeUpAt, attempt: 1, demand: 'when-due' } as const;
    const { wakeUp, booked } = await book(ports, observation, next, now);
    if (booked === 'booked') {
      ports.report({
        kind: 'effect',
        ...subject,
        effect: 'wake-up-booked',
        wakeUp: wakeUp.name,
        at: wakeUp.at,
      });
    }
    wakeUpAt = wakeUp.at;
  }
  if (decision.outcome === 'wait') {
    for (const { versionId, label } of spentLabels(observation, now)) {
      const effect = label === 'AWSPENDING' ? 'pending-released' : 'label-released';
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

/** The entry that is booked for that instant: a little later if an entry of exactly that instant is disabled. */
function bookedFor(wantedAt: number, { bookedAt }: Observation): number | undefined {
  const onTime = bookedAt.filter((at) => at >= wantedAt && at <= wantedAt + SCHEDULER_PRECISION_SECONDS);
  return onTime.length === 0 ? undefined : Math.min(...onTime);
}

/** The labels to remove: AWSPENDING on a key that will never be promoted, and the label that named the current key's predecessor. */
function spentLabels(observation: Observation, now: number): { versionId: string; label: string }[] {
  const { current, pending } = observation;
  const fulfilled = (current?.labels ?? []).map((label) => ({ versionId: current?.versionId ?? '', label }));
  if (pending === undefined || isResumable(observation, now)) return fulfilled;
  return [...fulfilled, { versionId: pending.versionId, label: 'AWSPENDING' }];
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
 * Books the first second from the given instant on whose entry no person has disabled. A disabled entry stays as it is, because
 * somebody may still want to look at it.
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

async function tidy(
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

function leftover({ report }: Ports, subject: Subject, effect: Effect, error: unknown): void {
  report({ kind: 'leftover', ...subject, effect, error: toReportable(error) });
}
