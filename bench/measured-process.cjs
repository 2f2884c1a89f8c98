/** Loads a handler in a process of its own, as Lambda would, answers events, and tells what that has cost since it started. */
const { subscribe } = require('node:diagnostics_channel');
const { readFileSync } = require('node:fs');

const [, , handlerFile] = process.argv;
const startedAt = performance.now();
const cpuAtStart = process.cpuUsage();
let sockets = 0;
subscribe('net.client.socket', () => {
  sockets++;
});
const { handler } = require(handlerFile);
process.send(cost());

process.on('message', async ({ event, functionArn }) => {
  const deadline = performance.now() + 300_000;
  const context = {
    awsRequestId: '00000000-0000-4000-8000-000000000000',
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => deadline - performance.now(),
  };
  let error;
  try {
    await handler(event, context);
  } catch (thrown) {
    // Lambda's runtime reads the stack of what a handler throws.
    error = thrown.stack;
  }
  process.send({ ...cost(), error });
});
process.on('disconnect', () => process.exit());

function cost() {
  const { user, system } = process.cpuUsage(cpuAtStart);
  return {
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - startedAt,
    peakMB: peakKB() / 1024,
    sockets,
  };
}

/** Of this program: on Linux the figure of resourceUsage() begins with that of the process that started this one. */
function peakKB() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
}
