/** The reports of the flow: ids, reasons and instants, never a secret value. Each entry becomes one line of the log. */
import type { Decision, Verdict } from '../rules/decide.ts';
import type { SecretCondition } from './secret-state.ts';

export type Trigger = 'manual' | 'schedule' | 'label-updated' | 'sweep' | 'rotation';

/** The fields of every entry about a secret. */
export interface Subject {
  readonly secretName: string;
  readonly trigger: Trigger;
  readonly attempt: number;
}

export type Effect =
  | 'retry-booked'
  | 'key-issued'
  | 'key-generated'
  | 'key-stored'
  | 'key-revoked'
  | 'key-proved'
  | 'key-promoted'
  | 'key-promoted-unproven'
  | 'promotion-superseded'
  | 'wake-up-booked'
  | 'wake-up-cancelled'
  | 'pending-released'
  | 'label-released'
  /** Momento rejected the current key. */
  | 'key-rejected'
  /** Momento accepted a key that it had rejected before. */
  | 'rejection-cleared'
  /** Only a person can replace the current key. */
  | 'key-unrefreshable'
  /** A person put a key, and no event announced it. */
  | 'label-rule-missed';

export type ReportEntry =
  | (Subject & {
      readonly kind: 'decision';
      readonly decision: Decision;
      readonly versionId?: string | undefined;
      readonly pendingVersionId?: string | undefined;
    })
  | (Subject & {
      readonly kind: 'effect';
      readonly effect: Effect;
      readonly versionId?: string | undefined;
      readonly fromVersionId?: string | undefined;
      readonly wakeUp?: string | undefined;
      /** Epoch seconds: when the wake-up is booked for, or when the issued key expires. */
      readonly at?: number | undefined;
    })
  | (Subject & {
      /** Something that is put right by itself later on: a label or an entry that could not be removed. */
      readonly kind: 'leftover';
      readonly effect: Effect;
      readonly error: Error;
    })
  | (Subject & {
      readonly kind: 'failure';
      readonly error: Error;
      /** Epoch seconds of the retry that is booked. */
      readonly retryAt?: number | undefined;
    })
  | (Subject &
      SecretCondition & {
        /** The state of the secret: at the start of a sweep, and at the end of each run. */
        readonly kind: 'state';
      })
  | (Subject & { readonly kind: 'refreshed'; readonly decision: Verdict; readonly durationSeconds: number })
  | {
      /** A sweep that went through all secrets. */
      readonly kind: 'sweep';
      readonly managed: number;
      readonly unseeded: number;
      /** Secrets that could not be read or understood: nothing is known of their keys. */
      readonly unreadable: number;
      readonly failed: number;
      readonly cancelled: number;
    };

export type Report = (entry: ReportEntry) => void;

/** One report made of several: each entry goes to all of them, in this order. */
export function reportToAll(...reports: readonly Report[]): Report {
  return (entry) => {
    for (const report of reports) report(entry);
  };
}
