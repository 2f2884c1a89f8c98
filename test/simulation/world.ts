/** One simulated world: time, the services, the ledger and the dice. It knows who acts, and tells the ledger what that changed. */
import type { CreateScheduleInput, UpdateScheduleInput } from '@aws-sdk/client-scheduler';
import { AwsServiceError } from '../../local/aws/service-error.ts';
import type { SecretLabelUpdatedEvent } from '../../local/events/secret-events.ts';
import { Momento } from '../../local/momento/momento.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import type { RotationEvent } from '../../local/secrets-manager/secret-rotation.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { Canary } from '../security/canary/canary.ts';
import { attempt, isToMomento, type Outcome, type Service } from './call.ts';
import { Chronicle } from './chronicle.ts';
import { Dice } from './dice.ts';
import { Effects } from './effects.ts';
import { Invariants, LONGEST_STALENESS_MS, Violation } from './invariants.ts';
import {
  type Cause,
  type Hinders,
  type IssuedKey,
  Ledger,
  type SecretLedger,
  type Version,
} from './ledger.ts';
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

const SWEEP: Omit<CreateScheduleInput, 'ScheduleExpression'> & { Name: string } = {
  Name: 'sweep',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: {
    Arn: FUNCTION_ARN,
    RoleArn: ROLE_ARN,
    Input: '{"action":"sweep"}',
    DeadLetterConfig: { Arn: QUEUE_ARN },
  },
};

/** A schedule as UpdateSchedule wants it, which replaces everything that it is not given. */
export function definitionOf(
  scheduler: Scheduler,
  position: { Name: string; GroupName?: string },
): UpdateScheduleInput {
  const { Arn, CreationDate, LastModificationDate, ...definition } = scheduler.getSchedule(position);
  return definition as UpdateScheduleInput;
}

/** What the ledger must know of a process while its call takes effect. */
export interface Actor {
  readonly secretName: string | undefined;
  /** The secrets whose last proof by this process was no answer of Momento's. */
  readonly unproven: Set<string>;
  /** One of its bookings failed. */
  readonly bookingFailed: boolean;
  /** It could not list the entries, so it does not see that another run works on the secret. */
  readonly listingFailed: boolean;
  readonly isOver: boolean;
  /** A person's demand is for the version that its run sees first. */
  demands: boolean;
  /** A person asked for this run. */
  readonly isRequested: boolean;
  readonly startedAtMs: number;
  /** Keys that Momento issued to this process. */
  readonly issued: IssuedKey[];
  /** The current key of each secret as it read it last, and when. */
  readonly seen: Map<string, { readonly apiKey: string | undefined; readonly atMs: number }>;
  /** When it last read what was there before a write. */
  staleReadAtMs: number;
  /** What may tell it that a read is stale: the event that started it, and the entries that it lists. */
  readonly told: { readonly currentVersionId: string | undefined; bookedUntilMs: number };
  readonly isRetry: boolean;
  /** The event says that the last key could not be stored, and it has stored nothing yet. */
  readonly mustTestWrite: boolean;
}

/** A write that reads do not show yet, and what they show instead. */
interface Stale {
  readonly untilMs: number;
  readonly answers: ReadonlyMap<string, Outcome>;
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
  /** Services that take calls and never answer them. */
  readonly hanging = new Set<Service>();
  readonly #stale = new Map<string, Stale>();
  refreshes = 0;
  /** What became of keys, each kind with its count. */
  readonly counts = new Map<string, number>();
  runs = 0;
  onLabelUpdated: (event: SecretLabelUpdatedEvent) => void = () => {};
  onRotationStep: (event: RotationEvent) => Promise<void> = async () => {};
  /** First broken invariant: what happens in a process cannot throw through it. */
  violation: Violation | undefined;
  readonly #effects = new Effects(this);
  #actor: Actor | undefined;
  isSweeping = false;
  #sweepIsDisabled = false;
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
      invokeRotation: (_functionArn, event) => this.onRotationStep(event),
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

