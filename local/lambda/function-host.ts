/**
 * One execution environment of the local Lambda, a process of its own: sets its clock, loads the function's bundle as Lambda would,
 * and answers one invocation at a time over the channel to its parent.
 */
import { createRequire } from 'node:module';
import { acceleratedClock, CLOCK_VARIABLE, parseClockSettings } from '../serving/accelerated-clock.ts';

export interface InvocationMessage {
  readonly event: unknown;
  readonly requestId: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryLimitInMB: string;
  /** Epoch milliseconds on the local clock. */
  readonly deadlineMs: number;
}

/** What Lambda answers: the result, or the error in the form in which Lambda gives it. */
export interface InvocationAnswer {
  readonly payload: unknown;
  readonly functionError?: 'Unhandled';
}

type Handler = (event: unknown, context: object) => Promise<unknown>;

const clockSettings = process.env[CLOCK_VARIABLE];
if (clockSettings !== undefined) setClock(acceleratedClock(parseClockSettings(clockSettings)));

const [, , bundlePath = ''] = process.argv;
const { handler } = createRequire(import.meta.url)(bundlePath) as { handler: Handler };

process.on('message', (message: InvocationMessage) => {
  answer(message).then((result) => process.send?.(result));
});
process.send?.('ready');
process.on('disconnect', () => process.exit());

async function answer(message: InvocationMessage): Promise<InvocationAnswer> {
  const { event, requestId, functionArn, functionName, memoryLimitInMB, deadlineMs } = message;
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  try {
    return { payload: (await handler(event, context)) ?? null };
  } catch (error) {
    const {
      name,
      message: errorMessage,
      stack = '',
    } = error instanceof Error ? error : new Error(String(error));
    return {
      functionError: 'Unhandled',
      payload: { errorType: name, errorMessage, trace: stack.split('\n') },
    };
  }
}

/** Everything that asks for the time in this process gets this clock; timers stay real. */
function setClock(now: () => number): void {
  const RealDate = Date;
  const ClockDate = new Proxy(RealDate, {
    construct: (target, parts, newTarget) =>
      Reflect.construct(target, parts.length === 0 ? [now()] : parts, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) => (property === 'now' ? now : Reflect.get(target, property, receiver)),
  });
  globalThis.Date = ClockDate;
}
