/** Measures handlers in fresh processes, against services in another one. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LOCAL_CREDENTIALS } from '../local/local-stack.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../local/synthesized-template.ts';
import type { Calls, Endpoints, Question, Situation } from './services.ts';

/** Since the process started. */
export interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakMB: number;
  readonly sockets: number;
}

export interface Measurement {
  readonly load: Cost;
  /** After the first answer, the load included. */
  readonly first: Cost;
  readonly calls: Calls;
  /** What the handler printed. */
  readonly output: string;
  /** The stack of what it threw. */
  readonly error?: string;
}

/** A handler and the folder that it is deployed as. */
export interface Subject {
  readonly name: string;
  readonly folder: string;
  readonly nodeOptions?: readonly string[];
}

/** How the process is slowed down, as Lambda slows down a function with little memory. */
export interface Share {
  /** Of one core: 0 to 1. */
  readonly cpu: number;
}

const FUNCTION_NAME = 'momento-key-refresher';
export const FUNCTION_ARN = `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${FUNCTION_NAME}`;
/** The period in which Lambda's hosts account for CPU time. */
const PERIOD_MS = 20;

export class Services {
  readonly #process = fork(join(import.meta.dirname, 'services.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });

  async open(situation: Situation): Promise<Endpoints> {
    return (await this.#ask({ open: situation })) as Endpoints;
  }

  /** Since they were last taken. */
  async takeCalls(): Promise<Calls> {
    return (await this.#ask({ calls: true })) as Calls;
  }

  close(): void {
    this.#process.disconnect();
  }

  async #ask(question: Question): Promise<unknown> {
    this.#process.send(question);
    const [answer] = await once(this.#process, 'message');
    return answer;
  }
}

/** What one event finds: services in a situation, and the function's environment. */
export interface Setting {
  readonly services: Services;
  readonly endpoints: Endpoints;
  readonly secretNames: readonly string[];
  /** As the template sets them. */
  readonly variables: Readonly<Record<string, string>>;
}

export async function measure(
  subject: Subject,
  setting: Setting,
  event: object,
  share?: Share,
): Promise<Measurement> {
  const { services, endpoints, secretNames, variables } = setting;
  await services.takeCalls();
  const child = fork(join(import.meta.dirname, 'measured-process.cjs'), [join(subject.folder, 'index.js')], {
    env: {
      ...variables,
      ...LOCAL_CREDENTIALS,
      SECRET_NAMES: secretNames.join(','),
      AWS_LAMBDA_FUNCTION_NAME: FUNCTION_NAME,
      AWS_ENDPOINT_URL: endpoints.aws,
      MOMENTO_ENDPOINT: endpoints.momento,
      MOMENTO_API_ENDPOINT: endpoints.momentoApi,
    },
    execArgv: [...(subject.nodeOptions ?? [])],
    // What it throws comes as an answer.
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  });
  // Node emits no `close` for a process whose channel this one has closed.
  const printed = child.stdout === null ? '' : text(child.stdout);
  const load = await answerOf<Cost>(child);
  const unthrottle = share === undefined ? () => {} : throttle(child, share);
  child.send({ event, functionArn: FUNCTION_ARN });
  const { error, ...first } = await answerOf<Cost & { error?: string }>(child);
  unthrottle();
  child.disconnect();
  await once(child, 'exit');
  return {
    load,
    first,
    output: await printed,
    calls: await services.takeCalls(),
    ...(error !== undefined && { error }),
  };
}

/** @throws {Error} the process ended */
async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`a measured process ended with ${code}`)),
  );
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer;
}

/** Stops the process for a part of each period. @returns what ends it */
function throttle(child: ChildProcess, { cpu }: Share): () => void {
  if (cpu >= 1) return () => {};
  let timer: NodeJS.Timeout;
  const run = () => {
    child.kill('SIGCONT');
    timer = setTimeout(stop, PERIOD_MS * cpu);
  };
  const stop = () => {
    child.kill('SIGSTOP');
    timer = setTimeout(run, PERIOD_MS * (1 - cpu));
  };
  stop();
  return () => {
    clearTimeout(timer);
    child.kill('SIGCONT');
  };
}
