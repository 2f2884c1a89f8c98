/** Observes a secret: reads its current and pending versions, its labels and its booked entries. */

import { SecretContentError, SecretNameError } from '../errors.ts';
import type { Ports, StoredVersion } from '../ports.ts';
import {
  isSuccessorLabel,
  type Observation,
  type PendingVersion,
  REJECTED_LABEL,
  UNREFRESHABLE_LABEL,
} from '../rules/secret.ts';
import { parseSecretContent, type SecretContent } from '../rules/secret-value.ts';
import { READS_AGREE_WITHIN_SECONDS } from '../rules/timing.ts';
import { type Bookings, bookingsBySecret, wakeUpNamePrefix } from '../rules/wake-up.ts';

export const NO_BOOKINGS: Bookings = new Map();

/**
 * @param subject.namedArn the ARN that the caller named; refused if the secret has another
 * @param subject.ownWakeUps entries that start no other run: the one that started this run may still be listed
 * @param subject.bookings the booked entries, if the caller has listed them: a sweep lists all entries once
 * @throws {SecretNameError} @throws {SecretAccessError} @throws {SecretContentError}
 */
export async function observe(
  ports: Pick<Ports, 'secrets' | 'wakeUps' | 'clock'>,
  subject: {
    secretName: string;
    namedArn?: string | undefined;
    ownWakeUps?: readonly (string | undefined)[];
    bookings?: Bookings | undefined;
  },
): Promise<Observation> {
  const { secretName, namedArn, ownWakeUps = [] } = subject;
  const stored = await ports.secrets.read(secretName);
  if (stored === undefined) return { secretName, bookedAt: [] };
  const { arn, current, pending, labels, primaryRegion, lastChangedAtMs } = stored;
  if (namedArn !== undefined && namedArn !== arn) {
    throw new SecretNameError('secret-arn-differs', { secretName, namedArn, secretArn: arn });
  }
  const prefix = wakeUpNamePrefix(secretName, arn);
  // A refresh continues if the entries cannot be listed. The only risk is one superfluous try.
  const bookings = subject.bookings ?? bookingsBySecret(await ports.wakeUps.list(prefix).catch(() => []));
  const booked = (bookings.get(prefix) ?? []).filter(({ name }) => !ownWakeUps.includes(name));
  const content = parseSecretContent(secretName, current.text);
  const recentFrom = ports.clock() / 1000 - READS_AGREE_WITHIN_SECONDS;
  return {
    secretName,
    secretArn: arn,
    labels,
    ...(primaryRegion !== undefined && { primaryRegion }),
    ...(lastChangedAtMs !== undefined && { lastChangedAt: Math.floor(lastChangedAtMs / 1000) }),
    current: {
      versionId: current.versionId,
      createdAtMs: current.createdAtMs,
      content,
      labels: current.stages.filter(isSuccessorLabel),
      isRejected: current.stages.includes(REJECTED_LABEL),
      isUnrefreshable: current.stages.includes(UNREFRESHABLE_LABEL),
    },
    ...(pending === undefined ? {} : { pending: pendingVersion(secretName, pending) }),
    bookedAt: booked.map(({ at }) => at),
    mayBeStale:
      content.kind === 'expiring' &&
      booked.some(({ at, createdAt }) => at > content.expiresAt && createdAt > recentFrom),
  };
}

function pendingVersion(
  secretName: string,
  { versionId, createdAtMs, stages, text }: StoredVersion,
): PendingVersion {
  const content = readableContent(secretName, text);
  return {
    versionId,
    createdAtMs,
    // If it also has AWSCURRENT, a person moved that label back between the two reads.
    wasCurrent: stages.includes('AWSPREVIOUS') || stages.includes('AWSCURRENT'),
    labels: stages.filter(isSuccessorLabel),
    ...(content === undefined ? {} : { content }),
  };
}

/** An invalid value under AWSPENDING is no error, because the next refresh replaces it. */
function readableContent(secretName: string, text: string | undefined): SecretContent | undefined {
  try {
    return parseSecretContent(secretName, text);
  } catch (error) {
    if (error instanceof SecretContentError) return undefined;
    throw error;
  }
}
