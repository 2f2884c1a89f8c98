import { describe, expect, it } from 'vitest';
import { SecretContentError } from '../../handlers/errors.ts';
import { PLACEHOLDER } from '../../handlers/names.ts';
import {
  type ExpiringKey,
  parseSecretContent,
  renewedSecretText,
} from '../../handlers/rules/secret-value.ts';

const NAME = 'momento/authentication-token';
const V1_KEY = 'eyJlbmRwb2ludCI6ImNlbGwtMS5leGFtcGxlLmNvbSIsImFwaV9rZXkiOiJub3QtYS1yZWFsLWtleSJ9';

/** A JWT with the given claims, as Momento's v1 and v2 keys have been. */
function jwt(claims: unknown): string {
  const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${base64url({ alg: 'HS256' })}.${base64url(claims)}.c2lnbmF0dXJl`;
}

function parse(record: unknown) {
  return parseSecretContent(NAME, JSON.stringify(record));
}

function expiring(record: Record<string, unknown>): ExpiringKey {
  const content = parse(record);
  if (content.kind !== 'expiring') throw new Error(`the record was to be expiring, but is ${content.kind}`);
  return content;
}

function faultOf(value: string | undefined): string {
  try {
    parseSecretContent(NAME, value);
  } catch (error) {
    expect(error).toBeInstanceOf(SecretContentError);
    expect((error as Error).cause).toBeUndefined();
    return (error as Error).message;
  }
  throw new Error('the value was accepted');
}

describe('what Momento gives', () => {
  it('is read as the console offers it for download', () => {
    expect(parse({ apiKey: V1_KEY, refreshToken: 'token-1', validUntil: 1_795_449_600 })).toEqual({
      kind: 'expiring',
      apiKey: V1_KEY,
      refreshToken: 'token-1',
      expiresAt: 1_795_449_600,
      record: { apiKey: V1_KEY, refreshToken: 'token-1', validUntil: 1_795_449_600 },
    });
  });

  it.each([
    { sentence: 'seconds as a number', validUntil: 1_795_449_600, expiresAt: 1_795_449_600 },
    { sentence: 'seconds as a string', validUntil: '1795449600', expiresAt: 1_795_449_600 },
    { sentence: 'parts of a second are cut off', validUntil: 1_795_449_600.9, expiresAt: 1_795_449_600 },
    { sentence: 'milliseconds as a number', validUntil: 1_795_449_600_000, expiresAt: 1_795_449_600 },
    { sentence: 'milliseconds as a string', validUntil: '1795449600000', expiresAt: 1_795_449_600 },
    {
      sentence: 'parts of milliseconds are cut off',
      validUntil: 1_795_449_600_999,
      expiresAt: 1_795_449_600,
    },
    { sentence: 'the last second that is taken', validUntil: 9_999_999_999, expiresAt: 9_999_999_999 },
    { sentence: 'the first taken for milliseconds', validUntil: 100_000_000_000, expiresAt: 100_000_000 },
    { sentence: 'an instant long past', validUntil: 1, expiresAt: 1 },
    { sentence: 'the last millisecond that is taken', validUntil: '9999999999999', expiresAt: 9_999_999_999 },
  ])('validUntil: $sentence', ({ validUntil, expiresAt }) => {
    expect(expiring({ apiKey: 'k', refreshToken: 't', validUntil }).expiresAt).toBe(expiresAt);
  });

  it.each([
    { sentence: 'the predecessor wrote authToken', record: { authToken: 'old' }, apiKey: 'old' },
    { sentence: 'apiKey goes before authToken', record: { authToken: 'old', apiKey: 'new' }, apiKey: 'new' },
  ])('the key: $sentence', ({ record, apiKey }) => {
    expect(expiring({ ...record, refreshToken: 't', validUntil: 1_795_449_600 }).apiKey).toBe(apiKey);
  });

  it('keeps fields that it does not know', () => {
    const record = {
      apiKey: 'k',
      refreshToken: 't',
      validUntil: 1_795_449_600,
      endpoint: 'cell-1.example.com',
      tags: { team: ['a', null, 1.5] },
    };

    expect(expiring(record).record).toEqual(record);
  });
});

describe('a key without expiry', () => {
  it.each([
    { sentence: 'validUntil is 0', record: { apiKey: 'k', refreshToken: 't', validUntil: 0 } },
    { sentence: 'validUntil is the string 0', record: { apiKey: 'k', refreshToken: 't', validUntil: '0' } },
    { sentence: 'validUntil is 0 and there is no refresh token', record: { apiKey: 'k', validUntil: 0 } },
    {
      sentence: 'validUntil is 0 and the refresh token empty',
      record: { apiKey: 'k', refreshToken: '', validUntil: 0 },
    },
    { sentence: 'neither validUntil nor refresh token', record: { apiKey: 'k' } },
    { sentence: 'neither, under the old name', record: { authToken: 'k' } },
  ])('$sentence', ({ record }) => {
    expect(parse(record)).toEqual({ kind: 'never-expires' });
  });
});

describe('the placeholder', () => {
  it('is what the stack writes: another text would overwrite seeded secrets on the next deploy', () => {
    expect(PLACEHOLDER).toBe('{"status":"not seeded yet"}');
  });

  it.each([
    { sentence: 'as it was written', value: '{"status":"not seeded yet"}' },
    { sentence: 'with other blanks', value: ' { "status" : "not seeded yet" }\n' },
    { sentence: 'with a note beside it', value: '{"status":"not seeded yet","note":"ask Eve"}' },
  ])('is recognised $sentence', ({ value }) => {
    expect(parseSecretContent(NAME, value)).toEqual({ kind: 'placeholder' });
  });

  it('is none any more once there is a key beside it', () => {
    expect(
      parse({ status: 'not seeded yet', apiKey: 'k', refreshToken: 't', validUntil: 1_795_449_600 }),
    ).toMatchObject({ kind: 'expiring', apiKey: 'k' });
  });

  it('is not any other status', () => {
    expect(faultOf('{"status":"seeded"}')).toContain('field apiKey is missing');
  });
});

describe('a v2 key', () => {
  it.each([
    { sentence: 'beside an expiry', record: { validUntil: 1_795_449_600 } },
    { sentence: 'without one', record: {} },
    { sentence: 'that never expires', record: { validUntil: 0 } },
  ])('is refused $sentence', ({ record }) => {
    const message = faultOf(JSON.stringify({ apiKey: jwt({ t: 'g', id: 'x' }), ...record }));

    expect(message).toContain('"momento/authentication-token" holds a Momento v2 API key');
    expect(message).toContain('JWT whose claim t is g');
    expect(message).toContain('It has no refresh token, so it cannot be refreshed');
    expect(message).toContain('put a v1 key with an expiry and a refresh token into the secret');
  });

  it('is refused under the old name too', () => {
    expect(faultOf(JSON.stringify({ authToken: jwt({ t: 'g' }) }))).toContain('v2 API key');
  });

  it.each([
    { sentence: 'a JWT with another claim t', apiKey: jwt({ t: 's' }) },
    { sentence: 'a JWT without a claim t', apiKey: jwt({ sub: 'a', cp: 'b' }) },
    { sentence: 'a JWT whose claims are null', apiKey: jwt(null) },
    { sentence: 'two parts only', apiKey: jwt({ t: 'g' }).split('.').slice(0, 2).join('.') },
    { sentence: 'three parts that are no JWT', apiKey: 'a.b.c' },
    { sentence: 'one part', apiKey: V1_KEY },
  ])('is not: $sentence', ({ apiKey }) => {
    expect(expiring({ apiKey, refreshToken: 't', validUntil: 1_795_449_600 }).apiKey).toBe(apiKey);
  });
});

describe('a value that is no key', () => {
  it.each([
    { sentence: 'binary', value: undefined, fault: 'it is binary' },
    { sentence: 'empty', value: '', fault: 'it is not JSON' },
    { sentence: 'a bare key', value: V1_KEY, fault: 'it is not JSON' },
    { sentence: 'cut off', value: '{"apiKey":"k', fault: 'it is not JSON' },
    { sentence: 'a string', value: '"k"', fault: 'it is not a JSON object' },
    { sentence: 'a number', value: '7', fault: 'it is not a JSON object' },
    { sentence: 'null', value: 'null', fault: 'it is not a JSON object' },
    { sentence: 'a list', value: '[{"apiKey":"k"}]', fault: 'it is not a JSON object' },
    { sentence: 'empty object', value: '{}', fault: 'field apiKey is missing' },
    {
      sentence: 'without a key',
      value: '{"refreshToken":"t","validUntil":1795449600}',
      fault: 'field apiKey is missing',
    },
    {
      sentence: 'without validUntil',
      value: '{"apiKey":"k","refreshToken":"t"}',
      fault: 'field validUntil is missing',
    },
    {
      sentence: 'without a refresh token',
      value: '{"apiKey":"k","validUntil":1795449600}',
      fault: 'field refreshToken is missing',
    },
    {
      sentence: 'with an empty refresh token',
      value: '{"apiKey":"k","refreshToken":"","validUntil":1795449600}',
      fault: 'field refreshToken is missing',
    },
    {
      sentence: 'a key that is no string',
      value: '{"apiKey":7,"refreshToken":"t","validUntil":1795449600}',
      fault: 'field apiKey must be a string',
    },
    {
      sentence: 'an empty key',
      value: '{"apiKey":"","refreshToken":"t","validUntil":1795449600}',
      fault: 'field apiKey must not be empty',
    },
    {
      sentence: 'an old key that is no string',
      value: '{"authToken":[],"refreshToken":"t","validUntil":1795449600}',
      fault: 'field authToken must be a string',
    },
    {
      sentence: 'a refresh token that is no string',
      value: '{"apiKey":"k","refreshToken":null,"validUntil":1795449600}',
      fault: 'field refreshToken must be a string',
    },
    {
      sentence: 'an expiry in words',
      value: '{"apiKey":"k","refreshToken":"t","validUntil":"tomorrow"}',
      fault:
        'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    },
    {
      sentence: 'an expiry after the last instant',
      value: '{"apiKey":"k","refreshToken":"t","validUntil":"10000000000000"}',
      fault:
        'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    },
    {
      sentence: 'an expiry with something after the digits',
      value: '{"apiKey":"k","refreshToken":"t","validUntil":"1795449600s"}',
      fault:
        'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    },
    {
      sentence: 'an expiry with something before the digits',
      value: '{"apiKey":"k","refreshToken":"t","validUntil":"-1795449600"}',
      fault:
        'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    },
    {
      sentence: 'an empty expiry',
      value: '{"apiKey":"k","refreshToken":"t","validUntil":""}',
      fault:
        'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    },
    {
      sentence: 'an expiry that is true',
      value: '{"apiKey":"k","refreshToken":"t","validUntil":true}',
      fault: 'field validUntil must be epoch seconds, as a number or as a string of digits',
    },
    {
      sentence: 'an expiry before 1970',
      value: '{"apiKey":"k","refreshToken":"t","validUntil":-1}',
      fault:
        'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    },
    {
      sentence: 'several faults, all named',
      value: '{"apiKey":7,"refreshToken":8,"validUntil":true}',
      fault:
        'field apiKey must be a string, field refreshToken must be a string, field validUntil must be epoch seconds',
    },
  ])('$sentence', ({ value, fault }) => {
    const message = faultOf(value);

    expect(message).toContain('The value of secret "momento/authentication-token" is not a Momento key: ');
    expect(message).toContain(fault);
    expect(message).toContain('with apiKey, refreshToken and validUntil');
    expect(message).toContain('Nothing was changed.');
  });
});

describe('the renewed record', () => {
  const issued = { apiKey: 'new-key', refreshToken: 'new-token', expiresAt: 1_798_041_600 };
  const base = { apiKey: 'k', refreshToken: 't', validUntil: 1_795_449_600 as number | string };

  it.each([
    {
      sentence: 'key, token and expiry are the new ones',
      record: base,
      expected: { apiKey: 'new-key', refreshToken: 'new-token', validUntil: 1_798_041_600 },
    },
    {
      sentence: 'an expiry that came as a string is written as one',
      record: { ...base, validUntil: '1795449600' },
      expected: { apiKey: 'new-key', refreshToken: 'new-token', validUntil: '1798041600' },
    },
    {
      sentence: 'an expiry that came in milliseconds is written in them',
      record: { ...base, validUntil: 1_795_449_600_000 },
      expected: { apiKey: 'new-key', refreshToken: 'new-token', validUntil: 1_798_041_600_000 },
    },
    {
      sentence: 'so is a string of milliseconds',
      record: { ...base, validUntil: '1795449600000' },
      expected: { apiKey: 'new-key', refreshToken: 'new-token', validUntil: '1798041600000' },
    },
    {
      sentence: 'the last number that is seconds stays seconds',
      record: { ...base, validUntil: 9_999_999_999 },
      expected: { apiKey: 'new-key', refreshToken: 'new-token', validUntil: 1_798_041_600 },
    },
    {
      sentence: 'the first number that is milliseconds stays milliseconds',
      record: { ...base, validUntil: 100_000_000_000 },
      expected: { apiKey: 'new-key', refreshToken: 'new-token', validUntil: 1_798_041_600_000 },
    },
    {
      sentence: "the predecessor's field is kept up to date beside apiKey",
      record: { authToken: 'k', refreshToken: 't', validUntil: 1_795_449_600 },
      expected: {
        apiKey: 'new-key',
        authToken: 'new-key',
        refreshToken: 'new-token',
        validUntil: 1_798_041_600,
      },
    },
    {
      sentence: "the predecessor's field is kept up to date where both were there",
      record: { ...base, authToken: 'older' },
      expected: {
        apiKey: 'new-key',
        authToken: 'new-key',
        refreshToken: 'new-token',
        validUntil: 1_798_041_600,
      },
    },
    {
      sentence: 'unknown fields stay as they were',
      record: { ...base, endpoint: 'cell-1.example.com', tags: { team: ['a', null, 1.5] } },
      expected: {
        apiKey: 'new-key',
        refreshToken: 'new-token',
        validUntil: 1_798_041_600,
        endpoint: 'cell-1.example.com',
        tags: { team: ['a', null, 1.5] },
      },
    },
  ])('$sentence', ({ record, expected }) => {
    expect(JSON.parse(renewedSecretText(expiring(record), issued))).toStrictEqual(expected);
  });
});
