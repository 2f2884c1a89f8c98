/** Runs the measurements and writes each of them as a table. */
import { type Cost, type Measurement, measure, type Share, type Subject } from './measure.ts';
import type { Scenario, Scenarios } from './scenarios.ts';
import type { Calls } from './services.ts';
import { spread, spreadText, table } from './statistics.ts';
import { type BundledModule, bytesOf, zippedBytesOf } from './subjects.ts';

/** Every subject in turn, again and again, so that whatever else the machine does meets all of them. */
async function alternate(subjects: readonly Subject[], scenario: Scenario, rounds: number, share?: Share) {
  const measurements = new Map<string, Measurement[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      const { setting, event } = scenario.prepare();
      measurements.get(subject.name)?.push(await measure(subject, setting, event, share));
    }
  }
  return (name: string) => measurements.get(name) ?? [];
}

/** The bundle and the floor beside the naive handler, whose figure is 1 in each ratio. */
export async function comparison(
  subjects: readonly [bundle: Subject, naive: Subject, floor: Subject],
  scenarios: readonly Scenario[],
  rounds: number,
): Promise<string> {
  const [bundle, naive, floor] = subjects;
  const rows: string[][] = [];
  const row = (what: string, figuresOf: (name: string) => readonly number[]) => {
    const [ours, theirs, least] = [bundle, naive, floor].map(({ name }) => spread(figuresOf(name)));
    if (ours === undefined || theirs === undefined || least === undefined) return;
    const ratios = [ours.median / theirs.median, ours.min / theirs.min].map((ratio) => ratio.toFixed(2));
    rows.push([what, spreadText(ours), spreadText(theirs), spreadText(least), ...ratios]);
  };
  const sizes = new Map(subjects.map((subject) => [subject.name, zippedBytesOf(subject) / 1024]));
  const whole = new Map(subjects.map((subject) => [subject.name, bytesOf(subject) / 1024]));
  row('zip, KB', (name) => [sizes.get(name) ?? 0]);
  row('files, KB', (name) => [whole.get(name) ?? 0]);
  const calls: string[][] = [];
  for (const [index, scenario] of scenarios.entries()) {
    const of = await alternate(subjects, scenario, rounds);
    const values = (pick: (measurement: Measurement) => number) => (name: string) => of(name).map(pick);
    if (index === 0) {
      row(
        'load, CPU ms',
        values(({ load }) => load.cpuMs),
      );
      row(
        'load, peak MB',
        values(({ load }) => load.peakMB),
      );
    }
    row(
      `${scenario.name}: CPU ms`,
      values(({ first }) => first.cpuMs),
    );
    row(
      `${scenario.name}: peak MB`,
      values(({ first }) => first.peakMB),
    );
    const last = (name: string) => of(name).at(-1);
    calls.push([
      scenario.name,
      ...[bundle, naive].map(({ name }) => callsText(last(name)?.calls ?? {})),
      `${last(bundle.name)?.first.sockets}`,
    ]);
  }
  return [
    table(['', ...subjects.map(({ name }) => name), 'bundle ÷ naive', 'lowest ÷ lowest'], rows),
    '',
    table(['calls', bundle.name, naive.name, 'sockets of the bundle'], calls),
  ].join('\n');
}

function callsText(calls: Calls): string {
  const entries = Object.entries(calls);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return `${total}: ${entries.map(([operation, count]) => `${count} ${operation}`).join(', ')}`;
}

/** The bundle without one of its measures each: what that would cost. */
export async function levers(
  bundle: Subject,
  without: readonly Subject[],
  scenarios: { readonly sweep: Scenario; readonly refresh: Scenario; readonly error: Scenario },
  rounds: number,
): Promise<string> {
  const subjects = [bundle, ...without];
  const sweeps = await alternate(subjects, scenarios.sweep, rounds);
  const refreshes = await alternate(subjects, scenarios.refresh, rounds);
  const errors = await alternate(subjects, scenarios.error, rounds);
  const cpu = (measurements: readonly Measurement[]) =>
    spread(measurements.map(({ first }) => first.cpuMs)).min;
  const peak = (measurements: readonly Measurement[]) =>
    spread(measurements.map(({ first }) => first.peakMB)).min;
  const base = {
    sweep: cpu(sweeps(bundle.name)),
    refresh: cpu(refreshes(bundle.name)),
    zip: zippedBytesOf(bundle),
  };
  const rows = subjects.map((subject) => {
    const { name } = subject;
    const [sweep, refresh, error] = [cpu(sweeps(name)), cpu(refreshes(name)), cpu(errors(name))];
    return [
      subject === bundle ? 'with all' : `without: ${name}`,
      `${sweep.toFixed(0)} (× ${(sweep / base.sweep).toFixed(2)})`,
      `${refresh.toFixed(0)} (× ${(refresh / base.refresh).toFixed(2)})`,
      `${(error - sweep).toFixed(0)}`,
      peak(errors(name)).toFixed(0),
      `${(zippedBytesOf(subject) / 1024).toFixed(0)} (× ${(zippedBytesOf(subject) / base.zip).toFixed(2)})`,
    ];
  });
  return table(
    ['', 'sweep, CPU ms', 'refresh, CPU ms', 'an error adds, CPU ms', 'error, peak MB', 'zip, KB'],
    rows,
  );
}

