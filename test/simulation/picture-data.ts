/** Reads from a recorded run what its picture shows: each secret's keys over time, and what befell them. It draws nothing. */
import type { Happening } from './chronicle.ts';
import type { RunResult } from './simulation.ts';
import { START_MS } from './world.ts';

/** One key's time as the current one, and what was left of its life. Milliseconds. */
export interface KeyBar {
  readonly by: 'person' | 'function';
  readonly fromMs: number;
  readonly replacedMs: number;
  /** Undefined where the value held no key that expires. */
  readonly expiresMs: number | undefined;
}

/** A time in which the current key had expired. */
export interface Lapse {
  readonly secretName: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The excuse that allowed it, and what stood against a refresh from the key's due time to its expiry. */
  readonly why: string;
}

export interface Lane {
  readonly secretName: string;
  readonly lifetimeSeconds: number;
  readonly bars: readonly KeyBar[];
  readonly lapses: readonly Lapse[];
  readonly failuresMs: readonly number[];
  readonly deathsMs: readonly number[];
}

export interface Spell {
  readonly kind: 'momento-outage' | 'aws-outage' | 'throttling';
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PictureData {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lanes: readonly Lane[];
  readonly spells: readonly Spell[];
}

export function pictureData({ scenario, days, happenings }: RunResult): PictureData {
  const toMs = START_MS + days * 86_400_000;
  const ofSecret = (name: string) => happenings.filter(({ secretName }) => secretName === name);
  return {
    fromMs: START_MS,
    toMs,
    lanes: scenario.secrets.map(({ name, lifetimeSeconds }) => {
      const own = ofSecret(name);
      const keys = bars(own, toMs);
      return {
        secretName: name,
        lifetimeSeconds,
        bars: keys,
        lapses: keys.flatMap((bar) => lapse(name, bar, own) ?? []),
        failuresMs: instants(own, 'failed'),
        deathsMs: instants(own, 'died'),
      };
    }),
    spells: happenings.flatMap((happening) => spell(happening) ?? []),
  };
}

function bars(happenings: readonly Happening[], toMs: number): KeyBar[] {
  const moves = happenings.filter(({ what }) => what === 'put' || what === 'promoted');
  return moves.map(({ atMs, what, detail }, index) => {
    const expiresAt = Number(/ until (\d+)$/.exec(detail)?.[1]);
    return {
      by: what === 'put' ? 'person' : 'function',
      fromMs: atMs,
      replacedMs: moves[index + 1]?.atMs ?? toMs,
      expiresMs: Number.isNaN(expiresAt) ? undefined : expiresAt * 1000,
    };
  });
}

function lapse(secretName: string, bar: KeyBar, happenings: readonly Happening[]): Lapse | undefined {
  const { fromMs: currentMs, expiresMs, replacedMs: toMs } = bar;
  if (expiresMs === undefined || expiresMs >= toMs) return undefined;
  if (expiresMs <= currentMs)
    return { secretName, fromMs: currentMs, toMs, why: 'a person put a lapsed key' };
  const noted = happenings.find(({ what, atMs }) => what === 'lapsed' && atMs === expiresMs);
  return { secretName, fromMs: expiresMs, toMs, why: noted?.detail ?? 'the run had ended' };
}

function instants(happenings: readonly Happening[], kind: string): number[] {
  return happenings.filter(({ what }) => what === kind).map(({ atMs }) => atMs);
}

function spell({ what, atMs, detail }: Happening): Spell | undefined {
  if (what !== 'momento-outage' && what !== 'aws-outage' && what !== 'throttling') return undefined;
  return { kind: what, fromMs: atMs, toMs: atMs + Number(detail) };
}
