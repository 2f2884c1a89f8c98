/** What a call answers: everything a person who invoked the function by hand wants to know, and no value of a secret. */
import { putKeyCommand } from '../names.ts';
import { type Decision, plannedRefreshAt } from '../rules/decide.ts';
import { expires, type Observation } from '../rules/secret.ts';
import type { LeadPolicy } from '../rules/timing.ts';
import { isoInstant } from '../rules/wake-up.ts';

export interface RefreshResult {
  readonly outcome: Decision['outcome'];
  readonly reason: Decision['reason'];
  readonly secretName: string;
  readonly versionId: string | null;
  /** ISO instant; null where the key does not expire or there is none. */
  readonly validUntil: string | null;
  /** ISO instant of the wake-up that is booked; null where none is needed. */
  readonly nextRefreshAt: string | null;
  /** What a person has to do now, where there is something. */
  readonly nextStep?: string;
}

/**
 * @param observation the secret as it is now, after the work
 * @param wakeUpAt epoch seconds of the wake-up that will come next
 */
export function refreshResult(
  observation: Observation,
  { outcome, reason }: Decision,
  wakeUpAt: number | undefined,
): RefreshResult {
  const { secretName, current } = observation;
  return {
    outcome,
    reason,
    secretName,
    versionId: current?.versionId ?? null,
    validUntil: expires(observation) ? isoInstant(observation.current.content.expiresAt) : null,
    nextRefreshAt: wakeUpAt === undefined ? null : isoInstant(wakeUpAt),
    ...(outcome === 'unseeded' || outcome === 'lapsed' ? { nextStep: seedingStep(secretName) } : {}),
  };
}

/** The exact command that puts a key into a secret; what comes after happens by itself. */
export function seedingStep(secretName: string): string {
  return (
    'Download an expiring API key from the Momento console and put it into the secret: ' +
    putKeyCommand(secretName)
  );
}

/** The instants of a secret's key for reports: epoch seconds, absent where the key does not expire. */
export function keyInstants(
  observation: Observation,
  lead: LeadPolicy,
): { expiresAt?: number; plannedRefreshAt?: number } {
  if (!expires(observation)) return {};
  return {
    expiresAt: observation.current.content.expiresAt,
    plannedRefreshAt: plannedRefreshAt(observation, lead),
  };
}
