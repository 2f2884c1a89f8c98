/** What happened in a run, line by line: for the fingerprint that two runs are compared by, and the last events. */
import { createHash } from 'node:crypto';

const LINES_KEPT = 40;

export class Chronicle {
  /** The lines of the last events. */
  readonly last: string[] = [];
  readonly #hash = createHash('sha256');
  readonly #enabled: boolean;

  /** @param enabled false where nobody will read it: thousands of runs are faster without; a run replays from its seed anyway */
  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /**
   * @param secretName undefined if it concerns all secrets
   * @param detail a function where it costs something to word
   */
  note(atMs: number, what: string, secretName = '*', detail: string | (() => string) = ''): void {
    if (!this.#enabled) return;
    const words = typeof detail === 'string' ? detail : detail();
    const line = `${new Date(atMs).toISOString()} ${secretName} ${what} ${words}`.trimEnd();
    this.#hash.update(`${line}\n`);
    this.last.push(line);
    if (this.last.length > LINES_KEPT) this.last.shift();
  }

  fingerprint(): string {
    return this.#hash.copy().digest('hex');
  }
}
