import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../cli/advice.ts';
import type { CommandLine } from '../../cli/command-line.ts';
import { readKeyFile } from '../../cli/key-file.ts';
import {
  chooseSecret,
  dryRunText,
  type SeedAnswer,
  seedExitCode,
  seedFailure,
  seedText,
} from '../../cli/seed-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'key-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('the key file of npm run seed', () => {
  it('is returned unchanged', () => {
    expect(readKeyFile(fileOf('good.json', '{ "apiKey": "a",\n "n": 1e400 }'))).toBe(
      '{ "apiKey": "a",\n "n": 1e400 }',
    );
  });

  it('may begin with a byte order mark', () => {
    expect(readKeyFile(fileOf('bom.json', '\uFEFF{"apiKey":"a"}'))).toBe('{"apiKey":"a"}');
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['error.json', '{"code":"PermissionDenied"}', /^The file .*error\.json holds no API key\.$/],
    ['empty.json', '', /^The file .*empty\.json is empty\.$/],
    ['list.json', '["a-canary"]', /^The file .*list\.json is not a JSON object\.$/],
    ['text.json', 'a-canary', /^The file .*text\.json is not a JSON object\.$/],
    ['utf16.json', Buffer.from('\uFEFF{}', 'utf16le'), /^The file .*utf16\.json is in UTF-16\.$/],
  ])('is refused with a message that names the file if it is %s', (name, content, message) => {
    expect(() => readKeyFile(fileOf(name, content))).toThrow(message);
  });

  it('is refused with a message that names the file if it does not exist', () => {
    expect(() => readKeyFile(join(folder, 'none.json'))).toThrow(/none\.json cannot be read \(ENOENT\)\.$/);
  });
});

const commandLine: CommandLine = (script, ...args) => ['npm run', script, '--', ...args].join(' ');
const REFRESHED: SeedAnswer = {
  outcome: 'refresh',
  reason: 'requested',
  secretName: 'team/momento',
  versionId: 'v2',
  validUntil: '2026-01-31T00:00:00Z',
  nextRefreshAt: '2026-01-28T00:00:00Z',
};

describe('the answer of npm run seed', () => {
  it('names the expiry, the next run and the command that deletes the file', () => {
    expect(seedText(REFRESHED, 'momento-key.json')).toBe(
      'The key in secret "team/momento" was refreshed. The new key is valid until 2026-01-31T00:00:00Z.\n' +
        'Next run: 2026-01-28T00:00:00Z\n' +
        'Delete momento-key.json now: rm momento-key.json',
    );
  });

  it.each<[SeedAnswer['outcome'], number]>([
    ['refresh', 0],
    ['resume', 0],
    ['never-expires', 0],
    ['wait', 1],
    ['unseeded', 1],
  ])('for the outcome %s has the exit code %i', (outcome, exitCode) => {
    expect(seedExitCode({ ...REFRESHED, outcome })).toBe(exitCode);
  });

  it('names the next step if the secret holds no key', () => {
    const answer = {
      ...REFRESHED,
      outcome: 'unseeded',
      reason: 'placeholder',
      nextStep: 'Put a key.',
    } as const;
    expect(seedText(answer, undefined)).toBe(
      'Secret "team/momento" holds no key that can be refreshed (unseeded).\nPut a key.',
    );
  });
});

describe('the text of a dry run of npm run seed', () => {
  it('tells the endpoint of the key in the secret', () => {
    const holds = { kind: 'a v1 key', endpoint: 'cell-4.example' } as const;
    expect(dryRunText({ secretName: 'team/momento', holds, stores: [] })).toBe(
      'Secret "team/momento" holds a v1 key.\nThe endpoint in it: cell-4.example\nNothing was changed.',
    );
  });

  it('tells what would be stored', () => {
    const holds = { kind: 'no key', endpoint: undefined } as const;
    expect(dryRunText({ secretName: 'team/momento', holds, stores: ['apiKey', 'endpoint'] })).toBe(
      'Secret "team/momento" holds no key.\n' +
        'The key of the file would be stored with the fields apiKey, endpoint.\n' +
        'Nothing was changed.',
    );
  });
});

const commandFor = (secretName: string) => `npm run seed -- ${secretName}`;

describe('the secret of npm run seed', () => {
  const functionWith = (...names: string[]) => {
    const secrets = names.map((secretName) => ({ secretName }));
    return { send: async () => ({ Payload: Buffer.from(JSON.stringify({ secrets })) }) } as never;
  };

  it('is the one that the function manages', async () => {
    expect(await chooseSecret(functionWith('team/momento'), 'f', commandFor)).toBe('team/momento');
  });

  it('must be named if the function manages several', async () => {
    await expect(chooseSecret(functionWith('a', 'b'), 'f', commandFor)).rejects.toMatchObject({
      message: 'f manages 2 secrets: a, b.',
      advice: 'Name one of them, for example: npm run seed -- a',
    });
  });
});

describe('the error of a failed seed call', () => {
  const about = { secretName: 'a', file: 'momento-key.json', commandLine };

  it('says that the key of the file is in the secret, names the next command, and reminds of the file', () => {
    expect(seedFailure(new CommandError('Sandbox.Timedout', 'Task timed out'), about)).toMatchObject({
      message: 'Task timed out\nThe key in momento-key.json is in secret "a" now.',
      advice:
        'To refresh it again: npm run seed -- a\n' +
        'Delete momento-key.json when the refresh has worked: rm momento-key.json',
    });
  });

  it('names no command beside the one that ends the message of the function', () => {
    const message =
      'The refresh failed. Put a new key: npm run seed -- a --file momento-key.json --region us-east-1';
    expect(seedFailure(new CommandError('X', message), about)).toMatchObject({
      message: `${message}\nThe key in momento-key.json is in secret "a" now.`,
      advice: 'Delete momento-key.json when the refresh has worked: rm momento-key.json',
    });
    expect(seedFailure(new CommandError('X', message), { ...about, file: undefined })).toMatchObject({
      message,
      advice: '',
    });
  });

  it('keeps the advice that the failure has', () => {
    const noFile = { ...about, file: undefined };
    expect(seedFailure(new CommandError('X', 'No function.', 'Deploy it.'), noFile)).toMatchObject({
      message: 'No function.',
      advice: 'Deploy it.',
    });
  });
});
