import { describe, expect, it } from 'vitest';
import { heldIn, plannedText } from '../../cli/put-plan.ts';
import { jwt, v1Key } from '../worlds/keys.ts';

const CELL = 'cell-4-us-west-2-1.prod.a.momentohq.com';
const V1_KEY = v1Key(CELL, 'inner');
const NEW_V1_KEY = v1Key(CELL, 'new');
const V1 = { apiKey: V1_KEY, refreshToken: 'old', validUntil: 1_798_000_000 };
const [OLD_KEY, OLD_TOKEN] = [jwt({ t: 'g', jti: 'old' }), jwt({ t: 'gr', akid: 'old' })];
const [NEW_KEY, NEW_TOKEN] = [jwt({ t: 'g', jti: 'new' }), jwt({ t: 'gr', akid: 'new' })];
const OLD_V2 = {
  apiKey: OLD_KEY,
  endpoint: CELL,
  refreshToken: OLD_TOKEN,
  validUntil: 1_798_000_000,
  keyId: 'old',
};
const NEW_V2 = { apiKey: NEW_KEY, refreshToken: NEW_TOKEN, validUntil: 1_798_761_600 };
const info = (key_id: string) => ({
  key_id,
  description: 'the test',
  role_id: 'r-operator',
  expires_at_epoch_seconds: 1_798_761_600,
  issued_at_epoch_seconds: 1_796_000_000,
});
const ANSWER = { api_key: NEW_KEY, refresh_token: NEW_TOKEN, key_info: info('new') };
const OLD_ANSWER = { api_key: OLD_KEY, refresh_token: OLD_TOKEN, key_info: info('old') };
const FIELDS = {
  endpoint: 'cell-4-us-west-2-1.prod.a.momentohq.com',
  refreshToken: NEW_TOKEN,
  validUntil: 1_798_761_600,
  keyId: 'new',
};

describe('heldIn', () => {
  it.each([
    ['a v1 key and the endpoint in it', { apiKey: V1_KEY }, 'a v1 key', CELL, undefined],
    ['a v1 key of the predecessor', { authToken: V1_KEY }, 'a v1 key', CELL, undefined],
    ['a v1 key that cannot be decoded', { apiKey: 'rubbish' }, 'a v1 key', undefined, undefined],
    ['a v2 key, the endpoint beside it and its id', OLD_V2, 'a v2 key', CELL, 'old'],
    ["a v2 key and its id in Momento's answer, and no endpoint", ANSWER, 'a v2 key', undefined, 'new'],
    ['no key in the placeholder', { status: 'not seeded yet' }, 'no key', undefined, undefined],
  ])('finds %s', (_, secret, kind, endpoint, keyId) => {
    expect(heldIn(JSON.stringify(secret))).toEqual({ kind, endpoint, keyId });
  });

  it.each([undefined, '', 'text', '[]', 'null'])('finds no key in %j', (secret) => {
    expect(heldIn(secret)).toEqual({ kind: 'no key', endpoint: undefined, keyId: undefined });
  });
});

const PLACEHOLDER = { status: 'not seeded yet' };

function planned(file: object | undefined, secret: object, endpoint?: string): unknown {
  const text = file === undefined ? undefined : JSON.stringify(file);
  return JSON.parse(plannedText({ text, endpoint, current: JSON.stringify(secret) }) ?? '');
}

