/** Shows how far many runs have come: a bar on a terminal, a line now and then elsewhere. */

const BAR_WIDTH = 30;
const SECONDS_BETWEEN_LINES = 30;

export class Progress {
  readonly #total: number;
  readonly #startedAt = performance.now();
  #done = 0;
  #lastLineAt = 0;

  constructor(total: number) {
    this.#total = total;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  advance(): void {
    this.#done += 1;
    if (process.stdout.isTTY) this.#draw();
    else if (this.seconds - this.#lastLineAt >= SECONDS_BETWEEN_LINES) {
      this.#lastLineAt = this.seconds;
      console.log(this.#words());
    }
  }

  /** Leaves the terminal's line clean. */
  end(): void {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  }

  #draw(): void {
    const filled = Math.floor((this.#done / this.#total) * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    process.stdout.write(`\r${bar} ${this.#words()}\x1b[K`);
  }

  #words(): string {
    const left = (this.seconds / this.#done) * (this.#total - this.#done);
    return `${this.#done} of ${this.#total} runs, ${Math.ceil(left)} s to go`;
  }
}
