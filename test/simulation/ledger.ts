/** The truth about each secret, kept from outside: what the services did, whatever the function believes. It judges nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { Fault, SecretPlan } from './scenario.ts';
import type { FoundKey } from './secret-text.ts';

/** A version of a secret's value. Instants in epoch seconds where they end in `At`, milliseconds where they end in `Ms`. */
export interface Version {
  readonly versionId: string;
  readonly by: 'person' | 'function';
  /** When the life of its key began, as far as the value tells; else when the version was made. */
  readonly createdAt: number;
  /** The key in it, where it is one that expires and can be refreshed or replaced. */
  readonly key?: FoundKey | undefined;
  /** When it was made current (last); undefined where it never was. */
  currentSinceMs?: number;
}

/** A key that Momento issued to the function. */
export interface IssuedKey {
  readonly apiKey: string;
  readonly parentApiKey: string;
  /** What Momento answered. */
  readonly answer: object;
  /** A person asked for it. */
  readonly isRequested: boolean;
  /** It is a second one, and the run could not know of the first. */
  readonly isExcused: boolean;
  readonly issuedAtMs: number;
  /** Momento gave one that does not work, or of an expiry that is of no use. */
  readonly spoilt: boolean;
  /** It is in the secret, where the function can find it. */
  stored: boolean;
  /** Its version has been current: a person who moves the label back does not want it again. */
  wasCurrent: boolean;
  /** A person has taken AWSPENDING off it. */
  taken: boolean;
  /** When Momento's answer reached the process. Undefined: it never did. */
  answeredAtMs?: number;
  /** While its process runs: when the retry of that process comes at the latest. */
  retryBeforeMs?: number | undefined;
  /** Why the process that it was issued to has not stored it. Undefined: it may still do so, or it has thrown the key away. */
  lostBy?: 'answer lost' | 'process killed' | 'write refused' | undefined;
}

/** What a disturbance hinders: everything, the Scheduler's answers only, or the coming of sweeps only. */
export type Hinders = 'all' | 'bookings' | 'sweeps';

export type Cause = Fault | BrokenBy | 'killed' | 'timeout' | 'no-management-key';

/** A time in which something was against a refresh: an instant if both ends are equal, open while `toMs` is infinite. */
export interface Disturbance {
  readonly fromMs: number;
  toMs: number;
  readonly hinders: Hinders;
  readonly cause: Cause;
}

export interface Booking {
  readonly atMs: number;
  /** Where it will fire later than the Scheduler promises. */
  readonly late: Disturbance | undefined;
  /** The process that booked it. */
  readonly bookedBy: object;
  /** Its run is told that the last key could not be stored. */
  readonly isWriteTest: boolean;
}

/** Why a secret may be without a wake-up for a while. */
export type BrokenBy = 'lost-wake-up' | 'lost-label-event' | 'dead-letter' | 'removed-entry' | 'dropped-name';

export class SecretLedger {
  readonly plan: SecretPlan;
  readonly versions = new Map<string, Version>();
  /** All keys that were ever in it. */
  readonly keys = new Set<string>();
  /** The v2 keys among them by their ids. */
  readonly apiKeys = new Map<string, string>();
  readonly issued = new Map<string, IssuedKey>();
  /** By the key that they were made with. */
  readonly children = new Map<string, IssuedKey[]>();
  /** When the function asked Momento for a successor of the current key, since that became current. */
  issueCallsMs: number[] = [];
  /** Entries that will fire, by name. */
  readonly bookings = new Map<string, Booking>();
  /** Invocations that run, wait, or will be made again by Lambda. */
  expectedInvocations = 0;
  /** Of late; older ones than the current version are dropped. */
  disturbances: Disturbance[] = [];
  /** Versions that a person asked to be refreshed, due or not. */
  readonly demanded = new Set<string>();
  /** The chances to see the secret that the function has been given by duplicates and people, since the key became current. */
  extraChances = 0;
  current: Version | undefined;
  uncovered: { readonly sinceMs: number; readonly disturbance: Disturbance } | undefined;
  brokenBy: BrokenBy | undefined;
  /** The name is not in the function's list of secrets. `hadEntry`: something was booked for it when it was dropped. */
  dropped: { readonly hadEntry: boolean; readonly disturbance: Disturbance } | undefined;
  /** Keys that a person has revoked. */
  readonly revoked = new Set<string>();
  /** Keys of this secret that count against the number that may work at a time; those that do not work any more are dropped. */
  working: { readonly apiKey: string; readonly issued?: IssuedKey }[] = [];
  /** Versions that a native rotation has reserved, and when: their creation, whenever they get their value. Epoch seconds. */
  readonly reservedAt = new Map<string, number>();
  /** When a version was stored or made current. */
  lastChangeMs = Number.NEGATIVE_INFINITY;
  /** The code that writes are refused with. */
  refusedWrites: string | undefined;
  /** When a person last made a key current, and how many refreshes that nobody asked for came since. */
  begun = { atMs: 0, refreshes: 0 };
  /** When the function first told of the current version that only a person can replace its key. */
  toldActNowMs: number | undefined;
  /** When a run failed or died: what the alarm counts. */
  lastAlarmMs = Number.NEGATIVE_INFINITY;

