/** The time of a local run: a clock that runs, or one that jumps from event to event. */
import { DueQueue } from './due-queue.ts';

/** Something that has events of its own, such as the Scheduler. */
export interface EventSource {
  /** Epoch milliseconds of its next event, undefined if there is none. */
  nextDueAt(): number | undefined;
  /** Starts what is due by now. */
  fire(): void;
}

export interface LocalTime {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How many seconds of this clock pass in one real second. 0: the clock stands still while something runs. */
  readonly speed: number;
  /** Starts the action after a delay in milliseconds of this clock. */
  after(delayMs: number, action: () => Promise<void>): void;
  watch(source: EventSource): void;
  /** Drops what has not started yet. */
  close(): void;
}

/** How often a running clock asks its sources what is due, in real milliseconds. */
const PUMP_MS = 25;

/** Starts at the real time and runs `speed` times as fast. */
export class RunningTime implements LocalTime {
  readonly speed: number;
  readonly #originMs = Date.now();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(speed: number) {
    this.speed = speed;
  }

  readonly now = (): number => this.#originMs + (Date.now() - this.#originMs) * this.speed;

  after(delayMs: number, action: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, delayMs / this.speed);
    this.#timers.add(timer);
  }

  watch(source: EventSource): void {
    this.#timers.add(setInterval(() => source.fire(), PUMP_MS));
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** Jumps to the next event, runs it to its end, and jumps again. The same start gives the same events in the same order. */
export class SimulatedTime implements LocalTime {
  readonly speed = 0;
  readonly #actions = new DueQueue<() => Promise<void>>(() => true);
  readonly #sources: EventSource[] = [];
  #nowMs: number;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  readonly now = (): number => this.#nowMs;

  after(delayMs: number, action: () => Promise<void>): void {
    this.#actions.add(this.#nowMs + delayMs, action);
  }

  watch(source: EventSource): void {
    this.#sources.push(source);
  }

  /**
   * Runs events, one after the other, until the condition holds.
   * @throws {Error} if it does not hold within `limitMs` of simulated time
   */
  async runUntil(condition: () => boolean, limitMs: number): Promise<void> {
    const giveUpAt = this.#nowMs + limitMs;
    while (!condition()) {
      if (!(await this.#step(giveUpAt))) throw new Error(`nothing happened for ${limitMs / 60_000} minutes`);
    }
  }

  /** Runs the events of the next milliseconds, then stands at their end. */
  async run(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    while (await this.#step(endMs));
    this.#nowMs = endMs;
  }

  close(): void {
    while (this.#actions.take(Number.POSITIVE_INFINITY) !== undefined);
  }

  /** @returns false if nothing is due by then */
  async #step(untilMs: number): Promise<boolean> {
    const dueAt = Math.min(
      this.#actions.nextAtMs() ?? Number.POSITIVE_INFINITY,
      ...this.#sources.map((source) => source.nextDueAt() ?? Number.POSITIVE_INFINITY),
    );
    if (dueAt > untilMs) return false;
    this.#nowMs = Math.max(this.#nowMs, dueAt);
    for (const source of this.#sources) source.fire();
    await this.#actions.take(this.#nowMs)?.();
    return true;
  }
}
