/** Sorted names, to find those with a prefix quickly. */
export class NameIndex {
  readonly #names: string[] = [];

  add(name: string): void {
    const position = this.#position(name);
    if (this.#names[position] !== name) this.#names.splice(position, 0, name);
  }

  remove(name: string): void {
    const position = this.#position(name);
    if (this.#names[position] === name) this.#names.splice(position, 1);
  }

  /** The names with the prefix that come after `after`, in order. */
  *withPrefix(prefix: string, after = ''): Generator<string> {
    let position = this.#position(after > prefix ? after : prefix);
    if (this.#names[position] === after) position += 1;
    for (let name = this.#names[position]; name?.startsWith(prefix); name = this.#names[position]) {
      yield name;
      position += 1;
    }
  }

  /** Where the name is, or would be. */
  #position(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#names[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