  constructor(plan: SecretPlan) {
    this.plan = plan;
  }

  versionStored(version: Version, nowMs: number): void {
    this.lastChangeMs = nowMs;
    this.versions.set(version.versionId, version);
    const { apiKey, keyId } = version.key ?? {};
    if (apiKey !== undefined) this.keys.add(apiKey);
    if (apiKey !== undefined && keyId !== undefined) this.apiKeys.set(keyId, apiKey);
    const issued = version.key && this.issued.get(version.key.apiKey);
    if (issued === undefined) return;
    issued.stored = true;
    issued.lostBy = undefined;
  }

  keyIssued(key: IssuedKey): void {
    this.issued.set(key.apiKey, key);
    this.working.push({ apiKey: key.apiKey, issued: key });
    const siblings = this.children.get(key.parentApiKey);
    if (siblings === undefined) this.children.set(key.parentApiKey, [key]);
    else siblings.push(key);
  }

  /** A person has taken AWSPENDING off: the function cannot find the key any more. */
  pendingTaken(versionId: string): void {
    const issued = this.issued.get(this.versions.get(versionId)?.key?.apiKey ?? '');
    if (issued === undefined) return;
    issued.stored = false;
    issued.taken = true;
  }

  /** @returns the version that was current before */
  currentMoved(versionId: string, nowMs: number, by: Version['by']): Version | undefined {
    this.lastChangeMs = nowMs;
    const before = this.current;
    this.current = this.versions.get(versionId);
    if (this.current !== undefined) this.current.currentSinceMs = nowMs;
    const { apiKey = '' } = this.current?.key ?? {};
    const issued = this.issued.get(apiKey);
    // A person has begun anew with this key: what was issued before is not counted any more.
    if (by === 'person') {
      this.working = [{ apiKey }];
      this.begun = { atMs: nowMs, refreshes: 0 };
    } else if (!this.demanded.has(before?.versionId ?? '') && !issued?.isRequested && !issued?.spoilt)
      this.begun.refreshes++;
    if (issued !== undefined) issued.wasCurrent = true;
    this.toldActNowMs = undefined;
    this.issueCallsMs = [];
    this.extraChances = 0;
    this.disturbances = this.disturbances.filter(({ toMs }) => toMs >= nowMs);
    return before;
  }

  hindrances(...kinds: readonly Hinders[]): Disturbance[] {
    return this.disturbances.filter(({ hinders }) => kinds.includes(hinders));
  }

  disturbed(cause: Cause, fromMs: number, toMs = fromMs, hinders: Hinders = 'all'): Disturbance {
    const disturbance = { fromMs, toMs, hinders, cause };
    const last = this.disturbances.at(-1);
    if (last !== undefined && isDeepStrictEqual(last, disturbance)) return last;
    this.disturbances.push(disturbance);
    return disturbance;
  }
}

export class Ledger {
  readonly secrets = new Map<string, SecretLedger>();
  /** The times in which there was no key that could manage keys. */
  readonly unmanaged: Disturbance[] = [];

  constructor(plans: readonly SecretPlan[]) {
    for (const plan of plans) this.secrets.set(plan.name, new SecretLedger(plan));
  }

  of(secretName: string): SecretLedger {
    const secret = this.secrets.get(secretName);
    if (secret === undefined) throw new Error(`the simulation knows no secret ${secretName}`);
    return secret;
  }

  /** Of a v2 key that is or was in a secret, by its id. */
  apiKeyOf(keyId: unknown): string | undefined {
    for (const { apiKeys } of this.secrets.values()) {
      const apiKey = apiKeys.get(String(keyId));
      if (apiKey !== undefined) return apiKey;
    }
    return undefined;
  }

  /** The secret that holds or held this key. */
  ownerOf(apiKey: string): SecretLedger | undefined {
    for (const secret of this.secrets.values()) if (secret.keys.has(apiKey)) return secret;
    return undefined;
  }

  /** One secret, or all where none is named: a sweep concerns them all. */
  concerned(secretName: string | undefined): Iterable<SecretLedger> {
    return secretName === undefined ? this.secrets.values() : [this.of(secretName)];
  }
}
