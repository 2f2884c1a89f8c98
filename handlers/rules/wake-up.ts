/** The names of the Scheduler entries and the events that they deliver. */
import { hash } from 'node:crypto';

/** The Scheduler's limit of 64, minus two hyphens, the hash and ten digits of epoch seconds (enough until the year 2286). */
const SLUG_LENGTH = 44;
const HASH_LENGTH = 8;

/** A wake-up and what it was booked for. */
export interface WakeUp {
  readonly name: string;
  /** Epoch seconds, UTC. */
  readonly at: number;
  readonly secretName: string;
  /** The version that was current when it was booked. */
  readonly versionId: string;
  /** 1 for a planned refresh, n + 1 for the retry after the n-th failure. */
  readonly attempt: number;
  /** `now`: refresh `versionId` even if it is not due, because a person asked for it and the first try failed. */
  readonly demand: 'when-due' | 'now';
  /** Whether the previous run could not store its new key. This run first tests whether the secret can be written. */
  readonly writeRefused?: boolean | undefined;
}

/** What the run that a wake-up starts knows about the booking. */
export type BookedFor = Omit<WakeUp, 'secretName'>;

/** The start of the names of all entries of one secret: a readable slug and a short hash of its ARN. */
export function wakeUpNamePrefix(secretName: string, secretArn: string): string {
  return `${wakeUpSlug(secretName)}-${hash('sha256', secretArn).slice(0, HASH_LENGTH)}-`;
}

/** Unique for secret and instant. No name is used twice, because an entry that has fired is deleted only later. */
export function wakeUpName(secretName: string, secretArn: string, at: number): string {
  return wakeUpNamePrefix(secretName, secretArn) + at;
}

/** The secret's name with only the characters that an entry's name may have. Hyphens and case are kept. */
export function wakeUpSlug(secretName: string): string {
  return secretName.replaceAll(/[^0-9a-zA-Z_.-]/g, '-').slice(0, SLUG_LENGTH);
}

/** The parts of an entry's name; undefined if the refresher did not book the entry, such as the recurring sweep. */
export function parseWakeUpName(name: string): { slug: string; prefix: string; at: number } | undefined {
  const match = /^((.+)-[0-9a-f]{8}-)(\d{10})$/.exec(name);
  if (match === null) return undefined;
  const [, prefix = '', slug = '', at = ''] = match;
  return { slug, prefix, at: Number(at) };
}

/** An enabled entry of the Scheduler. It may have fired already. */
export interface BookedEntry {
  readonly name: string;
  /** When it was booked, epoch seconds. */
  readonly createdAt: number;
}

/** The bookings by the name prefix of each secret, in no order. */
export type Bookings = ReadonlyMap<string, readonly Booking[]>;

export interface Booking extends BookedEntry {
  /** When it fires, epoch seconds. */
  readonly at: number;
}

/** Ignores entries that the refresher did not book, such as the recurring sweep. */
export function bookingsBySecret(entries: readonly BookedEntry[]): Bookings {
  const bookings = new Map<string, Booking[]>();
  for (const entry of entries) {
    const parsed = parseWakeUpName(entry.name);
    if (parsed === undefined) continue;
    const { prefix, at } = parsed;
    const ofSecret = bookings.get(prefix);
    if (ofSecret === undefined) bookings.set(prefix, [{ ...entry, at }]);
    else ofSecret.push({ ...entry, at });
  }
  return bookings;
}

/** The event that the entry delivers. It has names, ids and instants, but nothing of the secret's value. */
export function wakeUpEvent(wakeUp: WakeUp): Record<string, unknown> {
  const { name, at, secretName, versionId, attempt, demand, writeRefused } = wakeUp;
  return {
    momento_auth_token_secret_name: secretName,
    trigger: 'schedule',
    bookedFor: {
      wakeUp: name,
      at: isoInstant(at),
      versionId,
      attempt,
      demand,
      ...(writeRefused === true && { writeRefused }),
    },
  };
}

/** The secret that the event of an entry names; undefined if the refresher did not book the entry. */
export function secretOfWakeUpEvent(input: string | undefined): string | undefined {
  try {
    const { momento_auth_token_secret_name: name } = JSON.parse(input ?? '{}');
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** `2026-11-23T16:00:00Z`: whole seconds, UTC. */
export function isoInstant(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z');
}
