/** One process of the function: the real flow and adapters, whose calls are answered, delayed, lost or cut off as the dice say. */
import { type ApiRequest, PacedHttpApi } from '../../handlers/adapters/momento-http-api.ts';
import { MomentoKeyRegistry, MomentoV2KeyIssuer } from '../../handlers/adapters/momento-v2-keys.ts';
import { powertoolsReport } from '../../handlers/adapters/powertools-report.ts';
import { SchedulerWakeUps } from '../../handlers/adapters/scheduler-wake-ups.ts';
import { SecretsManagerSecretStore } from '../../handlers/adapters/secrets-manager-secret-store.ts';
import { ANSWER_MS } from '../../handlers/adapters/time-limit.ts';
import type { Configuration } from '../../handlers/configuration.ts';
import { handle } from '../../handlers/dispatch.ts';
import { FLAGS } from '../../handlers/names.ts';
import type { Ports } from '../../handlers/ports.ts';
import { schedulerClient, secretsManagerClient } from '../../local/in-process/clients.ts';
import { InProcessHttpApi } from '../../local/in-process/http-api.ts';
import { InProcessKeyIssuer } from '../../local/in-process/issuer.ts';
import { PLACE } from '../worlds/names.ts';
import {
  attempt,
  identity,
  isProof,
  issues,
  isToMomento,
  loggable,
  lostCall,
  type Outcome,
  type PlannedCall,
  proves,
  serviceOf,
  throttledCall,
} from './call.ts';
import type { IssuedKey } from './ledger.ts';
import { claimsOf } from './secret-text.ts';
import { type Actor, FUNCTION_ARN, GROUP, QUEUE_ARN, ROLE_ARN, type World } from './world.ts';

/** As the stack sets it. */
const TIMEOUT_MS = 300_000;
/** The retry of a process that cannot store its key comes so long after the process has ended: a minute, up to the whole minute. */
const MOVED_RETRY_MS = 120_000;
/** The retry after a lost key comes so long after the process has ended, because Lambda's own repetition must not take its place. */
const LOST_KEY_RETRY_MS = 480_000;
/** A sweep gives each secret at least this time. */
const LEAST_SHARE_MS = 120_000;
/** A process tries to store its key until so long before its end. */
const GIVES_UP_MS = 20_000;

export type Ending = 'succeeded' | 'failed' | 'died';

export interface ProcessPlan {
  /** Takes time for each call, so that others come in between; else all of it happens at one instant. */
  readonly paced: boolean;
  readonly troubled: boolean;
}

/** What an event may say of the secret. */
interface WakingEvent {
  readonly bookedFor: { readonly attempt: number; readonly writeRefused?: boolean };
  readonly detail: { readonly versionId: string };
}

/** What a killed process waits for. */
const NEVER = new Promise<never>(() => {});

export class FunctionProcess implements Actor {
  readonly secretName: string | undefined;
  readonly unproven = new Set<string>();
  readonly issued: IssuedKey[] = [];
  readonly seen: Actor['seen'] = new Map();
  readonly isRequested: boolean;
  readonly startedAtMs: number;
  readonly isRetry: boolean;
  readonly told: Actor['told'];
  staleReadAtMs = Number.NEGATIVE_INFINITY;
  demands: boolean;
  mustTestWrite: boolean;
  /** What it has told of each secret: the flags that it raised. */
  readonly flags = new Map<string, readonly string[]>();
  /** The secrets that it was to serve. */
  managed: readonly string[] = [];
  /** It has come to the work itself, with nothing against the booking before it: the retry must be there. */
  guarded = false;
  /** One of its calls failed. */
  metFault = false;
  bookingFailed = false;
  listingFailed = false;
  isOver = false;
  /** The secrets whose last write failed, as far as this process knows. */
  readonly #unstored = new Set<string>();
  /** Its retry is a minute after its deadline, until the key is stored and the retry is moved back. */
  #isRetryMoved = false;
  readonly #world: World;
  readonly #plan: ProcessPlan;
  readonly #skewMs: number;
  readonly #onEnd: (ending: Ending) => void;

