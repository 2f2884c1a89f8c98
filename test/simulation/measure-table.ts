/** Switches each safety measure off in turn and tells which invariant breaks then, and at which seed. */
import { fork } from 'node:child_process';
import type { Finding, Found, Search } from './measure-worker.ts';
import { MEASURES, type Measure } from './measures.ts';

export const MEASURE_DAYS = 60;
const MAX_SEEDS = 1500;

/** @returns the first seed that breaks an invariant without the measure, the measure's own seed first; undefined if none does */
export function findMissing(measure: Measure, maxSeeds = MAX_SEEDS): Promise<Finding | undefined> {
  const { seed } = measure;
  const seeds = [
    seed,
    ...Array.from({ length: maxSeeds }, (_, index) => index + 1).filter((other) => other !== seed),
  ];
  const search: Search = { measure: MEASURES.indexOf(measure), seeds, days: MEASURE_DAYS };
  return new Promise((resolve, reject) => {
    const worker = fork(new URL('./measure-worker.ts', import.meta.url), [JSON.stringify(search)], {
      execArgv: [],
    });
    worker.once('exit', () => reject(new Error(`the search without "${measure.measure}" crashed`)));
    worker.once('message', ({ finding }: Found) => resolve(finding));
  });
}

export async function* measureTable(): AsyncGenerator<string> {
  yield `| measure switched off | invariant broken | seed (${MEASURE_DAYS} days) |`;
  yield '| --- | --- | --- |';
  for (const measure of MEASURES) {
    const finding = await findMissing(measure);
    const found = finding === undefined ? 'none | -' : `${finding.invariant} | ${finding.seed}`;
    yield `| ${measure.measure} | ${found} |`;
  }
}
