import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS, type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { RunningTime } from '../../local/serving/local-time.ts';
import { V1_KEY } from '../worlds/keys.ts';

const SECRETS = ['team/unseeded', 'team/lapsed', 'team/healthy', 'team/unbooked', 'team/seeded'];
const folder = mkdtempSync(join(tmpdir(), 'commands-'));
const DAY = 86_400;
const lines: string[] = [];
const labelEvents: string[] = [];
let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({
    time: new RunningTime(1),
    settings: { secretNames: SECRETS.join(',') },
    momento: 'local',
    onInvocation: ({ by, event, lines: printed }) => {
      lines.push(...printed);
      if (by === 'EventBridge') labelEvents.push(JSON.stringify(event));
    },
  });
  put('team/lapsed', {
    apiKey: V1_KEY,
    refreshToken: 'token',
    validUntil: Math.floor(Date.now() / 1000) - DAY,
  });
  for (const secretName of ['team/healthy', 'team/unbooked']) {
    const key = stack.momento.generateKey({ lifetimeSeconds: 30 * DAY });
    put(secretName, key);
    // A new key of the same second would not expire later, so the function would refuse it.
    await until(() => Date.now() / 1000 > key.validUntil - 30 * DAY + 1);
    await stack.lambda.invoke({ momento_auth_token_secret_name: secretName });
  }
  // Each put and each promotion raises a label event, which wakes the function once more.
  await until(() => labelEvents.filter((event) => event.includes('team/unbooked')).length === 2);
  await calm();
});

/** Deletes the booked entries with that prefix. */
function deleteEntries(NamePrefix: string): void {
  const { Schedules = [] } = stack.scheduler.listSchedules({ GroupName: stack.groupName, NamePrefix });
  for (const { Name } of Schedules) stack.scheduler.deleteSchedule({ GroupName: stack.groupName, Name });
}

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack.close();
});

function put(secretName: string, value: unknown): void {
  stack.secrets.putSecretValue({
    SecretId: secretName,
    SecretString: JSON.stringify(value),
    ClientRequestToken: stack.newToken(),
  });
}

