/** The bookings around an act: the dead man's switch before it, the next wake-up after it, and the tidying that follows. */

import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import type { Effect, Subject } from '../reporting/report.ts';
import { type Decision, plannedRefreshAt } from '../rules/decide.ts';
import { type ExpiringObservation, expires, isResumable, type Observation } from '../rules/secret.ts';
import { earliestSafeAt, type LeadPolicy, retryAt } from '../rules/timing.ts';
import type { WakeUp } from '../rules/wake-up.ts';
import { wakeUpName } from '../rules/wake-up.ts';

type Booking = Pick<WakeUp, 'at' | 'attempt' | 'demand'>;

/**
 * Books the wake-up that comes if this process dies now.
 * @returns undefined where that failed although half the lead is gone: then refreshing unguarded is the smaller risk
 * @throws {WakeUpError} where that failed with time to spare
 */
export async function bookRetry(
  ports: Ports,
  subject: Subject,
  situation: { observation: ExpiringObservation; decision: Decision; lead: LeadPolicy; now: number },
): Promise<WakeUp | undefined> {
  const { observation, decision, lead, now } = situation;
  const { expiresAt } = observation.current.content;
  const demand = decision.reason === 'requested' ? 'now' : 'when-due';
  const retry = {
    at: retryAt(now, subject.attempt, expiresAt),
    attempt: subject.attempt + 1,
    demand,
  } as const;
  try {
    const { wakeUp } = await book(ports, observation, retry, now);
    ports.report({ kind: 'effect', ...subject, effect: 'retry-booked', wakeUp: wakeUp.name, at: wakeUp.at });
    return wakeUp;
  } catch (error) {
    if (now < (plannedRefreshAt(observation, lead) + expiresAt) / 2) throw error;
    leftover(ports, subject, 'retry-booked', error);
    return undefined;
  }
}

/**
 * Ends a run that has nothing (more) to refresh: books the next wake-up, then removes what is no longer needed.
 * What cannot be removed is harmless and only reported: a superfluous wake-up ends as `wait`, a stale label goes next time.
 * @returns epoch second of the next wake-up; undefined where none is needed
 * @throws {WakeUpError}
 */
export async function settle(
  ports: Ports,
  subject: Subject,
  end: { observation: Observation; decision: Decision; retry: WakeUp | undefined; now: number },
): Promise<number | undefined> {
  const { observation, decision, retry, now } = end;
  let wakeUpAt = decision.outcome === 'wait' ? decision.until : undefined;
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

/** AWSPENDING on a key that will never be promoted, and the current key's fulfilled claim of succession. */
function spentLabels(observation: Observation, now: number): { versionId: string; label: string }[] {
  const { current, pending } = observation;
  const fulfilled = (current?.labels ?? []).map((label) => ({ versionId: current?.versionId ?? '', label }));
  if (pending === undefined || isResumable(observation, now)) return fulfilled;
  return [...fulfilled, { versionId: pending.versionId, label: 'AWSPENDING' }];
}

/**
 * Books at the instant that is wanted. Where that fails and our clock may be behind the Scheduler's, it could be past there:
 * then once more, so far ahead that it cannot be.
 * @throws {WakeUpError}
 */
async function book(ports: Ports, observation: ExpiringObservation, booking: Booking, now: number) {
  const wanted = wakeUpFor(observation, booking);
  const safe = wakeUpFor(observation, { ...booking, at: earliestSafeAt(now) });
  try {
    return { wakeUp: wanted, booked: await ports.wakeUps.book(wanted) };
  } catch (error) {
    if (wanted.at >= safe.at) throw error;
    return { wakeUp: safe, booked: await ports.wakeUps.book(safe) };
  }
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
