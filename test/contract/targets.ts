/** The services that the contract suite runs against: the local ones, moto if it is installed, and AWS_ENDPOINT_URL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { startAwsEndpoint } from '../../local/aws/endpoint.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

export interface RunningTarget {
  readonly url: string;
  close(): Promise<void>;
}

export interface Target {
  readonly name: 'local' | 'moto' | 'AWS_ENDPOINT_URL';
  start(): Promise<RunningTarget>;
}

const MOTO = 'moto_server';
const MOTO_STARTS_WITHIN_MS = 30_000;

/**
 * @param environment AWS_ENDPOINT_URL names a third service. It must be empty: the suite creates and deletes.
 * @returns the targets that exist
 */
export function findTargets(environment: NodeJS.ProcessEnv): Target[] {
  const url = environment.AWS_ENDPOINT_URL;
  return [
    { name: 'local', start: startLocal },
    ...(isInstalled(MOTO, environment) ? [{ name: 'moto', start: startMoto } as const] : []),
    ...(url === undefined
      ? []
      : [{ name: 'AWS_ENDPOINT_URL', start: async () => ({ url, close: async () => {} }) } as const]),
  ];
}

export function isInstalled(command: string, { PATH = '' }: NodeJS.ProcessEnv): boolean {
  return PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function startLocal(): Promise<RunningTarget> {
  const origin = { clock: Date.now, random: seededRandom(1) };
  return await startAwsEndpoint({
    secretsManager: new SecretsManager(origin),
    scheduler: new Scheduler(origin),
  });
}

async function startMoto(): Promise<RunningTarget> {
  const port = await freePort();
  const child = spawn(MOTO, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + MOTO_STARTS_WITHIN_MS;
  while (!(await answers(url))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      stop(child);
      throw new Error(`${MOTO} did not answer at ${url}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, close: async () => stop(child) };
}

/** moto_server may be a script that starts Python. Both are in the process group made for it. */
function stop({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(`${url}/moto-api/`).then(
    (response) => response.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
