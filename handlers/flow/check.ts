/** What the preflight looked at and found: types only. */

/** `to-do`: nothing is wrong, a person has not got there yet. `unknown`: it could not be found out. */
export type CheckResult = 'passed' | 'failed' | 'to-do' | 'unknown';

export interface Check {
  readonly check: 'secret' | 'key' | 'schedules' | 'management' | 'orphan';
  /** A secret's name, or the schedule group's. */
  readonly subject: string;
  readonly result: CheckResult;
  /** What was found, and what to do about it where it has not passed. */
  readonly detail: string;
}
