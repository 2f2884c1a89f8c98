/** The lead that an operator sets: how long before its expiry a key is refreshed. */
import type { Duration } from 'aws-cdk-lib';
import { isLead, isLeadPercent, refusal, SettingsError } from './settings.ts';

/** How long before its expiry a key is refreshed: a fixed time, or a share of the key's life. */
export class RefreshBefore {
  /**
   * A fixed time. Never more than half of a key's life, whatever is set.
   * @param lead 6 minutes to 365 days, in whole seconds
   * @throws an error named SettingsError if it is out of range
   */
  static duration(lead: Duration): RefreshBefore {
    if (!isLead(lead)) throw new SettingsError(refusal('refreshBefore', `is ${lead.toIsoString()}`));
    return new RefreshBefore(`${lead.toSeconds()}s`);
  }

  /**
   * A share of the life that Momento gave to the key.
   * @param percent 1 to 50, a whole number
   * @throws an error named SettingsError if it is out of range
   */
  static percentOfLifetime(percent: number): RefreshBefore {
    if (!isLeadPercent(percent)) throw new SettingsError(refusal('refreshBefore', `is ${percent}%`));
    return new RefreshBefore(`${percent}%`);
  }

  /** The text in the function's environment: seconds such as `259200s`, or a percentage such as `10%`. */
  readonly value: string;

  private constructor(value: string) {
    this.value = value;
  }
}
