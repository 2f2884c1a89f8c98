/** Parses the key in the text of a secret, ignoring white space that people paste by mistake, and puts a new key into the text. */
import * as z from 'zod/mini';
import { SecretContentError } from '../errors.ts';
import { PLACEHOLDER } from '../names.ts';
import {
  claimsOf,
  decodeKey,
  Fault,
  type FieldNames,
  type IssuedKey,
  isApiKey,
  type Key,
  type KeyFields,
  traitsOf,
} from './key.ts';

/** The year 2286. A later expiry has a wrong unit, and does not fit into the name of a wake-up. */
export const LATEST_EXPIRY = 9_999_999_999;

/** A number from here on is milliseconds: as seconds it would be in the year 5138. */
const FIRST_MILLISECONDS = 100_000_000_000;

export type SecretContent =
  | { readonly kind: 'placeholder' }
  | { readonly kind: 'never-expires'; readonly key: Key }
  | ExpiringKey;

export interface ExpiringKey {
  readonly kind: 'expiring';
  readonly key: Key;
  /** Epoch seconds. The earlier expiry if those in the secret and in the key differ. */
  readonly expiresAt: number;
  /** The whole text of the secret, unchanged. */
  readonly text: string;
}

/** The accepted names of the key's field, in order of preference. The predecessor of this project stored `authToken`. */
export const API_KEY_NAMES = ['apiKey', 'authToken', 'apiToken'] as const;
const V1_NAMES = [...API_KEY_NAMES, 'refreshToken', 'validUntil'];
const V2_NAMES = [...V1_NAMES, 'endpoint', 'keyId'];
const ANSWER_NAMES = ['api_key', 'refresh_token', 'key_info', 'previous_key_id', 'endpoint'];

const missingOr = (fault: string) => ({
  error: ({ input }: { readonly input: unknown }) => (input === undefined ? 'is missing' : fault),
});
const trimmed = z.pipe(z.string(missingOr('must be a string')), z.transform(trimInvisible));
const text = z.pipe(trimmed, z.string().check(z.minLength(1, 'must not be empty')));
// An empty refresh token counts as none, because a key that never expires may come with it.
const optionalText = z.optional(
  z.pipe(
    trimmed,
    z.transform((value: string) => (value === '' ? undefined : value)),
  ),
);
const WANTED_INSTANT = 'must be epoch seconds, as a number or as a string of digits, before the year 2286';
const instant = z.pipe(
  z
    .union([z.number(), z.string().check(z.regex(/^\d+$/, WANTED_INSTANT))], WANTED_INSTANT)
    .check(z.refine((value) => Number(value) >= 0 && epochSeconds(value) <= LATEST_EXPIRY, WANTED_INSTANT)),
  z.transform(epochSeconds),
);
const WANTED_HOST = 'must be a host name such as cell-4-us-west-2-1.prod.a.momentohq.com';
const host = z.optional(
  z.pipe(trimmed, z.string().check(z.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, WANTED_HOST))),
);
const recordSchema = z.object({
  apiKey: z.optional(text),
  authToken: z.optional(text),
  apiToken: z.optional(text),
  refreshToken: optionalText,
  validUntil: z.optional(instant),
});
const v2Schema = z.object({ endpoint: host, keyId: optionalText });
const answerSchema = z.object({
  api_key: text,
  refresh_token: optionalText,
  key_info: z.looseObject(
    {
      key_id: text,
      description: z.string(missingOr('must be a string')),
      role_id: text,
      expires_at_epoch_seconds: z.optional(instant),
      issued_at_epoch_seconds: instant,
    },
    missingOr('must be an object'),
  ),
  endpoint: host,
});

/**
 * @param value the secret's text; undefined if it is binary
 * @throws {SecretContentError} naming the fields at fault, never a value
 */
export function parseSecretContent(secretName: string, value: string | undefined): SecretContent {
  try {
    return parseContent(value);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new SecretContentError('not-a-key', { secretName, fault: error.message });
  }
}

/**
 * The text of the next version: the old text with the new key. The expiry keeps its type and unit, and every byte outside the replaced
 * values stays the same.
 * @returns undefined if the new key could not be read and refreshed again
 */
