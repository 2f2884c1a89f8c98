import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretContentError } from '../../handlers/errors.ts';
import { PLACEHOLDER } from '../../handlers/names.ts';
import { toReportable } from '../../handlers/reporting/failure.ts';
import { type ExpiringKey, parseSecretContent, renewedContent } from '../../handlers/rules/secret-value.ts';
import { jwt, NEW_V1_KEY, V1_KEY, V2_KEY, V2_TOKEN, v1Key } from '../worlds/keys.ts';
import { PLACE, SECRET } from '../worlds/names.ts';

const BOM = '\uFEFF';

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
  return parseSecretContent(SECRET, JSON.stringify(record));
}

function expiring(record: unknown): ExpiringKey {
  return expiringText(JSON.stringify(record));
}

function renewedText(...renewed: Parameters<typeof renewedContent>): string | undefined {
  return renewedContent(...renewed)?.text;
}

function expiringText(text: string): ExpiringKey {
  const content = parseSecretContent(SECRET, text);
  if (content.kind !== 'expiring') throw new Error(`the record was to be expiring, but is ${content.kind}`);
  return content;
}

function faultOf(value: unknown): string {
  try {
    parseSecretContent(
      SECRET,
      typeof value === 'object' ? JSON.stringify(value) : (value as string | undefined),
    );
  } catch (error) {
    expect(error).toBeInstanceOf(SecretContentError);
    expect((error as Error).cause).toBeUndefined();
    return toReportable(error, PLACE).message;
  }
  throw new Error('the value was accepted');
}

describe('parseSecretContent', () => {
  it('reads a v1 key as the console offers it for download', () => {
    const text = JSON.stringify({ apiKey: V1_KEY, refreshToken: 'token-1', validUntil: 1_795_449_600 });
    expect(parseSecretContent(SECRET, text)).toEqual({
      kind: 'expiring',
      key: { kind: 'v1', apiKey: V1_KEY, refreshToken: 'token-1', endpoint: 'cell-1.prod.a.momentohq.com' },
      expiresAt: 1_795_449_600,
      text,
    });
  });

  it.each([
    ['seconds as a number', 1_795_449_600, 1_795_449_600],
    ['seconds as a string', '1795449600', 1_795_449_600],
    ['a fraction of a second, which it cuts off', 1_795_449_600.9, 1_795_449_600],
    ['milliseconds as a number', 1_795_449_600_000, 1_795_449_600],
    ['milliseconds as a string', '1795449600000', 1_795_449_600],
    ['milliseconds within a second, which it cuts off', 1_795_449_600_999, 1_795_449_600],
    ['the largest number of seconds', 9_999_999_999, 9_999_999_999],
    ['the smallest number that it takes for milliseconds', 100_000_000_000, 100_000_000],
    ['an instant in 1970', 1, 1],
    ['the largest number of milliseconds', '9999999999999', 9_999_999_999],
  ])('reads validUntil: %s', (_, validUntil, expiresAt) => {
    expect(expiring({ apiKey: V1_KEY, refreshToken: 't', validUntil }).expiresAt).toBe(expiresAt);
  });

  it.each([
    ['authToken, as the predecessor wrote it', { authToken: V1_KEY }],
    ['apiKey before authToken', { authToken: NEW_V1_KEY, apiKey: V1_KEY }],
    ['apiToken, as Momento once named it', { apiToken: V1_KEY }],
    ['authToken before apiToken', { apiToken: NEW_V1_KEY, authToken: V1_KEY }],
  ])('takes as the key %s', (_, record) => {
    const { key } = expiring({ ...record, refreshToken: 't', validUntil: 1_795_449_600 });
    expect(key.apiKey).toBe(V1_KEY);
  });
});

