import { describe, expect, it } from 'vitest';
import { heldIn, textToStore } from '../../cli/put-plan.ts';

const CELL = 'cell-4-us-west-2-1.prod.a.momentohq.com';
const V1_KEY = Buffer.from(JSON.stringify({ endpoint: CELL, api_key: 'inner' })).toString('base64');
const OLD_V2 = { apiKey: 'a.b.c', endpoint: CELL, refreshToken: 'd.e.f', validUntil: 1, keyId: 'old' };
const ANSWER = {
  api_key: 'g.h.i',
  refresh_token: 'j.k.l',
  key_info: { key_id: 'new', expires_at_epoch_seconds: 1_798_761_600 },
};
const FIELDS = {
  endpoint: 'cell-4-us-west-2-1.prod.a.momentohq.com',
  refreshToken: 'j.k.l',
  validUntil: 1_798_761_600,
  keyId: 'new',
};

describe('heldIn', () => {
  it.each([
    ['a v1 key and the endpoint in it', { apiKey: V1_KEY }, 'a v1 key', CELL],
    ['a v1 key of the predecessor', { authToken: V1_KEY }, 'a v1 key', CELL],
    ['a v1 key that cannot be decoded, and no endpoint', { apiKey: 'rubbish' }, 'a v1 key', undefined],
    ['a v2 key and the endpoint beside it', OLD_V2, 'a v2 key', CELL],
    ["a v2 key in Momento's answer, and no endpoint", ANSWER, 'a v2 key', undefined],
    ['no key in the placeholder', { status: 'not seeded yet' }, 'no key', undefined],
  ])('finds %s', (_, secret, kind, endpoint) => {
    expect(heldIn(JSON.stringify(secret))).toEqual({ kind, endpoint });
  });

  it.each([undefined, '', 'text', '[]', 'null'])('finds no key in %j', (secret) => {
    expect(heldIn(secret)).toEqual({ kind: 'no key', endpoint: undefined });
  });
});

describe('textToStore', () => {
  it.each([
    [
      "stores Momento's answer with the names of the v1 secret and the endpoint of its key",
      { apiKey: V1_KEY },
      { apiKey: 'g.h.i', ...FIELDS },
    ],
    [
      'keeps the name that the predecessor gave the key',
      { authToken: V1_KEY },
      { authToken: 'g.h.i', ...FIELDS },
    ],
    ['keeps the endpoint beside a v2 key', OLD_V2, { apiKey: 'g.h.i', ...FIELDS }],
    [
      "keeps the endpoint beside Momento's earlier answer",
      { ...ANSWER, endpoint: CELL },
      { ...ANSWER, endpoint: 'cell-4-us-west-2-1.prod.a.momentohq.com' },
    ],
  ])('%s', (_, secret, expected) => {
    expect(JSON.parse(textToStore(JSON.stringify(ANSWER), JSON.stringify(secret)))).toEqual(expected);
  });

  it('prefers an endpoint that the file names', () => {
    const file = JSON.stringify({ ...ANSWER, endpoint: 'cell-1.example' });
    expect(JSON.parse(textToStore(file, JSON.stringify(OLD_V2)))).toMatchObject({
      endpoint: 'cell-1.example',
    });
  });

  it('stores no refresh token if there is none', () => {
    const { refresh_token, ...file } = ANSWER;
    const stored = textToStore(JSON.stringify(file), JSON.stringify({ apiKey: V1_KEY }));
    expect(Object.keys(JSON.parse(stored))).toEqual(['apiKey', 'endpoint', 'validUntil', 'keyId']);
  });

  it.each([
    ["Momento's answer beside the placeholder", `${JSON.stringify(ANSWER)}\n`, '{"status":"not seeded yet"}'],
    ["Momento's answer beside nothing", `${JSON.stringify(ANSWER)}\n`, undefined],
    ["Momento's answer beside an earlier one", `${JSON.stringify(ANSWER)}\n`, JSON.stringify(ANSWER)],
    ['a download of the console', '{ "apiKey": "x", "n": 1e400 }', JSON.stringify(OLD_V2)],
  ])('stores the bytes of the file for %s', (_, file, secret) => {
    expect(textToStore(file, secret)).toBe(file);
  });
});
