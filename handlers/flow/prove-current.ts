/** Proves the current key. A label on its version keeps the result, so that status and alarms need not ask Momento. */

import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import type { Effect, Subject } from '../reporting/report.ts';
import { type ExpiringObservation, REJECTED_LABEL } from '../rules/secret.ts';

/**
 * Sets the label if Momento rejects the key, and removes it if Momento accepts the key. A proof that proves nothing changes nothing.
 * A label that cannot be moved is only reported: the next proof tries again.
 * @returns the observation with the result of the proof
 */
export async function proveCurrent(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
): Promise<ExpiringObservation> {
  const { current, labels = {} } = observation;
  const { versionId, content, isRejected = false } = current;
  const { result } = await ports.issuer.prove(content.key);
  if (result === 'unproven') return observation;
  const isRejectedNow = result === 'rejected';
  if (isRejectedNow !== isRejected) {
    const holder = Object.keys(labels).find((id) => labels[id]?.includes(REJECTED_LABEL));
    await moveLabel(ports, subject, isRejectedNow ? 'key-rejected' : 'rejection-cleared', () =>
      isRejectedNow
        ? ports.secrets.setLabel(subject.secretName, versionId, REJECTED_LABEL, holder)
        : ports.secrets.releaseLabel(subject.secretName, versionId, REJECTED_LABEL),
    );
  }
  return { ...observation, current: { ...current, isRejected: isRejectedNow } };
}

async function moveLabel(
  { report, place }: Ports,
  subject: Subject,
  effect: Effect,
  move: () => Promise<void>,
): Promise<void> {
  try {
    await move();
    report({ kind: 'effect', ...subject, effect });
  } catch (error) {
    report({ kind: 'leftover', ...subject, effect, error: toReportable(error, place) });
  }
}
