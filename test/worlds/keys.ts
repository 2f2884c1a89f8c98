/** API keys and tokens in Momento's formats. None of them is real. */

/** As Momento's console gives a v1 key. */
export function v1Key(endpoint: unknown, inner: string): string {
  return Buffer.from(JSON.stringify({ endpoint, api_key: inner })).toString('base64');
}

/** A JWT with these claims and no valid signature, as v2 keys and their refresh tokens are. */
export function jwt(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

export const V1_KEY = v1Key('cell-1.prod.a.momentohq.com', 'the-key');
export const NEW_V1_KEY = v1Key('cell-1.prod.a.momentohq.com', 'the-new-key');

/** The refresh token of a v2 key names its key, `key-1`. */
export const V2_KEY = jwt({ t: 'g', jti: 'key-1' });
export const V2_TOKEN = jwt({ t: 'gr', akid: 'key-1' });