  constructor(
    world: World,
    run: {
      secretName: string | undefined;
      event: unknown;
      demands: boolean;
      isRequested: boolean;
      plan: ProcessPlan;
    },
    onEnd: (ending: Ending) => void,
  ) {
    this.#world = world;
    this.secretName = run.secretName;
    this.demands = run.demands;
    this.isRequested = run.demands || run.isRequested;
    const { bookedFor, detail } = run.event as Partial<WakingEvent>;
    this.isRetry = (bookedFor?.attempt ?? 1) > 1;
    this.mustTestWrite = bookedFor?.writeRefused === true;
    this.told = { currentVersionId: detail?.versionId, bookedUntilMs: 0 };
    this.#plan = run.plan;
    this.#onEnd = onEnd;
    this.startedAtMs = world.now;
    const { maxSkewSeconds } = world.scenario;
    this.#skewMs = maxSkewSeconds === 0 ? 0 : world.dice.between(-maxSkewSeconds, maxSkewSeconds) * 1000;
  }

  start(event: unknown, configuration: Configuration): void {
    const world = this.#world;
    world.stirred = true;
    world.runs++;
    this.managed = configuration.secretNames;
    if (this.#plan.paced) world.time.after(TIMEOUT_MS, () => this.#die('timeout'));
    handle(event, configuration, this.#ports()).then(
      (result) => this.#end('succeeded', result),
      (error: unknown) => this.#end('failed', error),
    );
  }

  #ports(): Ports {
    const world = this.#world;
    return {
      secrets: new SecretsManagerSecretStore(secretsManagerClient(world.secrets, this.#transport)),
      wakeUps: new SchedulerWakeUps(schedulerClient(world.scheduler, this.#transport), {
        groupName: GROUP,
        functionArn: FUNCTION_ARN,
        roleArn: ROLE_ARN,
        deadLetterQueueArn: QUEUE_ARN,
      }),
      ...this.#momento(),
      clock: () => world.now + this.#skewMs,
      place: PLACE,
      remainingMs: () => TIMEOUT_MS - (world.now - this.startedAtMs),
      pause: this.#pause,
      report: this.#report,
    };
  }

  readonly #pause: Ports['pause'] = (ms) =>
    new Promise((resolve) => this.#world.time.after(ms, () => this.#resume(resolve)));

  #momento(): Pick<Ports, 'issuer' | 'management'> {
    const { momento, scenario } = this.#world;
    const http = new InProcessHttpApi(momento.account, this.#transport);
    const api = new PacedHttpApi(http, () => this.#world.now, this.#pause);
    const v1 = new InProcessKeyIssuer(momento, this.#transport);
    const v2 = new MomentoV2KeyIssuer(api, v1);
    const { managementSecretName: secretName } = scenario;
    return {
      issuer: {
        issue: (key) => (key.kind === 'v1' ? v1 : v2).issue(key),
        prove: (key) => (key.kind === 'v1' ? v1 : v2).prove(key),
      },
      management:
        secretName === undefined
          ? undefined
          : { secretName, registry: new MomentoKeyRegistry(api, secretName) },
    };
  }

  /** A reported failure raises the alarm, even if the run goes on. */
  readonly #report: Ports['report'] = (entry) => {
    if (entry.kind === 'failure') this.#world.alarm(entry.secretName);
    if (entry.kind === 'state') this.#stated(entry.secretName, entry.flags);
    this.#toLog(entry);
  };

  #stated(secretName: string, flags: Readonly<Record<string, 0 | 1>>): void {
    const world = this.#world;
    const raised = Object.keys(flags).filter((flag) => flags[flag] === 1);
    this.flags.set(secretName, raised);
    const secret = world.ledger.of(secretName);
    if (raised.includes(FLAGS.keyUnrefreshable)) secret.toldActNowMs ??= world.now;
    const facts = { nowMs: world.now, accepts: (key: string) => world.momento.accepts(key) };
    world.assert(() => world.invariants.atFlags(secret, raised, this.startedAtMs, facts));
  }

  /** Stands where Powertools would write: everything that would be in the log is seen by the canary. */
  readonly #line = (message: unknown, ...extra: unknown[]): void => {
    const world = this.#world;
    world.note('log', this.secretName, () => `${message} ${JSON.stringify(extra[0], loggable)}`);
    world.mustNotLeak(this.secretName, 'a log line', [message, extra]);
  };

  readonly #toLog = powertoolsReport({ info: this.#line, warn: this.#line, error: this.#line });

  readonly #transport = (operation: string, input: object, call: () => unknown): Promise<unknown> => {
    if (this.isOver) return NEVER;
    const world = this.#world;
    this.#countIssueCall(operation, input);
    if (isToMomento(operation)) this.guarded ||= !this.bookingFailed;
    const perform = () => this.#perform(operation, input, call);
    if (this.#losesAnswer(operation)) return this.#loseAnswer(operation, input, perform);
    if (world.hanging.has(serviceOf(operation))) return this.#hang(operation, input);
    if (!this.#plan.paced) return this.#atOnce(operation, input, perform);
    const { scenario, dice } = world;
    const meets = this.#plan.troubled && dice.chance(scenario.troubledCalls);
    const [first, ...others] = scenario.callFaults;
    const fault = meets && first !== undefined ? dice.pick([first, ...others]) : undefined;
    if (fault !== undefined) {
      this.metFault = true;
      world.count(fault);
      world.note(fault, this.secretName, operation);
      world.disturbed(fault, this.secretName);
    }
    return new Promise((resolve, reject) =>
      this.#play({ operation, input, perform, fault, resolve, reject }),
    );
  };

  /** Momento issues a v2 key and closes the connection. */
  #losesAnswer(operation: string): boolean {
    const { dice, scenario } = this.#world;
    const isV2 = issues(operation) && operation !== 'RefreshApiKey';
    return isV2 && dice.chance(scenario.chances['lost-answer']);
  }

  #loseAnswer(operation: string, input: object, perform: () => unknown): Promise<unknown> {
    const world = this.#world;
    this.metFault = true;
    world.count('lost-answer');
    world.note('lost-answer', this.secretName, operation);
    world.disturbed('lost-answer', this.secretName);
    attempt(perform);
    return Promise.reject(lostCall(operation, input));
  }

  /** The service takes the call and never answers: the call fails at its time limit. */
  #hang(operation: string, input: object): Promise<unknown> {
    const world = this.#world;
    this.metFault = true;
    world.note('hangs', this.secretName, operation);
    return new Promise((resolve, reject) => {
      const perform = () => undefined;
      const call = { operation, input, perform, fault: undefined, resolve, reject };
      this.#later(ANSWER_MS, () => this.#fail(call));
    });
  }