describe('parseSecretContent, for the expiry,', () => {
  const v1 = (exp: number) => v1Key('cell-1.example.com', jwt({ exp }));
  const v2 = (exp: number) => jwt({ t: 'g', jti: 'key-1', exp });

  it.each([
    ['the one that a v1 key names if it is earlier', v1(1_795_000_000.5), 1_795_000_000],
    ['validUntil if a v1 key names a later one', v1(1_796_000_000), 1_795_449_600],
  ])('takes %s', (_, apiKey, expiresAt) => {
    const record = { apiKey, refreshToken: 't', validUntil: 1_795_449_600 };
    expect(expiring(record).expiresAt).toBe(expiresAt);
  });

  it.each([
    ['the one that a v2 key names if it is earlier', v2(1_795_000_000), 1_795_000_000],
    ['validUntil if a v2 key names a later one', v2(1_796_000_000), 1_795_449_600],
  ])('takes %s', (_, apiKey, expiresAt) => {
    const record = { apiKey, refreshToken: V2_TOKEN, validUntil: 1_795_449_600 };
    expect(expiring(record).expiresAt).toBe(expiresAt);
    expect(expiring(answer({ api_key: apiKey })).expiresAt).toBe(expiresAt);
  });

  it('takes the one that the key names if validUntil is missing or 0', () => {
    const record = { apiKey: v2(1_795_000_000), refreshToken: V2_TOKEN };
    expect(expiring(record).expiresAt).toBe(1_795_000_000);
    expect(expiring({ ...record, validUntil: 0 }).expiresAt).toBe(1_795_000_000);
  });
});

describe('parseSecretContent, for a key without an expiry,', () => {
  it.each([
    ['validUntil is 0', { apiKey: V1_KEY, refreshToken: 't', validUntil: 0 }],
    ['validUntil is the string 0', { apiKey: V1_KEY, refreshToken: 't', validUntil: '0' }],
    ['validUntil is 0 and there is no refresh token', { apiKey: V1_KEY, validUntil: 0 }],
    ['validUntil is 0 and the refresh token is empty', { apiKey: V1_KEY, refreshToken: '', validUntil: 0 }],
    ['validUntil and refreshToken are missing', { apiKey: V1_KEY }],
    ['both are missing and the key is named authToken', { authToken: V1_KEY }],
    ['both are missing beside a v2 key', { apiKey: V2_KEY }],
    ['validUntil beside a v2 key is 0', { apiKey: V2_KEY, validUntil: 0 }],
    [
      "Momento's own answer names neither",
      answer({ refresh_token: undefined }, { expires_at_epoch_seconds: undefined }),
    ],
  ])('answers never-expires if %s', (_, record) => {
    expect(parse(record)).toEqual({ kind: 'never-expires', key: expect.anything() });
  });
});

describe('the placeholder', () => {
  it('keeps its text, because another one would overwrite seeded secrets at the next deployment', () => {
    expect(PLACEHOLDER).toBe('{"status":"not seeded yet"}');
  });

  it.each([
    ['as the stack wrote it', '{"status":"not seeded yet"}'],
    ['with other blanks', ' { "status" : "not seeded yet" }\n'],
    ['with a note beside it', '{"status":"not seeded yet","note":"ask Eve"}'],
  ])('is recognised %s', (_, value) => {
    expect(parseSecretContent(SECRET, value)).toEqual({ kind: 'placeholder' });
  });

  it('is ignored if a key stands beside it', () => {
    expect(
      parse({ status: 'not seeded yet', apiKey: V1_KEY, refreshToken: 't', validUntil: 1_795_449_600 }),
    ).toMatchObject({ kind: 'expiring', key: { apiKey: V1_KEY } });
  });

  it('is not recognised in another status', () => {
    expect(faultOf('{"status":"seeded"}')).toContain('field apiKey is missing');
  });
});

