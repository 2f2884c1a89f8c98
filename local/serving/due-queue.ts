/** A queue of items ordered by the instant they are due, then by arrival. */

interface Entry<Item> {
  readonly atMs: number;
  readonly order: number;
  readonly item: Item;
}

/** A binary heap. Items that are no longer wanted are skipped when they come up. */
export class DueQueue<Item> {
  readonly #heap: Entry<Item>[] = [];
  readonly #isWanted: (item: Item) => boolean;
  #order = 0;

  constructor(isWanted: (item: Item) => boolean) {
    this.#isWanted = isWanted;
  }

  add(atMs: number, item: Item): void {
    this.#order += 1;
    this.#rise({ atMs, order: this.#order, item });
  }

  nextAtMs(): number | undefined {
    return this.#first()?.atMs;
  }

  /** The first item that is due by then, taken out. */
  take(nowMs: number): Item | undefined {
    const first = this.#first();
    if (first === undefined || first.atMs > nowMs) return undefined;
    this.#removeFirst();
    return first.item;
  }

  #first(): Entry<Item> | undefined {
    let first = this.#heap[0];
    while (first !== undefined && !this.#isWanted(first.item)) {
      this.#removeFirst();
      first = this.#heap[0];
    }
    return first;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
  }

  #rise(entry: Entry<Item>): void {
    const heap = this.#heap;
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[hole] = parent;
      hole = above;
    }
    heap[hole] = entry;
  }

  #sink(entry: Entry<Item>): void {
    const heap = this.#heap;
    let hole = 0;
    for (;;) {
      const left = heap[2 * hole + 1];
      const right = heap[2 * hole + 2];
      const below = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (below === undefined || !isBefore(below, entry)) break;
      heap[hole] = below;
      hole = 2 * hole + (below === right ? 2 : 1);
    }
    heap[hole] = entry;
  }
}

function isBefore<Item>(one: Entry<Item>, other: Entry<Item>): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
