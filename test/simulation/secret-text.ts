/** The values that people put into a secret, good and bad, and the key that a reader finds in one. Written apart from the function's own parser. */
import type { GeneratedKey } from '../../local/momento/momento.ts';
import type { SecretPlan } from './scenario.ts';

export const PLACEHOLDER_TEXT = '{"status":"not seeded yet"}';

/** What an application finds: undefined where the value holds no key that expires and can be refreshed. */
export function keyIn(text: string): { apiKey: string; expiresAt: number } | undefined {
  try {
    const { apiKey, authToken, refreshToken, validUntil } = JSON.parse(text);
    const key = apiKey ?? authToken;
    if (typeof key !== 'string' || typeof refreshToken !== 'string' || !(Number(validUntil) > 0))
      return undefined;
    if (key.includes('.')) return undefined;
    const instant = Number(validUntil);
    return { apiKey: key, expiresAt: Math.floor(instant > 1e11 ? instant / 1000 : instant) };
  } catch {
    return undefined;
  }
}

/** A record as a person puts it, with a field that the function does not know. */
export function recordText(plan: SecretPlan, { apiKey, refreshToken, validUntil }: GeneratedKey): string {
  switch (plan.record) {
    case 'console':
      return JSON.stringify({ apiKey, refreshToken, validUntil });
    case 'text':
      return JSON.stringify({ apiKey, refreshToken, validUntil: String(validUntil), owner: 'team' });
    case 'milliseconds':
      return JSON.stringify({ apiKey, refreshToken, validUntil: validUntil * 1000 });
    case 'predecessor':
      return JSON.stringify({ authToken: apiKey, refreshToken, validUntil });
  }
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
