/** Decides what to do about a secret: a pure function of the observation, the time, the policy and the request. */
import { type CurrentVersion, isOurs, isResumable, type Observation } from './secret.ts';
import {
  isShortLived,
  issuedAtOf,
  type LeadPolicy,
  mayBeRetry,
  mayHoldKey,
  nextPromotionAt,
  nextReadAt,
  refreshAt,
  retryAt,
  SCHEDULER_PRECISION_SECONDS,
} from './timing.ts';

export interface DecisionContext {
  readonly now: number;
  readonly lead: LeadPolicy;
  /** The version that a person or a rotation asked for. It is refreshed before it is due if it is current, and promoted if it is pending. */
  readonly demandedVersionId?: string | undefined;
  /** Whether a booked wake-up started this run. Such a run leaves even a demand to a retry that is booked for soon. */
  readonly isBooked?: boolean | undefined;
  /** The version that this run has made current. It is not refreshed again. */
  readonly ownVersionId?: string | undefined;
  /** The version that became current, according to the event that started this run. */
  readonly announcedVersionId?: string | undefined;
  /** This run is a retry, so nothing delays it. */
  readonly isRetry?: boolean | undefined;
  /** This run is a sweep: when the next one comes. */
  readonly nextSweepAt?: number | undefined;
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
      readonly reason: 'not-due' | 'retry-booked' | 'just-refreshed' | 'too-soon' | 'short-lived';
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

export function isAction(decision: Decision): decision is Action {
  return decision.outcome === 'refresh' || decision.outcome === 'resume';
}

/** The first check that applies decides. */
export function decide(observation: Observation, context: DecisionContext): Decision {
  const { now, lead } = context;
  const { secretArn = '', current, pending } = observation;
  if (current === undefined) return { outcome: 'unseeded', reason: 'no-value' };
  const { versionId, content } = current;
  if (content.kind === 'placeholder') return { outcome: 'unseeded', reason: 'placeholder' };
  if (content.kind === 'never-expires') return { outcome: 'never-expires', reason: 'no-expiry' };

  const { expiresAt } = content;
  const isCurrentDemanded = isDemanded(current, context);
  const createdAt = issuedAtOf({ ...current, content });
  const dueAt = refreshAt({ secretArn, versionId, createdAt, expiresAt }, lead);
  const instants = { dueAt, expiresAt };
  const orLater = (action: Action) => unlessLater(action, createdAt, current, observation, context);

  if (pending !== undefined && isResumable(observation, now))
    return orLater({ outcome: 'resume', reason: 'pending-key', ...instants });
  if (now >= expiresAt) return { outcome: 'lapsed', reason: 'expired', ...instants };
  if (isCurrentDemanded) return orLater({ outcome: 'refresh', reason: 'requested', ...instants });
  if (now + SCHEDULER_PRECISION_SECONDS < dueAt)
    return { outcome: 'wait', reason: 'not-due', until: dueAt, ...instants };
  return orLater({ outcome: 'refresh', reason: 'due', ...instants });
}

/**
 * What the last step of a rotation does instead: it promotes only the version of the rotation, if that is pending, and leaves any
 * other action to a retry.
 * @param promoteOnly the id of the rotation's version
 */
export function withinRotation(
  decision: Decision,
  { pending }: Observation,
  promoteOnly: string,
  now: number,
): Decision {
  const isOwn = decision.outcome === 'resume' && pending?.versionId === promoteOnly;
  if (isOwn || !isAction(decision)) return decision;
  const { dueAt, expiresAt } = decision;
  return { outcome: 'wait', reason: 'retry-booked', until: retryAt(now, 1, expiresAt), dueAt, expiresAt };
}

/** Whether a person, or a rotation, asked for this version and this run has not made it current. */
function isDemanded(
  { versionId }: { readonly versionId: string },
  { demandedVersionId, ownVersionId }: DecisionContext,
): boolean {
  return versionId === demandedVersionId && versionId !== ownVersionId;
}

/** Returns the action, or a decision to wait if a delay, a retry or a stale read comes first. */
function unlessLater(
  action: Action,
  createdAt: number,
  current: CurrentVersion,
  observation: Observation,
  context: DecisionContext,
): Decision {
  const { pending, bookedAt } = observation;
  const { isBooked } = context;
  const { dueAt, expiresAt } = action;
  const instants = { dueAt, expiresAt };
  const isAsked = isDemanded(current, context) || (pending !== undefined && isDemanded(pending, context));
  const bookedRetry = isAsked && isBooked !== true ? undefined : bookedRetryAt(action, bookedAt, context);
  const delay =
    action.reason === 'due'
      ? delayOf(current, context, { createdAt, ...instants }, bookedRetry !== undefined)
      : undefined;
  if (delay !== undefined) return { outcome: 'wait', ...delay, ...instants };
  if (bookedRetry !== undefined)
    return { outcome: 'wait', reason: 'retry-booked', until: bookedRetry, ...instants };
  const rereadAt = isAsked ? undefined : rereadOf(current, observation, context, expiresAt);
  return rereadAt === undefined
    ? action
    : { outcome: 'wait', reason: 'too-soon', until: rereadAt, ...instants };
}

/**
 * Why a key that is due is not refreshed now. `just-refreshed`: this run has refreshed it. `short-lived`: Momento's keys expire too soon
 * to be refreshed again and again. `too-soon`: the refresher promoted a key minutes ago.
 */
function delayOf(
  current: CurrentVersion,
  { now, ownVersionId, isRetry }: DecisionContext,
  { createdAt, dueAt, expiresAt }: KeyInstants & { readonly createdAt: number },
  isRetryBooked: boolean,
) {
  if (current.versionId === ownVersionId) {
    return { reason: 'just-refreshed', until: Math.max(dueAt, now + SCHEDULER_PRECISION_SECONDS) } as const;
  }
  const ours = isOurs(current);
  if (ours && isShortLived(createdAt, expiresAt)) return { reason: 'short-lived', until: expiresAt } as const;
  if (isRetry === true || isRetryBooked) return undefined;
  const until = ours ? nextPromotionAt(createdAt, expiresAt) : undefined;
  return until !== undefined && until > now ? ({ reason: 'too-soon', until } as const) : undefined;
}

/** When to read again before an action, if the read may be stale, or if the event that started this run names another version as current. */
function rereadOf(
  { versionId }: CurrentVersion,
  { mayBeStale }: Observation,
  { now, ownVersionId, announcedVersionId = versionId, isRetry, nextSweepAt }: DecisionContext,
  expiresAt: number,
): number | undefined {
  if (isRetry === true || versionId === ownVersionId) return undefined;
  return mayBeStale === true || announcedVersionId !== versionId
    ? nextReadAt(now, expiresAt, nextSweepAt)
    : undefined;
}

/**
 * The earliest retry that is certain to fire. Other wake-ups leave the secret to it. Otherwise each duplicate of a failing wake-up
 * would start its own chain of retries. An entry that is about to fire does not count: it may have fired already, because clocks differ.
 * A planned refresh far in the future does not count either. To a retry, the entry of a run that left the secret to it does not count.
 */
function bookedRetryAt(
  { outcome, expiresAt }: Action,
  bookedAt: readonly number[],
  { now, isRetry }: DecisionContext,
): number | undefined {
  const earliest = now + 2 * SCHEDULER_PRECISION_SECONDS;
  const retries = bookedAt.filter(
    (at) =>
      at >= earliest &&
      mayBeRetry(at, now, expiresAt, outcome === 'resume') &&
      (isRetry !== true || mayHoldKey(at)),
  );
  return retries.length === 0 ? undefined : Math.min(...retries);
}
