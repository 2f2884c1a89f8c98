/** The command `npm run bench`: what a run of the function costs beside a naive handler and the floor. Writes RESULTS.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { synthesizeWithBundle } from '../local/synthesized-template.ts';
import { DOLLARS } from './prices.ts';
import { openScenarios } from './scenarios.ts';
import { contentsOfBundle, floor, naive, withoutOne } from './subjects.ts';
import { comparison, growth, levers, memory, packages } from './tables.ts';

const [rounds = '7'] = process.argv.slice(2);
const ROUNDS = Number.parseInt(rounds, 10);
const FEWER_ROUNDS = Math.ceil(ROUNDS / 2);

// Whatever is built for a measurement goes into it.
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
process.env.TMPDIR = folder;
const template = await synthesizeWithBundle(folder, {});
const { bundle: ours, scenarios } = openScenarios(template);
const { index, momento } = contentsOfBundle().modules;
const sweep = await scenarios.nothingDue(1);
const largestSweep = await scenarios.nothingDue(30);
const refresh = await scenarios.refresh('v1');
const error = await scenarios.error();

const parts: string[] = [];
function add(title: string, explanation: string, text: string): void {
  parts.push(`## ${title}\n\n${explanation}\n\n${text}\n`);
  console.log(`\n${title}\n${text}`);
}

add(
  'Beside a naive handler and the floor',
  'CPU time and peak memory of a fresh process, from its start to the first answer. *naive* makes the five calls of a refresh, and one call ' +
    "for each secret of a sweep, with whole clients and CDK's default bundling. *floor* makes the same calls with Node's own modules.",
  await comparison(
    [ours, naive(), floor()],
    [sweep, largestSweep, await scenarios.status(30), refresh, await scenarios.refresh('v2')],
    ROUNDS,
  ),
);
add(
  'What each measure gives',
  'The bundle with one measure taken away at a time. Tried and left out: the region, retry mode and endpoint options of the AWS clients given in code. ' +
    "It saved at most 3 % of a sweep's CPU time, and the SDK still looked for its configuration file.",
  await levers(ours, withoutOne(ours), { sweep, refresh, error }, FEWER_ROUNDS),
);
add(
  'Memory size',
  'The first run of a new execution environment after its load. The process gets the part of a core that Lambda gives to a function of that size. ' +
    'Lambda loads the code at full speed.',
  await memory(ours, [sweep, largestSweep, refresh, error], FEWER_ROUNDS, DOLLARS.lambdaPerGBSecond),
);
add(
  'Growth',
  'One sweep, without the load. The stack takes 30 secrets at most.',
  await growth(ours, scenarios, [1, 10, 30, 100, 1000]),
);
add(
  'What the packages weigh',
  '`index.js` is loaded by every run, `momento.js` by runs that call Momento over gRPC.',
  [packages('index.js', index), packages('momento.js', momento)].join('\n\n'),
);
scenarios.close();
rmSync(folder, { recursive: true });

const [cpu] = cpus();
writeFileSync(
  join(import.meta.dirname, 'RESULTS.md'),
  `# What a run costs

Written by \`npm run bench\`: the subjects in turn, ${ROUNDS} rounds. The first table has medians with their ranges; those after it have the lowest of ${FEWER_ROUNDS} rounds,
because other work on the machine only adds to a figure. Its load average was ${loadavg()[1]?.toFixed(0)} at the end. Only the ratios carry over to
another machine. Measured with Node.js ${process.version} on ${cpus().length} × ${cpu?.model}, ${arch()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()},
against the local services in another process.

${parts.join('\n')}`,
);
