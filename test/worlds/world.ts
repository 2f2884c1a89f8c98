/** The function and its services in one process, at a time that the test sets. Any call can be made to fail, hang or end the process. */

import { PacedHttpApi } from '../../handlers/adapters/momento-http-api.ts';
import { MomentoKeyRegistry, MomentoV2KeyIssuer } from '../../handlers/adapters/momento-v2-keys.ts';
import { SchedulerWakeUps } from '../../handlers/adapters/scheduler-wake-ups.ts';
import { SecretsManagerSecretStore } from '../../handlers/adapters/secrets-manager-secret-store.ts';
import type { Configuration } from '../../handlers/configuration.ts';
import { handle } from '../../handlers/dispatch.ts';
import { PLACEHOLDER } from '../../handlers/names.ts';
import type { KeyIssuer, Ports } from '../../handlers/ports.ts';
import type { ReportEntry } from '../../handlers/reporting/report.ts';
import type { Place } from '../../handlers/reporting/words.ts';
import { schedulerClient, secretsManagerClient, type Transport } from '../../local/in-process/clients.ts';
import { InProcessHttpApi } from '../../local/in-process/http-api.ts';
import { InProcessKeyIssuer } from '../../local/in-process/issuer.ts';
import { Momento } from '../../local/momento/momento.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import type { RotationEvent } from '../../local/secrets-manager/secret-rotation.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { type Random, randomUuid, seededRandom } from '../../local/serving/randomness.ts';
import { searched } from '../security/canary/suite.ts';
import { iamCallsOf } from '../security/iam-calls.ts';
import {
  countOf,
  type Fault,
  lostCall,
  type Mode,
  type Phase,
  refusal,
  type StandingFault,
  timedOut,
} from './faults.ts';
import {
  DAY,
  DEAD_LETTER_QUEUE_ARN,
  FUNCTION_ARN,
  GROUP,
  MANUAL,
  SCHEDULER_ROLE_ARN,
  SECRET,
  START,
} from './names.ts';
import { StaleReads, settled } from './stale-reads.ts';

const ANY_DEPLOYMENT = { region: '', accountId: '', secretArn: (secretId: string) => secretId };

export interface WorldOptions {
  readonly secretNames?: string[];
  readonly sweepEverySeconds?: number;
  readonly managementSecretName?: string;
  /** Of ids, keys and tokens. With one seed a part of a key in one world can be the id of a key in another. */
  readonly seed?: number;
  /** The settings that a deployed function has; its secrets are those of `secretNames` then. */
  readonly deployment?: { readonly configuration: Configuration; readonly functionArn: string };
}

export type Outcome = { result: unknown } | { error: Error } | 'killed';

/** Awaited before each call of a run, so that a test can let two processes take turns. */
export type Turn = (operation: string) => Promise<void>;

/** Where Lambda says that the function is. */
function placeOf(functionArn: string): Place {
  const [, , , region = '', , , functionName = ''] = functionArn.split(':');
  return { region, functionName };
}

/** One process of the function. */
interface Run {
  readonly calls: string[];
  /** Epoch second at which Lambda ends the process. */
  readonly deadlineAt: number;
  readonly fault: Fault | undefined;
  readonly turn: Turn | undefined;
  readonly kill: () => void;
  isKilled: boolean;
  metFault: boolean;
}

export class World {
  now = START;
  /** How far the function's clock is ahead of the services'; below zero, behind. */
  skewSeconds = 0;
  /** What Lambda gives an invocation. */
  timeoutSeconds = 300;
  /** The function's own time limit for one call; undefined: it waits until Lambda ends it. */
  callLimitSeconds: number | undefined;
  /** For so long after a write of the function, its reads answer as before the write. */
  readLagSeconds = 0;
  /** What happens to every call of an operation, whichever run makes it. */
  faults: StandingFault[] = [];
  readonly secrets: SecretsManager;
  readonly scheduler: Scheduler;
  readonly momento: Momento;
  readonly reports: ReportEntry[] = [];
  /** The operations of the last run, in order. */
  calls: string[] = [];
  /** Called before each call takes effect: for whatever somebody else does meanwhile. */
  meanwhile: (operation: string) => void = () => {};
  /** Answers in Momento's place, if a test makes up the answers. */
  issuer: KeyIssuer | undefined;
  configuration: Configuration;
  /** Every call of every run, for whoever asks what the function needs. */
  readonly recorded: { readonly operation: string; readonly input: object }[] = [];
  /** What Secrets Manager calls for each step of a rotation. */
  rotationStep: (event: RotationEvent) => Promise<Outcome> = (event) => this.run(event);
  readonly #random: Random;
  readonly #functionArn: string;
  readonly #staleReads: StaleReads;

