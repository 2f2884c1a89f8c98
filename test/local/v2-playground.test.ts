import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../local/local-stack.ts';

const PROJECT = new URL('../../', import.meta.url).pathname;
const SECRET = 'momento/authentication-token';
const folder = mkdtempSync(join(tmpdir(), 'playground-'));
let port: number;
let playground: ChildProcess;
let told = '';

beforeAll(async () => {
  port = await freePort();
  playground = spawn(
    process.execPath,
    [join(PROJECT, 'local/run.ts'), '--serve', '--keys', 'v2', '--port', String(port)],
    { cwd: folder, env: { ...process.env, NO_COLOR: '1' } },
  );
  playground.stdout?.on('data', (text) => {
    told += text;
  });
  await until(() => told.includes('Ctrl-C ends it.') || playground.exitCode !== null);
});

afterAll(async () => {
  if (playground.exitCode === null) {
    playground.kill('SIGINT');
    await once(playground, 'exit');
  }
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Types a command that the playground has printed. */
async function type(command: string): Promise<{ code: unknown; output: string }> {
  expect(told).toContain(`\n  ${command}\n`);
  const [script = '', ...args] = command.replace('npm run ', '').replace(' -- ', ' ').split(' ');
  const env = { ...process.env, ...LOCAL_CREDENTIALS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
  return await new Promise((resolve) => {
    const file = join(PROJECT, `cli/${script}.ts`);
    execFile(process.execPath, [file, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr });
    });
  });
}

it('the npm commands that the playground of v2 keys prints work against it, and its key file is gone at the end', async () => {
  expect(await type(`npm run seed -- ${SECRET} --file momento-key.json`)).toEqual({
    code: 0,
    output: expect.stringMatching(/^The key in secret "momento\/authentication-token" was refreshed\./),
  });
  expect(await type('npm run status')).toEqual({
    code: 0,
    output: expect.stringMatching(/^momento\/a\S+ +healthy .*\nmomento\/m\S+ +healthy /m),
  });
  const preflight = await type('npm run preflight');
  expect(preflight).toEqual({ code: 0, output: expect.stringMatching(/(\d+) of \1 passed/) });
  expect(preflight.output).toMatch(
    /^passed +management +momento\/management-key +its key may list keys, 3 /m,
  );

  const revoke = `npm run revoke-previous -- ${SECRET}`;
  expect(await type(revoke)).toEqual({
    code: 0,
    output: expect.stringMatching(/^The key before the current one .* is revoked \(key \w+\)\./),
  });
  expect((await type(revoke)).output).toMatch(/ was gone already \(key \w+\)\./);

  playground.kill('SIGINT');
  const [code] = await once(playground, 'exit');
  expect([code, existsSync(join(folder, 'momento-key.json'))]).toEqual([0, false]);
});
