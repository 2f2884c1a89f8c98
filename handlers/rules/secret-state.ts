/** The state of a secret and the troubles that it is in: the one rule that status, metrics and alarms share. Pure. */
import { FLAGS, type Flag } from '../names.ts';
import { type Decision, decide } from './decide.ts';
import { isResumable, type Observation } from './secret.ts';
import type { LeadPolicy } from './timing.ts';

/**
 * All states, the most urgent first. The first one that applies is the secret's state.
 *
 * - `lapsed`: the key has expired and no pending key can replace it.
 * - `rejected`: Momento rejected the key when it was last proved.
 * - `unreadable`: the secret could not be read, or holds no Momento key.
 * - `abandoned`: the secret is no longer managed, and nobody has acknowledged that.
 * - `overdue`: half of the lead is used, or the refresh is more than five minutes late and no retry is booked.
 * - `half-done`: a new key is stored and not yet current.
 * - `retrying`: a refresh failed and its retry is booked.
 * - `due`: the refresh is due now, and its wake-up may be on its way.
 * - `unseeded`: nobody has put a key yet.
 * - `never-expires`: the key has no expiry.
 * - `healthy`: the refresh is still to come.
 */
export const SECRET_STATES = [
  'lapsed',
  'rejected',
  'unreadable',
  'abandoned',
  'overdue',
  'half-done',
  'retrying',
  'due',
  'unseeded',
  'never-expires',
  'healthy',
] as const;

export type SecretState = (typeof SECRET_STATES)[number];

/** A secret at one instant. All instants are epoch seconds. */
export interface Assessment {
  readonly state: SecretState;
  /** What is wrong, one for each kind of alarm. Empty if no alarm is to be on. */
  readonly troubles: readonly Flag[];
  /** When the current version was created. */
  readonly createdAt?: number;
  /** Both absent if the key does not expire. */
  readonly expiresAt?: number;
  readonly plannedRefreshAt?: number;
}

/** The Scheduler may take a minute, and Lambda repeats a failed event after one minute and after two more. */
const LATE_AFTER_SECONDS = 300;

/** The assessment of a secret that nothing could be learned about. */
export function assessUnobserved(state: 'unreadable' | 'abandoned'): Assessment {
  return { state, troubles: [FLAGS.secretUnattended] };
}

/** @param hasFailed this run tried to serve the secret and failed */
export function assess(
  observation: Observation,
  context: { readonly now: number; readonly lead: LeadPolicy; readonly hasFailed?: boolean },
): Assessment {
  const { now, lead, hasFailed = false } = context;
  const { current } = observation;
  const decision = decide(observation, { now, lead });
  const state = secretState(observation, decision, now);
  const isUnusable = state === 'lapsed' || state === 'rejected';
  const createdAt = current === undefined ? {} : { createdAt: Math.floor(current.createdAtMs / 1000) };
  if (current === undefined || decision.expiresAt === undefined) {
    const troubles = troublesOf({ keyUnusable: isUnusable, refreshFailing: hasFailed });
    return { state, troubles, ...createdAt };
  }
  const { expiresAt, dueAt } = decision;
  const progress = leadProgress(decision, now);
  // A key that a person put too late never had a lead. That it has expired says it all.
  const hadLead = current.createdAtMs / 1000 < expiresAt;
  const isPendingStuck =
    state === 'half-done' && now - (observation.pending?.createdAtMs ?? 0) / 1000 > LATE_AFTER_SECONDS;
  const isFailing = state === 'overdue' || state === 'retrying' || state === 'lapsed' || isPendingStuck;
  const troubles = troublesOf({
    keyUnusable: isUnusable || now >= expiresAt,
    halfLeadUsed: hadLead && progress.isHalfUsed,
    refreshFailing: hadLead && (isFailing || hasFailed),
  });
  return { state, troubles, ...createdAt, expiresAt, plannedRefreshAt: dueAt };
}

function secretState(observation: Observation, decision: Decision, now: number): SecretState {
  if (decision.outcome === 'lapsed') return 'lapsed';
  if (observation.current?.isRejected === true) return 'rejected';
  if (decision.outcome === 'unseeded' || decision.outcome === 'never-expires') return decision.outcome;
  const { isHalfUsed, isLate } = leadProgress(decision, now);
  if (isHalfUsed || (isLate && decision.outcome === 'refresh')) return 'overdue';
  if (isResumable(observation, now)) return 'half-done';
  if (decision.outcome === 'refresh') return 'due';
  return decision.reason === 'retry-booked' ? 'retrying' : 'healthy';
}

function leadProgress({ dueAt, expiresAt }: { dueAt: number; expiresAt: number }, now: number) {
  return {
    isHalfUsed: now - dueAt > (expiresAt - dueAt) / 2,
    isLate: now - dueAt > LATE_AFTER_SECONDS,
  };
}

function troublesOf(troubles: Partial<Record<keyof typeof FLAGS, boolean>>): readonly Flag[] {
  return Object.entries(troubles)
    .filter(([, isOn]) => isOn)
    .map(([name]) => FLAGS[name as keyof typeof FLAGS]);
}
