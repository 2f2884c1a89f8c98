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
  readonly inspected: number;
  readonly faults: readonly (readonly [Fault, number])[];
  readonly excuses: readonly (readonly [string, number])[];
  readonly violation?: { readonly invariant: number; readonly message: string };
}

export function summaryOf(result: RunResult): RunSummary {
  const { scenario, violation, faults, excuses, days, steps, invocations, refreshes, inspected } = result;
  return {
    seed: scenario.seed,
    days,
    steps,
    invocations,
    refreshes,
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
  readonly faults = new Map<string, number>();
  readonly excuses = new Map<string, number>();

  add(run: RunSummary): void {
    this.runs += 1;
    this.days += run.days;
    this.steps += run.steps;
    this.invocations += run.invocations;
    this.refreshes += run.refreshes;
    this.inspected += run.inspected;
    for (const [fault, count] of run.faults) this.faults.set(fault, (this.faults.get(fault) ?? 0) + count);
    for (const [excuse, count] of run.excuses)
      this.excuses.set(excuse, (this.excuses.get(excuse) ?? 0) + count);
  }

  lines(seconds: number): string[] {
    const faults = [...this.faults].toSorted(([, one], [, other]) => other - one);
    const excuses = [...this.excuses].toSorted();
    const total = faults.reduce((sum, [, count]) => sum + count, 0);
    return [
      `${number(this.runs)} runs, ${number(this.days / 365)} virtual years in ${number(seconds)} s`,
      `  ${number(this.invocations)} invocations, ${number(this.refreshes)} refreshes, ${number(this.steps)} steps, each with the invariants asserted`,
      `  ${number(this.inspected)} different texts searched for parts of keys and tokens`,
      `  ${number(total)} injected faults:`,
      ...columns(faults),
      '  excuses granted (test/simulation/invariants.ts):',
      ...columns(excuses),
    ];
  }
}

function columns(pairs: readonly (readonly [string, number])[]): string[] {
  if (pairs.length === 0) return ['    none'];
  return pairs.map(([name, count]) => `    ${number(count).padStart(11)}  ${name}`);
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
