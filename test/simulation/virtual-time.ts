/** The simulation's only clock and its queue of what is still to happen. It never waits, and never looks at the real time. */
import { DueQueue } from '../../local/serving/due-queue.ts';

export class VirtualTime {
  nowMs: number;
  readonly #queue = new DueQueue<() => void>(() => true);

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  after(delayMs: number, action: () => void): void {
    this.#queue.add(this.nowMs + delayMs, action);
  }

  /** What is set for the past happens next. */
  at(instantMs: number, action: () => void): void {
    this.#queue.add(Math.max(this.nowMs, instantMs), action);
  }

  nextAtMs(): number {
    return this.#queue.nextAtMs() ?? Number.POSITIVE_INFINITY;
  }

  /** Goes to the next instant at which something happens, and lets one thing happen. */
  step(): void {
    this.nowMs = Math.max(this.nowMs, this.nextAtMs());
    this.#queue.take(this.nowMs)?.();
  }
}

/**
 * Ends when every process has come to a call that has not been answered: nothing can happen then but by the queue.
 * A tick that is asked for while promises are followed comes once none is left, and costs less than a turn of the event loop;
 * one that is asked for anywhere else would come first.
 */
export async function settled(): Promise<void> {
  await undefined;
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
}

/** A turn of the event loop: lets the rest of the program live beside a long run. */
export function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
