/** The value of a secret: finds which kind of key it holds, and puts a new key into its text in place. Knows no SDK and no I/O. */
import * as z from 'zod/mini';
import { SecretContentError } from '../errors.ts';

import { PLACEHOLDER } from '../names.ts';

import { Fault, invisibleIn, membersOf, parseObject, trimInvisible, withValues } from './json-text.ts';
import type { IssuedKey, Key, KeyInfo } from './key.ts';
import { decodeV1Key } from './v1-key.ts';
import { decodeV2Key, decodeV2RefreshToken, otherTokenName } from './v2-key.ts';

/** The year 2286: an expiry beyond it is a wrong unit, and does not fit into the name of a wake-up. */
export const LATEST_EXPIRY = 9_999_999_999;

/** From here on a number can only be milliseconds: as seconds it would lie in the year 5138. */
const FIRST_MILLISECONDS = 100_000_000_000;

export type SecretContent =
  | { readonly kind: 'placeholder' }
  | { readonly kind: 'never-expires' }
  | ExpiringKey;

export interface ExpiringKey {
  readonly kind: 'expiring';
  readonly key: Key;
  /** Epoch seconds: the earlier one if the secret and the key itself name different expiries. */
  readonly expiresAt: number;
  /** The secret's whole text, as it was read. */
  readonly text: string;
}

/** The names of the key, the best first: the predecessor stored it as `authToken`. */
const API_KEY_NAMES = ['apiKey', 'authToken', 'apiToken'] as const;
const V1_NAMES = [...API_KEY_NAMES, 'refreshToken', 'validUntil'];
const V2_NAMES = [...V1_NAMES, 'endpoint', 'keyId'];
const ANSWER_NAMES = ['api_key', 'refresh_token', 'key_info', 'previous_key_id', 'endpoint'];

const missingOr = (fault: string) => ({
  error: ({ input }: { readonly input: unknown }) => (input === undefined ? 'is missing' : fault),
});
const trimmed = z.pipe(z.string(missingOr('must be a string')), z.transform(trimInvisible));
const text = z.pipe(trimmed, z.string().check(z.minLength(1, 'must not be empty')));
// An empty one counts as none: a key that never expires may come with it.
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
 * The text of the next version: the old text with the new key, its expiry in the type and unit that it came in.
 * Every byte outside the values that are replaced stays as it was.
 */
export function renewedSecretText({ text: old, key }: ExpiringKey, issued: IssuedKey): string {
  const { apiKey, refreshToken = '', expiresAt, info } = issued;
  const record = parseObject(old);
  if (isAnswer(record)) {
    const values = { api_key: apiKey, key_info: info, previous_key_id: key.kind === 'v2' ? key.keyId : '' };
    return withValues(old, values, { refresh_token: refreshToken });
  }
  const keys = Object.fromEntries(API_KEY_NAMES.map((name) => [name, apiKey]));
  const id = info === undefined ? {} : { keyId: info.key_id };
  const added = { refreshToken, validUntil: inTheTypeOf(record.validUntil, expiresAt) };
  return withValues(old, { ...keys, ...id }, added);
}

function parseContent(value: string | undefined): SecretContent {
  if (value === undefined) throw new Fault('it is binary');
  if (isBareKey(trimInvisible(value))) throw new Fault('it is not JSON: it is an API key alone');
  const record = parseObject(value);
  const names = membersOf(value).map(({ name }) => name);
  if (isAnswer(record)) return parseAnswer(record, names, value);
  const fields = parseFields(recordSchema, record);
  const field = API_KEY_NAMES.find((name) => fields[name] !== undefined) ?? 'apiKey';
  const apiKey = fields[field];
  if (apiKey === undefined) {
    if (record.status === JSON.parse(PLACEHOLDER).status) return { kind: 'placeholder' };
    throw new Fault('field apiKey is missing');
  }
  const { refreshToken, validUntil } = fields;
  const v1 = decodeV1Key(apiKey);
  if (v1 === undefined) {
    refuseDuplicates(names, V2_NAMES);
    const { endpoint, keyId } = parseFields(v2Schema, record);
    const found = { apiKey, refreshToken, endpoint, keyId, validUntil, info: undefined };
    return v2Content(found, { apiKey: field, refreshToken: 'refreshToken', keyId: 'keyId' }, value);
  }
  refuseDuplicates(names, V1_NAMES);
  const expiresAt = earlier(validUntil, v1.expiresAt);
  if (expiresAt === undefined) {
    if (validUntil === 0 || refreshToken === undefined) return { kind: 'never-expires' };
    throw new Fault('field validUntil is missing');
  }
  if (refreshToken === undefined) throw new Fault('field refreshToken is missing');
  if (decodeV2RefreshToken(refreshToken) !== undefined) {
    throw new Fault(`field refreshToken holds the refresh token of a v2 key, and ${field} a v1 key`);
  }
  const key = { kind: 'v1', apiKey, refreshToken, endpoint: v1.endpoint } as const;
  return { kind: 'expiring', key, expiresAt, text: value };
}

