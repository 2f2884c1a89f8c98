/** Decodes v2 keys and their refresh tokens: JWTs whose claims say what they are. Checks no signature: only Momento can. */

/** Node decodes base64url past characters that do not belong to it: a whole JSON text with two dots would pass. */
const JWT = /^[\w-]+\.([\w-]+)\.[\w-]+$/;

export type Claims = Readonly<Record<string, unknown>>;

/**
 * @returns the key's id and its expiry in epoch seconds, as far as the key names them; undefined if this is no v2 key
 */
export function decodeV2Key(
  apiKey: string,
): { readonly keyId?: string | undefined; readonly expiresAt?: number | undefined } | undefined {
  const claims = claimsOf(apiKey);
  return claims?.t === 'g' ? { keyId: textClaim(claims.jti), expiresAt: expiryClaim(claims) } : undefined;
}

/** @returns the id of the key that the token refreshes, if it names one; undefined if this is no v2 refresh token */
export function decodeV2RefreshToken(token: string): { readonly keyId?: string | undefined } | undefined {
  const claims = claimsOf(token);
  return claims?.t === 'gr' ? { keyId: textClaim(claims.akid) } : undefined;
}

/** @returns what another token is, for the message that refuses it as a key; undefined if it cannot be told */
export function otherTokenName(token: string): string | undefined {
  const claims = claimsOf(token);
  if (claims === undefined) return undefined;
  if (claims.t === 'gr') return 'a v2 refresh token';
  if (typeof claims.c === 'string' && typeof claims.cp === 'string') return 'a legacy Momento token';
  return 'a JWT whose claim t is not g';
}

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

/** @returns claim `exp` in whole epoch seconds; undefined if there is none */
export function expiryClaim(claims: Claims | undefined): number | undefined {
  const expiry = claims?.exp;
  return typeof expiry === 'number' && expiry > 0 ? Math.floor(expiry) : undefined;
}

function textClaim(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined;
}
