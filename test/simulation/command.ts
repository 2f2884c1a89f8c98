/** The command line of the simulation: `npm run simulate -- --help` says what it takes. */
import { parseArgs } from 'node:util';
import { simulateAll } from './fleet.ts';
import { measureTable } from './measure-table.ts';
import { Progress } from './progress.ts';
import { replayCommand, violationReport } from './replay.ts';
import type { Mode, ScenarioLimits } from './scenario.ts';
import { simulate } from './simulation.ts';
import { type RunSummary, Tally } from './tally.ts';

const USAGE = `Simulates the refresher's life under faults and asserts its invariants after every step.

  npm run simulate -- [options]

  --seed N       the first seed (default 1); the same seed gives the same run
  --runs R       how many seeds from there on (default 1)
  --days D       virtual days of each run (default 365)
  --secrets S    secrets in each run (default: the seed decides)
  --mode M       both, chain (no sweep) or sweep (booked wake-ups never come); default: the seed decides
  --measures     switches each safety measure off in turn and shows the seed that catches it
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    days: { type: 'string', default: '365' },
    secrets: { type: 'string' },
    mode: { type: 'string' },
    measures: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.measures) for await (const line of measureTable()) console.log(line);
else process.exitCode = await run();

async function run(): Promise<number> {
  const seed = wholeNumber('seed', values.seed, 0);
  const runs = wholeNumber('runs', values.runs, 1);
  const limits: ScenarioLimits = {
    days: wholeNumber('days', values.days, 1),
    secrets: values.secrets === undefined ? undefined : wholeNumber('secrets', values.secrets, 1),
    mode: mode(values.mode),
  };
  const tally = new Tally();
  const progress = new Progress(runs);
  let violated: RunSummary | undefined;
  const seeds = Array.from({ length: runs }, (_, index) => seed + index);
  console.log(`${runs} run(s) of ${limits.days} days from seed ${seed}`);
  await simulateAll(seeds, limits, (summary) => {
    tally.add(summary);
    progress.advance();
    if (summary.violation !== undefined && (violated === undefined || summary.seed < violated.seed))
      violated = summary;
  });
  progress.end();
  const seconds = progress.seconds;
  for (const line of tally.lines(seconds)) console.log(line);
  if (violated === undefined) {
    console.log(`no invariant was violated; replay a run with: ${replayCommand(seed, limits)}`);
    return 0;
  }
  console.error(violationReport(await simulate(violated.seed, limits, true), limits));
  return 1;
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  return refuse(`--${name} must be a whole number, at least ${least}`);
}

function mode(text: string | undefined): Mode | undefined {
  if (text === undefined || text === 'both' || text === 'chain' || text === 'sweep') return text;
  return refuse('--mode must be both, chain or sweep');
}

function refuse(why: string): never {
  console.error(`${why}\n\n${USAGE}`);
  process.exit(2);
}
