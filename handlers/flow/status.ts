/** The status: how every managed secret stands and what is booked for it. Reads only, and neither logs nor counts what it sees. */

import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import { seedingStep } from '../reporting/result.ts';
import { type Decision, decide } from '../rules/decide.ts';
import type { Observation } from '../rules/secret.ts';
import { assess, type SecretState } from '../rules/secret-state.ts';
import { type LeadPolicy, latestRetryAt, SCHEDULER_PRECISION_SECONDS } from '../rules/timing.ts';
import { bookingsBySecret, isoInstant } from '../rules/wake-up.ts';
import { observe } from './observe.ts';

export interface StatusResult {
  readonly outcome: 'status';
  /** ISO instant at which the secrets were looked at. */
  readonly at: string;
  readonly secrets: readonly SecretStatus[];
}

export interface SecretStatus {
  readonly secretName: string;
  readonly state: SecretState;
  /** Why, as in logs and results; null where the secret could not be read. */
  readonly reason: Decision['reason'] | null;
  /** Instants in ISO; null where they do not apply. */
  readonly validUntil: string | null;
  readonly expiresInSeconds: number | null;
  readonly plannedRefreshAt: string | null;
  /** The earliest wake-up that is still to come. */
  readonly nextWakeUpAt: string | null;
  /** `missing`: a wake-up is needed and none will come in time. The next sweep books it. */
  readonly booking: 'booked' | 'missing' | 'not-needed' | 'unknown';
  readonly versionId: string | null;
  readonly pendingVersionId: string | null;
  readonly problem?: { readonly name: string; readonly message: string };
  /** What a person has to do now, where there is something. */
  readonly nextStep?: string;
}

/** @throws {WakeUpError} without the list of bookings nothing can be said about any of them */
export async function status(
  ports: Pick<Ports, 'secrets' | 'wakeUps' | 'clock'>,
  lead: LeadPolicy,
  secretNames: readonly string[],
): Promise<StatusResult> {
  const bookings = bookingsBySecret(await ports.wakeUps.list());
  const now = Math.floor(ports.clock() / 1000);
  const secrets = await Promise.all(
    secretNames.map(async (secretName) => {
      try {
        return secretStatus(await observe(ports, { secretName, bookings }), lead, now);
      } catch (error) {
        return unreadable(secretName, toReportable(error));
      }
    }),
  );
  return { outcome: 'status', at: isoInstant(now), secrets };
}

function secretStatus(observation: Observation, lead: LeadPolicy, now: number): SecretStatus {
  const { secretName, current, pending } = observation;
  const decision = decide(observation, { now, lead });
  const { dueAt, expiresAt } = decision;
  const { state } = assess(observation, { now, lead });
  const nextWakeUp = observation.bookedAt.filter((at) => at > now).sort((a, b) => a - b)[0];
  return {
    secretName,
    state,
    reason: decision.reason,
    validUntil: isoOrNull(expiresAt),
    expiresInSeconds: expiresAt === undefined ? null : expiresAt - now,
    plannedRefreshAt: isoOrNull(dueAt),
    nextWakeUpAt: isoOrNull(nextWakeUp),
    booking: bookingOf(decision, observation.bookedAt, now),
    versionId: current?.versionId ?? null,
    pendingVersionId: pending?.versionId ?? null,
    ...(state === 'unseeded' || state === 'lapsed' ? { nextStep: seedingStep(secretName) } : {}),
  };
}

/** What counts is a wake-up that comes no later than it is needed; one that is firing just now has not been missed. */
function bookingOf(decision: Decision, bookedAt: readonly number[], now: number): SecretStatus['booking'] {
  switch (decision.outcome) {
    case 'wait':
      return bookedAt.some((at) => at > now && at <= decision.until + SCHEDULER_PRECISION_SECONDS)
        ? 'booked'
        : 'missing';
    case 'refresh':
    case 'resume':
      return bookedAt.some(
        (at) => at >= now - SCHEDULER_PRECISION_SECONDS && at <= latestUsefulAt(now, decision.expiresAt),
      )
        ? 'booked'
        : 'missing';
    default:
      return 'not-needed';
  }
}

/** For a key that is due: when its next try must have come, which is before it lapses and no later than any retry would. */
function latestUsefulAt(now: number, expiresAt: number): number {
  const retryAt = latestRetryAt(now, expiresAt);
  return now < expiresAt ? Math.min(expiresAt, retryAt) : retryAt;
}

function unreadable(secretName: string, { name, message }: Error): SecretStatus {
  return {
    secretName,
    state: 'unreadable',
    reason: null,
    validUntil: null,
    expiresInSeconds: null,
    plannedRefreshAt: null,
    nextWakeUpAt: null,
    booking: 'unknown',
    versionId: null,
    pendingVersionId: null,
    problem: { name, message },
  };
}

function isoOrNull(epochSeconds: number | undefined): string | null {
  return epochSeconds === undefined ? null : isoInstant(epochSeconds);
}
