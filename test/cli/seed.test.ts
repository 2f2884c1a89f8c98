import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../cli/advice.ts';
import type { CommandLine } from '../../cli/command-line.ts';
import { readKeyFile } from '../../cli/key-file.ts';
import {
  chooseSecret,
  dryRunOf,
  dryRunText,
  type SeedAnswer,
  seedExitCode,
  seedFailure,
  seedText,
} from '../../cli/seed-report.ts';
import { PLACEHOLDER } from '../../handlers/names.ts';
import { V1_KEY, V2_KEY, V2_TOKEN, v1Key } from '../worlds/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'key-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('the key file of npm run seed', () => {
  it('is returned unchanged', () => {
    const text = `{ "apiKey": "${V1_KEY}",\n "n": 1e400 }`;
    expect(readKeyFile(fileOf('good.json', text))).toBe(text);
  });

  it('may begin with a byte order mark', () => {
    const text = JSON.stringify({ apiKey: V1_KEY });
    expect(readKeyFile(fileOf('bom.json', `\uFEFF${text}`))).toBe(text);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'error.json',
      '{"code":"PermissionDenied"}',
      /^The file .*error\.json holds no Momento key: field apiKey is missing\.$/,
    ],
    ['empty.json', '', /^The file .*empty\.json is empty\.$/],
    ['list.json', '["a-canary"]', /^The file .*list\.json holds no Momento key: it is not a JSON object\.$/],
    ['text.json', 'a-canary', /^The file .*text\.json holds no Momento key: it is not JSON\.$/],
    [
      'half.json',
      JSON.stringify({ apiKey: V2_KEY, keyId: 'a-canary' }),
      /^The file .*half\.json holds no Momento key: field keyId names another key than the one in apiKey\.$/,
    ],
    [
      'placeholder.json',
      PLACEHOLDER,
      /^The file .*placeholder\.json holds no Momento key: it is the placeholder of the stack\.$/,
    ],
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
    expect(seedText(REFRESHED, { file: 'momento-key.json' })).toBe(
      'The key in secret "team/momento" was refreshed. The new key is valid until 2026-01-31T00:00:00Z.\n' +
        'Next run: 2026-01-28T00:00:00Z\n' +
        'Delete momento-key.json now: rm momento-key.json',
    );
  });

  it('names the id of the key before, and the command that adds a missing endpoint', () => {
    const addEndpoint = 'npm run seed -- team/momento --endpoint HOST';
    expect(seedText(REFRESHED, { replaced: 'key-1', addEndpoint })).toBe(
      'The key in secret "team/momento" was refreshed. The new key is valid until 2026-01-31T00:00:00Z.\n' +
        'Next run: 2026-01-28T00:00:00Z\n' +
        'The key before it has the id key-1, and works until it expires or is revoked.\n' +
        'The secret names no endpoint, which readers of a v2 key need. If it has readers: npm run seed -- team/momento --endpoint HOST',
    );
  });

  it('does not name a previous key if none was replaced', () => {
    expect(
      seedText({ ...REFRESHED, outcome: 'wait', reason: 'too-soon' }, { replaced: 'key-1' }),
    ).not.toContain('key-1');
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
    expect(seedText(answer)).toBe(
      'Secret "team/momento" holds no key that can be refreshed (unseeded).\nPut a key.',
    );
  });
});

describe('the text of a dry run of npm run seed', () => {
  const about = { secretName: 'team/momento' };
  const current = JSON.stringify({ apiKey: v1Key('cell-4.example', 'inner'), owner: 'team' });

  it('tells the endpoint of the key in the secret', () => {
    expect(dryRunText(dryRunOf({ ...about, current, stored: undefined }))).toBe(
      'Secret "team/momento" holds a v1 key.\nThe endpoint in it: cell-4.example\nNothing was changed.',
    );
  });

  it('tells what would be stored, added and removed, and that the endpoint is missing', () => {
    const stored = JSON.stringify({ apiKey: V2_KEY, refreshToken: V2_TOKEN, validUntil: 1 });
    expect(dryRunText(dryRunOf({ ...about, current, stored }))).toBe(
      'Secret "team/momento" holds a v1 key.\n' +
        'The endpoint in it: cell-4.example\n' +
        'The secret would have the fields: apiKey, refreshToken, validUntil\n' +
        'Added: refreshToken, validUntil\n' +
        'Removed: owner\n' +
        'Readers of a v2 key need an endpoint. Add one with --endpoint HOST\n' +
        'Nothing was changed.',
    );
  });

  it('tells the id of a v2 key, for a later revocation', () => {
    const held = JSON.stringify({ apiKey: V2_KEY, endpoint: 'cell-4.example' });
    expect(dryRunText(dryRunOf({ ...about, current: held, stored: undefined }))).toBe(
      'Secret "team/momento" holds a v2 key.\n' +
        'The endpoint beside it: cell-4.example\n' +
        'Its id: key-1\n' +
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