describe('parseSecretContent, for a v2 key,', () => {
  it('reads the shape with apiKey, endpoint and keyId', () => {
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

  it("reads Momento's own answer with the endpoint that a person put beside it", () => {
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
    ['is missing', { apiKey: V2_KEY, validUntil: 1_795_449_600 }],
    ['is empty', { apiKey: V2_KEY, refreshToken: '', validUntil: 1_795_449_600 }],
    ["is missing in Momento's answer", answer({ refresh_token: undefined })],
  ])('reads the expiry although the refresh token %s', (_, record) => {
    expect(expiring(record).key).toMatchObject({ kind: 'v2', refreshToken: undefined });
  });

  it('takes the id that the secret names if the key itself names none', () => {
    const record = { apiKey: jwt({ t: 'g' }), validUntil: 1_795_449_600, keyId: 'key-7' };
    expect(expiring(record).key).toMatchObject({ keyId: 'key-7' });
  });
});

describe('parseSecretContent, for the id of a key,', () => {
  const ids = ['..', 'a/b', '', 'key 1', 'a'.repeat(129), jwt({ t: 'gr', akid: 'key-1' }), 'kéy'];

  it('refuses what is no id in keyId, and does not quote it', () => {
    const faults = ids.map((keyId) => faultOf({ apiKey: jwt({ t: 'g' }), validUntil: 1_795_449_600, keyId }));
    for (const [at, fault] of faults.entries()) {
      expect(fault, ids[at]).toMatch(/: field keyId is (missing|not the id of a key)/);
      expect(fault, ids[at]).not.toContain(ids[5]);
    }
  });

  it.each(ids.filter((id) => id !== ''))('refuses a key that names the id %j', (jti) => {
    expect(faultOf({ apiKey: jwt({ t: 'g', jti }), validUntil: 1_795_449_600 })).toContain(
      'field apiKey holds a key with an unusable id: it must have 1 to 128 letters, digits, _ or -. ',
    );
  });

  it('takes 128 letters, digits, underscores and hyphens', () => {
    const jti = `${'aZ09'.repeat(31)}_-_-`;
    expect(expiring({ apiKey: jwt({ t: 'g', jti }), validUntil: 1_795_449_600 }).key).toMatchObject({
      keyId: jti,
    });
  });
});

describe('parseSecretContent, for a key and a token that do not belong together,', () => {
  const own = { apiKey: V2_KEY, refreshToken: V2_TOKEN, validUntil: 1_795_449_600 };

  it.each([
    [
      'a v2 key with the refresh token of another key',
      { ...own, refreshToken: jwt({ t: 'gr', akid: 'key-2' }) },
      'field refreshToken belongs to another key than the one in apiKey',
    ],
    [
      "Momento's answer with the refresh token of another key",
      answer({ refresh_token: jwt({ t: 'gr', akid: 'key-2' }) }),
      'field refresh_token belongs to another key than the one in api_key',
    ],
    [
      'a v2 key with an opaque refresh token',
      { ...own, refreshToken: 'opaque' },
      'field refreshToken is not the refresh token of a v2 key',
    ],
    [
      'a v2 key with a v2 key as its refresh token',
      { ...own, refreshToken: V2_KEY },
      'field refreshToken is not the refresh token of a v2 key',
    ],
    [
      'a v1 key with the refresh token of a v2 key',
      { ...own, apiKey: V1_KEY },
      'field refreshToken holds the refresh token of a v2 key, and apiKey a v1 key',
    ],
    [
      'a v2 key with the id of another key',
      { ...own, keyId: 'key-2' },
      'field keyId names another key than the one in apiKey',
    ],
    [
      "Momento's answer with the id of another key",
      answer({}, { key_id: 'key-2' }),
      'field key_info.key_id names another key than the one in api_key',
    ],
  ])('refuses %s', (_, record, fault) => {
    expect(faultOf(record)).toContain(`is not a Momento key: ${fault}. `);
  });
});

describe('parseSecretContent, for the API key,', () => {
  it.each([
    ['a v2 refresh token', V2_TOKEN, 'field apiKey holds a v2 refresh token, not an API key'],
    [
      'a legacy token',
      jwt({ sub: 'a', cp: 'control', c: 'cache' }),
      'field apiKey holds a legacy Momento token, not an API key',
    ],
    [
      'a JWT of another kind',
      jwt({ t: 's' }),
      'field apiKey holds a JWT whose claim t is not g, not an API key',
    ],
    ['a JWT without claims', jwt(null), 'field apiKey is not a v1 or v2 API key'],
    [
      'the first two parts of a JWT',
      V2_KEY.split('.').slice(0, 2).join('.'),
      'field apiKey is not a v1 or v2 API key',
    ],
    ['a text with two dots', 'a.b.c', 'field apiKey is not a v1 or v2 API key'],
    [
      'base64 of something else',
      Buffer.from('{"endpoint":"e"}').toString('base64'),
      'field apiKey is not a v1 or v2 API key',
    ],
    ['base64 of null', Buffer.from('null').toString('base64'), 'field apiKey is not a v1 or v2 API key'],
    ['a key cut off', V1_KEY.slice(0, -3), 'field apiKey is not a v1 or v2 API key'],
  ])('refuses %s', (_, apiKey, fault) => {
    expect(faultOf({ apiKey, refreshToken: 't', validUntil: 1_795_449_600 })).toContain(
      `is not a Momento key: ${fault}. `,
    );
  });

  it('names the field if it is authToken or api_key', () => {
    expect(faultOf({ authToken: V2_TOKEN })).toContain('field authToken holds a v2 refresh token');
    expect(faultOf(answer({ api_key: V1_KEY }))).toContain('field api_key is not a v2 API key');
  });
});

describe('parseSecretContent, for invisible characters,', () => {
  it.each([
    ['a line break', '\n'],
    ['a Windows line break', '\r\n'],
    ['blanks and a tab', '  \t'],
    ['a byte order mark', BOM],
    ['a no-break space', '\u00A0'],
    ['a zero-width space', '\u200B'],
  ])('skips %s around the key, the token and the text', (_, unseen) => {
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

  it('leaves them around the text when a new key is put into it', () => {
    const record = `${BOM} {"apiKey":"${V1_KEY}\\n","refreshToken":"t","validUntil":1795449600}\n`;
    expect(
      renewedText(expiringText(record), {
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
  ])('names %s inside the key', (name, unseen) => {
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
  ])('refuses a text that is not JSON and says what it holds: %s', (_, value, fault) => {
    expect(faultOf(value)).toContain(`it is not JSON: ${fault}. `);
  });
});

describe('parseSecretContent, for a value that is no key,', () => {
  it.each([
    ['is binary', undefined, 'it is binary'],
    ['is empty', '', 'it is not JSON'],
    ['is an API key alone', V1_KEY, 'it is not JSON'],
    ['is cut off', '{"apiKey":"k', 'it is not JSON'],
    ['is a JSON string', '"k"', 'it is not a JSON object'],
    ['is a number', '7', 'it is not a JSON object'],
    ['is null', 'null', 'it is not a JSON object'],
    ['is a list', '[{"apiKey":"k"}]', 'it is not a JSON object'],
    ['is an empty object', '{}', 'field apiKey is missing'],
    ['has no key', '{"refreshToken":"t","validUntil":1795449600}', 'field apiKey is missing'],
    ['has no validUntil', `{"apiKey":"${V1_KEY}","refreshToken":"t"}`, 'field validUntil is missing'],
    [
      'has no refresh token',
      `{"apiKey":"${V1_KEY}","validUntil":1795449600}`,
      'field refreshToken is missing',
    ],
    [
      'has an empty refresh token',
      `{"apiKey":"${V1_KEY}","refreshToken":"","validUntil":1795449600}`,
      'field refreshToken is missing',
    ],
    [
      'has a number in apiKey',
      '{"apiKey":7,"refreshToken":"t","validUntil":1795449600}',
      'field apiKey must be a string',
    ],
    [
      'has an empty apiKey',
      '{"apiKey":"","refreshToken":"t","validUntil":1795449600}',
      'field apiKey must not be empty',
    ],
    [
      'has a list in authToken',
      '{"authToken":[],"refreshToken":"t","validUntil":1795449600}',
      'field authToken must be a string',
    ],
    [
      'has null in refreshToken',
      '{"apiKey":"k","refreshToken":null,"validUntil":1795449600}',
      'field refreshToken must be a string',
    ],
    [
      'has a word in validUntil',
      '{"apiKey":"k","refreshToken":"t","validUntil":"tomorrow"}',
      'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    ],
    [
      'has a validUntil after the year 2286',
      '{"apiKey":"k","refreshToken":"t","validUntil":"10000000000000"}',
      'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    ],
    [
      'has a validUntil with a blank after the digits',
      '{"apiKey":"k","refreshToken":"t","validUntil":"1795449600 "}',
      'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    ],
    [
      'has a validUntil with a letter after the digits',
      '{"apiKey":"k","refreshToken":"t","validUntil":"1795449600s"}',
      'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    ],
    [
      'has a validUntil with a sign before the digits',
      '{"apiKey":"k","refreshToken":"t","validUntil":"-1795449600"}',
      'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    ],
    [
      'has an empty validUntil',
      '{"apiKey":"k","refreshToken":"t","validUntil":""}',
      'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    ],
    [
      'has true in validUntil',
      '{"apiKey":"k","refreshToken":"t","validUntil":true}',
      'field validUntil must be epoch seconds, as a number or as a string of digits',
    ],
    [
      'has a validUntil before 1970',
      '{"apiKey":"k","refreshToken":"t","validUntil":-1}',
      'field validUntil must be epoch seconds, as a number or as a string of digits, before the year 2286',
    ],
    [
      "is Momento's answer without key_info",
      JSON.stringify({ api_key: V2_KEY, refresh_token: V2_TOKEN }),
      'field key_info is missing',
    ],
    [
      "is Momento's answer with an incomplete key_info",
      JSON.stringify(answer({}, { role_id: undefined, issued_at_epoch_seconds: true })),
      'field key_info.role_id is missing, field key_info.issued_at_epoch_seconds must be epoch seconds',
    ],
    [
      'has a v2 key and no id',
      JSON.stringify({ apiKey: jwt({ t: 'g' }), validUntil: 1_795_449_600 }),
      'field keyId is missing, and the key itself names no id',
    ],
    [
      "is Momento's answer with a refresh token and no expiry",
      JSON.stringify(answer({}, { expires_at_epoch_seconds: undefined })),
      'field key_info.expires_at_epoch_seconds is missing',
    ],
    [
      "has Momento's name for the key beside ours",
      JSON.stringify({ ...answer(), authToken: V2_KEY }),
      'it has both authToken and api_key, and only one of them can be the key: remove the other',
    ],
    [
      'has a v2 key with a refresh token and no expiry',
      JSON.stringify({ apiKey: V2_KEY, refreshToken: V2_TOKEN }),
      'field validUntil is missing',
    ],
    [
      'has a URL in endpoint',
      JSON.stringify({ apiKey: V2_KEY, validUntil: 1_795_449_600, endpoint: 'https://a.b/' }),
      'field endpoint must be a host name such as cell-4-us-west-2-1.prod.a.momentohq.com',
    ],
    [
      'has a number in endpoint',
      JSON.stringify({ apiKey: V2_KEY, validUntil: 1_795_449_600, endpoint: 7 }),
      'field endpoint must be a string',
    ],
    [
      'has several faults, and names each',
      '{"apiKey":7,"refreshToken":8,"validUntil":true}',
      'field apiKey must be a string, field refreshToken must be a string, field validUntil must be epoch seconds',
    ],
  ])('refuses a value that %s', (_, value, fault) => {
    const message = faultOf(value);

    expect(message).toContain('The value of secret "momento/authentication-token" is not a Momento key: ');
    expect(message).toContain(fault);
    expect(message).toContain('with apiKey, refreshToken and validUntil, or');
    expect(message).toContain('with api_key, refresh_token and key_info. ');
    expect(message).toContain('Nothing was changed.');
  });
});

describe('parseSecretContent, for two fields of one name,', () => {
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
  ])('refuses a second field %s', (field, text) => {
    expect(faultOf(text)).toContain(`is not a Momento key: field ${field} occurs twice. `);
  });

  it('accepts a second field of a name that is not ours, and leaves both', () => {
    const text = `{"endpoint":1,"a":[],"endpoint":2,"a":{"apiKey":"x","apiKey":"y"},"apiKey":"${V1_KEY}","refreshToken":"t","validUntil":1795449600}`;
    expect(renewedText(expiringText(text), { apiKey: NEW_V1_KEY, refreshToken: 'u', expiresAt: 2 })).toBe(
      `{"endpoint":1,"a":[],"endpoint":2,"a":{"apiKey":"x","apiKey":"y"},"apiKey":"${NEW_V1_KEY}","refreshToken":"u","validUntil":2}`,
    );
  });
});

describe('renewedContent', () => {
  const issued = { apiKey: NEW_V1_KEY, refreshToken: 'new-token', expiresAt: 1_798_041_600 };
  const base = { apiKey: V1_KEY, refreshToken: 't', validUntil: 1_795_449_600 as number | string };
  const renewed = { apiKey: NEW_V1_KEY, refreshToken: 'new-token', validUntil: 1_798_041_600 };

  it.each([
    ['holds the new key, token and expiry', base, renewed],
    [
      'writes the expiry as a string if it was a string',
      { ...base, validUntil: '1795449600' },
      { ...renewed, validUntil: '1798041600' },
    ],
    [
      'writes the expiry in milliseconds if it was in milliseconds',
      { ...base, validUntil: 1_795_449_600_000 },
      { ...renewed, validUntil: 1_798_041_600_000 },
    ],
    [
      'writes the expiry as a string of milliseconds if it was one',
      { ...base, validUntil: '1795449600000' },
      { ...renewed, validUntil: '1798041600000' },
    ],
    ['takes 9,999,999,999 for seconds', { ...base, validUntil: 9_999_999_999 }, renewed],
    [
      'takes 100,000,000,000 for milliseconds',
      { ...base, validUntil: 100_000_000_000 },
      { ...renewed, validUntil: 1_798_041_600_000 },
    ],
    [
      'keeps the name authToken for the key',
      { authToken: V1_KEY, refreshToken: 't', validUntil: 1_795_449_600 },
      { authToken: NEW_V1_KEY, refreshToken: 'new-token', validUntil: 1_798_041_600 },
    ],
    [
      'writes the key under each name that it has',
      { ...base, authToken: 'older', apiToken: 'oldest' },
      { ...renewed, authToken: NEW_V1_KEY, apiToken: NEW_V1_KEY },
    ],
  ])('%s', (_, record, expected) => {
    expect(renewedText(expiring(record), issued)).toBe(JSON.stringify(expected));
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
    [
      'keeps the endpoint of a v2 key and writes its new id',
      `{"apiKey":"${V2_KEY}", "endpoint":"a.b", "refreshToken":"${V2_TOKEN}", "validUntil":"1795449600", "keyId":"key-1"}`,
      `{"apiKey":"${newKey}", "endpoint":"a.b", "refreshToken":"${newToken}", "validUntil":"1798041600", "keyId":"key-2"}`,
    ],
    [
      'adds the fields that a v2 key needs after the others',
      `{ "apiKey" : "${jwt({ t: 'g', jti: 'key-1', exp: 1_795_449_600 })}" }`,
      `{ "apiKey" : "${newKey}","refreshToken":"${newToken}","validUntil":1798041600 }`,
    ],
    [
      "replaces key_info as a whole in Momento's answer",
      `{"endpoint":"a.b",\n"key_info": ${JSON.stringify(answer().key_info)},\n"api_key":"${V2_KEY}","refresh_token":"${V2_TOKEN}"}`,
      `{"endpoint":"a.b",\n"key_info": ${JSON.stringify(newInfo)},\n"api_key":"${newKey}","refresh_token":"${newToken}"}`,
    ],
    [
      "names the old key in Momento's answer to a refresh",
      JSON.stringify(answer({ previous_key_id: 'key-0' })),
      JSON.stringify({
        api_key: newKey,
        refresh_token: newToken,
        key_info: newInfo,
        previous_key_id: 'key-1',
      }),
    ],
  ])('%s', (_, text, expected) => {
    expect(renewedText(expiringText(text), issuedV2)).toBe(expected);
  });

  it('holds an empty refresh token if Momento gave none', () => {
    const text = renewedText(expiring(answer()), { ...issuedV2, refreshToken: undefined });
    expect(JSON.parse(String(text))).toMatchObject({ api_key: newKey, refresh_token: '' });
  });

  it('keeps white space, deeply nested fields and numbers that JavaScript cannot represent', () => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const [before, after] = [
      `{\r\n\t"n": 12345678901234567890 ,"e":1e400,"2":0,"1":-0.0,"deep":${deep},`,
      '}\n',
    ];
    const text = `${before}"apiKey":"${V1_KEY}","refreshToken":"t","validUntil":1795449600${after}`;
    expect(renewedText(expiringText(text), issued)).toBe(
      `${before}"apiKey":"${NEW_V1_KEY}","refreshToken":"new-token","validUntil":1798041600${after}`,
    );
  });

  it('changes no byte outside our values in any JSON', () => {
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
        expect(renewedText(old, issued)).toBe(textOf(NEW_V1_KEY, 'new-token', '1798041600'));
      }),
      { numRuns: 500 },
    );
  });
});
