/**
 * The process of an execution environment of the local Lambda. It loads the bundle, sets the clock, and handles one invocation at
 * a time.
 */
import { createRequire } from 'node:module';
import { END_OF_LOG, type InvocationAnswer, type InvocationMessage } from './invocation-protocol.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

const wallClock = Date.now;
let now = wallClock;

replaceDate();
const [, , bundlePath = ''] = process.argv;
const { handler } = createRequire(import.meta.url)(bundlePath) as { handler: Handler };
process.on('message', async (message: InvocationMessage) => {
  const { nowMs, speed, requestId } = message;
  const startedAt = wallClock();
  now = () => nowMs + (wallClock() - startedAt) * speed;
  const answer = await invoke(handler, message);
  process.stdout.write(`${END_OF_LOG}${requestId}\n`);
  process.stderr.write(`${END_OF_LOG}${requestId}\n`);
  process.send?.(answer);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function invoke(handler: Handler, message: InvocationMessage): Promise<InvocationAnswer> {
  const { event, requestId, functionArn, functionName, memoryLimitInMB, deadlineMs } = message;
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB,
    getRemainingTimeInMillis: () => deadlineMs - now(),
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

/** Makes `Date` in this process follow the local clock. Timers stay real. */
function replaceDate(): void {
  const RealDate = Date;
  const current = () => now();
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, parts, newTarget) =>
      Reflect.construct(target, parts.length === 0 ? [now()] : parts, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) =>
      property === 'now' ? current : Reflect.get(target, property, receiver),
  });
}
