/** The types of Momento's API keys, and their decoding. Signatures are not checked, because only Momento can do that. */
import type { SuccessorRefusal } from '../errors.ts';

/** A key, with the values that refresh and prove it. */
export type Key = V1Key | V2Key;

interface V1Key {
  readonly kind: 'v1';
  /** The text that the console offers and the SDK reads: base64 of {"endpoint","api_key"}. */
  readonly apiKey: string;
  /** Empty if the key never expires. */
  readonly refreshToken: string;
  /** The host inside the key, such as `cell-4-us-west-2-1.prod.a.momentohq.com`. */
  readonly endpoint: string;
}

export interface V2Key {
  readonly kind: 'v2';
  /** A JWT whose claim `t` is `g`. */
  readonly apiKey: string;
  /** Works once and expires with the key. Absent if Momento gave none. */
  readonly refreshToken?: string | undefined;
  readonly keyId: string;
  /** The endpoint in the secret. A v2 key does not contain its endpoint. */
  readonly endpoint?: string | undefined;
  /** Momento's description of the key, if the secret holds Momento's own answer. */
  readonly info?: KeyInfo | undefined;
}

/** Momento's description of a v2 key, with the field names of its API. It may have more fields, but never the key. */
export interface KeyInfo {
  readonly key_id: string;
  readonly description: string;
  readonly role_id: string;
  /** Absent if the key never expires. */
  readonly expires_at_epoch_seconds?: number | undefined;
  readonly issued_at_epoch_seconds: number;
}

/** The properties that a successor must share. */
export interface KeyTraits {
  readonly roleId?: string | undefined;
  readonly description?: string | undefined;
  /** Absent if the key never expires. */
  readonly lifetimeSeconds?: number | undefined;
}

export function traitsOf(info: KeyInfo | undefined): KeyTraits {
  if (info === undefined) return {};
  const { role_id: roleId, description, expires_at_epoch_seconds: expiresAt } = info;
  const lifetimeSeconds = expiresAt === undefined ? undefined : expiresAt - info.issued_at_epoch_seconds;
  return { roleId, description, lifetimeSeconds };
}

/** A key that Momento issued. */
export interface IssuedKey {
  readonly apiKey: string;
  /** Absent if Momento gave none: such a key cannot be refreshed. */
  readonly refreshToken?: string | undefined;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** v2 only. */
  readonly info?: KeyInfo | undefined;
}

/**
 * The issuer's answer to the request for a new key. `detail` is a code, never a message.
 * - `rejected`: the refresh token is invalid, or its key was revoked or has expired
 * - `spent`: the token was used before
 * - `locked`: Momento has locked the account; the token is not spent
 * - `refused`: the request is invalid
 * - `unusable`: the key does not name a Momento host, so nothing was sent
 * - `no-token`: the key has no refresh token, so nothing was sent
 * - `not-offered`: this account does not offer refreshes; the token is not spent
 * - `key-limit`: the account has too many keys; the token is not spent
 * - `throttled`: too many calls; the token is not spent
 * - `unanswered`: there was no readable answer, so a key may have been issued and the token may be spent
 */
export type IssueOutcome =
  | { readonly result: 'issued'; readonly key: IssuedKey }
  | {
      readonly result:
        | 'rejected'
        | 'spent'
        | 'locked'
        | 'refused'
        | 'unusable'
        | 'no-token'
        | 'not-offered'
        | 'key-limit'
        | 'throttled'
        | 'unanswered';
      readonly detail: string;
    };

/** What Momento answers to the request to generate a successor. `detail` is a code, never a message. */
export type SuccessorOutcome =
  | { readonly result: 'issued'; readonly key: IssuedKey }
  | { readonly result: SuccessorRefusal; readonly detail: string };

/** What is wrong with a value, without a part of the value. */
export class Fault extends Error {}

/** The fields of a secret that make up a key; undefined if a field is missing. */
export interface KeyFields {
  readonly apiKey: string;
  readonly refreshToken: string | undefined;
  /** Epoch seconds; 0 stands for never. */
  readonly validUntil: number | undefined;
  readonly endpoint: string | undefined;
  readonly keyId: string | undefined;
  readonly info: KeyInfo | undefined;
}

/** The names of the fields in the secret, for messages. */
export type FieldNames = Readonly<Record<'apiKey' | 'refreshToken' | 'validUntil' | 'keyId', string>>;

/**
 * Finds out which kind of key it is, and checks that the key and its refresh token belong together.
 * @returns the key and its expiry in epoch seconds: the earlier one if the secret and the key itself name different expiries,
 * undefined if the key never expires
 * @throws {Fault}
 */
export function decodeKey(
  fields: KeyFields,
  names: FieldNames,
): { readonly key: Key; readonly expiresAt: number | undefined } {
  const { apiKey, refreshToken, validUntil } = fields;
  const v1 = decodeV1Key(apiKey);
  const v2 = v1 === undefined ? v2Key(fields, names) : undefined;
  const expiresAt = earlier(validUntil, expiryClaim(v1?.innerKey ?? apiKey));
  if (expiresAt === undefined) {
    if (validUntil !== 0 && refreshToken !== undefined)
      throw new Fault(`field ${names.validUntil} is missing`);
    return { key: v2 ?? { kind: 'v1', apiKey, refreshToken: '', endpoint: v1?.endpoint ?? '' }, expiresAt };
  }
  return { key: v2 ?? v1Key(fields, names, v1?.endpoint ?? ''), expiresAt };
}

