import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Interruption } from '../../local/interruption.ts';
import { KeyFiles } from '../../local/key-files.ts';
import type { AwsCall, LocalStack } from '../../local/local-stack.ts';
import { serve, tellCall } from '../../local/serve.ts';
import { SimulatedTime } from '../../local/serving/local-time.ts';
import { Timeline } from '../../local/timeline.ts';

const HOUR_MS = 3_600_000;
const FORMER_FOLDER = process.cwd();
let folder: string;
let time: SimulatedTime;
let lines: string[];
let timeline: Timeline;

/** Key files are written to the current folder. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playground-'));
  process.chdir(folder);
  time = new SimulatedTime(Date.parse('2030-01-01T09:00:00Z'));
  lines = [];
  timeline = new Timeline({ now: time.now, write: (line) => lines.push(line), colour: false });
});

afterEach(() => {
  process.chdir(FORMER_FOLDER);
  rmSync(folder, { recursive: true });
});

describe('KeyFiles', () => {
  let count: number;
  let files: KeyFiles;

  beforeEach(() => {
    count = 0;
    files = new KeyFiles((lifetimeSeconds) => ({ key: ++count, lifetimeSeconds }), time);
  });

  it('writes a key of two hours that only its owner can read', () => {
    expect(files.write()).toBe('momento-key.json');
    expect(readFileSync('momento-key.json', 'utf8')).toBe('{"key":1,"lifetimeSeconds":7200}\n');
    expect(statSync('momento-key.json').mode & 0o777).toBe(0o600);
  });

  it('replaces the key in a file each hour, until a person deletes the file', async () => {
    files.write();
    await time.run(HOUR_MS);
    expect(readFileSync('momento-key.json', 'utf8')).toContain('"key":2');
    await time.run(HOUR_MS);
    expect(readFileSync('momento-key.json', 'utf8')).toContain('"key":3');
    rmSync('momento-key.json');
    await time.run(2 * HOUR_MS);
    expect([existsSync('momento-key.json'), count]).toEqual([false, 3]);
  });

  it('does not overwrite or remove a file that it has not written', () => {
    writeFileSync('momento-key.json', 'of a person');
    expect([files.write(), files.write()]).toEqual(['momento-key-2.json', 'momento-key-3.json']);
    files.remove();
    expect(readdirSync('.')).toEqual(['momento-key.json']);
    expect(readFileSync('momento-key.json', 'utf8')).toBe('of a person');
  });
});

describe('tellCall', () => {
  const refusal = { name: 'ResourceNotFoundException', message: 'no such secret' };

  it.each<[string, Partial<AwsCall>, string[]]>([
    [
      'prints a change by a person',
      { operation: 'PutSecretValue', subject: 's' },
      ['· a person         PutSecretValue s: done'],
    ],
    ['prints no read by a person', { operation: 'GetSecretValue', subject: 's' }, []],
    [
      'prints a refused read by a person',
      { operation: 'GetSecretValue', subject: 's', error: refusal as NonNullable<AwsCall['error']> },
      ['✗ a person         GetSecretValue s: refused: ResourceNotFoundException: no such secret'],
    ],
    [
      'prints a change of a secret by the function',
      { by: 'the function', operation: 'UpdateSecretVersionStage', subject: 's' },
      ['· the function     UpdateSecretVersionStage s: done'],
    ],
    ['prints no booking by the function', { by: 'the function', operation: 'CreateSchedule' }, []],
  ])('%s', (_, call, expected) => {
    tellCall(timeline, { by: 'a person', error: undefined, ...call } as AwsCall);
    expect(lines.map((line) => line.slice('09:00:00 '.length))).toEqual(expected);
  });
});

describe('serve', () => {
  /** Runs the playground until its start is over. @returns the files that are there while it runs */
  async function play(
    momentoEndpoint: string | undefined,
    whileUp: (write: () => string) => void = () => {},
    keys: 'v1' | 'v2' = 'v1',
  ): Promise<string[]> {
    let write = () => '';
    const files = new KeyFiles(() => ({ apiKey: 'a' }), time);
    const stack = {
      momentoEndpoint,
      awsEndpointUrl: 'http://127.0.0.1:4577',
      secretName: 'momento/authentication-token',
      groupName: 'momento-key-refresher',
      template: { outputs: () => ({ SeedWithAwsCli2Refresh: 'aws lambda invoke x' }) },
      offerKeys: (offered: () => string) => {
        write = offered;
      },
    } as unknown as LocalStack;
    let present: string[] = [];
    const happens = async () => {
      whileUp(write);
      present = readdirSync('.');
    };
    await serve(stack, { time, timeline, interruption: { happens } as Interruption, files, keys });
    return present;
  }

  it('prints the endpoint and the commands, and keeps a key file until it is interrupted', async () => {
    expect(await play('127.0.0.1:1')).toEqual(['momento-key.json']);
    expect(readdirSync('.')).toEqual([]);
    const text = lines.join('\n');
    expect(text).toContain('  export AWS_ENDPOINT_URL=http://127.0.0.1:4577');
    expect(text).toContain(
      '  npm run seed -- momento/authentication-token --file momento-key.json\n  npm run status',
    );
    expect(text).toContain('  aws lambda invoke x\n');
    expect(text).toContain('aws scheduler list-schedules --group-name momento-key-refresher');
  });

  it('prints the command that revokes the previous key only for v2 keys', async () => {
    await play('127.0.0.1:1', () => {}, 'v1');
    expect(lines.join()).not.toContain('revoke-previous');
    await play('127.0.0.1:1', () => {}, 'v2');
    expect(lines.join()).toContain('  npm run revoke-previous -- momento/authentication-token\n');
  });

  it('writes another key file on request', async () => {
    const files = await play('127.0.0.1:1', (write) => write());
    expect(files).toEqual(['momento-key-2.json', 'momento-key.json']);
    expect(lines.at(-1)).toBe('09:00:00 · a person         asks for another key: momento-key-2.json');
  });

  it('keeps a key file that was there before', async () => {
    writeFileSync('momento-key.json', 'of a person');
    expect(await play('127.0.0.1:1')).toEqual(['momento-key.json']);
    expect(readdirSync('.')).toEqual(['momento-key.json']);
    expect(lines.join('\n')).toContain('There is a file momento-key.json already. It stays as it is.');
  });

  it('writes no key file if keys are refreshed at Momento itself', async () => {
    expect(await play(undefined)).toEqual([]);
    expect(lines.join('\n')).toContain('Keys are refreshed at Momento itself.');
  });
});
