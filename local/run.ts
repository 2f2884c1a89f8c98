/** The command `npm start`: tells the story, keeps a playground up, or looks at a key that a person brings. */
import { DEFAULT_SECRET_NAME } from '../handlers/names.ts';
import { Monitoring } from './cloudwatch/monitoring.ts';
import { Consumer } from './consumer.ts';
import { InterruptedError, Interruption } from './interruption.ts';
import { KeyFiles } from './key-files.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import { adopt, readSeedFile, writeBack } from './momento/seed-file.ts';
import { type LocalRunOptions, parseOptions, USAGE } from './options.ts';
import { KEY_LIFETIME_SECONDS, type ManagementSecret, nextWakeUpAt, Play } from './play.ts';
import { serve, tellCall, tellInvocation } from './serve.ts';
import { RunningTime, SimulatedTime } from './serving/local-time.ts';
import { Timeline, wantsColour } from './timeline.ts';

/** The story begins at the same instant each time, so that it is the same each time. */
const STORY_START_MS = Date.parse('2030-01-01T09:00:00Z');
const STORY_SEED = 1;
/** A minute passes each second in the playground. */
const PLAYGROUND_SPEED = 60;
/** CloudFormation creates the alarms last, when the first sweep has run. */
const ALARMS_DELAY_MS = 5 * 60_000;
const LOOKS = 3;
/** The story of a v2 key ends before this key is due. */
const MANAGEMENT_LIFETIME_SECONDS = 12 * 3600;
const MANAGEMENT_SECRET = 'momento/management-key';
const SETTINGS = {
  v1: {},
  v2: {
    secretNames: `${DEFAULT_SECRET_NAME},${MANAGEMENT_SECRET}`,
    managementSecretName: MANAGEMENT_SECRET,
  },
} as const;

const write = (line: string) => console.log(line);
const colour = wantsColour(process.stdout, process.env);

/** @returns whether all went well */
type Mode = (options: LocalRunOptions, interruption: Interruption) => Promise<boolean>;

const tellStory: Mode = async (options, interruption) => {
  const time = new SimulatedTime(STORY_START_MS);
  const timeline = new Timeline({ now: time.now, write, colour });
  timeline.text('Preparing: the stack is synthesized, and the function is bundled as for a deployment …');
  let play: Play | undefined;
  let monitoring: Monitoring | undefined;
  const stack = await startLocalStack({
    time,
    seed: STORY_SEED,
    settings: SETTINGS[options.keys],
    momento: 'local',
    signal: interruption.signal,
    onInvocation: (invocation) => {
      for (const line of invocation.lines) monitoring?.logLine(line);
      const failed = invocation.answer.functionError !== undefined;
      monitoring?.invocationEnded(stack.lambda.functionName, failed, time.now());
      play?.onInvocation(invocation);
    },
  });
  const consumer = new Consumer(stack);
  try {
    if (options.metrics) monitoring = new Monitoring(stack.template, time.now() + ALARMS_DELAY_MS);
    play = new Play(stack, time, timeline, consumer);
    timeline.text(
      'The function runs here as it would in AWS, against local AWS services and a local Momento.\n' +
        'All times are simulated: the clock jumps from one event to the next, so hours take seconds.',
    );
    const key = JSON.stringify(newKey(stack, options.keys, KEY_LIFETIME_SECONDS));
    const management = options.keys === 'v2' ? managementSecret(stack) : undefined;
    await interruption.unlessInterrupted(play.perform(key, management));
    if (monitoring !== undefined) timeline.text(`\n${monitoring.summary(time.now())}`);
    const { refreshes, unbooked } = play.tally;
    return tellVerdict(timeline, stack, consumer, { refreshes, unbooked });
  } finally {
    consumer.close();
    await stack.close();
  }
};

/** A key for the application, as a secret holds it. */
function newKey({ momento }: LocalStack, kind: LocalRunOptions['keys'], lifetimeSeconds: number): object {
  if (kind === 'v1') return momento.generateKey({ lifetimeSeconds });
  const { api_key, refresh_token, key_info } = momento.account.createKey({ lifetimeSeconds });
  return {
    apiKey: api_key,
    endpoint: momento.endpoint,
    refreshToken: refresh_token,
    validUntil: key_info.expires_at_epoch_seconds,
    keyId: key_info.key_id,
  };
}

