/** One simulated world: time, the services, the ledger and the dice. It knows who acts, and tells the ledger what that changed. */
import { AwsServiceError } from '../../local/aws/service-error.ts';
import type { SecretLabelUpdatedEvent } from '../../local/events/secret-events.ts';
import { Momento } from '../../local/momento/momento.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { Canary } from '../security/canary/canary.ts';
import { isToMomento } from './call.ts';
import { Chronicle } from './chronicle.ts';
import { Dice } from './dice.ts';
import { Effects } from './effects.ts';
import { Invariants, Violation } from './invariants.ts';
import { Ledger, type SecretLedger, type Version } from './ledger.ts';
import type { Fault, Scenario } from './scenario.ts';
import { keyIn } from './secret-text.ts';
import { VirtualTime } from './virtual-time.ts';

/** 2026-01-01T00:00:00Z */
export const START_MS = 1_767_225_600_000;
/** The Scheduler is on time within this. */
export const PRECISION_MS = 60_000;
export const GROUP = 'momento-key-refresher';
export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher';
export const ROLE_ARN = 'arn:aws:iam::123456789012:role/scheduler';
export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:123456789012:dead-letters';

/** What the ledger must know of a process while its call takes effect. */
export interface Actor {
  readonly secretName: string | undefined;
  /** The secrets whose last proof by this process was no answer of Momento's. */
  readonly unproven: Set<string>;
  /** A person's demand is for the version that its run sees first. */
  demands: boolean;
}

export class World {
  readonly scenario: Scenario;
  readonly time = new VirtualTime(START_MS);
  readonly endMs: number;
  readonly ledger: Ledger;
  readonly invariants: Invariants;
  readonly chronicle: Chronicle;
  readonly canary = new Canary();
  readonly dice: Dice;
  readonly secrets: SecretsManager;
  readonly scheduler: Scheduler;
  readonly momento: Momento;
  readonly faults = new Map<Fault, number>();
  /** Secrets that something happened to since the invariants were last checked. */
  readonly touched = new Set<SecretLedger>();
  /** A process goes on at this step: it is to be waited for. */
  stirred = false;
  awsAway = false;
  refreshes = 0;
  runs = 0;
  onLabelUpdated: (event: SecretLabelUpdatedEvent) => void = () => {};
  /** First broken invariant: what happens in a process cannot throw through it. */
  violation: Violation | undefined;
  readonly #effects = new Effects(this);
  #actor: Actor | undefined;
  /** How late the entry that was booked last will fire. */
  firesLateByMs = 0;

  constructor(scenario: Scenario, options: { chronicle: boolean }) {
    this.scenario = scenario;
    this.endMs = START_MS + scenario.days * 86_400_000;
    this.ledger = new Ledger(scenario.secrets);
    this.invariants = new Invariants(this.ledger, scenario);
    this.chronicle = new Chronicle(options.chronicle);
    this.dice = new Dice(scenario.seed, 'happenings');
    const random = new Dice(scenario.seed, 'services').random;
    const clock = () => this.time.nowMs;
    const { singleUseTokens: singleUseRefreshTokens, maxLingerSeconds, promotionEndsPending } = scenario;
    this.secrets = new SecretsManager({
      clock,
      random,
      promotionEndsPending,
      onLabelUpdated: (event) => this.#labelUpdated(event),
    });
    this.momento = new Momento({ clock, random, singleUseRefreshTokens });
    this.scheduler = new Scheduler({
      clock,
      random,
      delayMs: (scheduledAtMs) => this.#firingDelayMs(scheduledAtMs),
      lingerMs: () => this.dice.between(1, maxLingerSeconds) * 1000,
    });
    this.scheduler.createScheduleGroup({ Name: GROUP });
  }

  get now(): number {
    return this.time.nowMs;
  }

  count(fault: Fault): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  note(what: string, secretName: string | undefined, detail: string | (() => string) = ''): void {
    this.chronicle.note(this.now, what, secretName, detail);
  }