  #atOnce(operation: string, input: object, perform: () => unknown): Promise<unknown> {
    const outcome = attempt(perform);
    this.#heard(operation, input, outcome);
    return 'answer' in outcome ? Promise.resolve(outcome.answer) : Promise.reject(outcome.error);
  }

  /** A key without a refresh token is generated anew. For others that is the second call of one try. */
  #countIssueCall(operation: string, input: object): void {
    const { ledger } = this.#world;
    if (operation === 'RefreshApiKey') this.#issueCalled((input as { apiKey: string }).apiKey);
    if (operation === 'RefreshApiKeyV2')
      this.#issueCalled(ledger.apiKeyOf(claimsOf((input as ApiRequest).authorization).akid));
    if (operation !== 'GenerateApiKeyV2') return;
    const { description } = (input as ApiRequest).body as { description: string };
    const { current } = ledger.of(description);
    if (current?.key?.isTokenless) this.#issueCalled(current.key.apiKey);
  }

  #issueCalled(apiKey = ''): void {
    const world = this.#world;
    const secret = world.ledger.ownerOf(apiKey);
    if (secret === undefined || secret.current?.key?.apiKey !== apiKey) return;
    secret.issueCallsMs.push(world.now);
    // A sweep's try begins a chain of its own, where the one before it is lost.
    if (this.secretName === undefined) secret.extraChances += 12;
    world.assert(() => world.invariants.atIssueCall(secret, { nowMs: world.now, accepts: () => true }));
  }

  #perform(operation: string, input: object, call: () => unknown): unknown {
    const world = this.#world;
    try {
      const answer = world.perform(this, operation, input, call);
      world.note(operation, this.secretName, () => identity(input));
      return answer;
    } catch (error) {
      this.metFault = true;
      const name = error instanceof Error ? error.name : 'error';
      world.note(operation, this.secretName, () => `${identity(input)} ${name}`);
      if (operation === 'CreateSchedule' && name !== 'ConflictException') this.bookingFailed = true;
      throw error;
    }
  }

  /** What Momento said, as the function heard it: an answer that came too late was none. */
  #heard(operation: string, input: object, outcome: Outcome): void {
    if (issues(operation) && 'answer' in outcome) this.#keyReceived(outcome.answer);
    if (operation === 'PutSecretValue') this.#stored(input, 'answer' in outcome);
    else if (operation === 'CreateSchedule' && 'answer' in outcome && this.#unstored.size === 0)
      this.#isRetryMoved = false;
    if (!proves(operation, input)) return;
    if (isProof(outcome)) this.unproven.clear();
    else
      for (const secret of this.#world.ledger.concerned(this.secretName)) this.unproven.add(secret.plan.name);
  }

  #stored(input: object, hasWorked: boolean): void {
    const { SecretId } = input as { SecretId: string };
    if (hasWorked) {
      this.mustTestWrite = false;
      this.#unstored.delete(SecretId);
      return;
    }
    this.#unstored.add(SecretId);
    this.#isRetryMoved = true;
  }

  #play(call: PlannedCall): void {
    const { dice } = this.#world;
    const latencyMs = dice.between(5, 300);
    switch (call.fault) {
      case undefined:
        this.#later(latencyMs, () => this.#answer(call, attempt(call.perform)));
        break;
      case 'error-before':
      case 'throttled':
        if (call.fault === 'error-before') this.#maybeLateEffect(call);
        this.#later(latencyMs, () => this.#fail(call));
        break;
      case 'error-after':
        this.#later(latencyMs, () => {
          attempt(call.perform);
          this.#fail(call);
        });
        break;
      case 'killed-before':
        this.#later(latencyMs, () => {
          this.#maybeLateEffect(call);
          this.#die('killed');
        });
        break;
      case 'killed-after':
        this.#later(latencyMs, () => {
          attempt(call.perform);
          this.#die('killed');
        });
        break;
      case 'slow':
        this.#playSlowly(call);
        break;
    }
  }

  #playSlowly(call: PlannedCall): void {
    const { dice, scenario } = this.#world;
    const takesMs = dice.acrossScales(2000, scenario.mode === 'sweep' ? 120_000 : 280_000);
    const effectAfterMs = Math.floor(takesMs * dice.random());
    this.#world.disturbed('slow', this.secretName, this.#world.now, this.#world.now + takesMs);
    let outcome: Outcome | undefined;
    this.#later(effectAfterMs, () => {
      outcome = attempt(call.perform);
    });
    if (takesMs > ANSWER_MS) this.#later(ANSWER_MS, () => this.#fail(call));
    else this.#later(takesMs, () => outcome && this.#answer(call, outcome));
  }

  /** A request that nobody waits for any more reaches its service all the same, up to ten minutes later. */
  #maybeLateEffect(call: PlannedCall): void {
    const world = this.#world;
    if (!world.dice.chance(world.scenario.chances['late-effect'])) return;
    world.count('late-effect');
    const delayMs = world.dice.acrossScales(1000, 600_000);
    world.disturbed('late-effect', this.secretName, world.now, world.now + delayMs);
    this.#later(delayMs, () => attempt(call.perform));
  }

  #resume(resolve: () => void): void {
    if (this.isOver) return;
    this.#world.stirred = true;
    resolve();
  }

  #later(delayMs: number, action: () => void): void {
    this.#world.time.after(delayMs, action);
  }

  #answer({ operation, input, resolve, reject }: PlannedCall, outcome: Outcome): void {
    if (this.isOver) return;
    this.#heard(operation, input, outcome);
    this.#world.stirred = true;
    if ('answer' in outcome) resolve(outcome.answer);
    else reject(outcome.error);
  }

  #fail(call: PlannedCall): void {
    // An entry of that name can be one that has fired. Without a look at it nothing is known to be booked.
    if (call.operation === 'CreateSchedule' || call.operation === 'GetSchedule') this.bookingFailed = true;
    if (call.operation === 'ListSchedules') this.listingFailed = true;
    const error =
      call.fault === 'throttled' ? throttledCall(call.operation) : lostCall(call.operation, call.input);
    this.#answer(call, { error });
  }

  #die(how: 'killed' | 'timeout'): void {
    if (this.isOver) return;
    this.#world.note('died', this.secretName, how);
    const untilMs = this.#isRetryMoved ? this.startedAtMs + TIMEOUT_MS + MOVED_RETRY_MS : this.#world.now;
    this.#world.disturbed(how, this.secretName, this.#world.now, untilMs);
    this.#finish('died');
  }

  #end(ending: Ending, outcome: unknown): void {
    if (this.isOver) return;
    const world = this.#world;
    world.note(ending, this.secretName, () =>
      outcome instanceof Error ? `${outcome.name}: ${outcome.message}` : JSON.stringify(outcome),
    );
    world.mustNotLeak(this.secretName, ending === 'failed' ? 'an error' : 'a result', outcome);
    this.#finish(ending);
  }

  #keyReceived(answer: unknown): void {
    const key = this.issued.find((issued) => issued.answer === answer);
    if (key === undefined) return;
    key.answeredAtMs = this.#world.now;
    key.retryBeforeMs = this.startedAtMs + TIMEOUT_MS + MOVED_RETRY_MS;
  }

  /** What becomes of the keys that Momento issued to this process and that it has not stored. */
  #lettingGo(ending: Ending): void {
    const world = this.#world;
    const isOutOfTime = world.now - this.startedAtMs >= this.#shareMs() - GIVES_UP_MS;
    for (const key of this.issued) {
      key.retryBeforeMs = undefined;
      if (key.stored) continue;
      const secret = world.ledger.ownerOf(key.parentApiKey);
      if (key.answeredAtMs === undefined) key.lostBy = 'answer lost';
      else if (ending === 'died') key.lostBy = 'process killed';
      else if (isOutOfTime && secret !== undefined && this.#unstored.has(secret.plan.name)) {
        key.lostBy = 'write refused';
        secret.disturbed('refused-write', world.now, world.now + LOST_KEY_RETRY_MS);
        if (!this.bookingFailed) world.assert(() => world.invariants.atRefusedKey(secret));
      }
    }
  }

  /** How long one secret of this run may take: a sweep serves the management key first, then five secrets at a time. */
  #shareMs(): number {
    if (this.secretName !== undefined) return TIMEOUT_MS;
    const { managementSecretName } = this.#world.scenario;
    const others = this.managed.filter((name) => name !== managementSecretName).length;
    const rounds = (others < this.managed.length ? 1 : 0) + Math.ceil(others / 5);
    return Math.max(LEAST_SHARE_MS, TIMEOUT_MS / Math.max(rounds, 1));
  }

  #finish(ending: Ending): void {
    this.isOver = true;
    this.#lettingGo(ending);
    if (ending !== 'succeeded') this.#world.alarm(this.secretName);
    this.#onEnd(ending);
  }
}
