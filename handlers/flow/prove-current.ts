/** Proves the current key. A label on its version keeps the result, so that status and alarms need not ask Momento. */

import type { Ports, Proof } from '../ports.ts';
import type { Subject } from '../reporting/report.ts';
import { type ExpiringObservation, REJECTED_LABEL } from '../rules/secret.ts';
import { labelCurrent } from './current-label.ts';

/**
 * Sets the label if Momento rejects the key, and removes it if Momento accepts the key. If the proof proves nothing, the label stays.
 * @returns the proof, and the observation with its result
 */
export async function proveCurrent(
  ports: Ports,
  subject: Subject,
  observation: ExpiringObservation,
): Promise<{ readonly proof: Proof; readonly observation: ExpiringObservation }> {
  const { current } = observation;
  const { content, isRejected: wasRejected = false } = current;
  const proof = await ports.issuer.prove(content.key);
  if (proof.result === 'unproven') return { proof, observation };
  const isRejected = proof.result === 'rejected';
  if (isRejected !== wasRejected) {
    const effect = isRejected ? 'key-rejected' : 'rejection-cleared';
    await labelCurrent(ports, subject, observation, { label: REJECTED_LABEL, isOn: isRejected, effect });
  }
  return { proof, observation: { ...observation, current: { ...current, isRejected } } };
}
