import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSeedFile } from '../../local/momento/seed-file.ts';
import { parseOptions } from '../../local/options.ts';
import {
  acceleratedClock,
  formatClockSettings,
  parseClockSettings,
} from '../../local/serving/accelerated-clock.ts';
import { V1_KEY } from '../worlds/observations.ts';

const folder = mkdtempSync(join(tmpdir(), 'seed-file-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the options of the local run', () => {
  it('are a play against the local Momento by default', () => {
    expect(parseOptions([])).toEqual({
      serve: false,
      seedFile: undefined,
      momento: 'local',
      port: undefined,
    });
  });

  it('take a key, the real Momento and a port', () => {
    expect(parseOptions(['--serve', '--seed', 'k.json', '--momento', 'real', '--port', '4599'])).toEqual({
      serve: true,
      seedFile: 'k.json',
      momento: 'real',
      port: 4599,
    });
  });

  it.each([
    [['--momento', 'other'], /takes local or real/],
    [['--momento', 'real'], /needs a key to refresh/],
    [['--port', 'x'], /takes a number/],
    [['--port', '65536'], /takes a number/],
    [['--sede'], /Unknown option '--sede'/],
  ])('%j are refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('ask for help', () => {
    expect(parseOptions(['--help', '--momento', 'x'])).toBe('help');
  });
});

describe('a seed file', () => {
  it('is read as it stands', () => {
    const record = { apiKey: V1_KEY, refreshToken: 'b', validUntil: '1767225600', note: 1 };
    writeFileSync(join(folder, 'good.json'), JSON.stringify(record));
    expect(readSeedFile(join(folder, 'good.json'))).toEqual(record);
  });

  it('must be there and hold a key that can be refreshed', () => {
    writeFileSync(join(folder, 'never.json'), JSON.stringify({ apiKey: V1_KEY }));
    writeFileSync(join(folder, 'bad.json'), 'canary');
    expect(() => readSeedFile(join(folder, 'none.json'))).toThrow(/none.json cannot be read$/);
    expect(() => readSeedFile(join(folder, 'never.json'))).toThrow(/holds no key with an expiry/);
    expect(() => readSeedFile(join(folder, 'bad.json'))).toThrow(/it is not JSON/);
  });
});

describe('the accelerated clock', () => {
  it('agrees with the wall clock at its origin, and runs at its speed from there', () => {
    const originMs = Date.now() - 10_000;
    const now = acceleratedClock({ originMs, speed: 60 })();
    expect(now - originMs).toBeGreaterThanOrEqual(600_000);
    expect((now - originMs) % 60).toBe(0);
  });

  it('is handed to another process as one word', () => {
    expect(formatClockSettings({ originMs: 1000, speed: 60 })).toBe('1000x60');
    expect(parseClockSettings('1000x60')).toEqual({ originMs: 1000, speed: 60 });
    expect(() => parseClockSettings('1000')).toThrow('not clock settings');
  });
});