/** 1,769 MB of memory give a function one core; less give it that part of one. */
const MB_OF_A_CORE = 1769;
const MEMORY_SIZES_MB = [128, 192, 256, 512, 1024, 1769];

export async function memory(
  bundle: Subject,
  scenarios: readonly Scenario[],
  rounds: number,
  dollarsPerGBSecond: number,
): Promise<string> {
  const peaks: string[] = [];
  const rows = new Map(MEMORY_SIZES_MB.map((size) => [size, [`${size}`]]));
  for (const scenario of scenarios) {
    let peakMB = 0;
    for (const sizeMB of MEMORY_SIZES_MB) {
      const share = { cpu: Math.min(1, sizeMB / MB_OF_A_CORE) };
      const of = await alternate([bundle], scenario, rounds, share);
      const seconds = of(bundle.name).map(({ load, first }) => (first.wallMs - load.wallMs) / 1000);
      const { min } = spread(seconds);
      const dollars = min * (sizeMB / 1024) * dollarsPerGBSecond * 1e6;
      rows.get(sizeMB)?.push(`${min.toFixed(2)}`, `${dollars.toFixed(2)}`);
      peakMB = Math.max(peakMB, ...of(bundle.name).map(({ first }) => first.peakMB));
    }
    peaks.push(`${scenario.name}: ${peakMB.toFixed(0)} MB`);
  }
  const head = scenarios.flatMap(({ name }) => [`${name}: s`, '$ per million']);
  return [table(['memory, MB', ...head], [...rows.values()]), '', `Peaks: ${peaks.join('; ')}.`].join('\n');
}

export async function growth(
  bundle: Subject,
  scenarios: Scenarios,
  counts: readonly number[],
): Promise<string> {
  const rows: string[][] = [];
  for (const open of [
    (count: number) => scenarios.nothingDue(count),
    (count: number) => scenarios.allDue(count),
  ]) {
    for (const count of counts) {
      const scenario = await open(count);
      const { setting, event } = scenario.prepare();
      const { load, first, calls, error } = await measure(bundle, setting, event);
      if (error !== undefined) throw new Error(`${scenario.name}: ${error}`);
      rows.push([scenario.name, ...growthCells(load, first), callsText(calls)]);
    }
  }
  return table(['', 'seconds', 'CPU ms', 'peak MB', 'sockets', 'calls'], rows);
}

/** Without the load, which is the same for any number. */
function growthCells(load: Cost, first: Cost): string[] {
  return [
    ((first.wallMs - load.wallMs) / 1000).toFixed(2),
    (first.cpuMs - load.cpuMs).toFixed(0),
    first.peakMB.toFixed(0),
    `${first.sockets}`,
  ];
}

const LARGEST = 12;

/** What the packages bring to a file of the bundle: the largest ones. */
export function packages(file: string, bundled: readonly BundledModule[]): string {
  const sizes = new Map<string, { bytes: number; modules: number }>();
  for (const module of bundled) {
    const { bytes, modules } = sizes.get(module.package) ?? { bytes: 0, modules: 0 };
    sizes.set(module.package, { bytes: bytes + module.bytes, modules: modules + 1 });
  }
  const rows = [...sizes]
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .slice(0, LARGEST)
    .map(([name, { bytes, modules }]) => [name, (bytes / 1024).toFixed(0), `${modules}`]);
  return table([`${file}: ${bundled.length} modules`, 'KB', 'modules'], rows);
}
