/** Decodes v1 keys: base64 of {"endpoint","api_key"}. */
import { claimsOf, expiryClaim } from './v2-key.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * @returns the endpoint inside the key, and its expiry in epoch seconds if the inner key is a JWT that names one;
 * undefined if this is no v1 key
 */
export function decodeV1Key(
  apiKey: string,
): { readonly endpoint: string; readonly expiresAt?: number | undefined } | undefined {
  if (!BASE64.test(apiKey)) return undefined;
  try {
    const content: unknown = JSON.parse(Buffer.from(apiKey, 'base64').toString('utf8'));
    const { endpoint, api_key: inner } = Object(content) as Record<string, unknown>;
    if (typeof endpoint !== 'string' || typeof inner !== 'string') return undefined;
    if (endpoint === '' || inner === '') return undefined;
    return { endpoint, expiresAt: expiryClaim(claimsOf(inner)) };
  } catch {
    return undefined;
  }
}
