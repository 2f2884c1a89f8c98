/** What happened in a run, line by line: for the fingerprint that two runs are compared by, the last events, and the picture. */
import { createHash } from 'node:crypto';

export interface Happening {
  readonly atMs: number;
  /** What kind of thing: a word that the picture knows. */
  readonly what: string;
  /** Absent where it concerns all secrets. */
  readonly secretName?: string | undefined;
  readonly detail: string;
}

export class Chronicle {
  readonly happenings: Happening[] = [];
  readonly #hash = createHash('sha256');
  readonly #enabled: boolean;

  /** @param enabled false where nobody will read it: thousands of runs are faster without; a run replays from its seed anyway */
  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** @param detail a function where it costs something to word */
  note(
    atMs: number,
    what: string,
    secretName: string | undefined,
    detail: string | (() => string) = '',
  ): void {
    if (!this.#enabled) return;
    const happening = { atMs, what, secretName, detail: typeof detail === 'string' ? detail : detail() };
    this.happenings.push(happening);
    this.#hash.update(`${line(happening)}\n`);
  }

  fingerprint(): string {
    return this.#hash.copy().digest('hex');
  }

  last(count: number): string[] {
    return this.happenings.slice(-count).map(line);
  }
}

function line({ atMs, what, secretName = '*', detail }: Happening): string {
  return `${new Date(atMs).toISOString()} ${secretName} ${what} ${detail}`.trimEnd();
}
