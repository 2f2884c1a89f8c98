/** What to do about a secret: a pure function of what was observed, the time, the policy and the request. It does nothing itself. */
import { isResumable, type Observation } from './secret.ts';
import { type LeadPolicy, latestRetryAt, refreshAt, SCHEDULER_PRECISION_SECONDS } from './timing.ts';

export interface DecisionContext {
  readonly now: number;
  readonly lead: LeadPolicy;
  /** The version that a person, or a rotation, asked for: refreshed before it is due if it is current, promoted if it is pending. */
  readonly demandedVersionId?: string | undefined;
  /** A booked wake-up started this run. If another one is booked for soon, the run leaves even a demand to that one. */
  readonly isBooked?: boolean | undefined;
  /** The version that this run has made current. It does not refresh it again. */
  readonly ownVersionId?: string | undefined;
}

/** The instants that the decision was made by, in epoch seconds. */
interface KeyInstants {
  /** When the key is to be refreshed. */
  readonly dueAt: number;
  readonly expiresAt: number;
}

interface NoInstants {
  readonly dueAt?: undefined;
  readonly expiresAt?: undefined;
}

export type Decision =
  | (KeyInstants & {
      readonly outcome: 'wait';
      readonly reason: 'not-due' | 'retry-booked' | 'just-refreshed';
      readonly until: number;
    })
  | (KeyInstants & { readonly outcome: 'refresh'; readonly reason: 'due' | 'requested' })
  | (KeyInstants & { readonly outcome: 'resume'; readonly reason: 'pending-key' })
  | (KeyInstants & { readonly outcome: 'lapsed'; readonly reason: 'expired' })
  | (NoInstants & { readonly outcome: 'unseeded'; readonly reason: 'placeholder' | 'no-value' })
  | (NoInstants & { readonly outcome: 'never-expires'; readonly reason: 'no-expiry' });

/** What was decided and why, without the instants. */
export type Verdict = Pick<Decision, 'outcome' | 'reason'>;

/** A decision to do something. */
export type Action = Extract<Decision, { outcome: 'refresh' | 'resume' }>;

/** The first check that applies decides. */
export function decide(observation: Observation, context: DecisionContext): Decision {
  const { now, lead, demandedVersionId, isBooked, ownVersionId } = context;
  const { secretArn = '', current, pending, bookedAt } = observation;
  if (current === undefined) return { outcome: 'unseeded', reason: 'no-value' };
  const { versionId, createdAtMs, content } = current;
  if (content.kind === 'placeholder') return { outcome: 'unseeded', reason: 'placeholder' };
  if (content.kind === 'never-expires') return { outcome: 'never-expires', reason: 'no-expiry' };

  const { expiresAt } = content;
  const createdAt = Math.floor(createdAtMs / 1000);
  const dueAt = refreshAt({ secretArn, versionId, createdAt, expiresAt }, lead);
  const instants = { dueAt, expiresAt };
  const isOwn = ownVersionId === versionId;
  const isDemanded = demandedVersionId === versionId && !isOwn;
  const isAsked = isDemanded || (pending !== undefined && demandedVersionId === pending.versionId);
  const retryAt = isAsked && isBooked !== true ? undefined : bookedRetryAt(bookedAt, now, expiresAt);
  const unlessRetryBooked = (decision: Decision): Decision =>
    retryAt === undefined
      ? decision
      : { outcome: 'wait', reason: 'retry-booked', until: retryAt, ...instants };

  if (isResumable(observation, now))
    return unlessRetryBooked({ outcome: 'resume', reason: 'pending-key', ...instants });
  if (now >= expiresAt) return { outcome: 'lapsed', reason: 'expired', ...instants };
  if (isDemanded) return unlessRetryBooked({ outcome: 'refresh', reason: 'requested', ...instants });
  if (now + SCHEDULER_PRECISION_SECONDS < dueAt)
    return { outcome: 'wait', reason: 'not-due', until: dueAt, ...instants };
  if (isOwn) {
    const until = Math.max(dueAt, now + SCHEDULER_PRECISION_SECONDS);
    return { outcome: 'wait', reason: 'just-refreshed', until, ...instants };
  }
  return unlessRetryBooked({ outcome: 'refresh', reason: 'due', ...instants });
}

/**
 * The earliest retry that is certain to fire. Other wake-ups leave the secret to it. Otherwise each duplicate of a failing wake-up
 * would start its own chain of retries. An entry that is about to fire does not count: it may have fired already, because clocks differ.
 * A planned refresh far in the future does not count either.
 */
function bookedRetryAt(bookedAt: readonly number[], now: number, expiresAt: number): number | undefined {
  const earliest = now + 2 * SCHEDULER_PRECISION_SECONDS;
  const latest = latestRetryAt(now, expiresAt);
  const retries = bookedAt.filter((at) => at >= earliest && at <= latest);
  return retries.length === 0 ? undefined : Math.min(...retries);
}
