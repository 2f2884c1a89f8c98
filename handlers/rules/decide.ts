/** What to do about a secret: a pure function of what was observed, the time, the policy and the request. It does nothing itself. */
import { type ExpiringObservation, expires, isResumable, type Observation } from './secret.ts';
import { type LeadPolicy, latestRetryAt, refreshAt, SCHEDULER_PRECISION_SECONDS } from './timing.ts';

export interface DecisionContext {
  readonly now: number;
  readonly lead: LeadPolicy;
  /** The version that a person asked to be refreshed, due or not. */
  readonly demandedVersionId?: string | undefined;
  /** This run answers a booked wake-up: where another one is booked for soon, it leaves even a demand to that. */
  readonly isBooked?: boolean | undefined;
  /** The version that this very run made current: it is not refreshed once more by it. */
  readonly ownVersionId?: string | undefined;
}

export type Decision =
  | {
      readonly outcome: 'wait';
      readonly reason: 'not-due' | 'retry-booked' | 'just-refreshed';
      readonly until: number;
    }
  | { readonly outcome: 'refresh'; readonly reason: 'due' | 'requested' }
  | { readonly outcome: 'resume'; readonly reason: 'pending-key' }
  | { readonly outcome: 'unseeded'; readonly reason: 'placeholder' | 'no-value' }
  | { readonly outcome: 'never-expires'; readonly reason: 'no-expiry' }
  | { readonly outcome: 'lapsed'; readonly reason: 'expired' };

/** The first check that applies decides. */
export function decide(observation: Observation, context: DecisionContext): Decision {
  const { now, lead, demandedVersionId, isBooked, ownVersionId } = context;
  if (observation.current === undefined) return { outcome: 'unseeded', reason: 'no-value' };
  if (observation.current.content.kind === 'placeholder')
    return { outcome: 'unseeded', reason: 'placeholder' };
  if (!expires(observation)) return { outcome: 'never-expires', reason: 'no-expiry' };

  const { versionId, content } = observation.current;
  const { expiresAt } = content;
  const demanded = demandedVersionId === versionId;
  const retry =
    demanded && isBooked !== true ? undefined : bookedRetryAt(observation.bookedAt, now, expiresAt);

  if (isResumable(observation, now))
    return unlessRetryBooked(retry, { outcome: 'resume', reason: 'pending-key' });
  if (now >= expiresAt) return { outcome: 'lapsed', reason: 'expired' };
  if (demanded) return unlessRetryBooked(retry, { outcome: 'refresh', reason: 'requested' });

  const dueAt = plannedRefreshAt(observation, lead);
  if (now + SCHEDULER_PRECISION_SECONDS < dueAt) return { outcome: 'wait', reason: 'not-due', until: dueAt };
  if (ownVersionId === versionId) {
    return {
      outcome: 'wait',
      reason: 'just-refreshed',
      until: Math.max(dueAt, now + SCHEDULER_PRECISION_SECONDS),
    };
  }
  return unlessRetryBooked(retry, { outcome: 'refresh', reason: 'due' });
}

function unlessRetryBooked(retryAt: number | undefined, decision: Decision): Decision {
  return retryAt === undefined ? decision : { outcome: 'wait', reason: 'retry-booked', until: retryAt };
}

/** Epoch second at which the current key is to be refreshed. */
export function plannedRefreshAt({ secretArn, current }: ExpiringObservation, lead: LeadPolicy): number {
  const { versionId, createdAtMs, content } = current;
  const createdAt = Math.floor(createdAtMs / 1000);
  return refreshAt({ secretArn, versionId, createdAt, expiresAt: content.expiresAt }, lead);
}

/**
 * The earliest retry that is certain to come still: while it is booked, other wake-ups leave the secret to it,
 * or each duplicate of a failing one would start a chain of retries of its own.
 * One that is about to fire, or has fired on a clock slightly ahead of ours, does not count, nor does a planned refresh far off.
 */
function bookedRetryAt(bookedAt: readonly number[], now: number, expiresAt: number): number | undefined {
  const earliest = now + 2 * SCHEDULER_PRECISION_SECONDS;
  const latest = latestRetryAt(now, expiresAt);
  const retries = bookedAt.filter((at) => at >= earliest && at <= latest);
  return retries.length === 0 ? undefined : Math.min(...retries);
}
