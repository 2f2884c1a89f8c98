import { describe, expect, it } from 'vitest';
import { simulateAll } from './fleet.ts';
import { replayCommand, violationReport } from './replay.ts';
import { CALL_FAULTS, OTHER_FAULTS, type ScenarioLimits } from './scenario.ts';
import { simulate } from './simulation.ts';
import { type RunSummary, summaryOf, Tally } from './tally.ts';

/** @returns the sum of all runs; a violation fails the test with the command that replays it and the last events */
async function simulateSeeds(first: number, count: number, limits: ScenarioLimits): Promise<Tally> {
  const tally = new Tally();
  const violated: number[] = [];
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  await simulateAll(seeds, limits, (run) => {
    tally.add(run);
    if (run.violation !== undefined) violated.push(run.seed);
  });
  const [seed] = violated.toSorted((one, other) => one - other);
  if (seed !== undefined) expect.fail(violationReport(await simulate(seed, limits, true), limits));
  return tally;
}

describe('the invariants hold', () => {
  it('in a few hundred lives of three weeks, in which every kind of fault has its turn', async () => {
    const tally = await simulateSeeds(1, 240, { days: 21 });
    expect(tally.runs).toBe(240);
    const faults = [...CALL_FAULTS, ...OTHER_FAULTS];
    expect([...tally.faults.keys()].toSorted()).toEqual(faults.toSorted());
  });

  it.each(['chain', 'sweep'] as const)('where the %s alone carries the keys', async (mode) => {
    const tally = await simulateSeeds(5000, 40, { days: 60, mode });
    expect(tally.refreshes).toBeGreaterThan(100);
  });
});

describe('the same seed', () => {
  it('gives the same run to the byte', async () => {
    const [one, other, another] = await Promise.all([
      simulate(8, { days: 40 }, true),
      simulate(8, { days: 40 }, true),
      simulate(9, { days: 40 }, true),
    ]);
    expect(one.steps).toBeGreaterThan(1000);
    expect(other.fingerprint).toBe(one.fingerprint);
    expect(another.fingerprint).not.toBe(one.fingerprint);
  });

  it('gives the same run in a worker and unrecorded', async () => {
    const limits = { days: 30 };
    const runs: RunSummary[] = [];
    await simulateAll([21, 22, 23], limits, (run) => runs.push(run));
    for (const run of runs) {
      const own = summaryOf(await simulate(run.seed, limits, true));
      // The stacks of errors differ, and with them how many texts were searched.
      expect({ ...run, inspected: 0 }).toEqual({ ...own, inspected: 0 });
    }
    expect(runs).toHaveLength(3);
  });
});

it('a violation is reported with the command that replays it', async () => {
  const limits: ScenarioLimits = { days: 3, secrets: 2, mode: 'chain' };
  expect(replayCommand(7, limits)).toBe('npm run simulate -- --seed 7 --days 3 --secrets 2 --mode chain');
  const result = await simulate(7, limits, true);
  const report = violationReport(result, limits);
  expect(report).toContain('replay: npm run simulate -- --seed 7 --days 3 --secrets 2 --mode chain');
  for (const event of result.lastEvents) expect(report).toContain(event);
});
