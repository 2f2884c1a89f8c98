/** The story of `npm start`: a key is put, renews itself, and survives an outage or a lost answer, and a crash. */
import { wakeUpNamePrefix } from '../handlers/rules/wake-up.ts';
import type { Consumer } from './consumer.ts';
import { type InvocationStory, invocationStory } from './invocation-story.ts';
import type { Invocation } from './lambda/lambda.ts';
import type { LocalStack } from './local-stack.ts';
import { MomentoError } from './momento/momento.ts';
import type { SimulatedTime } from './serving/local-time.ts';
import type { Timeline } from './timeline.ts';

const MINUTE = 60_000;
export const KEY_LIFETIME_SECONDS = 2 * 3600;
const READ_EVERY_MS = 5 * MINUTE;
const SEED_CALL_AFTER_MS = 15 * MINUTE;
/** A key that is put beside the key of the story. */
export interface ManagementSecret {
  readonly secretName: string;
  readonly key: string;
}

/** Nothing in the story takes longer, in simulated time. */
const LONGEST_WAIT_MS = 4 * 60 * MINUTE;

export interface Tally {
  refreshes: number;
  failures: number;
  kills: number;
  /** Runs that ended without a booked wake-up. */
  unbooked: number;
}

export class Play {
  readonly tally: Tally = { refreshes: 0, failures: 0, kills: 0, unbooked: 0 };
  readonly #stack: LocalStack;
  readonly #time: SimulatedTime;
  readonly #timeline: Timeline;
  readonly #consumer: Consumer;

  constructor(stack: LocalStack, time: SimulatedTime, timeline: Timeline, consumer: Consumer) {
    this.#stack = stack;
    this.#time = time;
    this.#timeline = timeline;
    this.#consumer = consumer;
  }

  /** Tells of an invocation that has ended. Runs that find nothing to do are left out. */
  readonly onInvocation = (invocation: Invocation): void => {
    const story = invocationStory(invocation, 'short');
    this.#count(story);
    if (story.kind !== 'idle') this.#timeline.event(story.mark, story.who, story.text);
    if (story.kind === 'idle' || story.kind === 'killed' || nextWakeUpAt(this.#stack) !== undefined) return;
    this.tally.unbooked++;
    this.#timeline.event('failed', 'no wake-up', 'nothing is booked for this secret');
  };

  /**
   * @param key the text of a secret with a key that lives two hours
   * @param management with it the key is a v2 key, and an answer of Momento is lost
   */
  async perform(key: string, management?: ManagementSecret): Promise<void> {
    this.#timeline.chapter(
      '1  A key is put',
      'A person puts a key that works for two hours into the secret, once. The function hears of it, ' +
        'checks the key and books its own next run. Then the person asks for a first refresh, to see it work. ' +
        'Runs that find nothing to do, such as the hourly sweep, are not shown.' +
        (management === undefined
          ? ''
          : ' A second secret holds a management key, which may make other keys.'),
    );
    // The first sweep has run when the person comes.
    await this.#time.run(MINUTE);
    const { secretName } = this.#stack;
    this.#putKey(secretName, key, 'puts a key into the secret');
    if (management !== undefined) {
      await this.#time.run(MINUTE);
      this.#putKey(management.secretName, management.key, 'puts a management key into the second secret');
    }
    await this.#time.run(SEED_CALL_AFTER_MS);
    await this.#stack.lambda.invoke({ momento_auth_token_secret_name: secretName });
    this.#time.after(READ_EVERY_MS, () => this.#read());

    this.#timeline.chapter(
      '2  It renews itself',
      'Nobody does anything now. Shortly before the key expires the function wakes itself, gets a new key, ' +
        'proves it and books the next run. An application reads the secret every five minutes.',
    );
    await this.#refreshes(2);

    await (management === undefined ? this.#outage() : this.#lostAnswer());

    this.#timeline.chapter(
      '4  The process is killed',
      'The function dies at the worst moment: Momento has given a new key, but it is not current yet. ' +
        'The next run finds the stored key and makes it current. No key is lost.',
    );
    await this.#killBeforePromotion();
    await this.#refreshes(2);
  }