  constructor({
    secretNames = [SECRET],
    sweepEverySeconds = 3600,
    managementSecretName,
    seed = 1,
    deployment,
  }: WorldOptions = {}) {
    const random = seededRandom(seed);
    const clock = () => this.now * 1000;
    const invokeRotation = async (_functionArn: string, event: RotationEvent) => {
      const outcome = await this.rotationStep(event);
      if (outcome === 'killed' || 'error' in outcome) throw new Error(`${event.Step} failed`);
    };
    this.secrets = new SecretsManager({ clock, random, invokeRotation });
    this.scheduler = new Scheduler({ clock, random });
    this.momento = new Momento({ clock, random });
    this.scheduler.createScheduleGroup({ Name: GROUP });
    this.#staleReads = new StaleReads(this.secrets);
    this.#random = random;
    for (const Name of secretNames) {
      this.secrets.createSecret({ Name, SecretString: PLACEHOLDER, ClientRequestToken: randomUuid(random) });
    }
    this.#functionArn = deployment?.functionArn ?? FUNCTION_ARN;
    this.configuration = deployment?.configuration ?? {
      secretNames,
      scheduleGroupName: GROUP,
      schedulerRoleArn: SCHEDULER_ROLE_ARN,
      deadLetterQueueArn: DEAD_LETTER_QUEUE_ARN,
      lead: { kind: 'default' },
      sweepEverySeconds,
      managementSecretName,
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

  /** Somebody stores a version under AWSPENDING. */
  putPending(ClientRequestToken: string, SecretString: string): void {
    const VersionStages = ['AWSPENDING'];
    this.secrets.putSecretValue({ SecretId: SECRET, ClientRequestToken, SecretString, VersionStages });
  }

  /** Somebody moves AWSCURRENT to another version. */
  makeCurrent(MoveToVersionId: string): void {
    this.secrets.updateSecretVersionStage({
      SecretId: SECRET,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: this.current().versionId,
      MoveToVersionId,
    });
  }

  /** Does it once, before the next call of that operation takes effect. */
  onceBefore(operation: string, action: () => void): void {
    this.meanwhile = (called) => {
      if (called !== operation) return;
      this.meanwhile = () => {};
      action();
    };
  }

  /**
   * Runs the function once, as a process of its own.
   * @throws {Error} the run made no call that the fault could happen to
   */
  async run(event: unknown, fault?: Fault, turn?: Turn): Promise<Outcome> {
    let end = (_: 'killed') => {};
    const killed = new Promise<'killed'>((resolve) => {
      end = resolve;
    });
    const run: Run = {
      calls: [],
      deadlineAt: this.now + this.timeoutSeconds,
      fault,
      turn,
      kill: () => {
        run.isKilled = true;
        end('killed');
      },
      isKilled: false,
      metFault: fault === undefined,
    };
    this.calls = run.calls;
    const handled = handle(event, this.configuration, this.#ports(run)).then(
      (result) => ({ result: searched('a result', result) }),
      (error: Error) => ({ error: searched('an error', error) }),
    );
    const outcome = await Promise.race([handled, killed]);
    if (!run.metFault) throw new Error(`no call met the fault ${JSON.stringify(fault)}`);
    return outcome;
  }

  /** A person asks for a refresh, and `act` happens once, before the first call of that operation. @returns what both led to */
  async runDuring<T>(
    operation: string,
    act: () => Promise<T>,
  ): Promise<{ readonly outcome: Outcome; readonly during: T | undefined }> {
    const acts = [act];
    let during: T | undefined;
    const outcome = await this.run(MANUAL, undefined, async (called) => {
      if (called === operation && acts.length > 0) during = await acts.pop()?.();
    });
    return { outcome, during };
  }

  /** The event of the next wake-up, delivered at its instant or so much later. */
  nextEvent(lateSeconds = 0): unknown {
    this.#goToNextWakeUp(lateSeconds);
    const [delivery] = this.scheduler.takeDue();
    if (delivery === undefined) throw new Error('nothing is due');
    this.scheduler.delivered(delivery);
    return JSON.parse(delivery.input);
  }

  /** Goes to the next instant at which something is booked, and runs what is due then. @returns its outcomes */
  async wakeUp(): Promise<Outcome[]> {
    this.#goToNextWakeUp(0);
    const outcomes: Outcome[] = [];
    for (const delivery of this.scheduler.takeDue()) {
      this.scheduler.delivered(delivery);
      outcomes.push(await this.run(JSON.parse(delivery.input)));
    }
    return outcomes;
  }

  /** Lets time go by until that epoch second, and runs what is due before it. */
  async passUntil(at: number): Promise<void> {
    while ((this.scheduler.nextDueAt() ?? Number.POSITIVE_INFINITY) < at * 1000) await this.wakeUp();
    this.now = Math.max(this.now, at);
  }

  /** What an application would read now. */
  current(secretName = SECRET): { versionId: string; record: Record<string, unknown>; works: boolean } {
    const { VersionId = '', SecretString = '' } = this.secrets.getSecretValue({ SecretId: secretName });
    const record = JSON.parse(SecretString);
    return { versionId: VersionId, record, works: this.momento.accepts(String(record.apiKey)) };
  }

  /** The labels of each version. */
  stages(secretName = SECRET): Record<string, string[]> {
    return this.secrets.describeSecret({ SecretId: secretName }).VersionIdsToStages ?? {};
  }

  /** The version under AWSPENDING, if it is not the current one. */
  pendingVersionId(secretName = SECRET): string | undefined {
    return Object.entries(this.stages(secretName))
      .filter(([, stages]) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT'))
      .map(([versionId]) => versionId)[0];
  }

  previousVersionId(): string {
    return Object.entries(this.stages()).find(([, stages]) => stages.includes('AWSPREVIOUS'))?.[0] ?? '';
  }

  pendingKey(): string {
    const { SecretString = '{}' } = this.secrets.getSecretValue({
      SecretId: SECRET,
      VersionStage: 'AWSPENDING',
    });
    const { apiKey, api_key: ofAnswer } = JSON.parse(SecretString);
    return apiKey ?? ofAnswer;
  }

  /** The names of all enabled entries in the function's group. */
  entries(): string[] {
    const { Schedules = [] } = this.scheduler.listSchedules({ GroupName: GROUP, State: 'ENABLED' });
    return Schedules.map(({ Name = '' }) => Name);
  }

  /** Somebody puts an entry into the function's group, far in the future. */
  addEntry(Name: string, secretName = SECRET): void {
    this.scheduler.createSchedule({
      Name,
      GroupName: GROUP,
      ScheduleExpression: 'at(2027-12-01T00:00:00)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: FUNCTION_ARN,
        RoleArn: SCHEDULER_ROLE_ARN,
        Input: JSON.stringify({ momento_auth_token_secret_name: secretName }),
      },
    });
  }

  /** Somebody deletes every entry in the function's group. */
  deleteEntries(): void {
    for (const Name of this.entries()) this.scheduler.deleteSchedule({ Name, GroupName: GROUP });
  }

  /** A person disables an entry in the console. */
  disableEntry(Name: string): void {
    const { Arn, CreationDate, LastModificationDate, ...entry } = this.scheduler.getSchedule({
      Name,
      GroupName: GROUP,
    });
    this.scheduler.updateSchedule({
      ...entry,
      Name,
      ScheduleExpression: entry.ScheduleExpression,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: FUNCTION_ARN, RoleArn: SCHEDULER_ROLE_ARN, ...entry.Target },
      State: 'DISABLED',
    });
  }

  /** ISO instants of the bookings that are still to come. */
  booked(): string[] {
    return this.entries()
      .map((name) => Number(name.split('-').at(-1)))
      .filter((at) => at > this.now)
      .map((at) => new Date(at * 1000).toISOString());
  }

  /** The effects that were reported, in order. */
  effects(): string[] {
    return this.reports.flatMap((entry) => (entry.kind === 'effect' ? [entry.effect] : []));
  }

  reported(kind: ReportEntry['kind']): ReportEntry[] {
    return this.reports.filter((entry) => entry.kind === kind);
  }

  /** How often Momento was asked for a new v1 key, in all runs. */
  issueCalls(): number {
    return this.callsOf('RefreshApiKey');
  }

  /** How often that operation was called, in all runs. */
  callsOf(wanted: string): number {
    return this.recorded.filter(({ operation }) => operation === wanted).length;
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

  #goToNextWakeUp(lateSeconds: number): void {
    const dueAt = this.scheduler.nextDueAt();
    if (dueAt === undefined) throw new Error('no wake-up is booked');
    this.now = Math.max(this.now, dueAt / 1000 + lateSeconds);
  }

  #ports(run: Run): Ports {
    const transport = this.#transport(run);
    const clock = () => (this.now + this.skewSeconds) * 1000;
    const pause = async (ms: number) => {
      this.now += ms / 1000;
    };
    const api = new PacedHttpApi(new InProcessHttpApi(this.momento.account, transport), clock, pause);
    const v1 = new InProcessKeyIssuer(this.momento, transport);
    const v2 = new MomentoV2KeyIssuer(api, v1);
    const { managementSecretName } = this.configuration;
    return {
      secrets: new SecretsManagerSecretStore(secretsManagerClient(this.secrets, transport)),
      wakeUps: new SchedulerWakeUps(schedulerClient(this.scheduler, transport), {
        groupName: GROUP,
        functionArn: this.#functionArn,
        roleArn: this.configuration.schedulerRoleArn,
        deadLetterQueueArn: this.configuration.deadLetterQueueArn,
      }),
      issuer: this.issuer ?? {
        issue: (key) => (key.kind === 'v1' ? v1 : v2).issue(key),
        prove: (key) => (key.kind === 'v1' ? v1 : v2).prove(key),
      },
      management:
        managementSecretName === undefined
          ? undefined
          : { secretName: managementSecretName, registry: new MomentoKeyRegistry(api, managementSecretName) },
      clock,
      place: placeOf(this.#functionArn),
      remainingMs: () => (run.deadlineAt - this.now) * 1000,
      pause,
      report: (entry) => this.reports.push(searched('a report', entry)),
    };
  }

  #transport(run: Run): Transport {
    return async (operation, input, call) => {
      await run.turn?.(operation);
      if (run.isKilled) return await never();
      this.recorded.push({ operation, input });
      // The proof of least privilege must know every call that any test makes.
      iamCallsOf({ operation, input }, ANY_DEPLOYMENT);
      run.calls.push(operation);
      const nth = countOf(operation, run.calls);
      await this.#meet(run, 'before', operation, nth);
      this.meanwhile(operation);
      const lag = { now: this.now, seconds: this.readLagSeconds };
      const answer = settled(this.#staleReads.around(operation, input, call, lag));
      await this.#meet(run, 'after', operation, nth);
      return answer();
    };
  }

  async #meet(run: Run, phase: Phase, operation: string, nth: number): Promise<void> {
    const { fault } = run;
    if (fault?.[phase] === operation && (fault.nth ?? 1) === nth) {
      run.metFault = true;
      return await this.#happen(run, fault.mode, operation);
    }
    const standing = this.faults.find(
      ({ [phase]: named, until = Number.POSITIVE_INFINITY }) => named === operation && this.now < until,
    );
    if (standing !== undefined) await this.#happen(run, standing.mode, operation);
  }

