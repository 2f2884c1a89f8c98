/** Simulates with one safety measure taken out of the handlers' source as it is loaded, until an invariant is seen broken. */
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Edit } from './measures.ts';

export interface Search {
  readonly out: Edit;
  readonly seeds: readonly number[];
  readonly days: number;
}

export interface Finding {
  readonly seed: number;
  readonly invariant: number;
  readonly message: string;
}

Error.stackTraceLimit = 2;
const { out, seeds, days } = workerData as Search;
const target = new URL(`../../handlers/${out.file}`, import.meta.url).href;
let isTaken = false;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target) return loaded;
    const source = String(loaded.source);
    const parts = source.split(out.take);
    if (parts.length !== 2)
      throw new Error(`${out.file} has "${out.take}" ${parts.length - 1} times: see measures.ts`);
    isTaken = true;
    return { ...loaded, source: parts.join(out.put) };
  },
});

const { simulate } = await import('./simulation.ts');
if (!isTaken) throw new Error(`${out.file} was not loaded`);
parentPort?.postMessage(await search());

async function search(): Promise<Finding | undefined> {
  for (const seed of seeds) {
    const { violation } = await simulate(seed, { days });
    if (violation !== undefined) return { seed, invariant: violation.invariant, message: violation.message };
  }
  return undefined;
}