/** Waits until the label events have woken the function and it has booked what was missing. */
async function calm(): Promise<void> {
  for (let known = -1; known !== lines.length; ) {
    known = lines.length;
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Runs a command as `npm run` does, with the endpoint of the local stack. */
async function run(command: 'status' | 'preflight' | 'seed', ...args: readonly string[]) {
  const env = { ...process.env, ...LOCAL_CREDENTIALS, AWS_ENDPOINT_URL: stack.awsEndpointUrl };
  return await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [`cli/${command}.ts`, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

describe('npm run status', () => {
  test('shows lapsed, unseeded, healthy and unbooked secrets, and the next sweep books what is missing', async () => {
    deleteEntries('team-unbooked-');
    const { code, stdout } = await run('status', '--region', 'us-east-1');
    const [at = '', , ...lines] = stdout.split('\n');
    expect(at).toMatch(/^At \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const month = expect.stringMatching(/^in (29|30) d$/);
    const due = expect.stringMatching(/^in (26|27) d$/);
    // The entry of the first key is still booked. It can be earlier than the entry of the key that replaced it.
    const next = expect.stringMatching(/^in (26|27) d( \(harmless\))?$/);
    expect(lines.slice(0, 6).map((line) => line.split(/ {2,}/))).toEqual([
      ['secret', 'state', 'expires', 'due', 'next run'],
      ['team/lapsed', 'lapsed', 'expired 1 d ago', expect.stringMatching(/ ago$/), '-'],
      ['team/unseeded', 'unseeded', '-', '-', '-'],
      ['team/seeded', 'unseeded', '-', '-', '-'],
      ['team/healthy', 'healthy', month, due, next],
      ['team/unbooked', 'healthy', month, due, 'MISSING'],
    ]);
    expect(stdout).toMatch(
      /^team\/lapsed: Last failure: KeyLapsedError \(key-lapsed\), .* ago\. The key has expired\. .* npm run seed -- team\/lapsed --file momento-key\.json --region us-east-1$/m,
    );
    expect(stdout).not.toContain('Deployment');
    expect(code).toBe(1);

    await stack.lambda.invoke({ action: 'sweep' });
    const after = await run('status', '--json');
    const { secrets, safetyNets } = JSON.parse(after.stdout);
    expect(secrets[3]).toMatchObject({ state: 'healthy', booking: 'booked', lastFailure: null });
    expect(secrets[1]).toMatchObject({ state: 'lapsed', lastFailure: { name: 'KeyLapsedError' } });
    expect(safetyNets).toMatchObject([{ result: 'passed' }, { result: 'passed' }]);
  });

  test('asks Momento about every key with --prove', async () => {
    const { code, stdout } = await run('status', '--prove');
    expect(stdout).toMatch(/^Momento accepts 2 of 2 keys now\.$/m);
    expect(code).toBe(1);
  });

  test('shows everything except the last failures if the log cannot be read', async () => {
    const { code, stdout } = await run('status', '--log-group', '/aws/lambda/other');
    expect(stdout).toContain('Last failures: log group /aws/lambda/other cannot be read');
    expect(stdout).toMatch(/^team\/healthy +healthy/m);
    expect(code).toBe(1);
  });

  test('exits with 2 for a missing function and for an unknown option', async () => {
    const missing = await run('status', '--function-name', 'other');
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toMatch(
      /^There is no function "other" in this account and region\.\nNothing was changed\. Booked runs go on\.\nAdd --region .* If it was deleted: npx cdk deploy --revert-drift$/m,
    );
    expect((await run('status', '--jsn')).code).toBe(2);
    expect((await run('status', '--help')).stdout).toContain('Exit codes: 0 all is well');
  });
});

describe('npm run seed', () => {
  test('puts the key of a file, refreshes it, and asks the person to delete the file', async () => {
    const key = stack.momento.generateKey({ lifetimeSeconds: 30 * DAY });
    const file = join(folder, 'momento-key.json');
    writeFileSync(file, JSON.stringify(key));
    await until(() => Date.now() / 1000 > key.validUntil - 30 * DAY + 1);
    const { code, stdout } = await run('seed', 'team/seeded', '--file', file);
    expect(stdout).toMatch(/^The key in secret "team\/seeded" was refreshed\. The new key is valid until /);
    expect(stdout).toContain(`Delete ${file} now`);
    expect(code).toBe(0);
  });

  test('moves a secret from v1 to v2 without a gap, after a dry run that shows the endpoint and changes nothing', async () => {
    const { account } = stack.momento;
    const text = () => stack.secrets.getSecretValue({ SecretId: 'team/seeded' }).SecretString ?? '';
    const before = text();
    const file = join(folder, 'v2-key.json');
    const answer = account.createKey({ lifetimeSeconds: 30 * DAY });
    writeFileSync(file, JSON.stringify(answer));

    expect(await run('seed', 'team/seeded', '--file', file, '--dry-run')).toEqual({
      code: 0,
      stdout:
        'Secret "team/seeded" holds a v1 key.\n' +
        'The endpoint in it: cell-local-1.prod.a.momentohq.com\n' +
        'The secret would have the fields: apiKey, refreshToken, validUntil, endpoint, keyId\n' +
        'Added: endpoint, keyId\n' +
        'Nothing was changed.\n',
      stderr: '',
    });
    expect(text()).toBe(before);

    expect((await run('seed', 'team/seeded', '--file', file)).code).toBe(0);
    const { apiKey, endpoint, keyId } = JSON.parse(text());
    expect([endpoint, account.accepts(apiKey)]).toEqual(['cell-local-1.prod.a.momentohq.com', true]);
    expect(keyId).not.toBe(answer.key_info.key_id);
    expect(stack.momento.accepts(JSON.parse(before).apiKey)).toBe(true);
  });

  test('prints the error of the function with its command at the end of a line, and then what is safe', async () => {
    const { code, stderr } = await run('seed', 'team/lapsed');
    expect(stderr).toMatch(
      /: npm run seed -- team\/lapsed --file momento-key\.json --region us-east-1\nThe refresh makes no key current that Momento has not accepted\.\n$/,
    );
    expect(code).toBe(2);
  });

  test('exits with 2 and names the secret if it does not exist', async () => {
    const { code, stderr } = await run('seed', 'team/none');
    expect(stderr).toContain('team/none');
    expect(code).toBe(2);
  });

  test('prints an error as JSON with --json', async () => {
    const { code, stdout } = await run('seed', '--json', '--file', join(folder, 'none.json'));
    expect(JSON.parse(stdout)).toMatchObject({ error: { name: 'KeyFileError' } });
    expect(code).toBe(2);
  });
});

describe('npm run preflight', () => {
  test('prints the checks of the function and of the account', async () => {
    const { code, stdout } = await run('preflight');
    expect(stdout).toMatch(/^passed +key +team\/healthy +Momento accepts it$/m);
    expect(stdout).toMatch(/^FAILED +key +team\/lapsed +it lapsed at /m);
    expect(stdout).toMatch(/^to-do +key +team\/unseeded +Download an expiring API key/m);
    expect(stdout).toMatch(/^passed +sweep +momento-key-refresher-sweep /m);
    expect(stdout).toMatch(/^passed +label rule /m);
    expect(stdout).not.toMatch(/^unknown/m);
    expect(code).toBe(1);
  });
});

describe('the metrics of the bundled function', () => {
  test('are one line for a sweep and none for a status or a preflight, without a warning of Powertools', async () => {
    const known = lines.length;
    await run('status');
    await run('preflight');
    await calm();
    expect(lines.slice(known)).toEqual([]);
    await stack.lambda.invoke({ action: 'sweep' });
    await calm();
    const [metricLine = '', ...others] = lines.filter((line) => line.includes('"Sweeps"')).slice(-1);
    expect(others).toEqual([]);
    expect(JSON.parse(metricLine)).toMatchObject({
      Deployment: 'momento-key-refresher',
      Sweeps: 1,
      SecretsManaged: 5,
      SecretsUnseeded: 1,
      SecretsUnreadable: 0,
      SecondsUntilExpiry: Array(4).fill(expect.any(Number)),
    });
    expect(lines.filter((line) => /No application metrics|Namespace should|EMF key/.test(line))).toEqual([]);
  });
});
