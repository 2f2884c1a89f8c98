/** Types the command at the end of each error, as a person would, with the local services in place of AWS and Momento. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FailureCode, FailureFacts } from '../../handlers/errors.ts';
import { acknowledgeCommand, MOMENTO_API } from '../../handlers/names.ts';
import { WORDS, wordsOf } from '../../handlers/reporting/words.ts';
import { LOCAL_CREDENTIALS, type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { startAccountServer } from '../../local/momento/account-server.ts';
import { RunningTime } from '../../local/serving/local-time.ts';
import { isInstalled } from '../contract/targets.ts';
import { DAY, PLACE } from '../worlds/names.ts';

const secretName = 'team/v2';
const MANAGEMENT = 'team/management';
const NAMED = { secretName };
const READ = { secretName, task: 'read', awsCode: 'X' } as const;
const ENTRY = { task: 'book', name: 'x-1', groupName: 'momento-key-refresher', awsCode: 'X' } as const;
const MOMENTO = { secretName, detail: 'X' };
const REPLACED = {
  ...MOMENTO,
  fault: 'issue-spent',
  roleId: 'r-operator',
  description: 'the test',
  lifetimeSeconds: 30 * DAY,
} as const;

const FACTS: { readonly [Code in FailureCode]: FailureFacts[Code] } = {
  'secret-missing': { ...READ, secretName: 'team/new' },
  'secret-denied': READ,
  'kms-key-unusable': READ,
  'secret-deleted': READ,
  'secret-replica': READ,
  'secret-state': READ,
  'secret-full': READ,
  'secrets-manager-unavailable': READ,
  'secret-unmanaged': { secretName, managed: [] },
  'secret-arn-differs': { secretName, namedArn: 'arn:x', secretArn: 'arn:y' },
  'secret-contested': { secretName, rounds: 5 },
  'version-ids-taken': { secretName, tries: 5 },
  'schedule-group-missing': ENTRY,
  'schedule-denied': ENTRY,
  'schedule-quota': ENTRY,
  'scheduler-unavailable': ENTRY,
  'entries-disabled': { at: 0 },
  'issue-rejected': MOMENTO,
  'issue-spent': MOMENTO,
  'issue-locked': MOMENTO,
  'issue-refused': MOMENTO,
  'issue-unusable': MOMENTO,
  'issue-no-token': MOMENTO,
  'issue-not-offered': MOMENTO,
  'issue-key-limit': MOMENTO,
  'issue-throttled': MOMENTO,
  'issue-unanswered': MOMENTO,
  'no-management-key': REPLACED,
  'key-not-listed': REPLACED,
  'successor-refused': {
    ...REPLACED,
    refusal: 'refused',
    refusalDetail: 'X',
    managementSecretName: secretName,
  },
  'successors-rejected': REPLACED,
  'no-time-left': NAMED,
  'management-key-missing': NAMED,
  'expiry-unusable': NAMED,
  'expiry-too-early': { secretName, issuedExpiresAt: 0, currentExpiresAt: 1 },
  'key-not-refreshable': NAMED,
  'new-key-rejected': MOMENTO,
  'new-key-unproven': MOMENTO,
  'current-key-unproven': MOMENTO,
  'not-a-key': { secretName, fault: 'X' },
  'event-unknown': { fault: 'X', accepted: [] },
  'environment-invalid': { faults: [] },
  'key-rejected': NAMED,
  'key-short-lived': { secretName, expiresAt: 0 },
  'key-lapsed': NAMED,
  'rotation-unseeded': NAMED,
  'rotation-never-expires': NAMED,
  'rotation-not-started': NAMED,
  'rotation-contested': NAMED,
  'rotation-unfinished': NAMED,
  'rotation-foreign': NAMED,
  'rotation-id-taken': NAMED,
  'revoke-arn-differs': NAMED,
  'revoke-no-key': NAMED,
  'revoke-v1-key': NAMED,
  'revoke-other-key': { ...NAMED, keyId: 'key-1' },
  'revoke-no-management-key': NAMED,
  'revoke-key-in-use': { ...NAMED, holder: secretName },
  'revoke-newer-key': NAMED,
  'revoke-current-unproven': NAMED,
  'revoke-previous-unproven': NAMED,
  'management-key-unreadable': MOMENTO,
  'registry-rejected': MOMENTO,
  'registry-denied': MOMENTO,
  'registry-unanswered': MOMENTO,
  unexpected: { kind: 'X' },
};

/** What is not run, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'npx cdk deploy': 'it deploys to AWS',
  'aws secretsmanager get-resource-policy': 'the local services have no resource policies',
  'aws secretsmanager list-secret-version-ids': 'the local services do not offer it',
  'aws secretsmanager cancel-rotate-secret': 'the local services do not offer it',
  'curl -f -X DELETE': 'it needs the id of a key that is there',
  'npm run seed -- SECRET_NAME': 'a person fills in the name',
};

function commandOf<Code extends FailureCode>(code: Code): string {
  const { todo } = wordsOf(code, FACTS[code], PLACE);
  return /(?:npm run|npx|aws|curl|\(umask) .*$/.exec(todo)?.[0] ?? '';
}

const codes = Object.keys(WORDS) as FailureCode[];
const commands = [...new Set(codes.map(commandOf))];
const isRun = (command: string) => !Object.keys(NOT_RUN).some((start) => command.startsWith(start));

it('every error ends in a command', () => {
  expect(codes.filter((code) => commandOf(code) === '')).toEqual([]);
});

it('every command that is not run is the command of an error', () => {
  const unused = Object.keys(NOT_RUN).filter((start) => !commands.some((each) => each.startsWith(start)));
  expect(unused).toEqual([]);
});

let stack: LocalStack;
let accountServer: { readonly url: string; close(): Promise<void> };
let folder: string;
let managementKey: string;

beforeAll(async () => {
  stack = await startLocalStack({
    time: new RunningTime(1),
    settings: {
      secretNames: `${secretName},${MANAGEMENT}`,
      managementSecretName: MANAGEMENT,
      nativeRotation: 'true',
    },
    momento: 'local',
  });
  await stack.secrets.rotations.settled();
  const { account } = stack.momento;
  accountServer = await startAccountServer(account);
  // A clone of the project, with a key in it.
  folder = mkdtempSync(join(tmpdir(), 'failure-commands-'));
  for (const name of ['package.json', 'node_modules', 'cli', 'handlers']) {
    symlinkSync(join(import.meta.dirname, '../..', name), join(folder, name));
  }
  const owner = account.createKey({ roleId: 'r-owner', lifetimeSeconds: 60 * DAY });
  managementKey = owner.api_key;
  const put = (SecretId: string, value: object) =>
    stack.secrets.putSecretValue({
      SecretId,
      SecretString: JSON.stringify(value),
      ClientRequestToken: stack.newToken(),
    });
  put(MANAGEMENT, owner);
  put(secretName, account.createKey({ lifetimeSeconds: 30 * DAY }));
  await stack.lambda.invoke({ momento_auth_token_secret_name: secretName });
}, 120_000);

afterAll(async () => {
  await accountServer?.close();
  await stack?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** Runs the line in a shell. @returns its exit code and what it printed */
