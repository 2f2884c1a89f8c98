/** Finds any twelve characters of a known key or token in a value. */

/** Twelve characters do not match by chance: there are 62^12 such texts. */
const PART_LENGTH = 12;

/** Keys and tokens are letters and digits, or base64 of them. */
const RUNS = /[A-Za-z0-9+/=]{12,}/g;
/** Hashes and version ids. Only one in 250,000 parts of a key is hexadecimal, and the parts next to it are not. */
const HEXADECIMAL = /^[0-9a-f]+$/;
const MAX_KNOWN_TEXTS = 20_000;

export class Canary {
  readonly #secrets: string[] = [];
  /** Each secret in pieces of six characters: any twelve characters of it contain a whole piece. */
  readonly #pieces = new Map<string, number[]>();
  readonly #harmless = new Set<string>();
  inspected = 0;

  add(secret: string): void {
    const index = this.#secrets.push(secret) - 1;
    for (let at = 0; at + PIECE <= secret.length; at += PIECE) {
      const piece = secret.slice(at, at + PIECE);
      const holders = this.#pieces.get(piece);
      if (holders === undefined) this.#pieces.set(piece, [index]);
      else if (holders.at(-1) !== index) holders.push(index);
    }
  }

  /** @returns the part of a secret that is in the text; undefined if there is none */
  partIn(text: string): string | undefined {
    // A harmless text stays harmless: a key that is made later cannot be in it.
    if (text.length < PART_LENGTH || this.#harmless.has(text)) return undefined;
    this.inspected++;
    for (const run of text.match(RUNS) ?? []) {
      const part = HEXADECIMAL.test(run) ? undefined : this.#partInRun(run);
      if (part !== undefined) return part;
    }
    if (this.#harmless.size >= MAX_KNOWN_TEXTS) this.#harmless.clear();
    this.#harmless.add(text);
    return undefined;
  }

  /** Searches every string in a value. Of an error also its causes, stack and hidden fields. */
  partInValue(value: unknown): string | undefined {
    return typeof value === 'string' ? this.partIn(value) : this.#partInObject(value, 0);
  }

  #partInObject(value: unknown, depth: number): string | undefined {
    if (typeof value !== 'object' || value === null || depth > 8) return undefined;
    const fields = value instanceof Error ? Object.getOwnPropertyNames(value) : Object.keys(value);
    for (const field of fields) {
      const inner: unknown = Reflect.get(value, field);
      const part =
        this.partIn(field) ??
        (typeof inner === 'string' ? this.partIn(inner) : this.#partInObject(inner, depth + 1));
      if (part !== undefined) return part;
    }
    return undefined;
  }

  #partInRun(run: string): string | undefined {
    for (let at = 0; at + PIECE <= run.length; at++) {
      for (const index of this.#pieces.get(run.slice(at, at + PIECE)) ?? []) {
        const part = this.#sharedPart(run, at, this.#secrets[index] ?? '');
        if (part !== undefined) return part;
      }
    }
    return undefined;
  }

  /** @returns twelve characters around the piece at `at` that are also in the secret */
  #sharedPart(run: string, at: number, secret: string): string | undefined {
    for (let start = Math.max(0, at - PIECE); start <= at; start++) {
      const part = run.slice(start, start + PART_LENGTH);
      if (part.length === PART_LENGTH && secret.includes(part)) return part;
    }
    return undefined;
  }
}

const PIECE = PART_LENGTH / 2;
