/** The record format of a secret: reads what Momento's console gives, writes it back with a new key. Knows no SDK and no I/O. */
import { z } from 'zod';
import { SecretContentError } from '../errors.ts';
import { PLACEHOLDER } from '../names.ts';
import type { IssuedKey } from './key.ts';

/** The year 2286: whatever lies beyond it is a slip of the unit, and no longer fits into the name of a wake-up. */
export const LATEST_EXPIRY = 9_999_999_999;

/** From here on a number can only be milliseconds: as seconds it would lie in the year 5138. */
const FIRST_MILLISECONDS = 100_000_000_000;

export type SecretContent =
  | { readonly kind: 'placeholder' }
  | { readonly kind: 'never-expires' }
  | ExpiringKey;

export interface ExpiringKey {
  readonly kind: 'expiring';
  readonly apiKey: string;
  readonly refreshToken: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** The record as it was read, fields that we do not know included. */
  readonly record: Readonly<Record<string, unknown>>;
}

const text = z.string('must be a string').min(1, 'must not be empty');
const WANTED_INSTANT = 'must be epoch seconds, as a number or as a string of digits, before the year 2286';
const instant = z
  .union([z.number(), z.string().regex(/^\d+$/, WANTED_INSTANT)], WANTED_INSTANT)
  .refine((value) => Number(value) >= 0 && epochSeconds(value) <= LATEST_EXPIRY, WANTED_INSTANT);
const recordSchema = z.object({
  apiKey: text.optional(),
  authToken: text.optional(),
  // A key that never expires may come with an empty one.
  refreshToken: z.string('must be a string').optional(),
  validUntil: instant.optional(),
});

/**
 * @param value the secret's text; undefined where it is binary
 * @throws {SecretContentError} naming the fields at fault, never a value
 */
export function parseSecretContent(secretName: string, value: string | undefined): SecretContent {
  const { record, fields } = parseRecord(secretName, value);
  // The predecessor stored the key as `authToken`; `apiKey` is what the console and we write.
  const apiKey = fields.apiKey ?? fields.authToken;
  if (apiKey === undefined) {
    if (isPlaceholder(record)) return { kind: 'placeholder' };
    throw invalid(secretName, 'field apiKey is missing');
  }
  if (isV2Key(apiKey)) {
    throw new SecretContentError(
      `Secret "${secretName}" holds a Momento v2 API key (a JWT whose claim t is g). It has no refresh token, so it cannot be refreshed: ` +
        'put a v1 key with an expiry and a refresh token into the secret, or manage this key elsewhere.',
    );
  }
  const { validUntil } = fields;
  const refreshToken = fields.refreshToken === '' ? undefined : fields.refreshToken;
  const expiresAt = validUntil === undefined ? undefined : epochSeconds(validUntil);
  if (expiresAt === 0 || (expiresAt === undefined && refreshToken === undefined)) {
    return { kind: 'never-expires' };
  }
  if (expiresAt === undefined) throw invalid(secretName, 'field validUntil is missing');
  if (refreshToken === undefined) throw invalid(secretName, 'field refreshToken is missing');
  return { kind: 'expiring', apiKey, refreshToken, expiresAt, record };
}

/** The text of the next version: the old record with the new key, its expiry in the type and unit that it came in. */
export function renewedSecretText(key: ExpiringKey, issued: IssuedKey): string {
  const { record } = key;
  return JSON.stringify({
    ...record,
    apiKey: issued.apiKey,
    ...('authToken' in record ? { authToken: issued.apiKey } : {}),
    refreshToken: issued.refreshToken,
    validUntil: inTheTypeOf(record.validUntil, issued.expiresAt),
  });
}

/** The record itself, for everything in it to be kept, and the fields that we know. */
function parseRecord(secretName: string, value: string | undefined) {
  if (value === undefined) throw invalid(secretName, 'it is binary');
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    // The parser's message quotes the text that it choked on: it is dropped.
    throw invalid(secretName, 'it is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalid(secretName, 'it is not a JSON object');
  }
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return { record: json as Record<string, unknown>, fields: parsed.data };
  const faults = parsed.error.issues.map((issue) => `field ${String(issue.path[0])} ${issue.message}`);
  throw invalid(secretName, faults.join(', '));
}

function invalid(secretName: string, fault: string): SecretContentError {
  return new SecretContentError(
    `The value of secret "${secretName}" is not a Momento key: ${fault}. ` +
      'It must be the JSON that the Momento console offers for download, with apiKey, refreshToken and validUntil. Nothing was changed.',
  );
}

function isPlaceholder(record: Record<string, unknown>): boolean {
  return record.status === JSON.parse(PLACEHOLDER).status;
}

/** A v2 key is a JWT that says so itself: claim `t` is `g` (Momento's authentication documentation). */
function isV2Key(apiKey: string): boolean {
  const [, payload, signature] = apiKey.split('.');
  if (payload === undefined || signature === undefined) return false;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))?.t === 'g';
  } catch {
    return false;
  }
}

function epochSeconds(validUntil: number | string): number {
  const value = Number(validUntil);
  return Math.floor(value >= FIRST_MILLISECONDS ? value / 1000 : value);
}

function inTheTypeOf(original: unknown, expiresAt: number): number | string {
  const value = Number(original) >= FIRST_MILLISECONDS ? expiresAt * 1000 : expiresAt;
  return typeof original === 'string' ? String(value) : value;
}