describe('the text that npm run seed puts', () => {
  it.each<[string, object, object, object]>([
    [
      "has Momento's answer under the names of the v1 secret, with the endpoint of its key",
      ANSWER,
      { apiKey: V1_KEY },
      { apiKey: NEW_KEY, ...FIELDS },
    ],
    ['keeps the name of the predecessor', ANSWER, { authToken: V1_KEY }, { authToken: NEW_KEY, ...FIELDS }],
    [
      'keeps the other fields of a v1 secret, and the type of validUntil',
      ANSWER,
      { authToken: V1_KEY, apiKey: V1_KEY, cacheName: 'cache', validUntil: '1798000000000' },
      {
        authToken: NEW_KEY,
        apiKey: NEW_KEY,
        cacheName: 'cache',
        ...FIELDS,
        validUntil: '1798761600000',
      },
    ],
    [
      'keeps the other fields of a v1 secret for a download of the console',
      { ...V1, apiKey: NEW_V1_KEY, refreshToken: 'new', restEndpoint: 'r' },
      { ...V1, cacheName: 'cache' },
      { ...V1, apiKey: NEW_V1_KEY, refreshToken: 'new', cacheName: 'cache' },
    ],
    [
      'keeps the endpoint and the other fields beside a v2 key',
      NEW_V2,
      { ...OLD_V2, ttl: 60 },
      { apiKey: NEW_KEY, ...FIELDS, ttl: 60 },
    ],
    [
      "keeps the endpoint and the other fields beside Momento's earlier answer",
      ANSWER,
      { ...OLD_ANSWER, endpoint: CELL, previous_key_id: 'older', ttl: 60 },
      { ...ANSWER, endpoint: CELL, previous_key_id: 'old', ttl: 60 },
    ],
    [
      "keeps the endpoint beside Momento's earlier answer for a file with other names",
      NEW_V2,
      { ...OLD_ANSWER, endpoint: CELL },
      { ...NEW_V2, endpoint: CELL },
    ],
    [
      'prefers an endpoint that the file names',
      { ...ANSWER, endpoint: 'cell-1.momentohq.com' },
      OLD_V2,
      { apiKey: NEW_KEY, ...FIELDS, endpoint: 'cell-1.momentohq.com' },
    ],
    [
      'has no refresh token of the old key if the new key has none',
      { ...ANSWER, refresh_token: undefined },
      OLD_V2,
      { apiKey: NEW_KEY, ...FIELDS, refreshToken: '' },
    ],
    [
      'has no endpoint of a v2 key beside a v1 key',
      { ...V1, apiKey: NEW_V1_KEY },
      OLD_V2,
      { ...V1, apiKey: NEW_V1_KEY },
    ],
    [
      'replaces a value that the refresher refuses, and keeps its endpoint',
      NEW_V2,
      { ...OLD_V2, api_key: OLD_KEY },
      { ...NEW_V2, endpoint: CELL },
    ],
    [
      'replaces a value with an endpoint that is none',
      NEW_V2,
      { ...OLD_V2, endpoint: 'https://a.b' },
      NEW_V2,
    ],
  ])('%s', (_, file, secret, expected) => {
    expect(planned(file, secret)).toEqual(expected);
  });

  it.each<[string, object | undefined, object, object]>([
    [
      'to a first answer, under the names that readers know',
      ANSWER,
      PLACEHOLDER,
      { apiKey: NEW_KEY, ...FIELDS },
    ],
    ['to a first key of a file with these names', NEW_V2, PLACEHOLDER, { ...NEW_V2, endpoint: CELL }],
    ["to Momento's earlier answer", ANSWER, OLD_ANSWER, { ...ANSWER, endpoint: CELL }],
    [
      'to the key in the secret if there is no file',
      undefined,
      OLD_ANSWER,
      { ...OLD_ANSWER, endpoint: CELL },
    ],
    ['in place of that in the secret', undefined, { ...OLD_V2, endpoint: 'cell-1.momentohq.com' }, OLD_V2],
  ])('adds the endpoint that is given %s', (_, file, secret, expected) => {
    expect(planned(file, secret, CELL)).toEqual(expected);
  });

  it.each<[string, object | undefined, object, string]>([
    ['is a URL', ANSWER, PLACEHOLDER, 'https://a.b'],
    ['is for a v1 key', V1, PLACEHOLDER, CELL],
    ['is for a secret without a key', undefined, PLACEHOLDER, CELL],
    ['is for a secret with a v1 key', undefined, V1, CELL],
  ])('is not made if the endpoint that is given %s', (_, file, secret, endpoint) => {
    expect(() => planned(file, secret, endpoint)).toThrow(
      `--endpoint ${endpoint} cannot be stored. Nothing was changed.`,
    );
  });

  it.each([
    ["Momento's answer beside the placeholder", `${JSON.stringify(ANSWER)}\n`, JSON.stringify(PLACEHOLDER)],
    ["Momento's answer beside nothing", `${JSON.stringify(ANSWER)}\n`, undefined],
    ["Momento's answer beside what is no key", `${JSON.stringify(ANSWER)}\n`, 'text'],
    ['a download of the console', `{ "apiKey": "${V1_KEY}", "n": 1e400 }`, JSON.stringify(OLD_V2)],
  ])('is the bytes of the file for %s', (_, text, current) => {
    expect(plannedText({ text, endpoint: undefined, current })).toBe(text);
  });

  it('is none without a file and without an endpoint', () => {
    const current = JSON.stringify(V1);
    expect(plannedText({ text: undefined, endpoint: undefined, current })).toBeUndefined();
  });
});
