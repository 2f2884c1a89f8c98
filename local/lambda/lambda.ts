/** The local Lambda: one function, as many execution environments as calls at once, and the two retries of asynchronous calls. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  acceleratedClock,
  CLOCK_VARIABLE,
  type ClockSettings,
  formatClockSettings,
} from '../serving/accelerated-clock.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import type { InvocationAnswer } from './function-host.ts';

export interface LocalLambdaOptions {
  readonly functionName: string;
  readonly functionArn: string;
  /** The folder that would be zipped, and the handler in it, such as `index.handler`. */
  readonly codeFolder: string;
  readonly handler: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly memoryLimitInMB: string;
  readonly timeoutSeconds: number;
  readonly clockSettings: ClockSettings;
  readonly onLogLine: (line: string) => void;
  readonly onInvocationEnded?: ((failed: boolean) => void) | undefined;
}

/** Lambda's developer guide, "Asynchronous invocation": two more attempts, one minute and then two minutes later. */
const RETRY_DELAYS_SECONDS = [60, 120];

export class LocalLambda {
  readonly #options: LocalLambdaOptions;
  readonly #clock: () => number;
  readonly #environments: ExecutionEnvironment[] = [];
  readonly #retries = new Set<NodeJS.Timeout>();
  /** Events that failed in all their attempts, as the dead-letter queue would hold them. */
  readonly deadLetters: unknown[] = [];
  #closed = false;

  constructor(options: LocalLambdaOptions) {
    this.#options = options;
    this.#clock = acceleratedClock(options.clockSettings);
  }

  get functionName(): string {
    return this.#options.functionName;
  }

  async invoke(event: unknown): Promise<InvocationAnswer> {
    const { functionName, functionArn, memoryLimitInMB, timeoutSeconds, clockSettings, onInvocationEnded } =
      this.#options;
    const compose = () => ({
      event,
      requestId: randomUUID(),
      functionName,
      functionArn,
      memoryLimitInMB,
      deadlineMs: this.#clock() + timeoutSeconds * 1000,
    });
    const answer = await this.#environment().invoke(compose, (timeoutSeconds * 1000) / clockSettings.speed);
    onInvocationEnded?.(answer.functionError !== undefined);
    return answer;
  }

  /** Queues the event as Lambda does: nobody hears of its result, and a failure is tried twice more. */
  invokeAsync(event: unknown, failures = 0): void {
    this.invoke(event).then(({ functionError }) => {
      if (functionError === undefined || this.#closed) return;
      const delaySeconds = RETRY_DELAYS_SECONDS[failures];
      if (delaySeconds === undefined) {
        this.deadLetters.push(event);
        return;
      }
      const retry = setTimeout(
        () => {
          this.#retries.delete(retry);
          this.invokeAsync(event, failures + 1);
        },
        (delaySeconds * 1000) / this.#options.clockSettings.speed,
      );
      this.#retries.add(retry);
    });
  }

  /** Kills every process that is at work. */
  kill(): void {
    for (const environment of this.#environments) if (!environment.idle) environment.kill();
  }

  close(): void {
    this.#closed = true;
    for (const retry of this.#retries) clearTimeout(retry);
    for (const environment of this.#environments) environment.kill();
  }

  #environment(): ExecutionEnvironment {
    const free = this.#environments.find((environment) => environment.idle);
    if (free !== undefined) return free;
    const { codeFolder, handler, variables, functionName, clockSettings, onLogLine } = this.#options;
    const [file = 'index'] = handler.split('.');
    const started = new ExecutionEnvironment({
      bundlePath: join(codeFolder, `${file}.js`),
      variables: {
        ...variables,
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        [CLOCK_VARIABLE]: formatClockSettings(clockSettings),
      },
      onLogLine,
    });
    this.#environments.push(started);
    return started;
  }
}
