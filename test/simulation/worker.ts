/** Simulates the seeds that it is handed, one after the other, and hands back what each run did. It decides and prints nothing. */
import type { ScenarioLimits } from './scenario.ts';
import { simulate } from './simulation.ts';
import { summaryOf } from './tally.ts';

/** Of an error's stack only the start is wanted, and it is costly: nobody reads a million of them. */
Error.stackTraceLimit = 2;

export interface Job {
  readonly seed: number;
  readonly limits: ScenarioLimits;
}

process.on('message', async ({ seed, limits }: Job) => {
  process.send?.(summaryOf(await simulate(seed, limits)));
});
