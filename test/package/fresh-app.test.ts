import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { PEERS } from '../../stack/package.ts';

const CDK = 'aws-cdk@2.1148.1';
const ATTW = '@arethetypeswrong/cli@0.18.5';

const STACK = `import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { MomentoKeyRefresher } from 'momento-key-refresher';

export class MyKeysStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const keys = new MomentoKeyRefresher(this, 'Keys', { secretNames: ['payments/momento'] });
    new CfnOutput(this, 'SeedCommand', { value: keys.seedCommand('payments/momento') });
  }
}
`;

const STACK_TEST = `import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MyKeysStack } from '../lib/my-keys-stack';

test('the stack has a refresher for the secret', () => {
  const template = Template.fromStack(new MyKeysStack(new App(), 'MyKeys'));
  template.hasResourceProperties('AWS::SecretsManager::Secret', { Name: 'payments/momento' });
  template.resourceCountIs('AWS::Lambda::Function', 1);
});
`;

const folder = mkdtempSync(join(tmpdir(), 'fresh-app-'));
const app = join(folder, 'my-keys');
const tarball = inject('tarball');

/**
 * Runs a command in the app's folder. It ends after ten minutes at most.
 * @returns what it printed
 * @throws {Error} with that, if it failed
 */
async function run(command: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' };
  const options = { cwd: app, env, timeout: 600_000, maxBuffer: Number.POSITIVE_INFINITY };
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, options);
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

beforeAll(async () => {
  mkdirSync(app);
  await run('npx', '--yes', CDK, 'init', 'app', '--language', 'typescript');
  await run('npm', 'install', tarball);
  writeFileSync(join(app, 'lib/my-keys-stack.ts'), STACK);
  writeFileSync(join(app, 'test/my-keys.test.ts'), STACK_TEST);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('an app that cdk init makes, with the package installed', () => {
  test('passes its type check', async () => {
    expect(await run('npx', 'tsc', '--noEmit')).toBe('');
  });

  test('passes its own Jest test', async () => {
    expect(await run('npx', 'jest')).toContain('1 passed');
  });

  test('is synthesized', async () => {
    await run('npx', 'cdk', 'synth', '-q');
    expect(readFileSync(join(app, 'cdk.out/MyKeysStack.template.json'), 'utf8')).toContain(
      'payments/momento',
    );
  });

  test('passes both with the lowest versions of the peers', async () => {
    const lowest = Object.entries(PEERS).map(([name, range]) => `${name}@${range.replace('^', '')}`);
    // npm leaves gaps among the bundled dependencies of a library that it replaces by an older one.
    for (const name of ['node_modules', 'package-lock.json']) rmSync(join(app, name), { recursive: true });
    await run('npm', 'install', '--save-exact', ...lowest);
    expect(await run('npx', 'tsc', '--noEmit')).toBe('');
    expect(await run('npx', 'jest')).toContain('1 passed');
  });
});

test('attw finds nothing wrong with the types of the package', async () => {
  expect(await run('npx', '--yes', ATTW, tarball)).toContain('No problems found');
});