  #putKey(secretName: string, key: string, text: string): void {
    const { secrets, newToken } = this.#stack;
    secrets.putSecretValue({ SecretId: secretName, SecretString: key, ClientRequestToken: newToken() });
    this.#timeline.event('note', 'a person', text);
  }

  async #outage(): Promise<void> {
    this.#timeline.chapter(
      '3  Momento is away',
      'Momento gives no new keys for a while. The key in the secret goes on working, because the function ' +
        'began early enough, and each failed run has booked the next try before it began.',
    );
    const { momento } = this.#stack;
    momento.gate.faultHook = (operation) => {
      if (operation === 'RefreshApiKey') throw new MomentoError('UNAVAILABLE', 'The service is unavailable');
    };
    this.#timeline.event('note', 'Momento', 'gives no new keys from now on');
    const { failures } = this.tally;
    await this.#time.runUntil(() => this.tally.failures > failures, LONGEST_WAIT_MS);
    await this.#time.run(3 * MINUTE);
    momento.gate.faultHook = undefined;
    this.#timeline.event('note', 'Momento', 'gives new keys again');
    await this.#refreshes(1);
  }

  async #lostAnswer(): Promise<void> {
    this.#timeline.chapter(
      '3  An answer is lost',
      'Momento makes a new key, and the connection breaks before its answer arrives. The refresh token ' +
        'works only once, so it is used up, and nobody has the new key. The key in the secret goes on ' +
        'working. The booked retry generates a key of the same role and lifetime with the management key.',
    );
    const { gate } = this.#stack.momento.account;
    gate.faultHook = (operation, phase) => {
      if (phase === 'before') return;
      if (operation === 'GenerateApiKeyV2')
        this.#timeline.event('note', 'Momento', 'generates another key for the management key');
      if (operation !== 'RefreshApiKeyV2') return;
      this.#timeline.event('note', 'Momento', 'makes a new key, but its answer is lost');
      throw new Error('the connection is closed');
    };
    await this.#refreshes(1);
    gate.faultHook = undefined;
  }

  async #killBeforePromotion(): Promise<void> {
    const { secrets, lambda } = this.#stack;
    secrets.gate.faultHook = (operation, phase, input) => {
      const { VersionStage } = input as { VersionStage?: string };
      if (operation !== 'UpdateSecretVersionStage' || VersionStage !== 'AWSCURRENT' || phase !== 'before')
        return;
      secrets.gate.faultHook = undefined;
      lambda.kill();
      throw new Error('the caller is gone');
    };
    const { kills } = this.tally;
    await this.#time.runUntil(() => this.tally.kills > kills, LONGEST_WAIT_MS);
  }

  async #refreshes(count: number): Promise<void> {
    const before = this.tally.refreshes;
    await this.#time.runUntil(() => this.tally.refreshes >= before + count, LONGEST_WAIT_MS);
  }

  async #read(): Promise<void> {
    const problem = await this.#consumer.read();
    if (problem !== undefined) this.#timeline.event('failed', 'the application', problem);
    this.#time.after(READ_EVERY_MS, () => this.#read());
  }

  #count({ kind }: InvocationStory): void {
    if (kind === 'refreshed' || kind === 'resumed') this.tally.refreshes++;
    if (kind === 'failed') this.tally.failures++;
    if (kind === 'killed') this.tally.kills++;
  }
}

/** @returns the instant of the secret's next booked wake-up, epoch milliseconds; undefined if none is in the future */
export function nextWakeUpAt(stack: LocalStack): number | undefined {
  const { scheduler, groupName, secrets, secretName, clock } = stack;
  const { ARN = '' } = secrets.describeSecret({ SecretId: secretName });
  const NamePrefix = wakeUpNamePrefix(secretName, ARN);
  const { Schedules = [] } = scheduler.listSchedules({ GroupName: groupName, NamePrefix });
  const instants = Schedules.map(({ Name = '' }) => Number(/-(\d{10})$/.exec(Name)?.[1]) * 1000);
  return instants.filter((at) => at > clock()).sort((a, b) => a - b)[0];
}
