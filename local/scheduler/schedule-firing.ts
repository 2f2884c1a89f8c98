/** When schedules fire, what they deliver, and what becomes of a delivery that fails. It creates and deletes no schedule. */
import { DueQueue } from '../serving/due-queue.ts';
import { type Random, randomHex, randomUuid } from '../serving/randomness.ts';
import { firstOccurrence } from './schedule-expression.ts';
import type { ScheduleDefinition } from './schedule-rules.ts';

export interface Schedule {
  readonly name: string;
  readonly groupName: string;
  readonly arn: string;
  readonly createdAtMs: number;
  modifiedAtMs: number;
  definition: ScheduleDefinition;
  /** Grows with each update and with the deletion: what was planned for an earlier revision is void. */
  revision: number;
  /** The request that created it, so that its repetition is known. */
  readonly creation: { readonly clientToken: string; readonly request: string } | undefined;
}

/** One invocation of a target. Report its end with `delivered` or `failed`. */
export interface Delivery {
  readonly scheduleName: string;
  readonly groupName: string;
  readonly scheduleArn: string;
  readonly targetArn: string;
  readonly roleArn: string;
  readonly scheduledAtMs: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly executionId: string;
  /** The target's input, its context attributes replaced. */
  readonly input: string;
}

/** What could not be delivered: to the dead-letter queue, or dropped where there is none. */
export interface DeadLetter {
  readonly queueArn: string | undefined;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Occurrence {
  readonly schedule: Schedule;
  readonly revision: number;
  readonly scheduledAtMs: number;
  readonly attempt: number;
  readonly firstAttemptAtMs: number | undefined;
}

export interface ScheduleFiringOptions {
  readonly clock: () => number;
  readonly random: Random;
  readonly region: string;
  readonly accountId: string;
  /**
   * How long after (or, below zero, before) its instant an occurrence fires. The real service is precise to 60 s within
   * the minute; exact by default.
   */
  readonly delayMs?: ((scheduledAtMs: number) => number) | undefined;
  /** How long an entry with ActionAfterCompletion DELETE stays after it has fired: AWS gives no bound. */
  readonly lingerMs?: (() => number) | undefined;
  readonly onDeadLetter?: ((letter: DeadLetter) => void) | undefined;
}

const LINGER_MS = 60_000;
// "Retry attempts with exponential backoff": AWS does not say which. This one fits 185 attempts into its 24 hours.
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 465_000;
const CONTEXT_ATTRIBUTE = /<aws\.scheduler\.(scheduled-time|schedule-arn|execution-id|attempt-number)>/g;

export class ScheduleFiring {
  readonly #options: ScheduleFiringOptions;
  readonly #due = new DueQueue<Occurrence>(isCurrent);
  readonly #removals = new DueQueue<{ schedule: Schedule; revision: number }>(isCurrent);
  readonly #inFlight = new WeakMap<Delivery, Occurrence>();

  constructor(options: ScheduleFiringOptions) {
    this.#options = options;
  }

  /** Plans the next occurrence of a schedule that was created or updated just now. */
  arm(schedule: Schedule): void {
    const { timing, startAtMs } = schedule.definition;
    // StartDate is ignored for one-time schedules; a rate without one "starts invoking the target immediately".
    this.#plan(schedule, timing.kind === 'once' ? timing.atMs : (startAtMs ?? schedule.modifiedAtMs));
  }

  /** The earliest instant at which `takeDue` has something to give, epoch milliseconds. */
  nextDueAt(): number | undefined {
    return this.#due.nextAtMs();
  }

  takeDue(): Delivery[] {
    const now = this.#options.clock();
    const deliveries: Delivery[] = [];
    for (let due = this.#due.take(now); due !== undefined; due = this.#due.take(now)) {
      const delivery = this.#delivery(due);
      this.#inFlight.set(delivery, { ...due, firstAttemptAtMs: due.firstAttemptAtMs ?? now });
      deliveries.push(delivery);
      const { timing } = due.schedule.definition;
      if (due.attempt === 1 && timing.kind === 'rate') {
        this.#plan(due.schedule, firstOccurrence(due.scheduledAtMs, timing.everyMs, due.scheduledAtMs + 1));
      }
    }
    return deliveries;
  }

  delivered(delivery: Delivery): void {
    const occurrence = this.#settle(delivery);
    if (occurrence !== undefined) this.#complete(occurrence);
  }

  /** Plans the next attempt as the RetryPolicy allows, or gives the delivery up. */
  failed(delivery: Delivery, error: unknown): void {
    const occurrence = this.#settle(delivery);
    if (occurrence === undefined) return;
    const policy = occurrence.schedule.definition.shown.Target.RetryPolicy;
    const now = this.#options.clock();
    const retryAtMs = now + Math.min(FIRST_BACKOFF_MS * 2 ** (occurrence.attempt - 1), LONGEST_BACKOFF_MS);
    const expiresAtMs = (occurrence.firstAttemptAtMs ?? now) + policy.MaximumEventAgeInSeconds * 1000;
    if (occurrence.attempt > policy.MaximumRetryAttempts) {
      this.#giveUp(delivery, occurrence, error, 'MaximumRetryAttempts');
    } else if (retryAtMs > expiresAtMs) {
      this.#giveUp(delivery, occurrence, error, 'MaximumEventAgeInSeconds');
    } else {
      this.#due.add(retryAtMs, { ...occurrence, attempt: occurrence.attempt + 1 });
    }
  }