export function renewedContent({ text: old, key }: ExpiringKey, issued: IssuedKey): ExpiringKey | undefined {
  const { apiKey, refreshToken = '', expiresAt, info } = issued;
  const record = parseObject(old);
  const validUntil = inTheTypeOf(record.validUntil, expiresAt);
  const previousKeyId = key.kind === 'v2' ? key.keyId : '';
  const renewed = isAnswer(record)
    ? withValues(
        old,
        { api_key: apiKey, key_info: info ?? renewedInfo(key, issued), previous_key_id: previousKeyId },
        { refresh_token: refreshToken },
      )
    : withValues(
        old,
        {
          ...Object.fromEntries(API_KEY_NAMES.map((name) => [name, apiKey])),
          ...(key.kind === 'v2' && { keyId: info?.key_id ?? claimsOf(apiKey)?.jti }),
        },
        { refreshToken, validUntil },
      );
  try {
    const content = parseContent(renewed);
    return content.kind === 'expiring' ? content : undefined;
  } catch {
    return undefined;
  }
}

/** For an answer without a whole key_info: Momento keeps the role, the description and the lifetime. */
function renewedInfo(key: Key, { apiKey, expiresAt }: IssuedKey): object | undefined {
  if (key.kind !== 'v2') return undefined;
  const { lifetimeSeconds = 0 } = traitsOf(key.info);
  return {
    ...key.info,
    key_id: claimsOf(apiKey)?.jti,
    expires_at_epoch_seconds: expiresAt,
    issued_at_epoch_seconds: expiresAt - lifetimeSeconds,
  };
}

function parseContent(text: string | undefined): SecretContent {
  if (text === undefined) throw new Fault('it is binary');
  const record = parseObject(text);
  if (isAnswer(record)) return parseAnswer(record, text);
  const fields = parseFields(recordSchema, record);
  const field = API_KEY_NAMES.find((name) => fields[name] !== undefined) ?? 'apiKey';
  const apiKey = fields[field];
  if (apiKey === undefined) {
    if (record.status === JSON.parse(PLACEHOLDER).status) return { kind: 'placeholder' };
    throw new Fault('field apiKey is missing');
  }
  if (Object.hasOwn(record, 'api_key')) {
    throw new Fault(
      `it has both ${field} and api_key, and only one of them can be the key: remove the other`,
    );
  }
  // The refresher owns these two fields only in a v2 secret.
  const { endpoint, keyId } = isJwt(apiKey) ? parseFields(v2Schema, record) : {};
  refuseDuplicates(text, isJwt(apiKey) ? V2_NAMES : V1_NAMES);
  const { refreshToken, validUntil } = fields;
  return contentOf(
    { apiKey, refreshToken, validUntil, endpoint, keyId, info: undefined },
    { apiKey: field, refreshToken: 'refreshToken', validUntil: 'validUntil', keyId: 'keyId' },
    text,
  );
}

function parseAnswer(record: object, text: string): SecretContent {
  refuseDuplicates(text, ANSWER_NAMES);
  const {
    api_key: apiKey,
    refresh_token: refreshToken,
    key_info: info,
    endpoint,
  } = parseFields(answerSchema, record);
  if (!isJwt(apiKey)) throw new Fault('field api_key is not a v2 API key');
  const validUntil = info.expires_at_epoch_seconds;
  return contentOf(
    { apiKey, refreshToken, validUntil, endpoint, keyId: info.key_id, info },
    {
      apiKey: 'api_key',
      refreshToken: 'refresh_token',
      validUntil: 'key_info.expires_at_epoch_seconds',
      keyId: 'key_info.key_id',
    },
    text,
  );
}

/** A v1 key is base64, which has no full stop. */
function isJwt(apiKey: string): boolean {
  return apiKey.includes('.');
}

function contentOf(fields: KeyFields, names: FieldNames, text: string): SecretContent {
  const found = INVISIBLE.exec(fields.apiKey)?.[0];
  if (found !== undefined) {
    throw new Fault(`field ${names.apiKey} is not a v1 or v2 API key: it has ${characterName(found)} in it`);
  }
  const { key, expiresAt } = decodeKey(fields, names);
  return expiresAt === undefined
    ? { kind: 'never-expires', key }
    : { kind: 'expiring', key, expiresAt, text };
}

function parseFields<T>(schema: z.ZodMiniType<T>, record: object): T {
  const parsed = schema.safeParse(record);
  if (parsed.success) return parsed.data;
  throw new Fault(
    parsed.error.issues.map((issue) => `field ${issue.path.join('.')} ${issue.message}`).join(', '),
  );
}