  startSweeps(): void {
    this.isSweeping = true;
    const { Name } = SWEEP;
    if (this.#sweepIsDisabled)
      this.scheduler.updateSchedule({ ...definitionOf(this.scheduler, { Name }), State: 'ENABLED' });
    else
      this.scheduler.createSchedule({
        ...SWEEP,
        ScheduleExpression: `rate(${this.scenario.sweepEverySeconds / 3600} hours)`,
      });
    this.#sweepIsDisabled = false;
  }

  stopSweeps(how: 'deleted' | 'disabled'): void {
    const { Name } = SWEEP;
    if (how === 'deleted') this.scheduler.deleteSchedule({ Name });
    else this.scheduler.updateSchedule({ ...definitionOf(this.scheduler, { Name }), State: 'DISABLED' });
    this.#sweepIsDisabled = how === 'disabled';
    this.isSweeping = false;
  }

  get now(): number {
    return this.time.nowMs;
  }

  count(fault: Fault): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  tally(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  note(what: string, secretName: string | undefined, detail: string | (() => string) = ''): void {
    this.chronicle.note(this.now, what, secretName, detail);
  }

  disturbed(
    cause: Cause,
    secretName: string | undefined,
    fromMs = this.now,
    toMs = fromMs,
    hinders: Hinders = 'all',
  ): void {
    for (const secret of this.ledger.concerned(secretName)) secret.disturbed(cause, fromMs, toMs, hinders);
  }

  /** A person has disabled or deleted an entry of the function's. */
  entryRemoved(secret: SecretLedger, name: string): void {
    this.#effects.cancelled(name);
    secret.brokenBy ??= 'removed-entry';
    this.touched.add(secret);
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
    this.#refuseWrite(operation, input);
    this.#actor = actor;
    try {
      const answer = this.#staleAnswer(actor, operation, input) ?? this.#answer(operation, input, call);
      return this.#effects.record(actor, operation, input, answer);
    } finally {
      this.#actor = undefined;
    }
  }

  /** Writes that can never work: a replica takes none at all; a KMS key, a quota or a policy stops new values only. */
  #refuseWrite(operation: string, input: object): void {
    const { SecretId = '' } = input as { SecretId?: string };
    const code = this.ledger.secrets.get(SecretId)?.refusedWrites;
    const isRefused =
      operation === 'PutSecretValue' ||
      (operation === 'UpdateSecretVersionStage' && code === 'InvalidParameterException');
    if (code !== undefined && isRefused) throw new AwsServiceError(code, 400, 'The write is refused.');
  }

  #answer(operation: string, input: object, call: () => unknown): unknown {
    const isWrite = operation === 'PutSecretValue' || operation === 'UpdateSecretVersionStage';
    if (!isWrite || !this.dice.chance(this.scenario.chances['stale-read'])) return call();
    const { SecretId = '' } = input as { SecretId?: string };
    const untilMs = this.now + this.dice.acrossScales(500, LONGEST_STALENESS_MS);
    const answers = this.#readings(SecretId);
    const answer = call();
    this.#stale.set(SecretId, { untilMs, answers });
    this.count('stale-read');
    this.note('stale-read', SecretId, String(untilMs - this.now));
    this.disturbed('stale-read', SecretId, this.now, untilMs);
    return answer;
  }

