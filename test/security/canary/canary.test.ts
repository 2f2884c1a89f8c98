import { describe, expect, it } from 'vitest';
import { encodeApiKey } from '../../../local/momento/momento.ts';
import { Canary } from './canary.ts';

const INNER = 'Kq7Zt2Wm9XcVb4NaPs6LdJf8HgRy3EuTi5OoQ1wAz0SxDcFv';
const KEY = encodeApiKey('cell-1.example.com', INNER);

function canary(): Canary {
  const made = new Canary();
  made.add(INNER);
  made.add(KEY);
  return made;
}

describe('Canary', () => {
  it('finds a whole key and any twelve characters of it', () => {
    expect(canary().partIn(`failed with ${INNER}`)).toBeDefined();
    for (const secret of [INNER, KEY]) {
      for (let start = 0; start + 12 <= secret.length; start++) {
        const part = secret.slice(start, start + 12);
        expect(canary().partIn(`x: "${part}".`), part).toBe(part);
      }
    }
  });

  it('finds nothing in eleven characters of a key, in ids and in names', () => {
    const harmless = [
      INNER.slice(0, 11),
      'bd7662a5eeb41614e720d477abfcb2272e19a8a7-c7757c0896cb',
      'momento-authentication-token-ac25fa30-1767345280',
      'arn:aws:secretsmanager:us-east-1:123456789012:secret:momento/authentication-token-AbCdEf',
    ];
    for (const text of harmless) expect(canary().partIn(text)).toBeUndefined();
  });

  it('finds a part of a key in fields, causes, stacks and names of fields', () => {
    const part = KEY.slice(30, 50);
    const cause = new Error(`quoted ${part}`);
    const stacked = new Error('harmless');
    stacked.stack = `Error: harmless\n    at ${part}`;
    for (const value of [
      { deep: [{ text: part }] },
      { [part]: 1 },
      new Error('outer', { cause }),
      stacked,
      Object.assign(new Error('own field'), { detail: { part } }),
    ]) {
      expect(canary().partInValue(value)).toBeDefined();
    }
    expect(
      canary().partInValue({ deep: [{ text: 'momento/authentication-token' }], error: new Error('x') }),
    ).toBeUndefined();
  });
});
