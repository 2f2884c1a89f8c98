/** The local Lambda: one function with an execution environment for each simultaneous call, and two retries of asynchronous calls. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { LocalTime } from '../serving/local-time.ts';
import { ExecutionEnvironment, type LoggedAnswer } from './execution-environment.ts';
import type { InvocationAnswer } from './invocation-protocol.ts';

/** Who woke the function. */
export type Invoker = 'a person' | 'the Scheduler' | 'EventBridge' | 'Secrets Manager' | "Lambda's retry";

/** An invocation that has ended. */
export interface Invocation extends LoggedAnswer {
  readonly by: Invoker;
  readonly event: unknown;
}

export interface LocalLambdaOptions {
  readonly functionName: string;
  readonly functionArn: string;
  /** The folder that is deployed. */
  readonly codeFolder: string;
  /** Such as `index.handler`. */
  readonly handler: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly memoryLimitInMB: string;
  readonly timeoutSeconds: number;
  readonly time: LocalTime;
  readonly onInvocation: (invocation: Invocation) => void;
}

/** Lambda's developer guide, "Asynchronous invocation": two more attempts, one minute and then two minutes later. */
const RETRY_DELAYS_SECONDS = [60, 120];

export class LocalLambda {
  readonly #options: LocalLambdaOptions;
  readonly #environments: ExecutionEnvironment[] = [];
  #closed = false;

  constructor(options: LocalLambdaOptions) {
    this.#options = options;
  }

  get functionName(): string {
    return this.#options.functionName;
  }

  async invoke(event: unknown, by: Invoker = 'a person'): Promise<InvocationAnswer> {
    const { functionName, functionArn, memoryLimitInMB, timeoutSeconds, time, onInvocation } = this.#options;
    const compose = () => ({
      event,
      requestId: randomUUID(),
      functionName,
      functionArn,
      memoryLimitInMB,
      nowMs: time.now(),
      speed: time.speed,
      // The timeout counts real seconds, so that a fast clock does not end a run early.
      deadlineMs: time.now() + timeoutSeconds * 1000 * Math.max(1, time.speed),
    });
    const logged = await this.#environment().invoke(compose, timeoutSeconds * 1000);
    if (!this.#closed) onInvocation({ by, event, ...logged });
    return logged.answer;
  }

  /** Queues the event as Lambda does. A failed event is retried twice. */
  invokeAsync(event: unknown, by: Invoker, delayMs = 0, failures = 0): void {
    this.#options.time.after(delayMs, async () => {
      const { functionError } = await this.invoke(event, failures === 0 ? by : "Lambda's retry");
      if (functionError === undefined || this.#closed) return;
      const delaySeconds = RETRY_DELAYS_SECONDS[failures];
      if (delaySeconds !== undefined) this.invokeAsync(event, by, delaySeconds * 1000, failures + 1);
    });
  }

  /** Kills every process that handles an invocation. */
  kill(): void {
    for (const environment of this.#environments) if (!environment.idle) environment.kill();
  }

  close(): void {
    this.#closed = true;
    for (const environment of this.#environments) environment.kill();
  }

  #environment(): ExecutionEnvironment {
    const free = this.#environments.find((environment) => environment.idle);
    if (free !== undefined) return free;
    const { codeFolder, handler, variables, functionName } = this.#options;
    const [file = 'index'] = handler.split('.');
    const started = new ExecutionEnvironment({
      bundlePath: join(codeFolder, `${file}.js`),
      variables: { ...variables, AWS_LAMBDA_FUNCTION_NAME: functionName },
    });
    this.#environments.push(started);
    return started;
  }
}
