/** Observes one secret: its two versions and what is booked for it. Reads only. */

import { SecretContentError } from '../errors.ts';
import type { SecretStore, StoredVersion, WakeUps } from '../ports.ts';
import { type Observation, type PendingVersion, REJECTED_LABEL } from '../rules/secret.ts';
import { parseSecretContent, type SecretContent } from '../rules/secret-value.ts';
import { isSuccessorLabel } from '../rules/succession.ts';
import { parseWakeUpName, wakeUpNamePrefix } from '../rules/wake-up.ts';

/**
 * @param booked the names of entries where they are known already (a sweep lists them once for all secrets)
 * @param ownWakeUp the entry that this run answers; it may linger, and is no promise of another run
 * @throws {SecretAccessError} @throws {SecretContentError}
 */
export async function observe(
  ports: { secrets: SecretStore; wakeUps: WakeUps },
  subject: { secretName: string; ownWakeUp?: string | undefined; booked?: readonly string[] | undefined },
): Promise<Observation> {
  const { secretName, ownWakeUp } = subject;
  const stored = await ports.secrets.read(secretName);
  if (stored === undefined) return { secretName, bookedAt: [] };
  const { arn, current, pending } = stored;
  const prefix = wakeUpNamePrefix(secretName, arn);
  const booked = subject.booked ?? (await listOrNone(ports.wakeUps, prefix));
  return {
    secretName,
    secretArn: arn,
    current: {
      versionId: current.versionId,
      createdAtMs: current.createdAtMs,
      content: parseSecretContent(secretName, current.text),
      labels: current.stages.filter(isSuccessorLabel),
      isRejected: current.stages.includes(REJECTED_LABEL),
    },
    ...(pending === undefined ? {} : { pending: pendingVersion(secretName, pending) }),
    bookedAt: booked
      .filter((name) => name !== ownWakeUp)
      .map(parseWakeUpName)
      .filter((entry) => entry?.prefix === prefix)
      .flatMap((entry) => entry?.at ?? []),
  };
}

/** A failed look at the bookings must not stop a refresh: without it the worst is one try more. */
async function listOrNone(wakeUps: WakeUps, prefix: string): Promise<readonly string[]> {
  try {
    return await wakeUps.list(prefix);
  } catch {
    return [];
  }
}

function pendingVersion(
  secretName: string,
  { versionId, createdAtMs, stages, text }: StoredVersion,
): PendingVersion {
  const content = readableContent(secretName, text);
  return {
    versionId,
    createdAtMs,
    // AWSCURRENT: it was current when it was read, and a person has moved that label back before the other was.
    wasCurrent: stages.includes('AWSPREVIOUS') || stages.includes('AWSCURRENT'),
    labels: stages.filter(isSuccessorLabel),
    ...(content === undefined ? {} : { content }),
  };
}

/** Rubbish under AWSPENDING is no reason to stop: it is replaced by the next refresh. */
function readableContent(secretName: string, text: string | undefined): SecretContent | undefined {
  try {
    return parseSecretContent(secretName, text);
  } catch (error) {
    if (error instanceof SecretContentError) return undefined;
    throw error;
  }
}