  disturbed(secretName: string | undefined, fromMs = this.now, toMs = fromMs): void {
    for (const secret of this.ledger.concerned(secretName)) secret.disturbed(fromMs, toMs);
  }

  alarm(secretName: string | undefined): void {
    for (const secret of this.ledger.concerned(secretName)) secret.lastAlarmMs = this.now;
  }

  /** Keeps the first violation: the run ends with the step that it happened in. */
  assert(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violation ??= error;
    }
  }

  mustNotLeak(secretName: string | undefined, where: string, value: unknown): void {
    const part = this.canary.partInValue(value);
    if (part !== undefined)
      this.violation ??= new Violation(
        3,
        secretName ?? '*',
        `${where} holds ${part.length} characters of a key or token`,
      );
  }

  /** A call that reaches its service takes effect now. @throws what the service answers */
  perform(actor: Actor, operation: string, input: object, call: () => unknown): unknown {
    if (this.awsAway && !isToMomento(operation))
      throw new AwsServiceError('InternalServiceError', 500, 'An error occurred on the server side.');
    this.#actor = actor;
    try {
      const answer = call();
      return this.#effects.record(actor, operation, input, answer);
    } finally {
      this.#actor = undefined;
    }
  }

  /** As `perform`, by a person: events that this causes name nobody. */
  byPerson(secretName: string, versionId: string, text: string, call: () => void): void {
    const secret = this.ledger.of(secretName);
    secret.versionStored(this.versionOf(versionId, 'person', text));
    call();
  }

  #labelUpdated(event: SecretLabelUpdatedEvent): void {
    const { name, versionId } = event.detail;
    const secret = this.ledger.of(name);
    const wasCurrent = secret.versions.get(versionId)?.currentSinceMs !== undefined;
    const from = secret.currentMoved(versionId, this.now);
    this.touched.add(secret);
    const to = secret.current;
    const actor = this.#actor;
    this.note(
      actor === undefined ? 'put' : 'promoted',
      name,
      () => `${versionId} until ${to?.key?.expiresAt ?? '-'}`,
    );
    if (to !== undefined) this.#watch(secret, to);
    if (actor !== undefined && to !== undefined) {
      this.refreshes++;
      const proofFailed = actor.unproven.has(name);
      this.assert(() =>
        this.invariants.atPromotion(
          secret,
          { from, to, proofFailed, wasCurrent },
          { nowMs: this.now, accepts: (key) => this.momento.accepts(key) },
        ),
      );
    }
    this.onLabelUpdated(event);
  }

  #watch(secret: SecretLedger, version: Version): void {
    for (const { atMs, cacheSeconds } of this.invariants.deadlines(version)) {
      if (atMs <= this.now) continue;
      this.time.at(atMs, () => {
        if (secret.current !== version) return;
        this.note(
          cacheSeconds === 0 ? 'lapsed' : 'deadline',
          secret.plan.name,
          `${version.versionId} ${cacheSeconds}`,
        );
        this.touched.add(secret);
        this.assert(() => this.invariants.atDeadline(secret, version, cacheSeconds));
      });
    }
  }

  versionOf(versionId: string, by: Version['by'], text: string): Version {
    const createdAt = Math.floor(this.now / 1000);
    return { versionId, by, createdAt, key: keyIn(text) };
  }

  #firingDelayMs(scheduledAtMs: number): number {
    const isLate = this.dice.chance(this.scenario.chances['late-wake-up']);
    if (isLate) this.count('late-wake-up');
    this.firesLateByMs = isLate
      ? this.dice.acrossScales(PRECISION_MS, 3_600_000)
      : this.dice.between(0, PRECISION_MS);
    // The function's own entries are told apart where they are booked: this is the sweep.
    if (isLate && this.#actor === undefined)
      this.disturbed(undefined, scheduledAtMs, scheduledAtMs + this.firesLateByMs);
    return this.firesLateByMs;
  }
}
