/** Whether invariant 5 allows that a second key was issued for one version. README.md has a row for each excuse. */
import type { IssuedKey, SecretLedger } from './ledger.ts';
import { leads } from './promise.ts';
import type { Scenario } from './scenario.ts';

/** Who asks Momento for a key. */
export interface Issuing {
  readonly isRequested: boolean;
  readonly startedAtMs: number;
  readonly issued: readonly IssuedKey[];
  /** When it last read what was there before a write. */
  readonly staleReadAtMs: number;
  /** What may have told it that a read was stale. */
  readonly told: { readonly currentVersionId: string | undefined; readonly bookedUntilMs: number };
  /** Undefined: it is a sweep. */
  readonly secretName: string | undefined;
  /** It is a retry: nothing delays it. */
  readonly isRetry: boolean;
  /** It was told that the last key could not be stored, and has stored nothing yet. */
  readonly mustTestWrite: boolean;
  readonly listingFailed: boolean;
}

/** One more key for a version that has a successor. */
export interface SecondKey {
  readonly secret: SecretLedger;
  readonly parentApiKey: string;
  /** The successor that was issued before. */
  readonly first: IssuedKey;
  readonly actor: Issuing;
  readonly nowMs: number;
  readonly scenario: Scenario;
}

/** The function does not wait for another read if the key may lapse before that: two minutes, and one for the Scheduler. */
const LAST_CHANCE_SECONDS = 180;

/** A booked retry keeps other runs waiting only if it is so far ahead: an earlier one may have fired, because clocks differ. */
const CERTAIN_SECONDS = 120;

/** Nobody needs another key in this one's place. A person who moves AWSCURRENT back does. */
export function isSuccessor(secret: SecretLedger, parentApiKey: string, child: IssuedKey): boolean {
  const siblings = secret.children.get(parentApiKey) ?? [];
  const isRolledBack =
    siblings.some(({ wasCurrent }) => wasCurrent) && secret.current?.key?.apiKey === parentApiKey;
  return !(child.spoilt || child.lostBy !== undefined || child.taken || isRolledBack);
}

/** Who has looked while another run changed the secret may have seen neither its key pending nor its key current. */
export function isFirstKnown({ secret, first, actor }: SecondKey): boolean {
  const { answeredAtMs = Number.POSITIVE_INFINITY } = first;
  return Math.max(answeredAtMs, secret.lastChangeMs) < actor.startedAtMs || actor.issued.includes(first);
}

/** @returns undefined if nothing excuses it, or if the run could not know of the first key and needs no excuse */
export function excuseFor(second: SecondKey): string | undefined {
  const unseen = staleRead(second) ?? entriesNotListed(second);
  return isFirstKnown(second) ? (unseen ?? heldTooLong(second) ?? overtakenBySpoilt(second)) : unseen;
}

/** One key for each run whose reads did not show a write, if nothing else told the function of it in time. */
function staleRead(second: SecondKey): string | undefined {
  const { parentApiKey, first, actor, nowMs, scenario } = second;
  const { issued, staleReadAtMs, told, isRetry, secretName } = actor;
  if (staleReadAtMs < first.issuedAtMs) return undefined;
  const { versionId, expiresAtMs } = parentOf(second);
  const { currentVersionId = versionId, bookedUntilMs } = told;
  const isTold = currentVersionId !== versionId || bookedUntilMs > expiresAtMs;
  // A sweep does not trust that another run comes before the next sweep.
  const nextRun = LAST_CHANCE_SECONDS + (secretName === undefined ? scenario.sweepEverySeconds : 0);
  const isLastChance = expiresAtMs <= nowMs + (nextRun + scenario.maxSkewSeconds) * 1000;
  const hasIssued = issued.some((own) => own.parentApiKey === parentApiKey);
  if (hasIssued || (isTold && !isRetry && !isLastChance)) return undefined;
  return isLastChance ? '5: stale read at the last chance' : '5: stale read';
}

/** A v1 key is refreshed in any case: its token can be used again. */
function entriesNotListed(second: SecondKey): string | undefined {
  const { secret, first, actor, nowMs, scenario } = second;
  if (!actor.listingFailed || first.stored) return undefined;
  const { createdAt, expiresAtMs } = parentOf(second);
  const expiresAt = expiresAtMs / 1000;
  const { longest } = leads(createdAt, expiresAt);
  // A sweep does not wait if the key would lapse before the next one.
  const longestWait = Math.max(longest / 2, scenario.sweepEverySeconds + 60) + scenario.maxSkewSeconds;
  if (secret.plan.kind === 'v2' && nowMs / 1000 < expiresAt - longestWait) return undefined;
  return '5: entries not listed';
}

/** Another run still tries to store its key, and its retry comes too soon to wait for it, or after the current key has lapsed. */
function heldTooLong(second: SecondKey): string | undefined {
  const { secret, first, actor, nowMs, scenario } = second;
  const { stored, retryBeforeMs } = first;
  if (stored || retryBeforeMs === undefined) return undefined;
  const skewMs = scenario.maxSkewSeconds * 1000;
  if (parentOf(second).expiresAtMs <= retryBeforeMs + LAST_CHANCE_SECONDS * 1000 + skewMs)
    return '5: another run holds a key at the last chance';
  const certainFromMs = nowMs + CERTAIN_SECONDS * 1000 + 2 * skewMs;
  const isRetryCertain = [...secret.bookings.values()].some(
    ({ atMs, bookedBy }) => bookedBy !== actor && atMs >= certainFromMs && atMs <= retryBeforeMs,
  );
  return isRetryCertain ? undefined : '5: another run holds a key and its retry is about to fire';
}

/** Two runs got a key each, and the one that was stored first is of no use. */
function overtakenBySpoilt({ secret, parentApiKey, first }: SecondKey): string | undefined {
  const siblings = secret.children.get(parentApiKey) ?? [];
  if (first.stored || !siblings.some((key) => key.spoilt && key.stored)) return undefined;
  return '5: overtaken by a key that Momento spoilt';
}

function parentOf({ secret, parentApiKey }: SecondKey) {
  const parent = [...secret.versions.values()].find(({ key }) => key?.apiKey === parentApiKey);
  return {
    versionId: parent?.versionId,
    createdAt: parent?.createdAt ?? 0,
    expiresAtMs: (parent?.key?.expiresAt ?? 0) * 1000,
  };
}
