/** Names in order, so that those with a prefix are found without a look at the others. */
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

  /** The names with the prefix, in order, those up to and including `after` left out. */
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
