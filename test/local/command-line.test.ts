import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Momento } from '../../local/momento/momento.ts';
import { adopt, readSeedFile, writeBack } from '../../local/momento/seed-file.ts';
import { parseOptions } from '../../local/options.ts';
import { RunningTime } from '../../local/serving/local-time.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { Timeline, wantsColour } from '../../local/timeline.ts';

const folder = mkdtempSync(join(tmpdir(), 'seed-file-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('parseOptions of npm start', () => {
  it('runs the story against the local Momento by default', () => {
    expect(parseOptions([])).toEqual({
      mode: 'story',
      seedFile: undefined,
      momento: 'local',
      port: 4577,
      keys: 'v1',
      metrics: false,
    });
  });

  it('reads --serve, --seed, --momento and --port', () => {
    expect(parseOptions(['--serve', '--seed', 'k.json', '--momento', 'real', '--port', '4599'])).toEqual({
      mode: 'serve',
      seedFile: 'k.json',
      momento: 'real',
      port: 4599,
      keys: 'v1',
      metrics: false,
    });
  });

  it('reads --keys v2 and --metrics', () => {
    expect(parseOptions(['--keys', 'v2', '--metrics'])).toMatchObject({
      mode: 'story',
      keys: 'v2',
      metrics: true,
    });
  });

  it('reads the options of a playground of v2 keys', () => {
    expect(parseOptions(['--keys', 'v2', '--serve'])).toMatchObject({ mode: 'serve', keys: 'v2' });
  });

  it('reads the command "key"', () => {
    expect(parseOptions(['key'])).toMatchObject({ mode: 'key' });
  });

  it.each([
    [['--momento', 'other'], '--momento takes local or real, not "other". See npm start -- --help'],
    [
      ['--momento', 'real'],
      '--momento real needs a key to refresh: add --seed FILE. See npm start -- --help',
    ],
    [['--keys', 'v3'], '--keys takes v1 or v2, not "v3". See npm start -- --help'],
    ...[['--seed', 'k.json'], ['--serve', '--seed', 'k.json'], ['key']].map((others): [string[], string] => [
      ['--keys', 'v2', ...others],
      '--keys v2 is for the story and the playground: leave out --seed and key. See npm start -- --help',
    ]),
    [['--port', 'x'], '--port takes a number from 1 to 65535, not "x". See npm start -- --help'],
    [['--port', '65536'], '--port takes a number from 1 to 65535, not "65536". See npm start -- --help'],
    [['--sede'], "Unknown option '--sede'. See npm start -- --help"],
    [['--seed'], "Option '--seed <value>' argument missing. See npm start -- --help"],
    [['serve'], 'Unknown argument "serve". See npm start -- --help'],
    [['key', 'two'], 'Unknown argument "two". See npm start -- --help'],
  ])('refuses %j with one line: %s', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
    expect(message).not.toContain('\n');
  });

  it('returns the help for --help with any other options', () => {
    expect(parseOptions(['--help', '--momento', 'x'])).toBe('help');
  });
});

describe('the seed file of npm start', () => {
  const write = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const now = Date.now();
  const key = new Momento({ clock: () => now, random: seededRandom(1) }).generateKey({
    lifetimeSeconds: 3600,
  });
  const text = `${JSON.stringify({ ...key, note: 1 }, undefined, 2)}\n`;

  it('is returned unchanged', () => {
    expect(readSeedFile(write('good.json', text)) === text).toBe(true);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['is empty', '', /^The file .*bad\.json is empty\./],
    [
      'is in UTF-16',
      Buffer.from('\ufeff{}', 'utf16le'),
      /^The file .*bad\.json is in UTF-16\. Save it as UTF-8\.$/,
    ],
    ['is in UTF-16 without a mark', Buffer.from('{}', 'utf16le'), /bad\.json is in UTF-16\./],
    [
      'begins with a byte order mark',
      '\ufeff{}',
      /begins with a byte order mark \(BOM\)\. Save it as UTF-8 without one\.$/,
    ],
    ['is not JSON', 'canary', /^The file .*bad\.json is not JSON\./],
    [
      'holds no object',
      '[]',
      /^The value of the file \S+bad\.json is not a Momento key: it is not a JSON object\. It must be/,
    ],
    [
      'holds a key without an expiry',
      JSON.stringify({ apiKey: key.apiKey }),
      /has no expiry, so there is nothing to refresh\.$/,
    ],
  ])('is refused if it %s, and the message names the file but not the content', (_, content, message) => {
    const path = write('bad.json', content);
    expect(() => readSeedFile(path)).toThrow(message);
    expect(() => readSeedFile(path)).not.toThrow('canary');
  });

  it('is refused by the local Momento if it holds a v2 key, with the command that shows v2 keys', () => {
    const momento = new Momento({ clock: () => now, random: seededRandom(1) });
    const v2 = JSON.stringify(momento.account.createKey({ lifetimeSeconds: 3600 }));
    expect(() => adopt(momento, 'v2.json', v2)).toThrow(
      'The file v2.json holds a v2 key, and the local Momento takes only v1 keys from a file. To see v2 keys: npm start -- --keys v2',
    );
  });

  it('is refused if it is missing', () => {
    expect(() => readSeedFile(join(folder, 'none.json'))).toThrow(/none\.json cannot be read \(ENOENT\)\.$/);
  });

  it('is replaced by the new value of the secret', () => {
    const path = write('key.json', text);
    writeBack(path, '{"new":1}');
    expect(readFileSync(path, 'utf8')).toBe('{"new":1}');
  });
});

it('RunningTime runs at the given speed', () => {
  const time = new RunningTime(60);
  const [wall, local] = [Date.now(), time.now()];
  expect((time.now() - local) % 60).toBe(0);
  expect(local - wall).toBeGreaterThanOrEqual(0);
});

describe('the output of a local run', () => {
  const lines: string[] = [];
  const now = () => Date.parse('2030-01-01T09:00:00Z');

  it('a line of a local run is wrapped at 100 columns and indented to the text column', () => {
    const timeline = new Timeline({ now, write: (line) => lines.push(line), colour: false });
    timeline.event('failed', 'a person', `the text ${'word '.repeat(20)}ends`);
    expect(lines).toEqual([
      '09:00:00 ✗ a person         the text word word word word word word word word word word word word',
      '                            word word word word word word word word ends',
    ]);
  });

  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { NO_COLOR: '' }, true],
    [{}, {}, false],
  ])('on the stream %j with the environment %j has colour: %s', (stream, environment, expected) => {
    expect(wantsColour(stream, environment)).toBe(expected);
  });
});
