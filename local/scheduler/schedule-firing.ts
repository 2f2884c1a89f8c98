/** When schedules fire, what they deliver, and what happens after a failed delivery. */
import { DueQueue } from '../serving/due-queue.ts';
import { type Random, randomHex } from '../serving/randomness.ts';
import { firstOccurrence } from './schedule-expression.ts';
import type { ScheduleDefinition } from './schedule-rules.ts';

export interface Schedule {
  readonly name: string;
  readonly groupName: string;
  readonly arn: string;
  readonly createdAtMs: number;
  modifiedAtMs: number;
  definition: ScheduleDefinition;
  /** Grows with each update and with the deletion. What was planned for an earlier revision does not fire. */
  revision: number;
  /** The request that created it, to recognize a repetition. */
  readonly creation: { readonly clientToken: string; readonly request: string } | undefined;
}

/** One invocation of a target. Report its end with `delivered` or `failed`. */
export interface Delivery {
  readonly scheduleName: string;
  readonly scheduledAtMs: number;
  /** 1 for the first. */
  readonly attempt: number;
  /** The target's input with its context attributes replaced. */
  readonly input: string;
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
  /**
   * How long after (or, below zero, before) its instant an occurrence fires. The real service is precise to 60 s within
   * the minute; exact by default.
   */
  readonly delayMs?: ((scheduledAtMs: number) => number) | undefined;
  /** How long an entry with ActionAfterCompletion DELETE stays after it has fired: AWS gives no bound. */
  readonly lingerMs?: (() => number) | undefined;
}

const LINGER_MS = 60_000;
// "Retry attempts with exponential backoff": AWS does not publish it. With these numbers 185 attempts fit into 24 hours.
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
    const { timing } = schedule.definition;
    // A rate without a start date "starts invoking the target immediately".
    this.#plan(schedule, timing.kind === 'once' ? timing.atMs : schedule.modifiedAtMs);
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

  /** Plans the next attempt as the RetryPolicy allows, or ends the delivery. */
  failed(delivery: Delivery): void {
    const occurrence = this.#settle(delivery);
    if (occurrence === undefined) return;
    const policy = occurrence.schedule.definition.shown.Target.RetryPolicy;
    const now = this.#options.clock();
    const retryAtMs = now + Math.min(FIRST_BACKOFF_MS * 2 ** (occurrence.attempt - 1), LONGEST_BACKOFF_MS);
    const expiresAtMs = (occurrence.firstAttemptAtMs ?? now) + policy.MaximumEventAgeInSeconds * 1000;
    if (occurrence.attempt > policy.MaximumRetryAttempts || retryAtMs > expiresAtMs) {
      this.#complete(occurrence);
    } else this.#due.add(retryAtMs, { ...occurrence, attempt: occurrence.attempt + 1 });
  }

  /** @returns a schedule that fired and is to be deleted now, undefined if there is none */
  takeExpired(): Schedule | undefined {
    return this.#removals.take(this.#options.clock())?.schedule;
  }

  #plan(schedule: Schedule, scheduledAtMs: number): void {
    const { definition, revision } = schedule;
    if (definition.shown.State !== 'ENABLED') return;
    const firesAtMs = scheduledAtMs + (this.#options.delayMs?.(scheduledAtMs) ?? 0);
    this.#due.add(firesAtMs, { schedule, revision, scheduledAtMs, attempt: 1, firstAttemptAtMs: undefined });
  }

  #delivery(due: Occurrence): Delivery {
    const { schedule, scheduledAtMs, attempt } = due;
    const { Input: input = '{}' } = schedule.definition.shown.Target;
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
    return {
      scheduleName: schedule.name,
      scheduledAtMs,
      attempt,
      input: input.replace(CONTEXT_ATTRIBUTE, contextValue),
    };
  }

  /** A second report, or one for a schedule that was changed or deleted since, has no effect. */
  #settle(delivery: Delivery): Occurrence | undefined {
    const occurrence = this.#inFlight.get(delivery);
    this.#inFlight.delete(delivery);
    return occurrence !== undefined && isCurrent(occurrence) ? occurrence : undefined;
  }

  #complete({ schedule, revision }: Occurrence): void {
    const { timing, shown } = schedule.definition;
    if (timing.kind !== 'once' || shown.ActionAfterCompletion !== 'DELETE') return;
    const lingerMs = this.#options.lingerMs?.() ?? LINGER_MS;
    this.#removals.add(this.#options.clock() + lingerMs, { schedule, revision });
  }
}

function isCurrent(planned: { schedule: Schedule; revision: number }): boolean {
  return planned.schedule.revision === planned.revision;
}

function wholeSeconds(instantMs: number): string {
  return `${new Date(instantMs).toISOString().slice(0, 19)}Z`;
}
