/** Draws one recorded run as SVG: the keys of each secret as bars over time, with refreshes, failures and outages marked. */
import { span } from './causes.ts';
import {
  type KeyBar,
  type Lane,
  type Lapse,
  type PictureData,
  pictureData,
  type Spell,
} from './picture-data.ts';
import type { RunResult } from './simulation.ts';
import { INK, round, text, widthOf } from './svg.ts';

const WIDTH = 1280;
const LEFT = 40;
const RIGHT = 40;
const TOP = 128;
const LANE = 128;
const BAR = 20;
const ROWS = 2;
/** With more keys than this a bar is no wider than a hair: one band shows that there was always one. */
const MAX_BARS = 160;
/** The height of a line that says why a lapse was allowed, and how many lapses have a line of their own. */
const NOTE = 18;
const MAX_NOTES = 20;
const DAY_MS = 86_400_000;

const FAINT = '#7b8794';
const GRID = '#e4e7eb';
const KEY = '#0f9d8a';
const KEY_LEFT = '#a9e2d9';
const PERSON = '#5b5bd6';
const PERSON_LEFT = '#cfcff5';
const DEAD = '#e02d3c';
const NO_KEY = '#cbd2d9';
const OUTAGE: Readonly<Record<Spell['kind'], string>> = {
  'momento-outage': '#f7b0a8',
  'aws-outage': '#f8d490',
  throttling: '#e9e1b4',
};

export function picture(result: RunResult): string {
  const data = pictureData(result);
  const bottom = TOP + data.lanes.length * LANE;
  const notes = lapseNotes(data.lanes.flatMap(({ lapses }) => lapses));
  const x = scale(data);
  const body = [
    ...heading(result),
    ...legend(),
    ...data.spells.map((spell) => spellBand(spell, x, bottom)),
    ...timeAxis(data, x, bottom),
    ...data.lanes.flatMap((lane, index) => laneGroup(lane, TOP + index * LANE, x)),
    ...notes.map((note, index) => text(LEFT, bottom + 56 + index * NOTE, note, { size: 12 })),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 44 + notes.length * NOTE}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" fill="${INK}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

type Scale = (instantMs: number) => number;

function scale({ fromMs, toMs }: PictureData): Scale {
  const perMs = (WIDTH - LEFT - RIGHT) / (toMs - fromMs);
  return (instantMs) => LEFT + (Math.min(Math.max(instantMs, fromMs), toMs) - fromMs) * perMs;
}

function heading({ scenario, refreshes, invocations, faults, violation }: RunResult): string[] {
  const modes = { both: 'chain and sweep', chain: 'the chain alone', sweep: 'the sweep alone' };
  const tokens = scenario.singleUseTokens ? 'refresh tokens that work once' : 'refresh tokens as documented';
  const injected = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const verdict =
    violation === undefined
      ? text(WIDTH - RIGHT, 40, 'no invariant violated', { size: 15, fill: KEY, anchor: 'end', weight: 600 })
      : text(WIDTH - RIGHT, 40, `invariant ${violation.invariant} violated`, {
          size: 15,
          fill: DEAD,
          anchor: 'end',
          weight: 600,
        });
  return [
    text(LEFT, 40, `Seed ${scenario.seed}: ${scenario.days} days of ${modes[scenario.mode]}`, {
      size: 22,
      weight: 600,
    }),
    verdict,
    text(
      LEFT,
      64,
      `${tokens} · sweep every ${span(scenario.sweepEverySeconds)} · clocks off by up to ${scenario.maxSkewSeconds} s · ${refreshes.toLocaleString('en-US')} refreshes in ${invocations.toLocaleString('en-US')} runs · ${injected.toLocaleString('en-US')} injected faults`,
      { fill: FAINT },
    ),
  ];
}

function legend(): string[] {
  const items: [string, string][] = [
    [box(KEY), 'current key, refreshed'],
    [box(PERSON), 'current key, put by a person'],
    [box(KEY_LEFT), 'replaced, still valid'],
    [box(DEAD), 'current key has lapsed'],
    [box(NO_KEY), 'no key that expires'],
    [`<path d="M0 -4 v8" stroke="${DEAD}" stroke-width="1.5"/>`, 'failed run'],
    [`<path d="M-3 -3 l6 6 m0 -6 l-6 6" stroke="${INK}" stroke-width="1.5"/>`, 'killed'],
    [box(OUTAGE['momento-outage']), 'Momento away'],
    [box(OUTAGE['aws-outage']), 'AWS away'],
    [box(OUTAGE.throttling), 'throttled'],
  ];
  let at = LEFT + 6;
  return items.flatMap(([mark, words]) => {
    const item = [
      `<g transform="translate(${at} 92)">${mark}</g>`,
      text(at + 12, 96, words, { size: 11.5, fill: FAINT }),
    ];
    at += 30 + widthOf(words);
    return item;
  });
}

function box(fill: string): string {
  return `<rect x="-6" y="-6" width="12" height="12" rx="2.5" fill="${fill}"/>`;
}

function timeAxis({ fromMs, toMs }: PictureData, x: Scale, bottom: number): string[] {
  const ticks: number[] = [];
  const days = (toMs - fromMs) / DAY_MS;
  if (days > 62) {
    for (
      let date = new Date(fromMs);
      date.getTime() <= toMs;
      date = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1))
    )
      ticks.push(date.getTime());
  } else {
    const stepMs = Math.max(1, Math.ceil(days / 14)) * DAY_MS;
    for (let at = fromMs; at <= toMs; at += stepMs) ticks.push(at);
  }
  const format = new Intl.DateTimeFormat(
    'en-GB',
    days > 62 ? { month: 'short', timeZone: 'UTC' } : { day: 'numeric', month: 'short', timeZone: 'UTC' },
  );
  return ticks.flatMap((at) => [
    `<path d="M${round(x(at))} ${TOP - 8} V${bottom + 6}" stroke="${GRID}"/>`,
    text(x(at) + 4, bottom + 22, format.format(at), { size: 12, fill: FAINT }),
  ]);
}

