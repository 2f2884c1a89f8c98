/** Abandoned secrets: they are no longer managed, but an entry is still booked for them. They are neither read nor refreshed. */

import { SecretNameError } from '../errors.ts';
import { acknowledgeCommand } from '../names.ts';
import type { Ports, WakeUps } from '../ports.ts';
import { unattended } from '../reporting/secret-state.ts';
import type { Place } from '../reporting/words.ts';
import { CLOCK_TOLERANCE_SECONDS } from '../rules/timing.ts';
import {
  type BookedFor,
  type Booking,
  type Bookings,
  isoInstant,
  parseWakeUpName,
  wakeUpSlug,
} from '../rules/wake-up.ts';

const DAY_SECONDS = 86_400;

export interface AbandonedResult {
  readonly outcome: 'abandoned';
  readonly secretName: string;
  /** ISO instant at which it is reported again. */
  readonly nextReportAt: string;
  readonly nextStep: string;
}

/**
 * Serves the wake-up of a secret that is no longer managed: reports that, and books the next report a day later.
 * @throws {SecretNameError} the wake-up's name is not that of an entry of this secret
 * @throws {WakeUpError}
 */
export async function reportAbandoned(
  ports: Pick<Ports, 'wakeUps' | 'report' | 'clock' | 'place'>,
  { secretName, bookedFor }: { readonly secretName: string; readonly bookedFor: BookedFor },
  { secretNames, scheduleGroupName }: { secretNames: readonly string[]; scheduleGroupName: string },
): Promise<AbandonedResult> {
  const parsed = parseWakeUpName(bookedFor.name);
  if (parsed === undefined || parsed.slug !== wakeUpSlug(secretName)) {
    throw new SecretNameError('secret-unmanaged', { secretName, managed: secretNames });
  }
  ports.report({ kind: 'state', secretName, trigger: 'schedule', attempt: 1, ...unattended('abandoned') });
  const earliest = Math.floor(ports.clock() / 1000) + CLOCK_TOLERANCE_SECONDS;
  // Each delivery of this event computes the same instant, so all of them together book one entry.
  const days = Math.max(1, Math.ceil((earliest - bookedFor.at) / DAY_SECONDS));
  const at = bookedFor.at + days * DAY_SECONDS;
  const { versionId } = bookedFor;
  const name = parsed.prefix + at;
  await ports.wakeUps.book({ name, at, secretName, versionId, attempt: 1, demand: 'when-due' });
  return {
    outcome: 'abandoned',
    secretName,
    nextReportAt: isoInstant(at),
    nextStep: abandonedStep(ports.place, scheduleGroupName, [name]),
  };
}

/** What a person has to do about an abandoned secret. */
export function abandonedStep({ region }: Place, groupName: string, entryNames: readonly string[]): string {
  const commands = entryNames.map((name) => acknowledgeCommand(region, groupName, name)).join(' && ');
  return `Add its name to the setting secretNames and deploy again, or acknowledge that its key is no longer refreshed: ${commands}`;
}

/** Entries and the secret that they were booked for. */
export interface OwnedEntries {
  readonly secretName: string;
  readonly entries: readonly Booking[];
}

/**
 * Finds the secrets of the entries that belong to none of the observed secrets. Ignores entries that the refresher did not book.
 * @param observed the name prefixes of the observed secrets
 * @throws {WakeUpError}
 */
export async function ownersOf(
  wakeUps: WakeUps,
  bookings: Bookings,
  observed: ReadonlySet<string>,
): Promise<readonly OwnedEntries[]> {
  const owned: OwnedEntries[] = [];
  for (const [prefix, entries] of bookings) {
    const [first] = entries;
    if (observed.has(prefix) || first === undefined) continue;
    const secretName = await wakeUps.secretOf(first.name);
    if (secretName !== undefined) owned.push({ secretName, entries });
  }
  return owned;
}
