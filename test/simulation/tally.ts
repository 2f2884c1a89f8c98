/** Sums what many runs did, and words it for people. It runs nothing. */
import type { Fault } from './scenario.ts';
import type { RunResult } from './simulation.ts';

/** What of a run crosses from a worker to the command. */
export interface RunSummary {
  readonly seed: number;
  readonly days: number;
  readonly steps: number;
  readonly invocations: number;
  readonly refreshes: number;
  readonly counts: readonly (readonly [string, number])[];
  readonly inspected: number;
  readonly faults: readonly (readonly [Fault, number])[];
  readonly excuses: readonly (readonly [string, number])[];
  readonly violation?: { readonly invariant: number; readonly message: string };
}

export function summaryOf(result: RunResult): RunSummary {
  const { scenario, violation, faults, excuses, days, steps, invocations, refreshes, counts, inspected } =
    result;
  return {
    seed: scenario.seed,
    days,
    steps,
    invocations,
    refreshes,
    counts: [...counts],
    inspected,
    faults: [...faults],
    excuses: [...excuses],
    ...(violation && { violation: { invariant: violation.invariant, message: violation.message } }),
  };
}

export class Tally {
  runs = 0;
  days = 0;
  steps = 0;
  invocations = 0;
  refreshes = 0;
  inspected = 0;
  readonly counts = new Map<string, number>();
  readonly faults = new Map<string, number>();
  readonly excuses = new Map<string, number>();

  add(run: RunSummary): void {
    this.runs += 1;
    this.days += run.days;
    this.steps += run.steps;
    this.invocations += run.invocations;
    this.refreshes += run.refreshes;
    this.inspected += run.inspected;
    addAll(this.counts, run.counts);
    addAll(this.faults, run.faults);
    addAll(this.excuses, run.excuses);
  }

  lines(seconds: number): string[] {
    const faults = [...this.faults].toSorted(([, one], [, other]) => other - one);
    const excuses = [...this.excuses].toSorted();
    const total = faults.reduce((sum, [, count]) => sum + count, 0);
    return [
      `${number(this.runs)} runs, ${number(this.days / 365)} virtual years in ${number(seconds)} s`,
      `  ${number(this.invocations)} invocations, ${number(this.refreshes)} refreshes, ${number(this.steps)} steps, each with the invariants asserted`,
      ...columns([...this.counts].toSorted()),
      `  ${number(this.inspected)} different texts searched for parts of keys and tokens`,
      `  ${number(total)} injected faults:`,
      ...columns(faults),
      '  excuses granted (test/simulation/invariants.ts):',
      ...columns(excuses),
    ];
  }
}

function addAll(sums: Map<string, number>, pairs: readonly (readonly [string, number])[]): void {
  for (const [name, count] of pairs) sums.set(name, (sums.get(name) ?? 0) + count);
}

function columns(pairs: readonly (readonly [string, number])[]): string[] {
  if (pairs.length === 0) return ['    none'];
  return pairs.map(([name, count]) => `    ${number(count).padStart(11)}  ${name}`);
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
