/** The play of the local run: what happens to the services while the function works, and what must be true at the end. */
import type { Consumer } from './consumer.ts';
import type { LocalStack } from './local-stack.ts';
import { type GeneratedKey, MomentoError } from './momento/momento.ts';
import type { Timeline } from './timeline.ts';

/** Local keys live this long: 12 minutes, of which the last five are the refresh's lead. At speed 60, 12 seconds. */
const KEY_LIFETIME_SECONDS = 12 * 60;
const OUTAGE_MINUTES = 2.5;

export interface Play {
  readonly stack: LocalStack;
  readonly timeline: Timeline;
  readonly consumer: Consumer;
  /** Real milliseconds for one minute on the local clock. */
  readonly minuteMs: number;
}

/** From an empty secret to a key that has outlived an outage and a crash: about 45 local minutes. */
export async function perform(play: Play): Promise<void> {
  const { stack, timeline, consumer } = play;
  const key = stack.momento.generateKey({ lifetimeSeconds: KEY_LIFETIME_SECONDS });
  timeline.note('a person puts a key that lives 12 minutes into the secret, and makes the seed call');
  putKey(stack, key);
  await seedCall(play);
  consumer.start();

  await refreshes(play, 2);

  timeline.note(
    'Momento issues no keys from now on: an outage begins, and lasts until after the next wake-up',
  );
  stack.momento.gate.faultHook = (operation) => {
    if (operation === 'RefreshApiKey') throw new MomentoError('UNAVAILABLE', 'The service is unavailable');
  };
  await failures(play, 1);
  await minutes(play, OUTAGE_MINUTES);
  stack.momento.gate.faultHook = undefined;
  timeline.note('Momento issues keys again');
  await refreshes(play, 1);

  timeline.note(
    'at the next refresh the process will be killed, after storing the new key and before promoting it',
  );
  await killBeforePromotion(play);
  await refreshes(play, 2);
}

/** One look at a key that somebody brought: the seed call, and a few reads with what came of it. */
export async function performWithKey(play: Play, key: Record<string, unknown>): Promise<void> {
  play.timeline.note('the key from the file is put into the secret, and the seed call is made');
  putKey(play.stack, key);
  await seedCall(play);
  play.consumer.start();
  await pause(3000);
}

/** The secret has its next wake-up in the Scheduler, in the future. @returns its instant, epoch milliseconds */
export function nextWakeUpAt({ scheduler, groupName, clock }: LocalStack): number | undefined {
  const { Schedules = [] } = scheduler.listSchedules({ GroupName: groupName });
  const instants = Schedules.map(({ Name = '' }) => Number(/-(\d{10})$/.exec(Name)?.[1]) * 1000);
  return instants.filter((at) => at > clock()).sort((a, b) => a - b)[0];
}

function putKey(
  { secrets, secretName, newToken }: LocalStack,
  key: GeneratedKey | Record<string, unknown>,
): void {
  secrets.putSecretValue({
    SecretId: secretName,
    SecretString: JSON.stringify(key),
    ClientRequestToken: newToken(),
  });
}

async function seedCall({ stack, timeline, minuteMs }: Play): Promise<void> {
  // A key is never refreshed in the second in which it was made: its successor would not live longer.
  await pause(minuteMs / 10);
  const answer = await stack.lambda.invoke({ momento_auth_token_secret_name: stack.secretName });
  timeline.note(`the seed call answers ${JSON.stringify(answer.payload)}`);
  if (answer.functionError !== undefined) throw new Error('the seed call failed');
}

async function refreshes({ timeline }: Play, count: number): Promise<void> {
  const before = timeline.tally.refreshes;
  await until(() => timeline.tally.refreshes >= before + count);
}

async function failures({ timeline }: Play, count: number): Promise<void> {
  const before = timeline.tally.failures;
  await until(() => timeline.tally.failures >= before + count);
}

async function killBeforePromotion({ stack, timeline }: Play): Promise<void> {
  await new Promise<void>((resolve) => {
    stack.secrets.gate.faultHook = (operation, phase, input) => {
      const { VersionStage } = input as { VersionStage?: string };
      if (operation !== 'UpdateSecretVersionStage' || VersionStage !== 'AWSCURRENT' || phase !== 'before')
        return;
      stack.secrets.gate.faultHook = undefined;
      stack.lambda.kill();
      timeline.trouble(
        'the process is killed: the new key is stored under AWSPENDING, the old one is still current',
      );
      resolve();
      throw new Error('nobody is left to hear the answer');
    };
  });
}

async function minutes({ minuteMs }: Play, count: number): Promise<void> {
  await pause(count * minuteMs);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** A play that hangs has failed: nothing in it takes this long. */
const LONGEST_WAIT_MS = 40_000;

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + LONGEST_WAIT_MS;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('what the play waits for has not happened');
    await pause(20);
  }
}
