/** An execution environment of the local Lambda: a process that handles one invocation at a time. */
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

/** The answer of an invocation and the lines that it logged. */
export interface LoggedAnswer {
  readonly answer: InvocationAnswer;
  readonly lines: readonly string[];
}

export class ExecutionEnvironment {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;
  #lines: string[] = [];
  #answer: InvocationAnswer | undefined;
  /** How many of stdout and stderr have not ended the log of this invocation. */
  #openStreams = 0;
  #settle: ((logged: LoggedAnswer) => void) | undefined;
  #dead = false;

  constructor({ bundlePath, variables }: ExecutionEnvironmentOptions) {
    // In its own process group, so that Ctrl-C reaches only the parent, which then ends this process.
    this.#child = fork(join(import.meta.dirname, 'function-host.ts'), [bundlePath], {
      env: variables,
      execArgv: [],
      silent: true,
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#log(line));
    }
    // The first message says that the bundle is loaded. Every later message is an answer.
    this.#ready = Promise.race([once(this.#child, 'message'), once(this.#child, 'close')]).then(() =>
      this.#child.on('message', (answer) => {
        this.#answer = answer as InvocationAnswer;
        this.#finish();
      }),
    );
    // Raised for a message to a process that was just killed.
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
   * @param compose called when the environment is ready, so that its start does not count as time of the invocation
   * @param timeoutMs real milliseconds after which the process is killed, as Lambda does
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

  /** Ends the process at once, as a crash of the host would. */
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

  /** The answer and the ends of both logs arrive in any order. */
  #finish(): void {
    if (this.#answer === undefined || this.#openStreams > 0 || this.#settle === undefined) return;
    const settle = this.#settle;
    const lines = this.#lines;
    this.#settle = undefined;
    this.#lines = [];
    settle({ answer: this.#answer, lines });
  }
}

/** The message is that of Lambda's runtime. */
function exitError(reason: string): InvocationAnswer {
  return {
    functionError: 'Unhandled',
    payload: { errorType: 'Runtime.ExitError', errorMessage: `Error: Runtime exited with error: ${reason}` },
  };
}
