/** The flags of a secret: the figures that the alarms watch. Pure. */
import { FLAGS, type Flag, flagPeriodSeconds } from '../names.ts';
import type { Assessment } from './secret-state.ts';

/** What to send. A flag that is absent is not sent. */
export type Flags = Readonly<Partial<Record<Flag, 0 | 1>>>;

/** Those that a healthy secret sets to 0. An unproven key stays unproven, so its flag is never cleared. */
const CLEARED_FLAGS = [
  FLAGS.keyUnusable,
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
export function flagsOf(assessment: Assessment, now: number, sweepEverySeconds: number): Flags {
  const { state, troubles, createdAt, plannedRefreshAt = Number.POSITIVE_INFINITY } = assessment;
  if (troubles.length > 0) return Object.fromEntries(troubles.map((flag) => [flag, 1]));
  const isWell = state === 'healthy' || state === 'never-expires';
  const isNew = createdAt !== undefined && now - createdAt < 2 * sweepEverySeconds;
  const isDueLater = plannedRefreshAt - now >= flagPeriodSeconds(sweepEverySeconds);
  if (!isWell || !isNew || !isDueLater) return {};
  return Object.fromEntries(CLEARED_FLAGS.map((flag) => [flag, 0]));
}
