import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alarmDefinitions } from '../../local/cloudwatch/alarm-watch.ts';
import { LOCAL_CREDENTIALS, type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { RunningTime } from '../../local/serving/local-time.ts';
import { isInstalled } from '../contract/targets.ts';

const DAY = 86_400;
const installed = isInstalled('aws', process.env);
const { CI = 'false' } = process.env;

/** The AWS CLI commands in the shell blocks of a page, each a line or a loop. */
function awsCommands(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return shellBlocks(text)
    .flatMap((block) => block.match(/^for [\s\S]*?^done$|^.+$/gm) ?? [])
    .filter((command) => /(^|\| |\n *)aws /.test(command));
}

function shellBlocks(text: string): string[] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
}

/** The AWS CLI commands in the sentences of a page. */
function awsCommandsInText(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/`((?:echo [^`]*\| )?aws [^`]+)`/g)].map(([, command = '']) => command);
}

/** Commands that are not run: the local endpoint does not offer them, or a person must fill in a name. */
const NOT_OFFERED = [
  'aws cloudwatch describe-alarms',
  'aws lambda delete-function-concurrency',
  'aws lambda put-function-concurrency',
  'aws scheduler delete-schedule',
  'aws secretsmanager cancel-rotate-secret',
  'aws secretsmanager get-resource-policy',
  'aws secretsmanager list-secret-version-ids',
  'aws secretsmanager update-secret-version-stage',
  'aws sqs purge-queue',
  'aws sqs receive-message',
];
const isOffered = (command: string) => !NOT_OFFERED.some((operation) => command.startsWith(operation));

let stack: LocalStack;
let folder: string;

beforeAll(async () => {
  stack = await startLocalStack({
    time: new RunningTime(1),
    settings: { nativeRotation: 'true' },
    momento: 'local',
  });
  await stack.secrets.rotations.settled();
  folder = mkdtempSync(join(tmpdir(), 'aws-cli-'));
  const key = stack.momento.generateKey({ lifetimeSeconds: 30 * DAY });
  writeFileSync(join(folder, 'momento-key.json'), JSON.stringify(key));
}, 120_000);

