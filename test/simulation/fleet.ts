/** Spreads seeds over processes, one for each core, and ends at the first violation. It prints nothing. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { ScenarioLimits } from './scenario.ts';
import type { RunSummary } from './tally.ts';
import type { Job } from './worker.ts';

/**
 * @param onRun is told of each run as it ends, in whatever order
 * @returns once all seeds are done, or the running ones after a violation
 * @throws where a run crashes: a fault of the simulation itself
 */
export async function simulateAll(
  seeds: Iterable<number>,
  limits: ScenarioLimits,
  onRun: (run: RunSummary) => void,
): Promise<void> {
  const queue = seeds[Symbol.iterator]();
  let isOver = false;
  const next = (): number | undefined => {
    const { value, done } = queue.next();
    return isOver || done === true ? undefined : value;
  };
  const work = async () => {
    // Not threads: V8 can abort the whole process when a thread ends ("Check failed: jit_page.has_value()").
    const worker = fork(new URL('./worker.ts', import.meta.url), { execArgv: [], serialization: 'advanced' });
    try {
      for (let seed = next(); seed !== undefined; seed = next()) {
        const run = await ask(worker, { seed, limits });
        if (run.violation !== undefined) isOver = true;
        onRun(run);
      }
    } finally {
      worker.disconnect();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

function ask(worker: ChildProcess, job: Job): Promise<RunSummary> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`the run of seed ${job.seed} crashed`));
    worker.once('exit', fail);
    worker.once('error', fail);
    worker.once('message', (run: RunSummary) => {
      worker.off('exit', fail);
      worker.off('error', fail);
      resolve(run);
    });
    worker.send(job);
  });
}
