import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { PEERS } from '../../stack/package.ts';

const ATTW = '@arethetypeswrong/cli@0.18.5';

const PAGE = readFileSync(new URL('../../docs/CONSTRUCT.md', import.meta.url), 'utf8');
/** The page's commands: the first block makes the app, the second tests and synthesizes it. */
const [MAKE_APP = '', CHECK_APP = ''] = [...PAGE.matchAll(/^```sh\n(.*?)^```/gms)].map(
  ([, block = '']) => block,
);
/** The page's files: the path that is named before the code, and the code. */
const FILES = [...PAGE.matchAll(/into `([\w./-]+\.ts)`[^`]*```ts\n(.*?)```/gs)].map(
  ([, path = '', code = '']) => ({ path, code }),
);

const folder = mkdtempSync(join(tmpdir(), 'fresh-app-'));
const app = join(folder, 'my-keys');
const tarball = inject('tarball');
const tarballOnPage = `PATH_TO/${basename(tarball)}`;

/**
 * Runs a command in a folder. It ends after ten minutes at most.
 * @returns what it printed
 * @throws {Error} with that, if it failed
 */
async function runIn(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
  // npx asks before it installs the CDK CLI, unless it is told yes.
  const env = { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true', npm_config_yes: 'true' };
  const options = { cwd, env, timeout: 600_000, maxBuffer: Number.POSITIVE_INFINITY };
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, options);
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const runInApp = (command: string, ...args: readonly string[]) => runIn(app, command, ...args);

beforeAll(async () => {
  await runIn(folder, 'sh', '-ec', MAKE_APP.replace(tarballOnPage, tarball));
  for (const { path, code } of FILES) writeFileSync(join(app, path), code);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('an app made with the commands and the files of docs/CONSTRUCT.md', () => {
  test('has the stack and the test of that page', () => {
    expect(MAKE_APP).toContain(`npm install ${tarballOnPage}`);
    expect(FILES.map(({ path }) => path)).toEqual(['lib/my-keys-stack.ts', 'test/my-keys.test.ts']);
  });

  test('passes its type check', async () => {
    expect(await runInApp('npx', 'tsc', '--noEmit')).toBe('');
  });

  test('passes its own Jest test and is synthesized by the commands of that page', async () => {
    expect(CHECK_APP).toBe('npm test\nnpx cdk synth --quiet\n');
    expect(await runInApp('sh', '-ec', CHECK_APP)).toContain('1 passed');
    const template = readFileSync(join(app, 'cdk.out/MyKeysStack.template.json'), 'utf8');
    expect(template).toContain('payments/momento');
  });

  test('passes its type check and its Jest test with the lowest versions of the peers', async () => {
    const lowest = Object.entries(PEERS).map(([name, range]) => `${name}@${range.replace('^', '')}`);
    // npm leaves gaps among the bundled dependencies of a library that it replaces by an older one.
    for (const name of ['node_modules', 'package-lock.json']) rmSync(join(app, name), { recursive: true });
    await runInApp('npm', 'install', '--save-exact', ...lowest);
    expect(await runInApp('npx', 'tsc', '--noEmit')).toBe('');
    expect(await runInApp('npx', 'jest')).toContain('1 passed');
  });
});

test('attw finds nothing wrong with the types of the package', async () => {
  expect(await runInApp('npx', '--yes', ATTW, tarball)).toContain('No problems found');
});