/** Whether a text is an API key and nothing else. */
export function isApiKey(text: string): boolean {
  return decodeV1Key(text) !== undefined || claimsOf(text)?.t === 'g';
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @returns undefined if this is no v1 key */
function decodeV1Key(apiKey: string): { readonly endpoint: string; readonly innerKey: string } | undefined {
  if (!BASE64.test(apiKey)) return undefined;
  try {
    const content: unknown = JSON.parse(Buffer.from(apiKey, 'base64').toString('utf8'));
    const { endpoint, api_key: innerKey } = Object(content) as Record<string, unknown>;
    if (typeof endpoint !== 'string' || typeof innerKey !== 'string') return undefined;
    return endpoint === '' || innerKey === '' ? undefined : { endpoint, innerKey };
  } catch {
    return undefined;
  }
}

function v1Key({ apiKey, refreshToken }: KeyFields, names: FieldNames, endpoint: string): V1Key {
  if (refreshToken === undefined) throw new Fault(`field ${names.refreshToken} is missing`);
  if (claimsOf(refreshToken)?.t === 'gr') {
    throw new Fault(
      `field ${names.refreshToken} holds the refresh token of a v2 key, and ${names.apiKey} a v1 key`,
    );
  }
  return { kind: 'v1', apiKey, refreshToken, endpoint };
}

/** The id goes into URLs, logs and results. So it must be neither a path nor a token that was put into the wrong field. */
export const KEY_ID = /^[A-Za-z0-9_-]{1,128}$/;

function v2Key(fields: KeyFields, names: FieldNames): V2Key {
  const { apiKey, refreshToken, endpoint, keyId: namedId, info } = fields;
  const claims = claimsOf(apiKey);
  if (claims?.t !== 'g') throw new Fault(`field ${names.apiKey} ${whatElse(claims)}`);
  const ownId = textClaim(claims.jti);
  const keyId = ownId ?? namedId;
  if (keyId === undefined) throw new Fault(`field ${names.keyId} is missing, and the key itself names no id`);
  if (!KEY_ID.test(keyId)) {
    const found =
      ownId === undefined
        ? `${names.keyId} is not the id of a key`
        : `${names.apiKey} holds a key with an unusable id`;
    throw new Fault(`field ${found}: it must have 1 to 128 letters, digits, _ or -`);
  }
  // The secret has half of an old answer and half of a new one, so none of it can be trusted.
  if (namedId !== undefined && namedId !== keyId) {
    throw new Fault(`field ${names.keyId} names another key than the one in ${names.apiKey}`);
  }
  const token = refreshToken === undefined ? { t: 'gr' } : claimsOf(refreshToken);
  if (token?.t !== 'gr') throw new Fault(`field ${names.refreshToken} is not the refresh token of a v2 key`);
  if ((textClaim(token.akid) ?? keyId) !== keyId) {
    throw new Fault(`field ${names.refreshToken} belongs to another key than the one in ${names.apiKey}`);
  }
  return { kind: 'v2', apiKey, refreshToken, keyId, endpoint, info };
}

/** Names the kind of a token that is not an API key. */
function whatElse(claims: Claims | undefined): string {
  if (claims === undefined) return 'is not a v1 or v2 API key';
  if (claims.t === 'gr') return 'holds a v2 refresh token, not an API key';
  const isLegacy = typeof claims.c === 'string' && typeof claims.cp === 'string';
  return `holds ${isLegacy ? 'a legacy Momento token' : 'a JWT whose claim t is not g'}, not an API key`;
}

type Claims = Readonly<Record<string, unknown>>;

/** Node ignores invalid characters when it decodes base64url. Without this check a JSON text with two dots would pass. */
const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/;

/** @returns the claims of a JWT; undefined if this is none */
export function claimsOf(token: string): Claims | undefined {
  const payload = JWT.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : undefined;
  } catch {
    return undefined;
  }
}

/** The ids of all v2 keys in a text, such as the value of a secret, whatever their fields are called. */
export function keyIdsIn(text: string): string[] {
  const claims = text.split(/[^\w.-]+/).map((word) => claimsOf(word));
  return claims.flatMap((found) => (found?.t === 'g' ? (textClaim(found.jti) ?? []) : []));
}

/** The claim `exp` in whole epoch seconds; undefined if there is none. */
function expiryClaim(token: string): number | undefined {
  const expiry = claimsOf(token)?.exp;
  return typeof expiry === 'number' && expiry > 0 ? Math.floor(expiry) : undefined;
}

function textClaim(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined;
}

/** The earlier of two instants that may be unknown. 0 means never. */
function earlier(validUntil: number | undefined, named: number | undefined): number | undefined {
  const known = [validUntil, named].filter((at) => at !== undefined && at !== 0) as number[];
  return known.length === 0 ? undefined : Math.min(...known);
}