/** A key that may manage keys, as Momento's API answers it. */
function managementSecret({ momento: { account } }: LocalStack): ManagementSecret {
  const key = account.createKey({ roleId: 'r-keys', lifetimeSeconds: MANAGEMENT_LIFETIME_SECONDS });
  return { secretName: MANAGEMENT_SECRET, key: JSON.stringify(key) };
}

const keepPlayground: Mode = async ({ seedFile, momento, port, keys }, interruption) => {
  const time = new RunningTime(momento === 'real' ? 1 : PLAYGROUND_SPEED);
  const timeline = new Timeline({ now: time.now, write, colour });
  const seed = seedFile === undefined ? undefined : { path: seedFile, text: readSeedFile(seedFile) };
  timeline.text('Preparing: the stack is synthesized, and the function is bundled as for a deployment …');
  const stack = await startLocalStack({
    time,
    settings: SETTINGS[keys],
    momento,
    port,
    signal: interruption.signal,
    onInvocation: (invocation) => {
      tellInvocation(timeline, invocation);
      if (momento === 'real') keepInFile(stack, seed);
    },
    onCall: (call) => tellCall(timeline, call),
  });
  try {
    if (seed !== undefined) await putSeed(stack, timeline, seed, momento);
    if (keys === 'v2') putManagementKey(stack, timeline);
    const files = new KeyFiles((lifetimeSeconds) => newKey(stack, keys, lifetimeSeconds), time);
    await serve(stack, { time, timeline, interruption, files, keys });
    return true;
  } finally {
    await stack.close();
  }
};

/** One look at a key that a person brings: the seed call, and a few reads. */
const lookAtKey: Mode = async ({ seedFile = '', momento }, interruption) => {
  const time = new RunningTime(1);
  const timeline = new Timeline({ now: time.now, write, colour });
  const seed = { path: seedFile, text: readSeedFile(seedFile) };
  timeline.text('Preparing: the stack is synthesized, and the function is bundled as for a deployment …');
  let refreshes = 0;
  const stack = await startLocalStack({
    time,
    settings: {},
    momento,
    signal: interruption.signal,
    onInvocation: (invocation) => {
      tellInvocation(timeline, invocation);
      if (invocation.lines.some((line) => line.includes('"refreshed"'))) refreshes++;
      if (momento === 'real') keepInFile(stack, seed);
    },
  });
  const consumer = new Consumer(stack);
  try {
    await putSeed(stack, timeline, seed, momento);
    // A key that was made in this very second would get no later expiry.
    await interruption.unlessInterrupted(pause(1500));
    const event = { momento_auth_token_secret_name: stack.secretName };
    const { functionError } = await interruption.unlessInterrupted(stack.lambda.invoke(event));
    for (let look = 0; look < LOOKS; look++) {
      await interruption.unlessInterrupted(pause(500));
      const problem = await consumer.read();
      if (problem !== undefined) timeline.event('failed', 'the application', problem);
    }
    const unbooked = functionError === undefined ? 0 : 1;
    return tellVerdict(timeline, stack, consumer, { refreshes, unbooked });
  } finally {
    consumer.close();
    await stack.close();
  }
};

/** Asks the playground that is running for another key. */
const writeKey: Mode = async ({ port }) => {
  const url = `http://127.0.0.1:${port}/local/keys`;
  const answer = await fetch(url, { method: 'POST' }).catch(() => undefined);
  if (answer?.ok !== true) {
    throw new TypeError(`No playground answers on port ${port}. Start one: npm start -- --serve`);
  }
  const { name } = (await answer.json()) as { name: string };
  console.log(`${name} holds another key. To use it: npm run seed -- ${DEFAULT_SECRET_NAME} --file ${name}`);
  return true;
};

