/** The type of a check of the preflight. */

/** `to-do`: a person has not done this step yet. `unknown`: the check could not be made. `note`: a finding that is no fault. */
export type CheckResult = 'passed' | 'failed' | 'to-do' | 'unknown' | 'note';

export interface Check {
  readonly check: 'secret' | 'key' | 'schedules' | 'management' | 'orphan';
  /** The name of a secret or of the schedule group. */
  readonly subject: string;
  readonly result: CheckResult;
  /** What was found, and what to do if the check has not passed. */
  readonly detail: string;
}