/** Two members with the same name are refused, because JSON readers differ in which of them they take. */
function refuseDuplicates(text: string, ours: readonly string[]): void {
  const names = membersOf(text).map(({ name }) => name);
  const twice = ours.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice.length > 0) throw new Fault(twice.map((name) => `field ${name} occurs twice`).join(', '));
}

/** Momento's own answer has none of the accepted names of the key's field. */
export function isAnswer(record: object): boolean {
  return Object.hasOwn(record, 'api_key') && !API_KEY_NAMES.some((name) => Object.hasOwn(record, name));
}

function epochSeconds(validUntil: number | string): number {
  const value = Number(validUntil);
  return Math.floor(value >= FIRST_MILLISECONDS ? value / 1000 : value);
}

/** The expiry in the type and the unit of an earlier one. */
export function inTheTypeOf(original: unknown, expiresAt: number): number | string {
  const value = Number(original) >= FIRST_MILLISECONDS ? expiresAt * 1000 : expiresAt;
  return typeof original === 'string' ? String(value) : value;
}

/** @throws {Fault} */
function parseObject(value: string): Record<string, unknown> {
  const trimmedValue = trimInvisible(value);
  let json: unknown;
  try {
    json = JSON.parse(trimmedValue);
  } catch {
    // The parser's message quotes the text, so it is dropped.
    throw new Fault(`it is not JSON${reasonNotJson(trimmedValue)}`);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  throw new Fault('it is not a JSON object');
}

function reasonNotJson(value: string): string {
  if (value === '') return ': it is empty';
  if (isApiKey(value)) return ': it is an API key alone';
  if (/[\u201C\u201D\u2018\u2019]/.test(value)) return ': it has a curly quotation mark in it';
  const found = /[^\S \t\r\n]|[\0\u200B-\u200D\u2060]/.exec(value)?.[0];
  return found === undefined ? '' : `: it has ${characterName(found)} in it`;
}

interface Member {
  readonly name: string;
  /** The offsets of the value in the text. */
  readonly start: number;
  readonly end: number;
}

/** The members of a JSON object in a text that JSON.parse accepts, in their order, duplicates included. */
function membersOf(json: string): readonly Member[] {
  const spans = spansOf(json);
  return spans.flatMap((name, at) => {
    const value = spans[at + 1];
    if (at % 2 !== 0 || value === undefined) return [];
    return [{ ...value, name: JSON.parse(json.slice(name.start, name.end)) as string }];
  });
}

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * The offsets of the names and the values of an object, in turn. It does not recurse, because values may be nested ten thousand deep.
 */
function spansOf(json: string): { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of json.matchAll(JSON_TOKEN)) {
    if (token === ':' || token === ',') continue;
    if (token === '}' || token === ']') depth--;
    else if (depth === 1) start = index;
    if (token === '{' || token === '[') depth++;
    else if (depth === 1) spans.push({ start, end: index + token.length });
  }
  return spans;
}

/**
 * Replaces values of a JSON object's members in its text; every other byte stays as it was.
 * @param values new values by name; ignored if the member is missing
 * @param added values to append after the last member if they are missing
 */
export function withValues(
  json: string,
  values: Readonly<Record<string, unknown>>,
  added: Readonly<Record<string, unknown>> = {},
): string {
  const members = membersOf(json);
  const names = new Set(members.map(({ name }) => name));
  const last = members.at(-1)?.end ?? 0;
  const missing = Object.entries(added).filter(([name]) => !names.has(name));
  const insertion = missing
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join('');
  const known = { ...values, ...added };
  let edited = json.slice(0, last) + insertion + json.slice(last);
  // From the end, so that the offsets of earlier members stay right.
  for (const { name, start, end } of members.toReversed()) {
    if (Object.hasOwn(known, name))
      edited = edited.slice(0, start) + JSON.stringify(known[name]) + edited.slice(end);
  }
  return edited;
}

/** White space, characters without width, and byte order marks, which people copy without seeing them. */
const INVISIBLE = /[\s\0\u200B-\u200D\u2060]/;

function trimInvisible(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && INVISIBLE.test(value.charAt(start))) start++;
  while (end > start && INVISIBLE.test(value.charAt(end - 1))) end--;
  return value.slice(start, end);
}

function characterName(character: string): string {
  switch (character) {
    case ' ':
      return 'a blank';
    case '\t':
      return 'a tab';
    case '\n':
    case '\r':
      return 'a line break';
    case '\uFEFF':
      return 'a byte order mark';
    default:
      return `the invisible character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  }
}
