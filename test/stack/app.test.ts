import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Runs the app as the CDK CLI does: context and output folder come from the environment. */
function runApp(context: Readonly<Record<string, unknown>>) {
  const outputFolder = mkdtempSync(join(tmpdir(), 'stack-app-'));
  onTestFinished(() => rmSync(outputFolder, { recursive: true }));
  return spawnSync(process.execPath, ['stack/app.ts'], {
    encoding: 'utf8',
    env: {
      ...process.env,
      CDK_OUTDIR: outputFolder,
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [], ...context }),
    },
  });
}

test('a faulty setting stops the app with its message alone, no stack trace', () => {
  const run = runApp({ sweepEvry: 'PT1H' });
  expect(run.status).toBe(1);
  expect(run.stderr).toBe(
    'There is no setting "sweepEvry". Did you mean sweepEvery? Accepted settings: secretNames, createSecrets, ' +
      'refreshBefore, sweepEvery, alarmEmail, alarmTopicArn, dashboard, kmsKeyArn, nativeRotation, nativeRotationEvery, momentoHosts.\n',
  );
});

test('without settings it synthesizes in silence', () => {
  const run = runApp({});
  expect({ status: run.status, stdout: run.stdout, stderr: run.stderr }).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});
