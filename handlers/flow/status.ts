/** The status: the state of every managed secret and its booked entries. It only reads, and it writes no log and no metrics. */

import type { Ports, Proof } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import { assess, type SecretState } from '../reporting/secret-state.ts';
import { downloadKey, type Place, replaceKey, replaceUnmanagedKey } from '../reporting/words.ts';
import { type Decision, decide } from '../rules/decide.ts';
import { expires, type Observation, traitsOfCurrent } from '../rules/secret.ts';
import {
  type LeadPolicy,
  latestRetryAt,
  SCHEDULER_PRECISION_SECONDS,
  sweepCanSave,
} from '../rules/timing.ts';
import { bookingsBySecret, isoInstant, wakeUpNamePrefix } from '../rules/wake-up.ts';
import { abandonedStep, type OwnedEntries, ownersOf } from './abandoned.ts';
import { observe } from './observe.ts';
import { severalAtOnce } from './several-at-once.ts';

/** The input of the status. */
export interface StatusTask {
  /** Whether to prove every expiring key that has not expired. */
  readonly prove: boolean;
}

export interface StatusResult {
  readonly outcome: 'status';
  /** ISO instant at which the secrets were read. */
  readonly at: string;
  readonly secrets: readonly SecretStatus[];
}

export interface SecretStatus {
  readonly secretName: string;
  readonly state: SecretState;
  /** The reason of the decision, as in logs and results. Null if the secret could not be read. */
  readonly reason: Decision['reason'] | null;
  /** ISO instants. Null if they do not apply. */
  readonly validUntil: string | null;
  readonly expiresInSeconds: number | null;
  readonly plannedRefreshAt: string | null;
  /** The next wake-up. */
  readonly nextWakeUpAt: string | null;
  /** `missing`: a wake-up is needed and none will come in time. The next sweep books it. */
  readonly booking: 'booked' | 'missing' | 'not-needed' | 'unknown';
  /** Whether the lead is long enough for a sweep to refresh the key in time. If not, only booked wake-ups do. Null if there is no expiry. */
  readonly sweepCanSave: boolean | null;
  /** The result of the proof. Absent if the key was not proved. */
  readonly proof?: Proof;
  readonly versionId: string | null;
  readonly pendingVersionId: string | null;
  readonly problem?: { readonly name: string; readonly message: string };
  /** What a person has to do now. Absent if there is nothing to do. */
  readonly nextStep?: string;
}

interface StatusSettings {
  readonly secretNames: readonly string[];
  readonly scheduleGroupName: string;
  readonly lead: LeadPolicy;
  readonly sweepEverySeconds: number;
}

interface StatusContext extends StatusSettings {
  readonly place: Place;
  /** Whether a management key is deployed. */
  readonly isManaged: boolean;
  /** Epoch seconds. */
  readonly now: number;
}

/** If the entries cannot be listed, the keys are shown all the same, and no booking is known. */
export async function status(
  ports: Pick<Ports, 'secrets' | 'wakeUps' | 'issuer' | 'management' | 'clock' | 'place'>,
  settings: StatusSettings,
  { prove }: StatusTask,
): Promise<StatusResult> {
  let unlisted: Error | undefined;
  const entries = await ports.wakeUps.list().catch((error) => {
    unlisted = toReportable(error, ports.place);
    return [];
  });
  const bookings = bookingsBySecret(entries);
  const now = Math.floor(ports.clock() / 1000);
  const observed = new Set<string>();
  const context = { ...settings, place: ports.place, isManaged: ports.management !== undefined, now };
  const secrets = await severalAtOnce(settings.secretNames, async (secretName) => {
    try {
      const observation = await observe(ports, { secretName, bookings });
      const { secretArn } = observation;
      if (secretArn !== undefined) observed.add(wakeUpNamePrefix(secretName, secretArn));
      const proof = prove ? await proveCurrent(ports, observation, now) : undefined;
      const known = secretStatus(observation, proof, context);
      return unlisted === undefined ? known : withoutBooking(known, unlisted);
    } catch (error) {
      return unreadable(secretName, toReportable(error, ports.place));
    }
  });
  const strays = await ownersOf(ports.wakeUps, bookings, observed);
  const abandoned = strays
    .filter(({ secretName }) => !settings.secretNames.includes(secretName))
    .map((stray) => abandonedStatus(stray, context));
  return { outcome: 'status', at: isoInstant(now), secrets: [...secrets, ...abandoned] };
}

function withoutBooking(known: SecretStatus, { name, message }: Error): SecretStatus {
  if (known.booking === 'not-needed') return known;
  return { ...known, booking: 'unknown', nextWakeUpAt: null, problem: { name, message } };
}

/** Does not throw, because a secret whose key cannot be proved is still readable. */
async function proveCurrent(
  { issuer, place }: Pick<Ports, 'issuer' | 'place'>,
  { current }: Observation,
  now: number,
): Promise<Proof | undefined> {
  if (current?.content.kind !== 'expiring' || current.content.expiresAt <= now) return undefined;
  try {
    return await issuer.prove(current.content.key);
  } catch (error) {
    return { result: 'unproven', detail: toReportable(error, place).name };
  }
}

