/** One secret, one function and their services in one process, at a time that the test sets: where effects fail or end on demand. */

import { SchedulerWakeUps } from '../../handlers/adapters/scheduler-wake-ups.ts';
import { SecretsManagerSecretStore } from '../../handlers/adapters/secrets-manager-secret-store.ts';
import type { Configuration } from '../../handlers/configuration.ts';
import { handle } from '../../handlers/dispatch.ts';
import { PLACEHOLDER } from '../../handlers/names.ts';
import type { Ports } from '../../handlers/ports.ts';
import type { ReportEntry } from '../../handlers/reporting/report.ts';
import { schedulerClient, secretsManagerClient, type Transport } from '../../local/in-process/clients.ts';
import { InProcessKeyIssuer } from '../../local/in-process/issuer.ts';
import { Momento } from '../../local/momento/momento.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import type { RotationEvent } from '../../local/secrets-manager/secret-rotation.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { type Random, randomUuid, seededRandom } from '../../local/serving/randomness.ts';
import { searched } from '../security/canary/suite.ts';
import { iamCallsOf } from '../security/iam-calls.ts';

export const SECRET = 'momento/authentication-token';
export const GROUP = 'momento-key-refresher';
export const DAY = 86_400;
/** 2026-01-01T00:00:00Z */
export const START = 1_767_225_600;

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher';

const ANY_DEPLOYMENT = { region: '', accountId: '', secretArn: (secretId: string) => secretId };

export type Phase = 'before' | 'after';

/** What becomes of the n-th call of a run: `kill` ends the process at that instant, `fail` makes the call fail. */
export interface Fault {
  readonly call: number;
  readonly phase: Phase;
  readonly mode: 'kill' | 'fail';
}

export interface WorldOptions {
  readonly secretNames?: string[];
  /** Whether a promotion takes AWSPENDING away: AWS leaves both open. */
  readonly promotionEndsPending?: boolean;
  /** The settings that a deployed function has; its secrets are those of `secretNames` then. */
  readonly deployment?: { readonly configuration: Configuration; readonly functionArn: string };
}

export type Outcome = { result: unknown } | { error: Error } | 'killed';

export class World {
  now = START;
  /** How far the function's clock is ahead of the services'; below zero, behind. */
  skewSeconds = 0;
  /** What the invocation has left. */
  remainingTimeMs = 300_000;
  readonly secrets: SecretsManager;
  readonly scheduler: Scheduler;
  readonly momento: Momento;
  readonly reports: ReportEntry[] = [];
  /** The operations of the last run, in order. */
  calls: string[] = [];
  /** Called before each call takes effect: for whatever somebody else does meanwhile. */
  meanwhile: (operation: string) => void = () => {};
  readonly configuration: Configuration;
  readonly #random: Random;

  /** Every call of every run, for whoever asks what the function needs. */
  readonly recorded: { readonly operation: string; readonly input: object }[] = [];
  /** What Secrets Manager calls for each step of a rotation. */
  rotationStep: (event: RotationEvent) => Promise<Outcome> = (event) => this.run(event);

  readonly #functionArn: string;

  constructor({ secretNames = [SECRET], promotionEndsPending = false, deployment }: WorldOptions = {}) {
    const random = seededRandom(1);
    const clock = () => this.now * 1000;
    const invokeRotation = async (_functionArn: string, event: RotationEvent) => {
      const outcome = await this.rotationStep(event);
      if (outcome === 'killed' || 'error' in outcome) throw new Error(`${event.Step} failed`);
    };
    this.secrets = new SecretsManager({ clock, random, invokeRotation, promotionEndsPending });
    this.scheduler = new Scheduler({ clock, random });
    this.momento = new Momento({ clock, random });
    this.scheduler.createScheduleGroup({ Name: GROUP });
    this.#random = random;
    for (const Name of secretNames) {
      this.secrets.createSecret({ Name, SecretString: PLACEHOLDER, ClientRequestToken: randomUuid(random) });
    }
    this.#functionArn = deployment?.functionArn ?? FUNCTION_ARN;
    this.configuration = deployment?.configuration ?? {
      secretNames,
      scheduleGroupName: GROUP,
      schedulerRoleArn: 'arn:aws:iam::123456789012:role/scheduler',
      deadLetterQueueArn: 'arn:aws:sqs:us-east-1:123456789012:dead-letters',
      lead: { kind: 'default' },
      sweepEverySeconds: 3600,
    };
  }

  /** A person puts a key that lives this long. @returns the record that was put */
  seed({ lifetimeSeconds = 30 * DAY, secretName = SECRET } = {}) {
    const key = this.momento.generateKey({ lifetimeSeconds });
    this.put(key, secretName);
    return key;
  }