function parseAnswer(record: object, names: readonly string[], value: string): SecretContent {
  refuseDuplicates(names, ANSWER_NAMES);
  const fields = parseFields(answerSchema, record);
  const { api_key: apiKey, refresh_token: refreshToken, key_info: info, endpoint } = fields;
  const validUntil = info.expires_at_epoch_seconds;
  const found = { apiKey, refreshToken, endpoint, keyId: info.key_id, validUntil, info };
  return v2Content(
    found,
    { apiKey: 'api_key', refreshToken: 'refresh_token', keyId: 'key_info.key_id' },
    value,
  );
}

interface FoundV2 {
  readonly apiKey: string;
  readonly refreshToken: string | undefined;
  readonly endpoint: string | undefined;
  readonly keyId: string | undefined;
  readonly validUntil: number | undefined;
  readonly info: KeyInfo | undefined;
}

/** @param names what the fields are called in this secret, for messages */
function v2Content(
  { apiKey, refreshToken, endpoint, keyId: namedId, validUntil, info }: FoundV2,
  names: { readonly apiKey: string; readonly refreshToken: string; readonly keyId: string },
  value: string,
): SecretContent {
  const decoded = decodeV2Key(apiKey);
  if (decoded === undefined) throw notAKey(names.apiKey, apiKey);
  const keyId = decoded.keyId ?? namedId;
  if (keyId === undefined) throw new Fault(`field ${names.keyId} is missing, and the key itself names no id`);
  // Half of an old answer beside half of a new one: nothing in it can be trusted.
  if (namedId !== undefined && namedId !== keyId) {
    throw new Fault(`field ${names.keyId} names another key than the one in ${names.apiKey}`);
  }
  if (refreshToken !== undefined) {
    const token = decodeV2RefreshToken(refreshToken);
    if (token === undefined)
      throw new Fault(`field ${names.refreshToken} is not the refresh token of a v2 key`);
    if (token.keyId !== undefined && token.keyId !== keyId) {
      throw new Fault(`field ${names.refreshToken} belongs to another key than the one in ${names.apiKey}`);
    }
  }
  const expiresAt = earlier(validUntil, decoded.expiresAt);
  if (expiresAt === undefined) {
    if (validUntil === 0 || refreshToken === undefined) return { kind: 'never-expires' };
    throw new Fault('field validUntil is missing');
  }
  const key = { kind: 'v2', apiKey, refreshToken, keyId, endpoint, info } as const;
  return { kind: 'expiring', key, expiresAt, text: value };
}

function isBareKey(value: string): boolean {
  return decodeV1Key(value) !== undefined || decodeV2Key(value) !== undefined;
}

function notAKey(field: string, token: string): Fault {
  const other = otherTokenName(token);
  if (other !== undefined) return new Fault(`field ${field} holds ${other}, not an API key`);
  const found = invisibleIn(token);
  const hint = found === undefined ? '' : `: it has ${found} in it`;
  return new Fault(`field ${field} is not a v1 or v2 API key${hint}`);
}

/** The earlier of two instants that may be unknown; 0 stands for never. */
function earlier(validUntil: number | undefined, named: number | undefined): number | undefined {
  const known = [validUntil, named].filter((at) => at !== undefined && at !== 0) as number[];
  return known.length === 0 ? undefined : Math.min(...known);
}

function parseFields<T>(schema: z.ZodMiniType<T>, record: object): T {
  const parsed = schema.safeParse(record);
  if (parsed.success) return parsed.data;
  throw new Fault(
    parsed.error.issues.map((issue) => `field ${issue.path.join('.')} ${issue.message}`).join(', '),
  );
}

/** JSON readers differ in which of two members with one name they take. */
function refuseDuplicates(names: readonly string[], ours: readonly string[]): void {
  const twice = ours.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice.length > 0) throw new Fault(twice.map((name) => `field ${name} occurs twice`).join(', '));
}

/** Momento's own answer, as it came: it has none of our names for the key. */
function isAnswer(record: object): boolean {
  return Object.hasOwn(record, 'api_key') && !API_KEY_NAMES.some((name) => Object.hasOwn(record, name));
}

function epochSeconds(validUntil: number | string): number {
  const value = Number(validUntil);
  return Math.floor(value >= FIRST_MILLISECONDS ? value / 1000 : value);
}

function inTheTypeOf(original: unknown, expiresAt: number): number | string {
  const value = Number(original) >= FIRST_MILLISECONDS ? expiresAt * 1000 : expiresAt;
  return typeof original === 'string' ? String(value) : value;
}