/** Prefers the proof of this call to the label of an earlier proof. */
function withProof(observation: Observation, proof: Proof | undefined): Observation {
  const { current } = observation;
  if (current === undefined || proof === undefined || proof.result === 'unproven') return observation;
  return { ...observation, current: { ...current, isRejected: proof.result === 'rejected' } };
}

/** Without a management key a key without a refresh token is lost when it expires. Its first refresh would say so only shortly before. */
function withMissingToken(observation: Observation): Observation {
  const { current } = observation;
  const lacksToken = current?.content.kind === 'expiring' && current.content.key.refreshToken === undefined;
  return lacksToken ? { ...observation, current: { ...current, isUnrefreshable: true } } : observation;
}

function secretStatus(
  observed: Observation,
  proof: Proof | undefined,
  { lead, sweepEverySeconds, place, isManaged, now }: StatusContext,
): SecretStatus {
  const proved = withProof(observed, proof);
  const observation = isManaged ? proved : withMissingToken(proved);
  const { secretName, current, pending } = observation;
  const decision = decide(observation, { now, lead });
  const { dueAt, expiresAt } = decision;
  const { state } = assess(observation, { now, lead });
  const nextWakeUp = observation.bookedAt.filter((at) => at > now).sort((a, b) => a - b)[0];
  return {
    secretName,
    state,
    reason: decision.reason,
    validUntil: isoOrNull(expiresAt),
    expiresInSeconds: expiresAt === undefined ? null : expiresAt - now,
    plannedRefreshAt: isoOrNull(dueAt),
    nextWakeUpAt: isoOrNull(nextWakeUp),
    booking: bookingOf(decision, observation.bookedAt, now),
    sweepCanSave: expiresAt === undefined ? null : sweepCanSave(expiresAt - dueAt, sweepEverySeconds),
    ...(proof !== undefined && { proof }),
    versionId: current?.versionId ?? null,
    pendingVersionId: pending?.versionId ?? null,
    ...(NEEDS_KEY.has(state) && { nextStep: downloadKey(place, secretName) }),
    ...(state === 'unrefreshable' && {
      nextStep: (isManaged ? replaceKey : replaceUnmanagedKey)(place, {
        secretName,
        ...(expires(observation) && traitsOfCurrent(observation.current)),
      }),
    }),
  };
}

/** Only a person can help, with a new key. */
const NEEDS_KEY: ReadonlySet<SecretState> = new Set(['lapsed', 'rejected', 'unseeded']);

/** A wake-up counts as booked if it is not later than needed. One that fires at this moment is not missing. */
function bookingOf(decision: Decision, bookedAt: readonly number[], now: number): SecretStatus['booking'] {
  switch (decision.outcome) {
    case 'wait':
      return bookedAt.some((at) => at > now && at <= decision.until + SCHEDULER_PRECISION_SECONDS)
        ? 'booked'
        : 'missing';
    case 'refresh':
    case 'resume':
      return bookedAt.some(
        (at) => at >= now - SCHEDULER_PRECISION_SECONDS && at <= latestUsefulAt(now, decision.expiresAt),
      )
        ? 'booked'
        : 'missing';
    default:
      return 'not-needed';
  }
}

/** The latest instant for the next try of a key that is due: before the key lapses, and not later than any retry. */
function latestUsefulAt(now: number, expiresAt: number): number {
  const retryAt = latestRetryAt(now, expiresAt);
  return now < expiresAt ? Math.min(expiresAt, retryAt) : retryAt;
}

function abandonedStatus(
  { secretName, entries }: OwnedEntries,
  { scheduleGroupName, place, now }: StatusContext,
): SecretStatus {
  const names = entries.map(({ name }) => name);
  const coming = entries.map(({ at }) => at).filter((at) => at > now);
  return {
    ...unobserved(secretName, 'abandoned'),
    nextWakeUpAt: coming.length === 0 ? null : isoInstant(Math.min(...coming)),
    booking: 'not-needed',
    nextStep: abandonedStep(place, scheduleGroupName, names),
  };
}

function unreadable(secretName: string, { name, message }: Error): SecretStatus {
  return { ...unobserved(secretName, 'unreadable'), problem: { name, message } };
}

function unobserved(secretName: string, state: 'unreadable' | 'abandoned'): SecretStatus {
  return {
    secretName,
    state,
    reason: null,
    validUntil: null,
    expiresInSeconds: null,
    plannedRefreshAt: null,
    nextWakeUpAt: null,
    booking: 'unknown',
    sweepCanSave: null,
    versionId: null,
    pendingVersionId: null,
  };
}

function isoOrNull(epochSeconds: number | undefined): string | null {
  return epochSeconds === undefined ? null : isoInstant(epochSeconds);
}
