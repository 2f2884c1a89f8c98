/** Ends a local run on Ctrl-C and the like, or if nobody reads its output any more. */

/** The exit codes that a shell gives for these signals. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const CLOSED_PIPE_EXIT_CODE = 141;

/** Thrown by `unlessInterrupted`. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

export class Interruption {
  readonly #controller = new AbortController();
  #exitCode = 0;

  constructor() {
    for (const [signal, exitCode] of Object.entries(EXIT_CODES)) {
      process.on(signal, () => this.#interrupt(exitCode));
    }
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', () => this.#interrupt(CLOSED_PIPE_EXIT_CODE));
    }
  }

  /** Of the interruption; 0 before it. */
  get exitCode(): number {
    return this.#exitCode;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async happens(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise((resolve) => this.signal.addEventListener('abort', resolve, { once: true }));
  }

  /** @throws {InterruptedError} as soon as the run is interrupted */
  async unlessInterrupted<Result>(work: Promise<Result>): Promise<Result> {
    const interrupted = this.happens().then(() => {
      throw new InterruptedError('interrupted');
    });
    return await Promise.race([work, interrupted]);
  }

  #interrupt(exitCode: number): void {
    if (this.signal.aborted) return;
    this.#exitCode = exitCode;
    this.#controller.abort();
  }
}