async function putSeed(
  { momento, secrets, secretName, newToken }: LocalStack,
  timeline: Timeline,
  { path, text }: { path: string; text: string },
  at: 'local' | 'real',
): Promise<void> {
  if (at === 'local') adopt(momento, path, text);
  else {
    timeline.event(
      'note',
      'warning',
      'the key is refreshed at Momento now. The new key lives in this process only, so it is written back to ' +
        `the file ${path} after each refresh. Do not end this process by force.`,
    );
  }
  secrets.putSecretValue({ SecretId: secretName, SecretString: text, ClientRequestToken: newToken() });
  timeline.event('note', 'a person', `puts the key from the file ${path} into the secret`);
}

function putManagementKey(stack: LocalStack, timeline: Timeline): void {
  const { secretName, key } = managementSecret(stack);
  const { secrets, newToken } = stack;
  secrets.putSecretValue({ SecretId: secretName, SecretString: key, ClientRequestToken: newToken() });
  timeline.event('note', 'a person', `puts a management key into the secret ${secretName}`);
}

/** Writes the secret's current value to the file, if it is another one. */
function keepInFile(
  { secrets, secretName }: LocalStack,
  seed: { readonly path: string; text: string } | undefined,
): void {
  const { SecretString } = secrets.getSecretValue({ SecretId: secretName });
  if (seed === undefined || SecretString === undefined || SecretString === seed.text) return;
  writeBack(seed.path, SecretString);
  seed.text = SecretString;
}

/** @returns whether every read found a working key and the next wake-up is booked */
function tellVerdict(
  timeline: Timeline,
  stack: LocalStack,
  consumer: Consumer,
  { refreshes, unbooked }: { refreshes: number; unbooked: number },
): boolean {
  const wakeUpAt = nextWakeUpAt(stack);
  const booked = wakeUpAt !== undefined && unbooked === 0;
  const healthy = consumer.foundWorkingKeys && booked;
  if (healthy)
    timeline.verdict(
      'ok',
      'All went well: the application always had a working key, and the next run is booked.',
    );
  else if (booked) timeline.verdict('failed', 'It went wrong: the application read a key that did not work.');
  else timeline.verdict('failed', 'It went wrong: no next run is booked.');
  const next = wakeUpAt === undefined ? 'none' : new Date(wakeUpAt).toISOString().slice(11, 19);
  timeline.text(`  keys refreshed                   ${refreshes}`);
  timeline.text(`  reads that found a working key   ${consumer.readsWithWorkingKey} of ${consumer.reads}`);
  timeline.text(`  next run                         ${next}`);
  return healthy;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The local services are reached directly, whatever proxy the person who runs this has set. The rest goes where it went. */
function reachLoopbackDirectly(env: NodeJS.ProcessEnv): void {
  const general = env.no_proxy ?? env.NO_PROXY;
  for (const name of ['no_proxy', 'NO_PROXY', 'no_grpc_proxy']) {
    const listed = env[name] ?? general;
    env[name] = [...(listed === undefined ? [] : [listed]), '127.0.0.1', 'localhost'].join(',');
  }
}

function modeOf({ mode, seedFile }: LocalRunOptions): Mode {
  if (mode === 'key') return writeKey;
  if (mode === 'serve') return keepPlayground;
  return seedFile === undefined ? tellStory : lookAtKey;
}

/** @returns the exit code */
async function main(): Promise<number> {
  reachLoopbackDirectly(process.env);
  const interruption = new Interruption();
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === 'help') {
      console.log(USAGE);
      return 0;
    }
    const healthy = await modeOf(options)(options, interruption);
    // Ctrl-C is how a playground ends.
    if (options.mode === 'serve' && interruption.exitCode === 130) return 0;
    return interruption.exitCode || (healthy ? 0 : 1);
  } catch (error) {
    // A signal that came during the synthesis is handled first.
    await new Promise((resolve) => setImmediate(resolve));
    if (interruption.signal.aborted || error instanceof InterruptedError) return interruption.exitCode;
    console.error(explain(error));
    return 1;
  }
}

function explain(error: unknown): string {
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Choose another: --port PORT`;
  return error instanceof Error ? error.message : String(error);
}

// Channels of the Momento SDK stay open for reuse and would keep the process up.
process.exit(await main());
