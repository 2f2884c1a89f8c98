import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AWS_CLIENT_SETTINGS, awsErrorCode, LIMIT_STEP, limitTime } from '../../handlers/adapters/aws.ts';
import { MomentoKeyIssuer } from '../../handlers/adapters/momento-key-issuer.ts';
import { withWarningBeforeDeadline } from '../../handlers/adapters/time-limit.ts';
import { Momento } from '../../local/momento/momento.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

let behaviour: RequestListener;
/** Resolves when the server has a request or a connection. */
let reached: Promise<void>;
let port: number;

const server = createServer((request, response) => behaviour(request, response));

beforeEach(async () => {
  reached = new Promise((resolve) => server.once('connection', () => resolve(sleep(100))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What a call ends with when the server has been silent for ten seconds. */
async function afterTenSeconds(call: () => Promise<unknown>): Promise<unknown> {
  const real = reached;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const end = call().catch(awsErrorCode);
  await real;
  await vi.advanceTimersByTimeAsync(10_000);
  return await end;
}

function client() {
  const settings = {
    ...AWS_CLIENT_SETTINGS,
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: CREDENTIALS,
  };
  const secretsManager = new SecretsManagerClient(settings);
  const scheduler = new SchedulerClient(settings);
  secretsManager.middlewareStack.add(limitTime, LIMIT_STEP);
  scheduler.middlewareStack.add(limitTime, LIMIT_STEP);
  return { secretsManager, scheduler };
}

const BEHAVIOURS: [string, RequestListener][] = [
  ['never answers', () => {}],
  [
    'sends headers and never ends the body',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '1000' });
      response.write('{"SecretString":');
    },
  ],
];

it.each(BEHAVIOURS)('a read fails after ten seconds if Secrets Manager %s', async (_, listener) => {
  behaviour = listener;
  const { secretsManager } = client();
  const read = () => secretsManager.send(new GetSecretValueCommand({ SecretId: 'momento/key' }));
  expect(await afterTenSeconds(read)).toBe('TimeoutError');
});

it.each(BEHAVIOURS)('a list fails after ten seconds if the Scheduler %s', async (_, listener) => {
  behaviour = listener;
  const { scheduler } = client();
  expect(await afterTenSeconds(() => scheduler.send(new ListSchedulesCommand({})))).toBe('TimeoutError');
});

it('a refresh is unanswered after ten seconds if Momento accepts the connection and sends nothing', async () => {
  const silent = createSocketServer();
  reached = new Promise((resolve) => silent.once('connection', () => resolve(sleep(100))));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const momento = new Momento({ clock: Date.now, random: seededRandom(1) });
  const { apiKey, refreshToken } = momento.generateKey({ lifetimeSeconds: 86_400 });
  const issuer = new MomentoKeyIssuer(`127.0.0.1:${(silent.address() as AddressInfo).port}`);
  expect(await afterTenSeconds(() => issuer.issue({ apiKey, refreshToken }))).toEqual({
    result: 'unanswered',
    detail: 'TimeoutError',
  });
  silent.close();
});

describe('withWarningBeforeDeadline', () => {
  it('warns once, ten seconds before the deadline, if the run still goes on', async () => {
    vi.useFakeTimers();
    const onLate = vi.fn();
    void withWarningBeforeDeadline(() => new Promise(() => {}), 300_000, onLate);
    await vi.advanceTimersByTimeAsync(289_999);
    expect(onLate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10_001);
    expect(onLate).toHaveBeenCalledOnce();
  });

  it.each([
    ['with a result', () => Promise.resolve('done'), 'done'],
    ['with an error', () => Promise.reject(new Error('failed')), 'failed'],
  ])('does not warn if the run ends earlier %s', async (_, work, end) => {
    vi.useFakeTimers();
    const onLate = vi.fn();
    expect(await withWarningBeforeDeadline(work, 300_000, onLate).catch(({ message }) => message)).toBe(end);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(onLate).not.toHaveBeenCalled();
  });
});
