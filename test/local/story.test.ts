import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const RUN = new URL('../../local/run.ts', import.meta.url).pathname;
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'story-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Nothing listens on the proxy's port. */
const PROXY = 'http://127.0.0.1:9';
const environment = () => ({
  ...process.env,
  http_proxy: PROXY,
  https_proxy: PROXY,
  grpc_proxy: PROXY,
  TMPDIR: folder,
});

function run(...args: string[]): Promise<{ code: number | string | null; output: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [RUN, ...args], { env: environment() }, (error, output, errors) =>
      resolve({ code: error?.code ?? 0, output, errors }),
    );
  });
}

describe('npm start', () => {
  it('prints the story of the README within 100 columns, even behind a proxy, and leaves no files', async () => {
    const { code, output, errors } = await run();
    expect([code, errors, readdirSync(folder)]).toEqual([0, '', []]);
    expect(readme).toContain(`\`\`\`text\n${output.trimEnd()}\n\`\`\``);
    expect(output.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('prints how the management key replaces a v2 key whose refresh answer was lost', async () => {
    const { code, output, errors } = await run('--keys', 'v2');
    expect([code, errors, readdirSync(folder)]).toEqual([0, '', []]);
    expect(output.split('\n').filter((line) => line.length > 100)).toEqual([]);
    const [, , , thirdChapter = '', fourthChapter = ''] = output.split(/^\d {2}/m);
    expect(thirdChapter.split('\n').filter((line) => /^\d/.test(line))).toEqual([
      '14:39:06 · Momento          makes a new key, but its answer is lost',
      '14:39:06 ✗ its own wake-up  Momento issued no new key (UNREACHABLE); next try at 14:41:00',
      '14:41:00 · Momento          generates another key for the management key',
      '14:41:00 ✓ its booked retry got a new key; works until 16:41:00, next run at 16:28:52',
    ]);
    expect(fourthChapter.trimEnd().split('\n').slice(-5)).toEqual([
      'All went well: the application always had a working key, and the next run is booked.',
      '',
      '  keys refreshed                   6',
      '  reads that found a working key   107 of 107',
      '  next run                         20:03:07',
    ]);
  });

  it('refuses an unknown option with one line', async () => {
    expect(await run('--sede')).toEqual({
      code: 1,
      output: '',
      errors: "Unknown option '--sede'. See npm start -- --help\n",
    });
  });

  it('names a file that cannot be read and leaves no files', async () => {
    expect(await run('--seed', 'none.json')).toEqual({
      code: 1,
      output: '',
      errors: 'The file none.json cannot be read (ENOENT).\n',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each<[string, number, (child: ChildProcessByStdio<null, Readable, Readable>) => unknown]>([
    ['gets SIGINT', 130, (child) => child.kill('SIGINT')],
    ['gets SIGTERM', 143, (child) => child.kill('SIGTERM')],
    ['cannot write its output', 141, (child) => child.stdout.destroy()],
  ])('that %s ends with code %i and leaves no stack trace and no folder', async (_, expected, happens) => {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const child = spawn(process.execPath, [RUN], { env: environment(), stdio });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    await once(child.stdout, 'data');
    happens(child);
    const [code] = await once(child, 'close');
    expect([code, errors, readdirSync(folder)]).toEqual([expected, '', []]);
  });
});
