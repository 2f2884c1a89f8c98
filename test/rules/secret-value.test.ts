import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretContentError } from '../../handlers/errors.ts';
import { PLACEHOLDER } from '../../handlers/names.ts';
import { toReportable } from '../../handlers/reporting/failure.ts';
import {
  type ExpiringKey,
  parseSecretContent,
  renewedSecretText,
} from '../../handlers/rules/secret-value.ts';

const NAME = 'momento/authentication-token';
const V1_KEY = v1Key('not-a-real-key');
const NEW_V1_KEY = v1Key('not-a-real-key-either');
const V2_KEY = jwt({ t: 'g', jti: 'key-1' });
const V2_TOKEN = jwt({ t: 'gr', akid: 'key-1' });
const BOM = '\uFEFF';

/** As Momento's console gives a v1 key. */
function v1Key(inner: string): string {
  return Buffer.from(JSON.stringify({ endpoint: 'cell-1.example.com', api_key: inner })).toString('base64');
}

/** A JWT with the given claims, as v2 keys and their refresh tokens are. */
function jwt(claims: unknown): string {
  const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${base64url({ alg: 'HS256' })}.${base64url(claims)}.c2lnbmF0dXJl`;
}

/** Momento's own answer, for a key of 30 days. */
function answer(changes: object = {}, info: object = {}) {
  return {
    api_key: V2_KEY,
    refresh_token: V2_TOKEN,
    key_info: {
      key_id: 'key-1',
      account_id: 'account-1',
      description: 'the test',
      role_id: 'r-operator',
      expires_at_epoch_seconds: 1_795_449_600,
      issued_at_epoch_seconds: 1_792_857_600,
      ...info,
    },
    ...changes,
  };
}

function parse(record: unknown) {
  return parseSecretContent(NAME, JSON.stringify(record));
}

function expiring(record: unknown): ExpiringKey {
  return expiringText(JSON.stringify(record));
}

function expiringText(text: string): ExpiringKey {
  const content = parseSecretContent(NAME, text);
  if (content.kind !== 'expiring') throw new Error(`the record was to be expiring, but is ${content.kind}`);
  return content;
}

function faultOf(value: unknown): string {
  try {
    parseSecretContent(
      NAME,
      typeof value === 'object' ? JSON.stringify(value) : (value as string | undefined),
    );
  } catch (error) {
    expect(error).toBeInstanceOf(SecretContentError);
    expect((error as Error).cause).toBeUndefined();
    return toReportable(error).message;
  }
  throw new Error('the value was accepted');
}

describe('what Momento gives', () => {
  it('is read as the console offers it for download', () => {
    const text = JSON.stringify({ apiKey: V1_KEY, refreshToken: 'token-1', validUntil: 1_795_449_600 });
    expect(parseSecretContent(NAME, text)).toEqual({
      kind: 'expiring',
      key: { kind: 'v1', apiKey: V1_KEY, refreshToken: 'token-1', endpoint: 'cell-1.example.com' },
      expiresAt: 1_795_449_600,
      text,
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
    expect(expiring({ apiKey: V1_KEY, refreshToken: 't', validUntil }).expiresAt).toBe(expiresAt);
  });

  it.each([
    { sentence: 'the predecessor wrote authToken', record: { authToken: V1_KEY } },
    { sentence: 'apiKey goes before authToken', record: { authToken: NEW_V1_KEY, apiKey: V1_KEY } },
    { sentence: 'Momento once said apiToken', record: { apiToken: V1_KEY } },
    { sentence: 'authToken goes before apiToken', record: { apiToken: NEW_V1_KEY, authToken: V1_KEY } },
  ])('the key: $sentence', ({ record }) => {
    const { key } = expiring({ ...record, refreshToken: 't', validUntil: 1_795_449_600 });
    expect(key.apiKey).toBe(V1_KEY);
  });
});

describe('the expiry', () => {
  const v1 = (exp: number) => v1Key(jwt({ exp }));
  const v2 = (exp: number) => jwt({ t: 'g', jti: 'key-1', exp });

  it.each([
    { sentence: 'a v1 key names an earlier one', apiKey: v1(1_795_000_000.5), expiresAt: 1_795_000_000 },
    { sentence: 'a v1 key names a later one', apiKey: v1(1_796_000_000), expiresAt: 1_795_449_600 },
  ])('is the earlier one: $sentence', ({ apiKey, expiresAt }) => {
    const record = { apiKey, refreshToken: 't', validUntil: 1_795_449_600 };
    expect(expiring(record).expiresAt).toBe(expiresAt);
  });

  it.each([
    { sentence: 'a v2 key names an earlier one', apiKey: v2(1_795_000_000), expiresAt: 1_795_000_000 },
    { sentence: 'a v2 key names a later one', apiKey: v2(1_796_000_000), expiresAt: 1_795_449_600 },
  ])('is the earlier one: $sentence', ({ apiKey, expiresAt }) => {
    const record = { apiKey, refreshToken: V2_TOKEN, validUntil: 1_795_449_600 };
    expect(expiring(record).expiresAt).toBe(expiresAt);
    expect(expiring(answer({ api_key: apiKey })).expiresAt).toBe(expiresAt);
  });

  it('is the one that the key names if the secret names none, or says never', () => {
    const record = { apiKey: v2(1_795_000_000), refreshToken: V2_TOKEN };
    expect(expiring(record).expiresAt).toBe(1_795_000_000);
    expect(expiring({ ...record, validUntil: 0 }).expiresAt).toBe(1_795_000_000);
  });
});

describe('a key without expiry', () => {
  it.each([
    { sentence: 'validUntil is 0', record: { apiKey: V1_KEY, refreshToken: 't', validUntil: 0 } },
    {
      sentence: 'validUntil is the string 0',
      record: { apiKey: V1_KEY, refreshToken: 't', validUntil: '0' },
    },
    { sentence: 'validUntil is 0 and there is no refresh token', record: { apiKey: V1_KEY, validUntil: 0 } },
    {
      sentence: 'validUntil is 0 and the refresh token empty',
      record: { apiKey: V1_KEY, refreshToken: '', validUntil: 0 },
    },
    { sentence: 'neither validUntil nor refresh token', record: { apiKey: V1_KEY } },
    { sentence: 'neither, under the old name', record: { authToken: V1_KEY } },
    { sentence: 'a v2 key with neither', record: { apiKey: V2_KEY } },
    { sentence: 'a v2 key whose validUntil is 0', record: { apiKey: V2_KEY, validUntil: 0 } },
    {
      sentence: "Momento's answer for a key without expiry",
      record: answer({ refresh_token: undefined }, { expires_at_epoch_seconds: undefined }),
    },
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
      parse({ status: 'not seeded yet', apiKey: V1_KEY, refreshToken: 't', validUntil: 1_795_449_600 }),
    ).toMatchObject({ kind: 'expiring', key: { apiKey: V1_KEY } });
  });

  it('is not any other status', () => {
    expect(faultOf('{"status":"seeded"}')).toContain('field apiKey is missing');
  });
});

describe('a v2 key', () => {
  it('is read in our own shape', () => {
    const record = {
      apiKey: V2_KEY,
      endpoint: 'cell-1.example.com',
      refreshToken: V2_TOKEN,
      validUntil: 1_795_449_600,
      keyId: 'key-1',
    };
    expect(expiring(record)).toMatchObject({
      expiresAt: 1_795_449_600,
      key: {
        kind: 'v2',
        apiKey: V2_KEY,
        refreshToken: V2_TOKEN,
        keyId: 'key-1',
        endpoint: 'cell-1.example.com',
        info: undefined,
      },
    });
  });

  it("is read from Momento's own answer, with the endpoint that a person put beside it", () => {
    expect(expiring(answer({ endpoint: 'cell-1.example.com' }))).toMatchObject({
      expiresAt: 1_795_449_600,
      key: {
        kind: 'v2',
        apiKey: V2_KEY,
        refreshToken: V2_TOKEN,
        keyId: 'key-1',
        endpoint: 'cell-1.example.com',
        info: { role_id: 'r-operator', description: 'the test', issued_at_epoch_seconds: 1_792_857_600 },
      },
    });
  });

  it.each([
    { sentence: 'no refresh token', record: { apiKey: V2_KEY, validUntil: 1_795_449_600 } },
    { sentence: 'an empty one', record: { apiKey: V2_KEY, refreshToken: '', validUntil: 1_795_449_600 } },
    { sentence: "none in Momento's answer", record: answer({ refresh_token: undefined }) },
  ])('expires although it has $sentence', ({ record }) => {
    expect(expiring(record).key).toMatchObject({ kind: 'v2', refreshToken: undefined });
  });

  it('has the id that the secret names if the key itself names none', () => {
    const record = { apiKey: jwt({ t: 'g' }), validUntil: 1_795_449_600, keyId: 'key-7' };
    expect(expiring(record).key).toMatchObject({ keyId: 'key-7' });
  });
});

describe('a pair that does not belong together is refused', () => {
  const own = { apiKey: V2_KEY, refreshToken: V2_TOKEN, validUntil: 1_795_449_600 };

  it.each([
    {
      sentence: 'a v2 key and the refresh token of another',
      record: { ...own, refreshToken: jwt({ t: 'gr', akid: 'key-2' }) },
      fault: 'field refreshToken belongs to another key than the one in apiKey',
    },
    {
      sentence: "the same in Momento's answer",
      record: answer({ refresh_token: jwt({ t: 'gr', akid: 'key-2' }) }),
      fault: 'field refresh_token belongs to another key than the one in api_key',
    },
    {
      sentence: 'a v2 key and an opaque token',
      record: { ...own, refreshToken: 'opaque' },
      fault: 'field refreshToken is not the refresh token of a v2 key',
    },
    {
      sentence: 'a v2 key and another as its token',
      record: { ...own, refreshToken: V2_KEY },
      fault: 'field refreshToken is not the refresh token of a v2 key',
    },
    {
      sentence: 'a v1 key and the refresh token of a v2 key',
      record: { ...own, apiKey: V1_KEY },
      fault: 'field refreshToken holds the refresh token of a v2 key, and apiKey a v1 key',
    },
    {
      sentence: 'a v2 key and the id of another',
      record: { ...own, keyId: 'key-2' },
      fault: 'field keyId names another key than the one in apiKey',
    },
    {
      sentence: "a v2 key and Momento's description of another",
      record: answer({}, { key_id: 'key-2' }),
      fault: 'field key_info.key_id names another key than the one in api_key',
    },
  ])('$sentence', ({ record, fault }) => {
    expect(faultOf(record)).toContain(`is not a Momento key: ${fault}. `);
  });
});

describe('another token in the place of the key is refused by name', () => {
  it.each([
    {
      sentence: 'a v2 refresh token',
      apiKey: V2_TOKEN,
      fault: 'field apiKey holds a v2 refresh token, not an API key',
    },
    {
      sentence: 'a legacy token',
      apiKey: jwt({ sub: 'a', cp: 'control', c: 'cache' }),
      fault: 'field apiKey holds a legacy Momento token, not an API key',
    },
    {
      sentence: 'a JWT of another kind',
      apiKey: jwt({ t: 's' }),
      fault: 'field apiKey holds a JWT whose claim t is not g, not an API key',
    },
    {
      sentence: 'a JWT without claims',
      apiKey: jwt(null),
      fault: 'field apiKey is not a v1 or v2 API key',
    },
    {
      sentence: 'two parts of a JWT',
      apiKey: V2_KEY.split('.').slice(0, 2).join('.'),
      fault: 'field apiKey is not a v1 or v2 API key',
    },
    { sentence: 'words', apiKey: 'a.b.c', fault: 'field apiKey is not a v1 or v2 API key' },
    {
      sentence: 'base64 of something else',
      apiKey: Buffer.from('{"endpoint":"e"}').toString('base64'),
      fault: 'field apiKey is not a v1 or v2 API key',
    },
    {
      sentence: 'base64 of null',
      apiKey: Buffer.from('null').toString('base64'),
      fault: 'field apiKey is not a v1 or v2 API key',
    },
    {
      sentence: 'a key cut off',
      apiKey: V1_KEY.slice(0, -3),
      fault: 'field apiKey is not a v1 or v2 API key',
    },
  ])('$sentence', ({ apiKey, fault }) => {
    expect(faultOf({ apiKey, refreshToken: 't', validUntil: 1_795_449_600 })).toContain(
      `is not a Momento key: ${fault}. `,
    );
  });

  it('also under the other names', () => {
    expect(faultOf({ authToken: V2_TOKEN })).toContain('field authToken holds a v2 refresh token');
    expect(faultOf(answer({ api_key: V1_KEY }))).toContain('field api_key is not a v1 or v2 API key');
  });
});

describe('invisible characters', () => {
  it.each([
    ['a line break', '\n'],
    ['a Windows line break', '\r\n'],
    ['blanks and a tab', '  \t'],
    ['a byte order mark', BOM],
    ['a blank that does not break', '\u00A0'],
    ['a space without width', '\u200B'],
  ])('%s around the key, the token and the text is skipped', (_, unseen) => {
    const record = {
      apiKey: unseen + V1_KEY + unseen,
      refreshToken: `${unseen}t${unseen}`,
      validUntil: 1_795_449_600,
    };
    expect(expiringText(unseen + JSON.stringify(record) + unseen).key).toMatchObject({
      apiKey: V1_KEY,
      refreshToken: 't',
    });
    const v2 = answer({ api_key: unseen + V2_KEY, refresh_token: V2_TOKEN + unseen });
    expect(expiring(v2).key).toMatchObject({ apiKey: V2_KEY, refreshToken: V2_TOKEN });
  });

  it('stay around the text when a new key is put into it', () => {
    const record = `${BOM} {"apiKey":"${V1_KEY}\\n","refreshToken":"t","validUntil":1795449600}\n`;
    expect(
      renewedSecretText(expiringText(record), {
        apiKey: NEW_V1_KEY,
        refreshToken: 'u',
        expiresAt: 1_798_041_600,
      }),
    ).toBe(`${BOM} {"apiKey":"${NEW_V1_KEY}","refreshToken":"u","validUntil":1798041600}\n`);
  });

  it.each([
    ['a line break', '\n'],
    ['a line break', '\r'],
    ['a blank', ' '],
    ['a tab', '\t'],
    ['a byte order mark', BOM],
    ['the invisible character U+200B', '\u200B'],
    ['the invisible character U+00A0', '\u00A0'],
  ])('%s inside the key is named', (name, unseen) => {
    const apiKey = V1_KEY.slice(0, 20) + unseen + V1_KEY.slice(20);
    expect(faultOf({ apiKey, refreshToken: 't', validUntil: 1_795_449_600 })).toContain(
      `field apiKey is not a v1 or v2 API key: it has ${name} in it. `,
    );
  });

  it.each([
    ['nothing', ' \n', 'it is empty'],
    ['a v1 key alone', `${V1_KEY}\n`, 'it is an API key alone'],
    ['a v2 key alone', V2_KEY, 'it is an API key alone'],
    ['curly quotation marks', '{\u201CapiKey\u201D:1}', 'it has a curly quotation mark in it'],
    ['a second byte order mark', `{${BOM}"apiKey":1}`, 'it has a byte order mark in it'],
    ['a text of two bytes a character', '{\0"\0', 'it has the invisible character U+0000 in it'],
  ])('a text that is not JSON is refused with what it holds: %s', (_, value, fault) => {
    expect(faultOf(value)).toContain(`it is not JSON: ${fault}. `);
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
      value: `{"apiKey":"${V1_KEY}","refreshToken":"t"}`,
      fault: 'field validUntil is missing',
    },
    {
      sentence: 'without a refresh token',
      value: `{"apiKey":"${V1_KEY}","validUntil":1795449600}`,
      fault: 'field refreshToken is missing',
    },
    {
      sentence: 'with an empty refresh token',
      value: `{"apiKey":"${V1_KEY}","refreshToken":"","validUntil":1795449600}`,
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
      sentence: "Momento's answer without the description",
      value: JSON.stringify({ api_key: V2_KEY, refresh_token: V2_TOKEN }),
      fault: 'field key_info is missing',
    },
    {
      sentence: "Momento's answer with a description cut short",
      value: JSON.stringify(answer({}, { role_id: undefined, issued_at_epoch_seconds: true })),
      fault:
        'field key_info.role_id is missing, field key_info.issued_at_epoch_seconds must be epoch seconds',
    },
    {
      sentence: 'a v2 key without id',
      value: JSON.stringify({ apiKey: jwt({ t: 'g' }), validUntil: 1_795_449_600 }),
      fault: 'field keyId is missing, and the key itself names no id',
    },
    {
      sentence: 'a v2 key with a refresh token and without expiry',
      value: JSON.stringify({ apiKey: V2_KEY, refreshToken: V2_TOKEN }),
      fault: 'field validUntil is missing',
    },
    {
      sentence: 'a v2 key with an address in the place of its endpoint',
      value: JSON.stringify({ apiKey: V2_KEY, validUntil: 1_795_449_600, endpoint: 'https://a.b/' }),
      fault: 'field endpoint must be a host name such as cell-4-us-west-2-1.prod.a.momentohq.com',
    },
    {
      sentence: 'a v2 key whose endpoint is no text',
      value: JSON.stringify({ apiKey: V2_KEY, validUntil: 1_795_449_600, endpoint: 7 }),
      fault: 'field endpoint must be a string',
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
    expect(message).toContain('with apiKey, refreshToken and validUntil, or');
    expect(message).toContain('with api_key, refresh_token and key_info. ');
    expect(message).toContain('Nothing was changed.');
  });
});

describe('a duplicate of one of our fields is refused by name', () => {
  const v2 = `"apiKey":"${V2_KEY}","refreshToken":"${V2_TOKEN}","validUntil":1795449600`;
  const raw = JSON.stringify(answer()).slice(1, -1);

  it.each([
    ['apiKey', `{"apiKey":"old","apiKey":"${V1_KEY}","refreshToken":"t","validUntil":1795449600}`],
    ['apiKey', `{"\\u0061piKey":"old","apiKey":"${V1_KEY}","refreshToken":"t","validUntil":1795449600}`],
    ['validUntil', `{"validUntil":1,"apiKey":"${V1_KEY}","refreshToken":"t","validUntil":1795449600}`],
    ['authToken', `{"apiKey":"${V1_KEY}","authToken":"a","authToken":"b","refreshToken":"t","validUntil":1}`],
    ['endpoint', `{"endpoint":"a.b",${v2},"endpoint":"a.b"}`],
    ['keyId', `{"keyId":"key-1",${v2},"keyId":"key-1"}`],
    ['api_key', `{"api_key":"x",${raw}}`],
    ['key_info', `{"key_info":{},${raw}}`],
  ])('%s', (field, text) => {
    expect(faultOf(text)).toContain(`is not a Momento key: field ${field} occurs twice. `);
  });

  it('and one of a field that is not ours stays', () => {
    const text = `{"endpoint":1,"a":[],"endpoint":2,"a":{"apiKey":"x","apiKey":"y"},"apiKey":"${V1_KEY}","refreshToken":"t","validUntil":1795449600}`;
    expect(
      renewedSecretText(expiringText(text), { apiKey: NEW_V1_KEY, refreshToken: 'u', expiresAt: 2 }),
    ).toBe(
      `{"endpoint":1,"a":[],"endpoint":2,"a":{"apiKey":"x","apiKey":"y"},"apiKey":"${NEW_V1_KEY}","refreshToken":"u","validUntil":2}`,
    );
  });
});

describe('the renewed text', () => {
  const issued = { apiKey: NEW_V1_KEY, refreshToken: 'new-token', expiresAt: 1_798_041_600 };
  const base = { apiKey: V1_KEY, refreshToken: 't', validUntil: 1_795_449_600 as number | string };
  const renewed = { apiKey: NEW_V1_KEY, refreshToken: 'new-token', validUntil: 1_798_041_600 };

  it.each([
    { sentence: 'key, token and expiry are the new ones', record: base, expected: renewed },
    {
      sentence: 'an expiry that came as a string is written as one',
      record: { ...base, validUntil: '1795449600' },
      expected: { ...renewed, validUntil: '1798041600' },
    },
    {
      sentence: 'an expiry that came in milliseconds is written in them',
      record: { ...base, validUntil: 1_795_449_600_000 },
      expected: { ...renewed, validUntil: 1_798_041_600_000 },
    },
    {
      sentence: 'so is a string of milliseconds',
      record: { ...base, validUntil: '1795449600000' },
      expected: { ...renewed, validUntil: '1798041600000' },
    },
    {
      sentence: 'the last number that is seconds stays seconds',
      record: { ...base, validUntil: 9_999_999_999 },
      expected: renewed,
    },
    {
      sentence: 'the first number that is milliseconds stays milliseconds',
      record: { ...base, validUntil: 100_000_000_000 },
      expected: { ...renewed, validUntil: 1_798_041_600_000 },
    },
    {
      sentence: 'the key keeps the name that the predecessor gave it',
      record: { authToken: V1_KEY, refreshToken: 't', validUntil: 1_795_449_600 },
      expected: { authToken: NEW_V1_KEY, refreshToken: 'new-token', validUntil: 1_798_041_600 },
    },
    {
      sentence: 'the key is kept up to date under each name that it has',
      record: { ...base, authToken: 'older', apiToken: 'oldest' },
      expected: { ...renewed, authToken: NEW_V1_KEY, apiToken: NEW_V1_KEY },
    },
  ])('$sentence', ({ record, expected }) => {
    expect(renewedSecretText(expiring(record), issued)).toBe(JSON.stringify(expected));
  });

  const newKey = jwt({ t: 'g', jti: 'key-2' });
  const newToken = jwt({ t: 'gr', akid: 'key-2' });
  const newInfo = {
    key_id: 'key-2',
    account_id: 'account-1',
    description: 'the test',
    role_id: 'r-operator',
    expires_at_epoch_seconds: 1_798_041_600,
    issued_at_epoch_seconds: 1_795_449_600,
  };
  const issuedV2 = {
    apiKey: newKey,
    refreshToken: newToken,
    expiresAt: 1_798_041_600,
    info: newInfo,
  };

  it.each([
    {
      sentence: 'a v2 key in our own shape keeps its endpoint and gets its new id',
      text: `{"apiKey":"${V2_KEY}", "endpoint":"a.b", "refreshToken":"${V2_TOKEN}", "validUntil":"1795449600", "keyId":"key-1"}`,
      expected: `{"apiKey":"${newKey}", "endpoint":"a.b", "refreshToken":"${newToken}", "validUntil":"1798041600", "keyId":"key-2"}`,
    },
    {
      sentence: 'what a v2 key needs and its secret lacks is put behind the rest',
      text: `{ "apiKey" : "${jwt({ t: 'g', jti: 'key-1', exp: 1_795_449_600 })}" }`,
      expected: `{ "apiKey" : "${newKey}","refreshToken":"${newToken}","validUntil":1798041600 }`,
    },
    {
      sentence: "Momento's answer gets the new description as a whole",
      text: `{"endpoint":"a.b",\n"key_info": ${JSON.stringify(answer().key_info)},\n"api_key":"${V2_KEY}","refresh_token":"${V2_TOKEN}"}`,
      expected: `{"endpoint":"a.b",\n"key_info": ${JSON.stringify(newInfo)},\n"api_key":"${newKey}","refresh_token":"${newToken}"}`,
    },
    {
      sentence: "Momento's answer to a refresh names the key before",
      text: JSON.stringify(answer({ previous_key_id: 'key-0' })),
      expected: JSON.stringify({
        api_key: newKey,
        refresh_token: newToken,
        key_info: newInfo,
        previous_key_id: 'key-1',
      }),
    },
  ])('$sentence', ({ text, expected }) => {
    expect(renewedSecretText(expiringText(text), issuedV2)).toBe(expected);
  });

  it('holds no old refresh token if Momento gave no new one', () => {
    const text = renewedSecretText(expiring(answer()), { ...issuedV2, refreshToken: undefined });
    expect(JSON.parse(text)).toMatchObject({ api_key: newKey, refresh_token: '' });
  });

  it('keeps numbers that JavaScript cannot hold, white space, and fields deep inside a nest', () => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const [before, after] = [
      `{\r\n\t"n": 12345678901234567890 ,"e":1e400,"2":0,"1":-0.0,"deep":${deep},`,
      '}\n',
    ];
    const text = `${before}"apiKey":"${V1_KEY}","refreshToken":"t","validUntil":1795449600${after}`;
    expect(renewedSecretText(expiringText(text), issued)).toBe(
      `${before}"apiKey":"${NEW_V1_KEY}","refreshToken":"new-token","validUntil":1798041600${after}`,
    );
  });

  it('is the old one in every byte outside our values, whatever JSON it is', () => {
    const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 3 });
    const number = fc.constantFrom('12345678901234567890', '1e400', '-0', '0.10', '1E-7');
    const value = fc.oneof(fc.json(), fc.json({ noUnicodeString: false }), number);
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('2', '1', 'a', 'a', '__proto__', 'endpoint', 'key_info'),
    );
    const isForeign = (text: string) =>
      !['apiKey', 'authToken', 'apiToken', 'refreshToken', 'validUntil'].includes(text);
    const foreign = fc
      .tuple(blank, name.filter(isForeign), blank, blank, value, blank)
      .map(([a, key, b, c, json, d]) => `${a}${JSON.stringify(key)}${b}:${c}${json}${d}`);
    const others = fc.array(foreign, { maxLength: 4 });
    fc.assert(
      fc.property(others, others, others, others, blank, blank, (a, b, c, d, start, end) => {
        const textOf = (apiKey: string, refreshToken: string, validUntil: string) =>
          `${start}{${[
            ...a,
            `${start}"apiKey"${end}:${JSON.stringify(apiKey)}`,
            ...b,
            `"refreshToken":${end}${JSON.stringify(refreshToken)}${start}`,
            ...c,
            `"validUntil":${validUntil}${end}`,
            ...d,
          ].join(',')}}${end}`;
        const old = expiringText(textOf(V1_KEY, 't', '1795449600'));
        expect(renewedSecretText(old, issued)).toBe(textOf(NEW_V1_KEY, 'new-token', '1798041600'));
      }),
      { numRuns: 500 },
    );
  });
});
