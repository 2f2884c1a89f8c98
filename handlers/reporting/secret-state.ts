/** The state of a secret, the troubles that it is in and the flags that the alarms watch: one rule for status, metrics and alarms. */
import { FLAGS, type Flag, flagPeriodSeconds } from '../names.ts';
import { type Decision, decide } from '../rules/decide.ts';
import { isResumable, type Observation } from '../rules/secret.ts';
import type { LeadPolicy, Policy } from '../rules/timing.ts';

/**
 * All states, the most urgent first. The first one that applies is the secret's state.
 *
 * - `lapsed`: the key has expired and no pending key can replace it.
 * - `rejected`: Momento rejected the key when it was last proved.
 * - `unreadable`: the secret could not be read, or holds no Momento key.
 * - `abandoned`: the secret is no longer managed, and nobody has acknowledged that.
 * - `unrefreshable`: the key works, and only a person can replace it. Its refresh token is spent or missing.
 * - `overdue`: half of the lead is used, or the refresh is more than five minutes late and no retry is booked.
 * - `half-done`: a new key is stored and not yet current.
 * - `retrying`: a refresh failed and its retry is booked.
 * - `due`: the refresh is due now, and its wake-up may be on its way.
 * - `unseeded`: nobody has put a key yet.
 * - `never-expires`: the key has no expiry.
 * - `healthy`: the refresh is still to come.
 */
const SECRET_STATES = [
  'lapsed',
  'rejected',
  'unreadable',
  'abandoned',
  'unrefreshable',
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
interface Assessment {
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

const FAILING_STATES: ReadonlySet<SecretState> = new Set(['unrefreshable', 'overdue', 'lapsed']);

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
  // A wake-up that could not be booked in time comes some minutes after the planned instant and looks like a retry.
  const isRetryingLong = state === 'retrying' && progress.isLate;
  const isFailing = FAILING_STATES.has(state) || isPendingStuck || isRetryingLong;
  const troubles = troublesOf({
    keyUnusable: isUnusable || now >= expiresAt,
    keyUnrefreshable: current.isUnrefreshable === true,
    halfLeadUsed: hadLead && progress.isHalfUsed,
    refreshFailing: hadLead && (isFailing || hasFailed),
  });
  return { state, troubles, ...createdAt, expiresAt, plannedRefreshAt: dueAt };
}

function secretState(observation: Observation, decision: Decision, now: number): SecretState {
  if (decision.outcome === 'lapsed') return 'lapsed';
  if (observation.current?.isRejected === true) return 'rejected';
  if (decision.outcome === 'unseeded' || decision.outcome === 'never-expires') return decision.outcome;
  if (observation.current?.isUnrefreshable === true) return 'unrefreshable';
  const { isHalfUsed, isLate } = leadProgress(decision, now);
  if (isHalfUsed || (isLate && decision.outcome === 'refresh')) return 'overdue';
  if (observation.pending !== undefined && isResumable(observation, now)) return 'half-done';
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

/** What to send. A flag that is absent is not sent. */
type Flags = Readonly<Partial<Record<Flag, 0 | 1>>>;

/** Those that a healthy secret sets to 0. An unproven key stays unproven, so its flag is never cleared. */
const CLEARED_FLAGS = [
  FLAGS.keyUnusable,
  FLAGS.keyUnrefreshable,
  FLAGS.halfLeadUsed,
  FLAGS.secretUnattended,
  FLAGS.refreshFailing,
] as const;

/**
 * 1 for each trouble. 0 for all of them while the secret is well and its version is new, because that version may have ended a
 * trouble. Nothing otherwise: a flag that is not sent costs nothing.
 *
 * The alarms take the minimum over a period, so a 0 ends an alarm at once and also delays the next one by up to that period.
 * No 0 is sent to a key that is due within the period.
 */
function flagsOf(assessment: Assessment, now: number, sweepEverySeconds: number): Flags {
  const { state, troubles, createdAt, plannedRefreshAt = Number.POSITIVE_INFINITY } = assessment;
  if (troubles.length > 0) return Object.fromEntries(troubles.map((flag) => [flag, 1]));
  const isWell = state === 'healthy' || state === 'never-expires';
  const isNew = createdAt !== undefined && now - createdAt < 2 * sweepEverySeconds;
  const isDueLater = plannedRefreshAt - now >= flagPeriodSeconds(sweepEverySeconds);
  if (!isWell || !isNew || !isDueLater) return {};
  return Object.fromEntries(CLEARED_FLAGS.map((flag) => [flag, 0]));
}

/** A secret at one instant, with the flags to send: what metrics and alarms are made from. */
export interface SecretCondition extends Assessment {
  readonly flags: Flags;
}

/**
 * @param observation undefined: the secret could not be read
 * @param context.hasFailed this run tried to serve the secret and failed
 */
export function conditionOf(
  observation: Observation | undefined,
  context: { readonly now: number; readonly policy: Policy; readonly hasFailed?: boolean },
): SecretCondition {
  if (observation === undefined) return unattended('unreadable');
  const { now, policy, hasFailed = false } = context;
  const assessment = assess(observation, { now, lead: policy.lead, hasFailed });
  return { ...assessment, flags: flagsOf(assessment, now, policy.sweepEverySeconds) };
}

/** Of a secret that is not read. */
export function unattended(state: 'unreadable' | 'abandoned'): SecretCondition {
  const flag = FLAGS.secretUnattended;
  return { state, troubles: [flag], flags: { [flag]: 1 } };
}