async function type(line: string): Promise<{ code: unknown; printed: string }> {
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' },
    ...{
      ...LOCAL_CREDENTIALS,
      AWS_ENDPOINT_URL: stack.awsEndpointUrl,
      MOMENTO_MANAGEMENT_KEY: managementKey,
    },
  };
  const local = line.replace(MOMENTO_API, accountServer.url);
  return await new Promise((resolve) => {
    execFile('bash', ['-c', local], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, printed: stdout + stderr });
    });
  });
}

const installed = isInstalled('aws', process.env);
const runnable = commands.filter((command) => isRun(command) && (installed || !command.startsWith('aws')));

describe('the command of an error', () => {
  it.each(runnable)('%s ends with exit code 0', { timeout: 120_000 }, async (command) => {
    const key = stack.momento.account.createKey({ lifetimeSeconds: 30 * DAY });
    writeFileSync(join(folder, 'momento-key.json'), JSON.stringify(key));
    expect(await type(command)).toMatchObject({ code: 0 });
  });

  const acknowledgements = installed ? ['aws scheduler delete-schedule'] : [];
  it.each(acknowledgements)('%s removes the entry of an abandoned secret', { timeout: 120_000 }, async () => {
    const GroupName = stack.groupName;
    const names = () =>
      (stack.scheduler.listSchedules({ GroupName }).Schedules ?? []).map(({ Name }) => Name);
    const [entry = ''] = names().filter((name) => name?.startsWith('team-v2-'));
    expect(await type(acknowledgeCommand(PLACE.region, GroupName, entry))).toEqual({ code: 0, printed: '' });
    expect(names()).not.toContain(entry);
  });
});
