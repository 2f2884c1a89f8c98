/** Spreads seeds over worker threads, one for each core, and ends at the first violation. It prints nothing. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
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
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    try {
      for (let seed = next(); seed !== undefined; seed = next()) {
        const run = await ask(worker, { seed, limits });
        if (run.violation !== undefined) isOver = true;
        onRun(run);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

function ask(worker: Worker, job: Job): Promise<RunSummary> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(new Error(`the run of seed ${job.seed} crashed`, { cause: error }));
    worker.once('error', fail);
    worker.once('message', (run: RunSummary) => {
      worker.off('error', fail);
      resolve(run);
    });
    worker.postMessage(job);
  });
}
