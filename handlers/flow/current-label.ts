/** Puts a staging label on the current version or removes it. The label stores a finding for status, alarms and later runs. */

import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import type { Effect, Subject } from '../reporting/report.ts';
import type { ExpiringObservation } from '../rules/secret.ts';

/** A failure is only reported, because the next run with the same finding tries again. */
export async function labelCurrent(
  { secrets, report, place }: Ports,
  subject: Subject,
  { current, labels = {} }: ExpiringObservation,
  { label, isOn, effect }: { readonly label: string; readonly isOn: boolean; readonly effect: Effect },
): Promise<void> {
  const { secretName } = subject;
  const { versionId } = current;
  const holder = Object.keys(labels).find((id) => labels[id]?.includes(label));
  try {
    await (isOn
      ? secrets.setLabel(secretName, versionId, label, holder)
      : secrets.releaseLabel(secretName, versionId, label));
    report({ kind: 'effect', ...subject, effect });
  } catch (error) {
    report({ kind: 'leftover', ...subject, effect, error: toReportable(error, place) });
  }
}
