import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Runs the app as the CDK CLI does: context and output folder come from the environment. */
function runApp(
  context: Readonly<Record<string, unknown>>,
  userContext: Readonly<Record<string, unknown>> = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'stack-app-home-'));
  const outputFolder = join(home, 'cdk.out');
  onTestFinished(() => rmSync(home, { recursive: true }));
  writeFileSync(join(home, '.cdk.json'), JSON.stringify({ context: userContext }));
  const run = spawnSync(process.execPath, ['stack/app.ts'], {
    encoding: 'utf8',
    env: {
      ...process.env,
      HOME: home,
      CDK_OUTDIR: outputFolder,
      CDK_CONTEXT_JSON: JSON.stringify({ ...userContext, ...context }),
    },
  });
  return { ...run, outputFolder };
}

/** The warnings of a stack, as the CDK CLI prints them. */
function warningsOf(outputFolder: string, stackName: string): readonly string[] {
  const { artifacts } = JSON.parse(readFileSync(join(outputFolder, 'manifest.json'), 'utf8'));
  const metadata = existsSync(join(outputFolder, `${stackName}.metadata.json`))
    ? JSON.parse(readFileSync(join(outputFolder, `${stackName}.metadata.json`), 'utf8'))
    : artifacts[stackName].metadata;
  return (Object.values(metadata).flat() as { type: string; data: string }[])
    .filter(({ type }) => type === 'aws:cdk:warning')
    .map(({ data }) => data);
}

test('a setting that does not exist stops the app with a message that names its file, and no stack trace', () => {
  const run = runApp({}, { sweepEvry: 'PT1H' });
  expect(run.status).toBe(1);
  expect(run.stderr).toBe(
    'There is no setting "sweepEvry", which is in ~/.cdk.json. Did you mean sweepEvery? Accepted settings: name, secretNames, ' +
      'createSecrets, refreshBefore, sweepEvery, alarmEmail, alarmTopicArn, urgentAlarmTopicArn, runbookUrl, dashboard, kmsKeyArn, ' +
      'nativeRotation, nativeRotationEvery, momentoHosts, managementSecretName.\n',
  );
});

test('a setting given with -c and a stack name of its own are synthesized with a warning each', () => {
  const run = runApp({ name: 'payments-keys', alarmEmail: 'ops@example.com' });
  expect({ status: run.status, stdout: run.stdout, stderr: run.stderr }).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
  expect(warningsOf(run.outputFolder, 'payments-keys')).toEqual([
    expect.stringMatching(/^The setting name is "payments-keys" for this run only/),
    expect.stringMatching(/^The setting alarmEmail is "ops@example.com" for this run only/),
  ]);
});
