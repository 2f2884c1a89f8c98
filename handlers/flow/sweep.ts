/** The sweep: refreshes every managed secret that is due, then removes superfluous entries. One secret's failure does not stop the others. */

import type { Ports } from '../ports.ts';
import { isOfSecret, sweepFailure, toReportable, unservedFailure } from '../reporting/failure.ts';
import type { RefreshResult } from '../reporting/result.ts';
import { conditionOf, unattended } from '../reporting/secret-state.ts';
import type { Observation } from '../rules/secret.ts';
import type { Policy } from '../rules/timing.ts';
import { type Booking, type Bookings, bookingsBySecret, wakeUpNamePrefix } from '../rules/wake-up.ts';
import { type OwnedEntries, ownersOf } from './abandoned.ts';
import { observe } from './observe.ts';
import { type RefreshRun, refreshSecret } from './refresh.ts';
import { AT_ONCE, severalAtOnce } from './several-at-once.ts';

/** Twelve calls that each take their limit of 10 s. With less time left no refresh starts, because it could be cut off. */
const LONGEST_REFRESH_MS = 120_000;

/** The report at the end of the sweep must be sent before the deadline. */
const CANCELS_UNTIL_MS = 30_000;

const SWEEP = { trigger: 'sweep', attempt: 1 } as const;

export interface SweepResult {
  readonly outcome: 'sweep';
  readonly secrets: readonly RefreshResult[];
  /** How many superfluous bookings were cancelled. */
  readonly cancelled: number;
}

/**
 * @param sweepNumber increases by one from sweep to sweep; it picks the secret that comes first
 *
 * A lapsed key is a result and not a failure, because only a person can replace it and it has its own alarm.
 * @throws {SweepFailedError} after all secrets were served, if any of them failed
 */
export async function sweep(
  ports: Ports,
  policy: Policy,
  secretNames: readonly string[],
  sweepNumber: number,
): Promise<SweepResult> {
  const failures: Error[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      failures.push(toReportable(error, ports.place));
      return undefined;
    }
  };
  // The entries are listed first. An entry that is booked later belongs to a state that this sweep has not seen.
  const booked = await attempt(() => ports.wakeUps.list());
  const bookings = bookingsBySecret(booked ?? []);
  const observations = new Map<string, Observation>();
  // All states are reported before any slow work, so that no alarm waits for a service that hangs.
  await severalAtOnce(secretNames, async (secretName) => {
    // A secret that cannot be read is read again below, and its state is reported then.
    const observation = await observe(ports, { secretName, bookings }).catch(() => undefined);
    if (observation === undefined) return;
    const now = Math.floor(ports.clock() / 1000);
    ports.report({ kind: 'state', secretName, ...SWEEP, ...conditionOf(observation, { now, policy }) });
    observations.set(secretName, observation);
  });
  const runs: RefreshRun[] = [];
  const left: string[] = [];
  // The other secrets may need the management key, so its secret comes first.
  const first = secretNames.filter((secretName) => secretName === ports.management?.secretName);
  const others = secretNames.filter((secretName) => !first.includes(secretName));
  const rounds = first.length + Math.ceil(others.length / AT_ONCE);
  const shareMs = Math.max(LONGEST_REFRESH_MS, ports.remainingMs() / Math.max(rounds, 1));
  const serve = async (secretName: string) => {
    const observation = observations.get(secretName);
    if (ports.remainingMs() <= LONGEST_REFRESH_MS) {
      left.push(secretName);
      if (observation === undefined)
        ports.report({ kind: 'state', secretName, ...SWEEP, ...unattended('unreadable') });
      failures.push(unservedFailure(secretName));
      return;
    }
    const task = { secretName, trigger: 'sweep', observation, bookings: booked && bookings } as const;
    const run = await attempt(() => refreshSecret(withShare(ports, shareMs), policy, task));
    if (run !== undefined) runs.push(run);
  };
  await severalAtOnce(first, serve);
  await severalAtOnce(rotated(others, sweepNumber), serve);
  const observed = new Map<string, RefreshRun>();
  for (const run of runs) {
    const { secretName, secretArn } = run.observation;
    if (secretArn !== undefined) observed.set(wakeUpNamePrefix(secretName, secretArn), run);
  }
  const strays = await attempt(() => ownersOf(ports.wakeUps, bookings, new Set(observed.keys())));
  for (const { secretName } of strays ?? []) {
    if (secretNames.includes(secretName)) continue;
    ports.report({ kind: 'state', secretName, ...SWEEP, ...unattended('abandoned') });
  }
  let cancelled = 0;
  for (const { name } of superfluousEntries(bookings, observed, strays ?? [])) {
    // What is left is cancelled by the next sweep.
    if (ports.remainingMs() <= CANCELS_UNTIL_MS) break;
    await attempt(async () => {
      await ports.wakeUps.cancel(name);
      cancelled++;
    });
  }
  const results = runs.map((run) => run.result);
  if (left.length === 0) {
    ports.report({
      kind: 'sweep',
      managed: secretNames.length,
      unseeded: results.filter(({ outcome }) => outcome === 'unseeded').length,
      unreadable: failures.filter(isOfSecret).length,
      failed: failures.length,
      cancelled,
    });
  }
  if (failures.length > 0) throw sweepFailure(failures, secretNames.length);
  return { outcome: 'sweep', secrets: results, cancelled };
}

/** The ports of one secret, which ends in time for the others: it stops storing a key before its share of the sweep is over. */
function withShare(ports: Ports, shareMs: number): Ports {
  const endsAtMs = ports.clock() + shareMs;
  return { ...ports, remainingMs: () => Math.min(ports.remainingMs(), endsAtMs - ports.clock()) };
}

/** Entries after the planned refresh of their secret, and those of a former secret of the same name. */
function superfluousEntries(
  bookings: Bookings,
  observed: ReadonlyMap<string, RefreshRun>,
  strays: readonly OwnedEntries[],
): readonly Booking[] {
  const late = [...observed].flatMap(([prefix, { plannedAt = Number.POSITIVE_INFINITY }]) =>
    (bookings.get(prefix) ?? []).filter(({ at }) => at > plannedAt),
  );
  const readNames = new Set([...observed.values()].map(({ observation }) => observation.secretName));
  return [
    ...late,
    ...strays.filter(({ secretName }) => readNames.has(secretName)).flatMap(({ entries }) => entries),
  ];
}

/** Each sweep starts with the first secret that the previous sweep may not have reached, so that no secret is left out for long. */
function rotated(secretNames: readonly string[], sweepNumber: number): readonly string[] {
  const first = (sweepNumber * AT_ONCE) % Math.max(secretNames.length, 1);
  return [...secretNames.slice(first), ...secretNames.slice(0, first)];
}
