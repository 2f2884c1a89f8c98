/** The command `npm start`: starts the local stack, lets the play happen, prints what a person should see, and exits by what came of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isoInstant } from '../handlers/rules/wake-up.ts';
import { Monitoring } from './cloudwatch/monitoring.ts';
import { Consumer } from './consumer.ts';
import { LOCAL_CREDENTIALS, type LocalStack, startLocalStack } from './local-stack.ts';
import { adopt, readSeedFile } from './momento/seed-file.ts';
import { type LocalRunOptions, parseOptions, USAGE } from './options.ts';
import { nextWakeUpAt, perform, performWithKey } from './play.ts';
import { serve } from './serve.ts';
import { Timeline } from './timeline.ts';

/** A second lasts a minute, so that keys of minutes live seconds. With the real Momento time is real. */
const SPEED = 60;
/** Often enough that the play sees sweeps. */
const LOCAL_SETTINGS = { sweepEvery: 'PT15M' };

/** CloudFormation creates the alarms last, when the first sweep has been. */
const ALARMS_DELAY_MS = 5 * 60_000;

async function main(options: LocalRunOptions): Promise<boolean> {
  const speed = options.momento === 'real' ? 1 : SPEED;
  const seedKey = options.seedFile === undefined ? undefined : readSeedFile(options.seedFile);
  console.log('Synthesizing the stack and bundling the function …');
  const stack = await startLocalStack({
    clockSettings: { originMs: Date.now(), speed },
    settings: LOCAL_SETTINGS,
    momento: options.momento,
    port: options.port,
    onLogLine: (line) => {
      timeline.log(line);
      monitoring.logLine(line);
    },
    onInvocationEnded: (failed) =>
      monitoring.invocationEnded(stack.lambda.functionName, failed, stack.clock()),
  });
  const monitoring = new Monitoring(stack.template, stack.clock() + ALARMS_DELAY_MS);
  const timeline = new Timeline(stack.clock, console.log);
  try {
    if (options.seedFile !== undefined && seedKey !== undefined && options.momento === 'local') {
      adopt(stack, options.seedFile, seedKey);
    }
    const toShow = !options.serve || seedKey !== undefined;
    const healthy = !toShow || (await show(stack, timeline, speed, seedKey));
    if (toShow) await showMonitoring(stack, monitoring);
    if (options.serve) await serve(stack, speed);
    return healthy;
  } finally {
    await stack.close();
  }
}

/** @returns whether every read found a working key and the next wake-up is booked */
async function show(
  stack: LocalStack,
  timeline: Timeline,
  speed: number,
  seedKey: Record<string, unknown> | undefined,
): Promise<boolean> {
  console.log(
    `The function's bundle runs against local AWS at ${stack.awsEndpointUrl} and ` +
      `${stack.momentoEndpoint === undefined ? 'the real Momento' : `local Momento at ${stack.momentoEndpoint}`}.` +
      `${speed === 1 ? '' : ' A second lasts a minute.'}\n`,
  );
  const consumer = new Consumer({
    secretName: stack.secretName,
    awsEndpointUrl: stack.awsEndpointUrl,
    momentoEndpoint: stack.momentoEndpoint,
    pauseMs: speed === 1 ? 1000 : 100,
    onFailure: (reason) => timeline.trouble(`the consumer: ${reason}`),
  });
  let withoutWakeUp = 0;
  timeline.onRunEnded = () => {
    if (nextWakeUpAt(stack) !== undefined) return;
    withoutWakeUp++;
    timeline.trouble('no wake-up is booked');
  };
  const play = { stack, timeline, consumer, minuteMs: 60_000 / speed };
  if (seedKey === undefined) await perform(play);
  else await performWithKey(play, seedKey);
  await consumer.stop();
  return summarize(stack, timeline, consumer) && withoutWakeUp === 0;
}

/** What an operator would have seen of it. */
async function showMonitoring(stack: LocalStack, monitoring: Monitoring): Promise<void> {
  console.log(`\n${monitoring.summary(stack.clock())}\n\nnpm run status`);
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = LOCAL_CREDENTIALS;
  const status = spawn(process.execPath, [join(import.meta.dirname, '../cli/status.ts')], {
    env: { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL: stack.awsEndpointUrl },
    stdio: 'inherit',
  });
  await once(status, 'exit');
}

function summarize(
  stack: LocalStack,
  { tally }: Timeline,
  { reads, readsWithWorkingKey }: Consumer,
): boolean {
  const wakeUpAt = nextWakeUpAt(stack);
  const next = wakeUpAt === undefined ? 'MISSING' : isoInstant(wakeUpAt / 1000);
  console.log(`
refreshes                     ${tally.refreshes}, of which ${tally.resumed} resumed
recovered failures            ${tally.recoveredFailures} of ${tally.failures}
reads that found a good key   ${readsWithWorkingKey} of ${reads}
next wake-up                  ${next}`);
  return wakeUpAt !== undefined && reads > 0 && readsWithWorkingKey === reads;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else process.exitCode = (await main(options)) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// The gRPC channels of the consumer stay open for reuse and would keep the process up.
process.exit();