  async #happen(run: Run, mode: Mode, operation: string): Promise<void> {
    if (mode === 'kill') {
      run.kill();
      return await never();
    }
    if (mode === 'fail') throw lostCall(operation);
    if (mode === 'hang') return await this.#delay(run, Number.POSITIVE_INFINITY, operation);
    if ('code' in mode) throw refusal(operation, mode.code);
    await this.#delay(run, mode.lateSeconds, operation);
  }

  /** Ends with the delay, with the function's own time limit, or with the process: whichever is first. */
  async #delay(run: Run, seconds: number, operation: string): Promise<void> {
    const limit = this.callLimitSeconds ?? Number.POSITIVE_INFINITY;
    const endsAt = this.now + Math.min(seconds, limit);
    // Calls that the run makes at the same time come first.
    await new Promise(setImmediate);
    this.now = Math.max(this.now, Math.min(endsAt, run.deadlineAt));
    if (endsAt >= run.deadlineAt) {
      run.kill();
      return await never();
    }
    if (seconds > limit) throw timedOut(operation);
  }
}

/** @throws {Error} the run did not fail */
export function errorOf(outcome: Outcome | undefined): Error {
  if (typeof outcome === 'object' && 'error' in outcome) return outcome.error;
  throw new Error('the run did not fail');
}

function never(): Promise<never> {
  return new Promise(() => {});
}
