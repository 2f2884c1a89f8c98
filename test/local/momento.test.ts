import { beforeEach, describe, expect, it } from 'vitest';
import { decodeApiKey, encodeApiKey, Momento, MomentoError } from '../../local/momento/momento.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { errorOf } from './error-of.ts';

const START = Date.parse('2026-03-01T10:00:00.900Z');
const START_SECONDS = 1_772_359_200;

let now: number;
let momento: Momento;

const inner = (apiKey: string) => decodeApiKey(apiKey) ?? '';

beforeEach(() => {
  now = START;
  momento = new Momento({ clock: () => now, random: seededRandom(7) });
});

describe('a key of the local Momento', () => {
  it('is the base64 of its endpoint and its inner key, and valid for its lifetime', () => {
    const key = momento.generateKey({ lifetimeSeconds: 3600 });
    expect(key.validUntil).toBe(START_SECONDS + 3600);
    expect(JSON.parse(Buffer.from(key.apiKey, 'base64').toString())).toEqual({
      endpoint: 'cell-local-1.prod.a.momentohq.com',
      api_key: inner(key.apiKey),
    });
    expect(momento.listCaches(inner(key.apiKey))).toEqual(['local-cache']);
  });

  it('has no refresh token if it never expires', () => {
    const key = momento.generateKey({ never: true });
    now += 1e12;
    expect(momento.accepts(key.apiKey)).toBe(true);
    expect(key).toEqual({ apiKey: key.apiKey });
    expect(errorOf(() => momento.refreshApiKey(inner(key.apiKey), ''))).toBe(
      'UNAUTHENTICATED: Invalid refresh token',
    );
  });

  it('may not list caches if its scope is narrow', () => {
    const key = momento.generateKey({ lifetimeSeconds: 60, narrow: true });
    expect(errorOf(() => momento.listCaches(inner(key.apiKey)))).toBe(
      'PERMISSION_DENIED: Insufficient permissions to perform ListCaches',
    );
  });
});

describe('a key from elsewhere', () => {
  const key = {
    apiKey: encodeApiKey('elsewhere', 'inner'),
    refreshToken: 'token',
    validUntil: START_SECONDS + 100,
  };

  it('can be adopted, and is refreshed for the time that it had left', () => {
    expect(momento.adoptKey(key)).toBe(true);
    expect(momento.accepts(key.apiKey)).toBe(true);
    now += 50_000;
    expect(momento.refreshApiKey('inner', 'token').validUntil).toBe(START_SECONDS + 150);
  });

  it('cannot be adopted if it does not have the form of a v1 key', () => {
    expect(momento.adoptKey({ ...key, apiKey: 'plain' })).toBe(false);
  });
});

describe('RefreshApiKey of the local Momento', () => {
  it('keeps the scope of the key', () => {
    const key = momento.generateKey({ lifetimeSeconds: 60, narrow: true });
    const refreshed = momento.refreshApiKey(inner(key.apiKey), key.refreshToken);
    expect(errorOf(() => momento.listCaches(refreshed.apiKey))).toMatch(/^PERMISSION_DENIED/);
  });

  it.each([
    [false, 'no error'],
    [true, 'UNAUTHENTICATED: Refresh token has already been used'],
  ])('answers the second use of a token, if singleUseRefreshTokens is %s, with %s', (singleUse, expected) => {
    momento.singleUseRefreshTokens = singleUse;
    const key = momento.generateKey({ lifetimeSeconds: 60 });
    momento.refreshApiKey(inner(key.apiKey), key.refreshToken);
    expect(errorOf(() => momento.refreshApiKey(inner(key.apiKey), key.refreshToken))).toBe(expected);
  });
});

it('a fault of the local Momento after the effect loses the answer but keeps the new key', () => {
  const key = momento.generateKey({ lifetimeSeconds: 60 });
  momento.gate.faultHook = (operation, phase) => {
    if (operation === 'RefreshApiKey' && phase === 'after') throw new MomentoError('UNAVAILABLE', 'lost');
  };
  expect(errorOf(() => momento.refreshApiKey(inner(key.apiKey), key.refreshToken))).toBe('UNAVAILABLE: lost');
  expect([...momento.issuedSecrets()]).toHaveLength(6);
});

it('issuedSecrets lists every key and token, keys in both forms', () => {
  const key = momento.generateKey({ lifetimeSeconds: 60 });
  const refreshed = momento.refreshApiKey(inner(key.apiKey), key.refreshToken);
  const eternal = momento.generateKey({ never: true });
  expect([...momento.issuedSecrets()]).toEqual([
    inner(key.apiKey),
    key.apiKey,
    key.refreshToken,
    refreshed.apiKey,
    encodeApiKey('cell-local-1.prod.a.momentohq.com', refreshed.apiKey),
    refreshed.refreshToken,
    inner(eternal.apiKey),
    eternal.apiKey,
  ]);
});

it.each([
  '',
  'not base64!',
  Buffer.from('[]').toString('base64'),
  Buffer.from('{"api_key":1}').toString('base64'),
])('decodeApiKey finds no key in %j', (text) => {
  expect(decodeApiKey(text)).toBeUndefined();
});
