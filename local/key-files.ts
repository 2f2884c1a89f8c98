/** The key files that the playground writes. Their keys are renewed while it runs. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { LocalTime } from './serving/local-time.ts';

const LIFETIME_SECONDS = 2 * 3600;
/** A file gets a new key when half of the lifetime is over. */
const RENEW_AFTER_MS = (LIFETIME_SECONDS / 2) * 1000;

export class KeyFiles {
  readonly #newKey: (lifetimeSeconds: number) => object;
  readonly #time: LocalTime;
  readonly #written: string[] = [];

  /** @param newKey returns a key as the Momento console offers it for download */
  constructor(newKey: (lifetimeSeconds: number) => object, time: LocalTime) {
    this.#newKey = newKey;
    this.#time = time;
  }

  /** Writes a key into `momento-key.json` or, if there is one, `momento-key-2.json` and so on. @returns the name */
  write(): string {
    const name = freeName();
    this.#write(name, 'wx');
    this.#written.push(name);
    return name;
  }

  /** Removes the files that `write` has written. */
  remove(): void {
    for (const name of this.#written) rmSync(name, { force: true });
  }

  #write(name: string, flag: 'w' | 'wx'): void {
    writeFileSync(name, `${JSON.stringify(this.#newKey(LIFETIME_SECONDS))}\n`, { mode: 0o600, flag });
    this.#time.after(RENEW_AFTER_MS, async () => {
      // A file that a person has deleted is not written again.
      if (existsSync(name)) this.#write(name, 'w');
    });
  }
}

function freeName(): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'momento-key.json' : `momento-key-${number}.json`;
    if (!existsSync(name)) return name;
  }
}