  put(value: unknown, secretName = SECRET): void {
    const SecretString = typeof value === 'string' ? value : JSON.stringify(value);
    const ClientRequestToken = randomUuid(this.#random);
    this.secrets.putSecretValue({ SecretId: secretName, SecretString, ClientRequestToken });
  }

  /**
   * Runs the function once, as a process of its own.
   * @param turn awaited before each of its calls, so that a test can let two processes take turns
   */
  async run(event: unknown, fault?: Fault, turn?: (operation: string) => Promise<void>): Promise<Outcome> {
    const calls: string[] = [];
    this.calls = calls;
    let kill = () => {};
    const killed = new Promise<'killed'>((resolve) => {
      kill = () => resolve('killed');
    });
    const transport = this.#transport(calls, fault, kill, turn);
    const ports: Ports = {
      secrets: new SecretsManagerSecretStore(secretsManagerClient(this.secrets, transport)),
      wakeUps: new SchedulerWakeUps(schedulerClient(this.scheduler, transport), {
        groupName: GROUP,
        functionArn: this.#functionArn,
        roleArn: this.configuration.schedulerRoleArn,
        deadLetterQueueArn: this.configuration.deadLetterQueueArn,
      }),
      issuer: new InProcessKeyIssuer(this.momento, transport),
      clock: () => (this.now + this.skewSeconds) * 1000,
      report: (entry) => this.reports.push(searched('a report', entry)),
    };
    const invocation = {
      invokedFunctionArn: this.#functionArn,
      getRemainingTimeInMillis: () => this.remainingTimeMs,
    };
    const run = handle(event, invocation, this.configuration, ports).then(
      (result) => ({ result: searched('a result', result) }),
      (error: Error) => ({ error: searched('an error', error) }),
    );
    return await Promise.race([run, killed]);
  }

  /** Goes to the next instant at which something is booked, and runs what is due then. @returns its outcomes */
  async wakeUp(): Promise<Outcome[]> {
    const dueAt = this.scheduler.nextDueAt();
    if (dueAt === undefined) throw new Error('no wake-up is booked');
    this.now = Math.max(this.now, dueAt / 1000);
    const outcomes: Outcome[] = [];
    for (const delivery of this.scheduler.takeDue()) {
      this.scheduler.delivered(delivery);
      outcomes.push(await this.run(JSON.parse(delivery.input)));
    }
    return outcomes;
  }

  /** What an application would read now. */
  current(secretName = SECRET): { versionId: string; record: Record<string, unknown>; works: boolean } {
    const { VersionId = '', SecretString = '' } = this.secrets.getSecretValue({ SecretId: secretName });
    const record = JSON.parse(SecretString);
    return { versionId: VersionId, record, works: this.momento.accepts(String(record.apiKey)) };
  }

  /** The version under AWSPENDING, where it is not the current one. */
  pendingVersionId(secretName = SECRET): string | undefined {
    const { VersionIdsToStages = {} } = this.secrets.describeSecret({ SecretId: secretName });
    return Object.entries(VersionIdsToStages)
      .filter(([, stages]) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT'))
      .map(([versionId]) => versionId)[0];
  }

  /** ISO instants of the bookings that are still to come. */
  booked(): string[] {
    const { Schedules = [] } = this.scheduler.listSchedules({ GroupName: GROUP });
    return Schedules.map(({ Name = '' }) => Number(Name.split('-').at(-1)))
      .filter((at) => at > this.now)
      .map((at) => new Date(at * 1000).toISOString());
  }

  /** Secrets Manager rotates the secret now, and the rotation runs to its end. @returns the new version's id */
  async rotate(secretName = SECRET): Promise<string> {
    const { VersionId = '' } = this.secrets.rotateSecret({
      SecretId: secretName,
      ClientRequestToken: randomUuid(this.#random),
      RotationLambdaARN: this.#functionArn,
      RotationRules: { AutomaticallyAfterDays: 90 },
    });
    await this.secrets.rotations.settled();
    return VersionId;
  }

  #transport(
    calls: string[],
    fault: Fault | undefined,
    kill: () => void,
    turn?: (operation: string) => Promise<void>,
  ): Transport {
    let dead = false;
    const meet = (phase: Phase, index: number, operation: string): Promise<never> | undefined => {
      if (fault?.call !== index || fault.phase !== phase) return undefined;
      if (fault.mode === 'fail') return Promise.reject(lostCall(operation));
      dead = true;
      kill();
      return new Promise(() => {});
    };
    return async (operation, input, call) => {
      await turn?.(operation);
      if (dead) return await new Promise(() => {});
      this.recorded.push({ operation, input });
      // Whatever a run calls in any test is something that the proof of least privilege knows.
      iamCallsOf({ operation, input }, ANY_DEPLOYMENT);
      const index = calls.push(operation) - 1;
      await meet('before', index, operation);
      this.meanwhile(operation);
      const answer = call();
      await meet('after', index, operation);
      return answer;
    };
  }
}

/** As the SDK gives a connection that broke, after its own retries. */
function lostCall(operation: string): Error {
  return Object.assign(new Error(`socket hang up during ${operation}`), { code: 'ECONNRESET' });
}
