/** Lets processes in one test take turns, call by call, in an order that the test chooses; it knows nothing of what they do. */

interface Waiting {
  readonly operation: string;
  readonly go: () => void;
}

export class Turns<Name extends string> {
  readonly #waiting = new Map<Name, Waiting[]>();
  readonly #running = new Set<Name>();

  /** What a process awaits before each of its calls. */
  gate(name: Name): (operation: string) => Promise<void> {
    return (operation) =>
      new Promise((go) => {
        this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), { operation, go }]);
      });
  }

  start<T>(name: Name, process: () => Promise<T>): Promise<T> {
    this.#running.add(name);
    return process().finally(() => this.#running.delete(name));
  }

  /**
   * Runs all processes to their end.
   * @param choose which of those that wait goes next; called only where there is a choice
   * @param isFree operations that matter to nobody else: they never wait
   */
  async play(
    choose: (waiting: readonly Name[]) => Name,
    isFree: (operation: string) => boolean,
  ): Promise<void> {
    for (;;) {
      // All that can run without another turn has run once the microtasks are done.
      await new Promise(setImmediate);
      const waiting = [...this.#waiting].filter(([, calls]) => calls.length > 0).map(([name]) => name);
      if (waiting.length === 0) {
        if (this.#running.size === 0) return;
        continue;
      }
      const free = waiting.find((name) =>
        this.#waiting.get(name)?.every(({ operation }) => isFree(operation)),
      );
      const next = free ?? (this.#running.size > 1 && waiting.length > 1 ? choose(waiting) : waiting[0]);
      if (next === undefined) return;
      // Calls that a process makes at once are one turn.
      const calls = this.#waiting.get(next) ?? [];
      this.#waiting.set(next, []);
      for (const { go } of calls) go();
    }
  }
}

/** Every order in which choices can fall: calls `run` with a chooser until each has been taken. @returns how many there were */
export async function everyOrder<Name extends string>(
  names: readonly [Name, Name],
  run: (choose: () => Name, order: () => string) => Promise<void>,
): Promise<number> {
  const [first, second] = names;
  let taken: Name[] = [];
  for (let orders = 1; ; orders++) {
    let index = 0;
    const choose = () => {
      const choice = taken[index] ?? first;
      taken[index++] = choice;
      return choice;
    };
    await run(choose, () => taken.slice(0, index).join(' '));
    taken = taken.slice(0, index);
    while (taken.at(-1) === second) taken.pop();
    if (taken.length === 0) return orders;
    taken[taken.length - 1] = second;
  }
}
