/** The answer to a call, for the person who made it. It holds no value of a secret. */
import type { Decision, Verdict } from '../rules/decide.ts';
import type { Observation } from '../rules/secret.ts';
import { isoInstant } from '../rules/wake-up.ts';
import { downloadKey, type Place } from './words.ts';

export interface RefreshResult {
  readonly outcome: Decision['outcome'];
  readonly reason: Decision['reason'];
  readonly secretName: string;
  readonly versionId: string | null;
  /** ISO instant. Null if the key does not expire or there is none. */
  readonly validUntil: string | null;
  /** ISO instant of the wake-up that is booked. Null if none is needed. */
  readonly nextRefreshAt: string | null;
  /** What a person has to do now. Absent if there is nothing to do. */
  readonly nextStep?: string;
}

/**
 * @param observation the secret after the work
 * @param decision what the run did
 * @param instants epoch seconds: when the key expires that is current now, and when the next wake-up comes
 */
export function refreshResult(
  { secretName, current }: Observation,
  { outcome, reason }: Verdict,
  { expiresAt, wakeUpAt }: { expiresAt: number | undefined; wakeUpAt: number | undefined },
  place: Place,
): RefreshResult {
  return {
    outcome,
    reason,
    secretName,
    versionId: current?.versionId ?? null,
    validUntil: expiresAt === undefined ? null : isoInstant(expiresAt),
    nextRefreshAt: wakeUpAt === undefined ? null : isoInstant(wakeUpAt),
    ...(outcome === 'unseeded' || outcome === 'lapsed' ? { nextStep: downloadKey(place, secretName) } : {}),
  };
}
