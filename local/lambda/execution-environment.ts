/** One execution environment of the local Lambda, seen from outside: a process that answers one invocation at a time and can be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { InvocationAnswer, InvocationMessage } from './function-host.ts';

export interface ExecutionEnvironmentOptions {
  /** The JavaScript file that exports `handler`. */
  readonly bundlePath: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly onLogLine: (line: string) => void;
}

export class ExecutionEnvironment {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;
  #settle: ((answer: InvocationAnswer) => void) | undefined;
  #dead = false;

  constructor({ bundlePath, variables, onLogLine }: ExecutionEnvironmentOptions) {
    this.#child = fork(join(import.meta.dirname, 'function-host.ts'), [bundlePath], {
      env: variables,
      execArgv: [],
      silent: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLogLine);
    }
    // The first message says that the bundle is loaded; each further one is an answer.
    this.#ready = Promise.race([once(this.#child, 'message'), once(this.#child, 'exit')]).then(() =>
      this.#child.on('message', (answer) => this.#finish(answer as InvocationAnswer)),
    );
    this.#child.on('exit', (code, signal) => {
      this.#dead = true;
      this.#finish(exitError(signal === null ? `exit status ${code}` : `signal: ${signal}`));
    });
  }

  get idle(): boolean {
    return !this.#dead && this.#settle === undefined;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /**
   * @param compose called when the environment is ready: its start takes no time from the invocation, as at Lambda
   * @param timeoutMs real milliseconds after which Lambda would end the process
   */
  async invoke(compose: () => InvocationMessage, timeoutMs: number): Promise<InvocationAnswer> {
    const answer = new Promise<InvocationAnswer>((resolve) => {
      this.#settle = resolve;
    });
    await this.#ready;
    const timer = setTimeout(() => this.kill(), timeoutMs);
    if (!this.#dead) this.#child.send(compose());
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** At once and without a chance to finish anything, as a crash of the host would. */
  kill(): void {
    this.#dead = true;
    this.#child.kill('SIGKILL');
  }

  #finish(answer: InvocationAnswer): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(answer);
  }
}

/** In the words of Lambda's own runtime. */
function exitError(reason: string): InvocationAnswer {
  return {
    functionError: 'Unhandled',
    payload: { errorType: 'Runtime.ExitError', errorMessage: `Error: Runtime exited with error: ${reason}` },
  };
}