function spellBand({ kind, fromMs, toMs }: Spell, x: Scale, bottom: number): string {
  const width = Math.max(1, x(toMs) - x(fromMs));
  return `<rect x="${round(x(fromMs))}" y="${TOP - 8}" width="${round(width)}" height="${bottom - TOP + 14}" fill="${OUTAGE[kind]}" fill-opacity="0.75"/>`;
}

function laneGroup(lane: Lane, top: number, x: Scale): string[] {
  const refreshed = lane.bars.filter(({ by }) => by === 'function').length;
  const title = `keys of ${span(lane.lifetimeSeconds)} · ${refreshed.toLocaleString('en-US')} refreshes`;
  const rows = top + 26;
  const marks = rows + ROWS * (BAR + 4) + 14;
  return [
    text(
      LEFT,
      top + 14,
      `${lane.secretName}<tspan font-size="12" font-weight="400" fill="${FAINT}" dx="10">${title}</tspan>`,
      {
        size: 14,
        weight: 600,
      },
    ),
    ...(lane.bars.length > MAX_BARS ? bandOf(lane.bars, rows, x) : barsOf(lane.bars, rows, x)),
    `<path d="${ticks(lane.failuresMs, x, marks)}" stroke="${DEAD}" stroke-width="1.2" stroke-opacity="0.7"/>`,
    ...lane.deathsMs.map(
      (at) =>
        `<path d="M${round(x(at) - 3)} ${marks + 8} l6 6 m0 -6 l-6 6" stroke="${INK}" stroke-width="1.3"/>`,
    ),
  ];
}

/** Why each lapse was allowed. Beyond the first ones they are summed up by their excuse. */
function lapseNotes(lapses: readonly Lapse[]): string[] {
  const others = Map.groupBy(lapses.slice(MAX_NOTES), ({ why }) => why.replace(/ \(.*/, ''));
  return [
    lapses.length === 0 ? 'No current key lapsed.' : 'Why each lapse was allowed:',
    ...lapses.slice(0, MAX_NOTES).map(({ secretName, fromMs, toMs, why }) => {
      const at = `${new Date(fromMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      return `${at}, ${secretName}, for ${span((toMs - fromMs) / 1000)}: ${why}`;
    }),
    ...[...others].map(([excuse, { length }]) => `${length} more: ${excuse}`),
  ];
}

/** What is left of a replaced key lies beneath the keys that came after it. */
function barsOf(bars: readonly KeyBar[], top: number, x: Scale): string[] {
  const placed = bars.map((bar, index) => ({ ...bar, y: top + (index % ROWS) * (BAR + 4) }));
  const colour = (bar: KeyBar) => (bar.by === 'person' ? PERSON : KEY);
  return [
    ...placed.map((bar) =>
      bar.expiresMs === undefined || bar.expiresMs <= bar.replacedMs
        ? ''
        : rectangle(
            bar.replacedMs,
            bar.expiresMs,
            bar.y + 5,
            BAR - 10,
            bar.by === 'person' ? PERSON_LEFT : KEY_LEFT,
            x,
          ),
    ),
    ...placed.map((bar) => {
      const worksUntilMs = Math.min(bar.expiresMs ?? bar.replacedMs, bar.replacedMs);
      return rectangle(
        bar.fromMs,
        worksUntilMs,
        bar.y,
        BAR,
        bar.expiresMs === undefined ? NO_KEY : colour(bar),
        x,
      );
    }),
    ...placed.map(({ expiresMs, replacedMs, y }) =>
      expiresMs === undefined || expiresMs >= replacedMs
        ? ''
        : rectangle(expiresMs, replacedMs, y, BAR, DEAD, x),
    ),
    ...placed.map(
      (bar) =>
        `<circle cx="${round(x(bar.fromMs))}" cy="${bar.y + BAR / 2}" r="3.2" fill="#ffffff" stroke="${colour(bar)}" stroke-width="1.8"/>`,
    ),
  ].filter((shape) => shape !== '');
}

/** One band for all: whole where a key was there, red where it had lapsed, grey where there was none. */
function bandOf(bars: readonly KeyBar[], top: number, x: Scale): string[] {
  const first = bars[0]?.fromMs ?? 0;
  const last = bars.at(-1)?.replacedMs ?? 0;
  const height = ROWS * BAR + 4;
  return [
    rectangle(first, last, top, height, KEY, x),
    ...bars.flatMap(({ expiresMs, fromMs, replacedMs, by }) => [
      expiresMs === undefined ? rectangle(fromMs, replacedMs, top, height, NO_KEY, x) : '',
      expiresMs !== undefined && expiresMs < replacedMs
        ? rectangle(Math.max(fromMs, expiresMs), replacedMs, top, height, DEAD, x)
        : '',
      by === 'person' ? rectangle(fromMs, fromMs, top, height, PERSON, x) : '',
    ]),
  ];
}

function rectangle(fromMs: number, toMs: number, y: number, height: number, fill: string, x: Scale): string {
  const width = Math.max(1, x(toMs) - x(fromMs));
  return `<rect x="${round(x(fromMs))}" y="${y}" width="${round(width)}" height="${height}" rx="${width > 6 ? 3 : 0}" fill="${fill}"/>`;
}

/** Marks that fall on one pixel are drawn once. */
function ticks(instantsMs: readonly number[], x: Scale, y: number): string {
  return [...new Set(instantsMs.map((at) => round(x(at))))].map((at) => `M${at} ${y - 4} v8`).join(' ');
}