  #readings(SecretId: string): Map<string, Outcome> {
    const stages = ['AWSCURRENT', 'AWSPENDING'];
    return new Map([
      ['DescribeSecret', attempt(() => this.secrets.describeSecret({ SecretId }))],
      ...stages.map((VersionStage): [string, Outcome] => [
        `GetSecretValue ${VersionStage}`,
        attempt(() => this.secrets.getSecretValue({ SecretId, VersionStage })),
      ]),
    ]);
  }

  #staleAnswer(actor: Actor, operation: string, input: object): unknown {
    const { SecretId = '', VersionStage } = input as { SecretId?: string; VersionStage?: string };
    const stale = this.#stale.get(SecretId);
    if (stale === undefined || stale.untilMs <= this.now) return undefined;
    const outcome = stale.answers.get(
      VersionStage === undefined ? operation : `${operation} ${VersionStage}`,
    );
    if (outcome === undefined) return undefined;
    actor.staleReadAtMs = this.now;
    if ('error' in outcome) throw outcome.error;
    return outcome.answer;
  }

  /** As `perform`, by a person: events that this causes name nobody. */
  byPerson(secretName: string, versionId: string, text: string, call: () => void): void {
    const secret = this.ledger.of(secretName);
    secret.versionStored(this.versionOf(secret, versionId, 'person', text), this.now);
    call();
  }

  #labelUpdated(event: SecretLabelUpdatedEvent): void {
    const { name, versionId, labelUpdated } = event.detail;
    // The stack's rule filters on this label.
    if (labelUpdated !== 'AWSCURRENT') return;
    const secret = this.ledger.of(name);
    const wasCurrent = secret.versions.get(versionId)?.currentSinceMs !== undefined;
    const actor = this.#actor;
    const from = secret.currentMoved(versionId, this.now, actor === undefined ? 'person' : 'function');
    this.touched.add(secret);
    const to = secret.current;
    this.note(
      actor === undefined ? 'put' : 'promoted',
      name,
      () => `${versionId} until ${to?.key?.expiresAt ?? '-'}`,
    );
    if (to !== undefined) this.#watch(secret, to);
    if (actor !== undefined && to !== undefined) {
      this.refreshes++;
      this.tally(`refreshes of ${to.key?.kind ?? 'no'} keys`);
      const proofFailed = actor.unproven.has(name);
      this.assert(() =>
        this.invariants.atPromotion(
          secret,
          { from, to, proofFailed, bookingFailed: actor.bookingFailed, wasCurrent },
          { nowMs: this.now, accepts: (key) => this.momento.accepts(key) },
        ),
      );
    }
    this.managementChanged();
    this.onLabelUpdated(event);
  }

  /** Notes since when no key can manage keys, and from when on one can. */
  managementChanged(): void {
    const { managementSecretName } = this.scenario;
    if (managementSecretName === undefined) return;
    const { key } = this.ledger.of(managementSecretName).current ?? {};
    const isFit = this.momento.account.roleOf(key?.apiKey ?? '')?.managesKeys === true;
    const { unmanaged } = this.ledger;
    const open = unmanaged.find(({ toMs }) => toMs === Number.POSITIVE_INFINITY);
    // A read may show the old key for a while.
    const staleMs = this.scenario.chances['stale-read'] > 0 ? LONGEST_STALENESS_MS : 0;
    if (open !== undefined && isFit) open.toMs = this.now + staleMs;
    if (open !== undefined || isFit) return;
    const cause = 'no-management-key';
    unmanaged.push({ fromMs: this.now, toMs: Number.POSITIVE_INFINITY, hinders: 'all', cause });
  }

  #watch(secret: SecretLedger, version: Version): void {
    for (const { atMs, cacheSeconds } of this.invariants.deadlines(version)) {
      if (atMs <= this.now) continue;
      this.time.at(atMs, () => {
        if (secret.current !== version) return;
        this.touched.add(secret);
        this.managementChanged();
        let excuse: string | undefined;
        this.assert(() => {
          excuse = this.invariants.atDeadline(secret, version, cacheSeconds);
        });
        const { name } = secret.plan;
        if (cacheSeconds === 0) this.note('lapsed', name, excuse ?? 'not allowed');
        else this.note('deadline', name, `${version.versionId} ${cacheSeconds}`);
      });
    }
  }

  versionOf(secret: SecretLedger, versionId: string, by: Version['by'], text: string): Version {
    const key = keyIn(text);
    const createdAt = key?.issuedAt ?? secret.reservedAt.get(versionId) ?? Math.floor(this.now / 1000);
    return { versionId, by, createdAt, key };
  }

  #firingDelayMs(scheduledAtMs: number): number {
    const isLate = this.dice.chance(this.scenario.chances['late-wake-up']);
    if (isLate) this.count('late-wake-up');
    this.firesLateByMs = isLate
      ? this.dice.acrossScales(PRECISION_MS, 3_600_000)
      : this.dice.between(0, PRECISION_MS);
    // The function's own entries are told apart where they are booked: this is the sweep.
    if (isLate && this.#actor === undefined)
      this.disturbed('late-wake-up', undefined, scheduledAtMs, scheduledAtMs + this.firesLateByMs);
    return this.firesLateByMs;
  }
}