afterAll(async () => {
  await stack?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** Runs the line in a shell, as a reader of the page would. @returns what it prints */
async function type(line: string): Promise<string> {
  const { AWS_REGION, ...credentials } = LOCAL_CREDENTIALS;
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' },
    ...{ ...credentials, AWS_DEFAULT_REGION: AWS_REGION, AWS_ENDPOINT_URL: stack.awsEndpointUrl },
  };
  return await new Promise((resolve, reject) => {
    // The log starts with a line that no command may remove.
    const log = join(folder, 'log');
    writeFileSync(log, 'earlier\n');
    const logged = `set -o pipefail; { ${line}; } >> ${log}`;
    execFile('bash', ['-c', logged], { cwd: folder, env }, (error, _, stderr) => {
      const [earlier, ...printed] = readFileSync(log, 'utf8').split('\n');
      if (error === null && earlier === 'earlier') resolve(printed.join('\n'));
      else reject(new Error(`${line}\n${earlier}\n${printed.join('\n')}${stderr}`));
    });
  });
}

/** @param printed Lambda's answer and what the CLI prints after it */
function answerOf(printed: string): unknown {
  const end = printed.lastIndexOf('}{') + 1 || printed.lastIndexOf('}\n{') + 1;
  return JSON.parse(end > 0 ? printed.slice(0, end) : printed);
}

function current(): { versionId: string; works: boolean } {
  const { VersionId = '', SecretString = '' } = stack.secrets.getSecretValue({ SecretId: stack.secretName });
  return { versionId: VersionId, works: stack.momento.accepts(JSON.parse(SecretString).apiKey) };
}

function descriptionOf(alarmName: string): string {
  const alarms = alarmDefinitions(stack.template);
  const alarm = alarms.find(({ AlarmName }) => AlarmName === `${alarmName} (momento-key-refresher)`);
  return alarm?.AlarmDescription ?? '';
}

const withCli = installed ? [{ client: 'the AWS CLI' }] : [];

describe.each(withCli)('$client with the local run', () => {
  it("finds the commands of the stack's outputs in the pages", () => {
    const outputs = Object.entries(stack.template.outputs()).filter(([name]) => name.includes('WithAwsCli'));
    const [putKey, seed, status] = outputs.map(([, command]) => command.replace(' --region us-east-1', ''));
    const commands = [...awsCommands('README.md'), ...awsCommands('docs/ROTATION.md')];
    expect(commands).toEqual(expect.arrayContaining([putKey, seed]));
    expect(status).toContain('aws lambda invoke');
  });

  it('runs every command of the README in order', { timeout: 120_000 }, async () => {
    // test/package/template.test.ts types those for the plain template.
    const commands = awsCommands('README.md').filter((command) => !command.includes('aws cloudformation'));
    expect(commands.length).toBeGreaterThanOrEqual(3);
    for (const command of commands) await type(command);
    expect(current().works).toBe(true);
    const { SeedWithAwsCli2Refresh = '' } = stack.template.outputs();
    expect(answerOf(await type(SeedWithAwsCli2Refresh))).toMatchObject({
      outcome: 'refresh',
      reason: 'requested',
      secretName: 'momento/authentication-token',
      versionId: current().versionId,
    });
  });

  it('reads the state, the key and the booked entries', { timeout: 120_000 }, async () => {
    const { StatusWithAwsCli = '' } = stack.template.outputs();
    expect(answerOf(await type(StatusWithAwsCli))).toMatchObject({
      outcome: 'status',
      secrets: [{ secretName: 'momento/authentication-token', state: 'healthy', booking: 'booked' }],
    });
    const value = await type(`aws secretsmanager get-secret-value --secret-id ${stack.secretName}`);
    expect(JSON.parse(value)).toMatchObject({ VersionId: current().versionId });
    const booked = JSON.parse(await type(`aws scheduler list-schedules --group-name ${stack.groupName}`));
    expect(booked.Schedules.map(({ Name }: { Name: string }) => Name)).toEqual(
      expect.arrayContaining(['momento-key-refresher-sweep']),
    );
  });

  it('runs every command of the runbook that the local endpoint offers', { timeout: 300_000 }, async () => {
    const commands = [...awsCommands('docs/RUNBOOK.md'), ...awsCommandsInText('docs/RUNBOOK.md')];
    const operations = new Set(commands.map((command) => /aws [a-z]+ [a-z-]+/.exec(command)?.[0] ?? command));
    expect([...operations].toSorted()).toEqual(
      [
        ...NOT_OFFERED,
        'aws lambda invoke',
        'aws logs filter-log-events',
        'aws scheduler list-schedules',
        'aws secretsmanager create-secret',
        'aws secretsmanager describe-secret',
        'aws secretsmanager put-secret-value',
        'aws secretsmanager restore-secret',
        'aws secretsmanager rotate-secret',
      ].toSorted(),
    );
    const before = current().versionId;
    // The runbook sets the region first.
    for (const command of new Set(commands.filter(isOffered)))
      await type(`export AWS_REGION=us-east-1; ${command}`);
    await stack.secrets.rotations.settled();
    expect(current().works).toBe(true);
    expect(current().versionId).not.toBe(before);
  });

  it('finds and repairs an unreadable secret with the commands of the alarm', {
    timeout: 120_000,
  }, async () => {
    const commandOf = (trouble: string) =>
      /^Without a clone of the project: (.*)$/m.exec(descriptionOf(trouble))?.[1] ?? 'false';
    const status = commandOf('URGENT: secret unreadable or abandoned');
    await type(
      `aws secretsmanager put-secret-value --secret-id ${stack.secretName} --secret-string nonsense`,
    );
    await type(stack.template.outputs().SeedWithAwsCli2Refresh ?? 'false');
    expect(answerOf(await type(status))).toMatchObject({ secrets: [{ state: 'unreadable' }] });
    await type(commandOf('URGENT: Momento key lapsed or rejected'));
    expect(answerOf(await type(status))).toMatchObject({ secrets: [{ state: 'healthy' }] });
  });

  it('rotates the secret from start to end', { timeout: 120_000 }, async () => {
    const before = current().versionId;
    const [rotate = '', describeSecret = ''] = awsCommands('docs/ROTATION.md');
    const { VersionId } = JSON.parse(await type(rotate));
    await stack.secrets.rotations.settled();
    expect(stack.secrets.rotations.failures).toEqual([]);
    expect(current()).toEqual({ versionId: VersionId, works: true });
    expect(JSON.parse(await type(describeSecret))).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: 'arn:aws:lambda:us-east-1:000000000000:function:momento-key-refresher',
      RotationRules: { AutomaticallyAfterDays: 90 },
      LastRotatedDate: expect.anything(),
      VersionIdsToStages: {
        // The run of the new label takes AWSPENDING off, now or in a moment.
        [VersionId]: expect.arrayContaining(['AWSCURRENT']),
        [before]: ['AWSPREVIOUS'],
      },
    });
  });
});

// test/local/failure-commands.test.ts runs `aws scheduler delete-schedule`.
it.each([
  ...NOT_OFFERED.filter((operation) => operation !== 'aws scheduler delete-schedule'),
  'npx cdk deploy --revert-drift',
  'curl -f -X POST',
])('each section of the runbook with "%s" says that it was not tried', (command) => {
  const runbook = readFileSync(new URL('../../docs/RUNBOOK.md', import.meta.url), 'utf8');
  const sections = runbook.split(/^#+ /m).filter((section) => section.includes(command));
  expect(sections.length).toBeGreaterThan(0);
  const unmarked = sections.filter((section) => !/[Nn]ot tried against (AWS|Momento)/.test(section));
  expect(unmarked).toEqual([]);
});

it('the AWS CLI is installed in CI', () => {
  if (!installed) console.log('the AWS CLI is not installed: the commands of the README were not run');
  expect(installed || CI === 'false' || CI === '').toBe(true);
});