  /** A schedule whose time to disappear has come; undefined where there is none (any more). */
  takeExpired(): Schedule | undefined {
    return this.#removals.take(this.#options.clock())?.schedule;
  }

  #plan(schedule: Schedule, scheduledAtMs: number): void {
    const { definition, revision } = schedule;
    if (definition.shown.State !== 'ENABLED' || isOver(definition, scheduledAtMs)) return;
    const window = definition.maximumWindowMs;
    const delayMs = this.#options.delayMs?.(scheduledAtMs) ?? 0;
    const firesAtMs =
      scheduledAtMs + delayMs + (window === 0 ? 0 : Math.floor(this.#options.random() * window));
    this.#due.add(firesAtMs, { schedule, revision, scheduledAtMs, attempt: 1, firstAttemptAtMs: undefined });
  }

  #delivery(due: Occurrence): Delivery {
    const { schedule, scheduledAtMs, attempt } = due;
    const { Target: target } = schedule.definition.shown;
    const executionId = randomHex(this.#options.random, 16);
    const contextValue = (_: string, attribute: string) => {
      switch (attribute) {
        case 'scheduled-time':
          return wholeSeconds(scheduledAtMs);
        case 'schedule-arn':
          return schedule.arn;
        case 'execution-id':
          return executionId;
        default:
          return String(attempt);
      }
    };
    const input = target.Input ?? this.#defaultNotification(schedule, scheduledAtMs);
    return {
      scheduleName: schedule.name,
      groupName: schedule.groupName,
      scheduleArn: schedule.arn,
      targetArn: target.Arn ?? '',
      roleArn: target.RoleArn ?? '',
      scheduledAtMs,
      attempt,
      executionId,
      input: input.replace(CONTEXT_ATTRIBUTE, contextValue),
    };
  }

  /** Target, Input: "If you do not specify anything for this field, [it] delivers a default notification". */
  #defaultNotification(schedule: Schedule, scheduledAtMs: number): string {
    return JSON.stringify({
      version: '0',
      id: randomUuid(this.#options.random),
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account: this.#options.accountId,
      time: wholeSeconds(scheduledAtMs),
      region: this.#options.region,
      resources: [schedule.arn],
      detail: '{}',
    });
  }

  /** Whoever reports an end twice, or after the schedule was changed or deleted, changes nothing. */
  #settle(delivery: Delivery): Occurrence | undefined {
    const occurrence = this.#inFlight.get(delivery);
    this.#inFlight.delete(delivery);
    return occurrence !== undefined && isCurrent(occurrence) ? occurrence : undefined;
  }

  #complete({ schedule, revision, scheduledAtMs }: Occurrence): void {
    const { definition } = schedule;
    const { timing } = definition;
    const isLast = timing.kind === 'once' || isOver(definition, scheduledAtMs + timing.everyMs);
    if (!isLast || definition.shown.ActionAfterCompletion !== 'DELETE') return;
    const lingerMs = this.#options.lingerMs?.() ?? LINGER_MS;
    this.#removals.add(this.#options.clock() + lingerMs, { schedule, revision });
  }

  /** User guide, "Configuring a schedule's dead-letter queue": the message and its attributes. */
  #giveUp(delivery: Delivery, occurrence: Occurrence, error: unknown, exhausted: string): void {
    this.#options.onDeadLetter?.({
      queueArn: occurrence.schedule.definition.shown.Target.DeadLetterConfig?.Arn,
      body: delivery.input,
      attributes: {
        ERROR_CODE: error instanceof Error ? error.name : 'Error',
        ERROR_MESSAGE: error instanceof Error ? error.message : 'The target could not be invoked.',
        EXECUTION_ID: delivery.executionId,
        EXHAUSTED_RETRY_CONDITION: exhausted,
        IS_PAYLOAD_TRUNCATED: 'false',
        RETRY_ATTEMPTS: String(delivery.attempt - 1),
        SCHEDULED_TIME: wholeSeconds(delivery.scheduledAtMs),
        SCHEDULE_ARN: delivery.scheduleArn,
        TARGET_ARN: delivery.targetArn,
      },
    });
    this.#complete(occurrence);
  }
}

function isCurrent(planned: { schedule: Schedule; revision: number }): boolean {
  return planned.schedule.revision === planned.revision;
}

/** EndDate: the date "before which the schedule can invoke its target"; ignored for one-time schedules. */
function isOver(definition: ScheduleDefinition, scheduledAtMs: number): boolean {
  return (
    definition.timing.kind === 'rate' &&
    definition.endAtMs !== undefined &&
    scheduledAtMs >= definition.endAtMs
  );
}

function wholeSeconds(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 19)}Z`;
}
