/** The values that people put into a secret, good and bad, and the key that a reader finds in one. Written apart from the function's own parser. */
import type { KeyAnswer, KeyInfo } from '../../local/momento/account.ts';
import type { GeneratedKey } from '../../local/momento/momento.ts';
import type { SecretPlan } from './scenario.ts';

/** The host that keys work at. */
const ENDPOINT = 'cell-local-1.prod.a.momentohq.com';

export const PLACEHOLDER_TEXT = '{"status":"not seeded yet"}';

/** A key as an application finds it in a secret. Epoch seconds. */
export interface FoundKey {
  readonly kind: 'v1' | 'v2';
  readonly apiKey: string;
  readonly expiresAt: number;
  /** v2 only. */
  readonly keyId?: string;
  /** v2 only: there is no refresh token beside it. */
  readonly isTokenless?: boolean;
  /** If the value says when the key was issued. */
  readonly issuedAt?: number | undefined;
}

/** What an application finds: undefined where the value holds no key that expires and can be refreshed or replaced. */
export function keyIn(text: string): FoundKey | undefined {
  try {
    const record = JSON.parse(text);
    const { apiKey, authToken, api_key: ofAnswer } = record;
    const key = apiKey ?? authToken ?? ofAnswer;
    if (typeof key !== 'string') return undefined;
    return key.includes('.') ? v2KeyIn(key, record) : v1KeyIn(key, record);
  } catch {
    return undefined;
  }
}

function v1KeyIn(
  apiKey: string,
  { refreshToken, validUntil }: Record<string, unknown>,
): FoundKey | undefined {
  if (typeof refreshToken !== 'string' || !(Number(validUntil) > 0)) return undefined;
  const instant = Number(validUntil);
  return { kind: 'v1', apiKey, expiresAt: Math.floor(instant > 1e11 ? instant / 1000 : instant) };
}

function v2KeyIn(apiKey: string, record: Record<string, unknown>): FoundKey | undefined {
  const { jti: keyId, exp: expiresAt } = claimsOf(apiKey);
  const token = record.refreshToken ?? record.refresh_token;
  const isPair = token === undefined || (typeof token === 'string' && claimsOf(token).akid === keyId);
  if (typeof keyId !== 'string' || typeof expiresAt !== 'number' || !isPair) return undefined;
  if (record.endpoint !== undefined && record.endpoint !== ENDPOINT) return undefined;
  const { key_id: ofAnswer = keyId, issued_at_epoch_seconds: issuedAt } = Object(
    record.key_info,
  ) as Partial<KeyInfo>;
  if (ofAnswer !== keyId) return undefined;
  return { kind: 'v2', apiKey, expiresAt, keyId, isTokenless: token === undefined, issuedAt };
}

/** Of a v2 key, or of its refresh token. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** A record as a person puts it, with a field that the function does not know. */
export function recordText(
  { record }: Pick<SecretPlan, 'record'>,
  { apiKey, refreshToken, validUntil }: GeneratedKey,
): string {
  switch (record) {
    case 'console':
      return JSON.stringify({ apiKey, refreshToken, validUntil });
    case 'text':
      return JSON.stringify({ apiKey, refreshToken, validUntil: String(validUntil), owner: 'team' });
    case 'milliseconds':
      return JSON.stringify({ apiKey, refreshToken, validUntil: validUntil * 1000 });
    case 'predecessor':
      return JSON.stringify({ authToken: apiKey, refreshToken, validUntil });
    case 'answer':
    case 'with-endpoint':
    case 'without-endpoint':
      throw new Error('a v1 key has no such record');
  }
}

/** As above, for a v2 key. */
export function v2RecordText({ record }: Pick<SecretPlan, 'record'>, answer: KeyAnswer): string {
  if (record === 'answer') return JSON.stringify(answer);
  const { api_key: apiKey, refresh_token: refreshToken, key_info: info } = answer;
  const { key_id: keyId, expires_at_epoch_seconds: validUntil } = info;
  const endpoint = record === 'with-endpoint' ? { endpoint: ENDPOINT } : {};
  return JSON.stringify({ apiKey, ...endpoint, refreshToken, validUntil, keyId });
}

/** @param key a real key: rubbish that holds it must not be quoted */
export function rubbishTexts({ apiKey, refreshToken, validUntil }: GeneratedKey): [string, ...string[]] {
  const claims = Buffer.from('{"t":"g"}').toString('base64url');
  return [
    apiKey,
    `{"apiKey": "${apiKey}", "refreshToken": `,
    JSON.stringify({ apiKey, refreshToken }),
    JSON.stringify({ apiKey, validUntil }),
    JSON.stringify({ apiKey: '', refreshToken, validUntil }),
    JSON.stringify({ apiKey, refreshToken, validUntil: `${apiKey}` }),
    JSON.stringify([apiKey, refreshToken]),
    JSON.stringify({ apiKey: `eyJhbGciOiJub25lIn0.${claims}.x`, refreshToken, validUntil }),
    'null',
  ];
}

/** @param other a key whose token does not belong to the first */
export function v2RubbishTexts(key: KeyAnswer, other: KeyAnswer): [string, ...string[]] {
  const { api_key: apiKey, refresh_token: refreshToken, key_info: info } = key;
  const { expires_at_epoch_seconds: validUntil } = info;
  return [
    apiKey,
    `{"api_key": "${apiKey}", "key_info": `,
    JSON.stringify({ ...key, refresh_token: other.refresh_token ?? apiKey }),
    JSON.stringify({ ...key, api_key: refreshToken ?? '' }),
    JSON.stringify({ ...key, key_info: other.key_info }),
    JSON.stringify({ apiKey, refreshToken: apiKey, validUntil }),
    JSON.stringify({ apiKey, refreshToken, validUntil, endpoint: `https://${ENDPOINT}/` }),
  ];
}
