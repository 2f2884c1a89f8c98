/** One execution environment of the local Lambda: a process that answers one invocation at a time and can be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { END_OF_LOG, type InvocationAnswer, type InvocationMessage } from './invocation-protocol.ts';

export interface ExecutionEnvironmentOptions {
  /** The JavaScript file that exports `handler`. */
  readonly bundlePath: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What came of an invocation, with every line that it logged. */
export interface LoggedAnswer {
  readonly answer: InvocationAnswer;
  readonly lines: readonly string[];
}

export class ExecutionEnvironment {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;
  #lines: string[] = [];
  #answer: InvocationAnswer | undefined;
  /** The streams whose log of this invocation has not ended. */
  #openStreams = 0;
  #settle: ((logged: LoggedAnswer) => void) | undefined;
  #dead = false;

  constructor({ bundlePath, variables }: ExecutionEnvironmentOptions) {
    // A process group of its own: Ctrl-C on the terminal reaches the parent only, which ends this process.
    this.#child = fork(join(import.meta.dirname, 'function-host.ts'), [bundlePath], {
      env: variables,
      execArgv: [],
      silent: true,
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#log(line));
    }
    // The first message says that the bundle is loaded. Each further one is an answer.
    this.#ready = Promise.race([once(this.#child, 'message'), once(this.#child, 'close')]).then(() =>
      this.#child.on('message', (answer) => {
        this.#answer = answer as InvocationAnswer;
        this.#finish();
      }),
    );
    // A message to a process that has just been killed.
    this.#child.on('error', () => {});
    this.#child.on('close', (code, signal) => {
      this.#dead = true;
      this.#answer ??= exitError(signal === null ? `exit status ${code}` : `signal: ${signal}`);
      this.#openStreams = 0;
      this.#finish();
    });
  }

  get idle(): boolean {
    return !this.#dead && this.#settle === undefined;
  }

  /**
   * @param compose called when the environment is ready, because its start takes no time from the invocation
   * @param timeoutMs real milliseconds after which Lambda would end the process
   */
  async invoke(compose: () => InvocationMessage, timeoutMs: number): Promise<LoggedAnswer> {
    this.#openStreams = 2;
    this.#answer = undefined;
    const logged = new Promise<LoggedAnswer>((resolve) => {
      this.#settle = resolve;
    });
    await this.#ready;
    const timer = setTimeout(() => this.kill(), timeoutMs);
    if (!this.#dead) this.#child.send(compose());
    else this.#finish();
    try {
      return await logged;
    } finally {
      clearTimeout(timer);
    }
  }

  /** At once and without a chance to finish anything, as in a crash of the host. */
  kill(): void {
    this.#dead = true;
    this.#child.kill('SIGKILL');
  }

  #log(line: string): void {
    if (!line.startsWith(END_OF_LOG)) this.#lines.push(line);
    else {
      this.#openStreams -= 1;
      this.#finish();
    }
  }

  /** The answer and the log come by different ways, in any order. */
  #finish(): void {
    if (this.#answer === undefined || this.#openStreams > 0 || this.#settle === undefined) return;
    const settle = this.#settle;
    const lines = this.#lines;
    this.#settle = undefined;
    this.#lines = [];
    settle({ answer: this.#answer, lines });
  }
}

/** In the words of Lambda's own runtime. */
function exitError(reason: string): InvocationAnswer {
  return {
    functionError: 'Unhandled',
    payload: { errorType: 'Runtime.ExitError', errorMessage: `Error: Runtime exited with error: ${reason}` },
  };
}
