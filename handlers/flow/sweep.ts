/** The sweep: looks after every managed secret, then removes the bookings that belong to none. One failure never stops the others. */

import { SecretAccessError, SecretContentError, SweepFailedError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import type { RefreshResult } from '../reporting/result.ts';
import type { Observation } from '../rules/secret.ts';
import type { LeadPolicy } from '../rules/timing.ts';
import { parseWakeUpName, wakeUpNamePrefix, wakeUpSlug } from '../rules/wake-up.ts';
import { type RefreshRun, refreshSecret } from './refresh.ts';

/** Enough that one slow Momento does not hold up the rest, and few enough for one function's memory and quotas. */
const SECRETS_AT_ONCE = 5;
const HOUR_MS = 3_600_000;

export interface SweepResult {
  readonly outcome: 'sweep';
  readonly secrets: readonly RefreshResult[];
  /** How many superfluous bookings were cancelled. */
  readonly cancelled: number;
}

/**
 * A lapsed key is part of the result, not a failure: only a person can mend it, and an alarm of its own tells them.
 * Thrown every hour it would hold the alarms on that the other secrets need.
 * @param mayStart false once too little time is left to start on another secret: each hour another one comes first
 * @throws {SweepFailedError} after all secrets were served, if any of them failed
 */
export async function sweep(
  ports: Ports,
  lead: LeadPolicy,
  secretNames: readonly string[],
  mayStart: () => boolean,
): Promise<SweepResult> {
  const failures: Error[] = [];
  // Listed before anything is observed: what is booked later belongs to a state of the secret that is not judged here.
  const booked = await attempt(failures, () => ports.wakeUps.list());
  const runs: RefreshRun[] = [];
  const unread: string[] = [];
  const left: string[] = [];
  await forEach(rotated(secretNames, ports.clock()), async (secretName) => {
    if (!mayStart()) {
      unread.push(secretName);
      left.push(secretName);
      failures.push(
        new SweepFailedError(
          `secret "${secretName}" was left to the next sweep: this one ran out of time`,
          [],
        ),
      );
      return;
    }
    const task = { secretName, trigger: 'sweep', attempt: 1, demand: 'when-due', booked } as const;
    const run = await attempt(failures, () => refreshSecret(ports, lead, task));
    if (run !== undefined) runs.push(run);
    // Without its ARN the bookings of a secret are known by its slug only: they are left alone.
    if (run?.observation.secretArn === undefined) unread.push(secretName);
  });
  const superfluous = (booked ?? []).filter((name) => isSuperfluous(name, runs, unread));
  let cancelled = 0;
  for (const name of superfluous) {
    await attempt(failures, async () => {
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
      unreadable: failures.filter(isUnreadable).length,
      failed: failures.length,
      cancelled,
    });
  }
  if (failures.length > 0) throw sweepFailure(failures, secretNames.length);
  return { outcome: 'sweep', secrets: results, cancelled };
}

/** Later than the wake-up that is planned for its secret, or of no managed secret at all. */
function isSuperfluous(name: string, runs: readonly RefreshRun[], unread: readonly string[]): boolean {
  const entry = parseWakeUpName(name);
  if (entry === undefined) return false;
  const run = runs.find(({ observation }) => entry.prefix === prefixOf(observation));
  if (run !== undefined) return run.plannedAt !== undefined && entry.at > run.plannedAt;
  return !unread.some((secretName) => wakeUpSlug(secretName) === entry.slug);
}

/** So that no secret is always the last, and always left over. */
function rotated(secretNames: readonly string[], nowMs: number): readonly string[] {
  const first = Math.floor(nowMs / HOUR_MS) % Math.max(secretNames.length, 1);
  return [...secretNames.slice(first), ...secretNames.slice(0, first)];
}

function isUnreadable(failure: Error): boolean {
  return failure instanceof SecretAccessError || failure instanceof SecretContentError;
}

function prefixOf({ secretName, secretArn }: Observation): string | undefined {
  return secretArn === undefined ? undefined : wakeUpNamePrefix(secretName, secretArn);
}

async function attempt<T>(failures: Error[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    failures.push(toReportable(error));
    return undefined;
  }
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: SECRETS_AT_ONCE }, worker));
}

function sweepFailure(failures: readonly Error[], managed: number): SweepFailedError {
  const list = failures.map((failure) => `(${failure.name}) ${failure.message}`).join(' ');
  return new SweepFailedError(
    `${failures.length} failure(s) in a sweep of ${managed} secret(s): ${list}`,
    failures,
  );
}
