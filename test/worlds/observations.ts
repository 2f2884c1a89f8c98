/** Builders of observations and instants for the tests: a key made on 1 November that expires on the 11th, in one secret. */
import type { CurrentVersion, Observation, PendingVersion } from '../../handlers/rules/secret.ts';
import type { ExpiringKey, SecretContent } from '../../handlers/rules/secret-value.ts';
import { V1_KEY } from './keys.ts';
import { ACCOUNT, SECRET } from './names.ts';

export const SECRET_ARN = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${SECRET}-AbCdEf`;

/** Chosen by Secrets Manager or a person: it tells nothing about what it succeeds. */
export const CURRENT_ID = '11111111-1111-4111-8111-111111111111';
export const OTHER_ID = '22222222-2222-4222-8222-222222222222';
/** The ids that the refresher gives the successors of `CURRENT_ID` and of 33333333-3333-4333-8333-333333333333 (by sha256sum). */
export const SUCCESSOR_ID = 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-c7757c0896cb';
export const STRANGER_ID = 'f6222a1106eefe4f6b25302a9d963cfaba14bedf-c7757c0896cb';

export const CREATED = '2026-11-01T00:00:00Z';
const EXPIRES = '2026-11-11T00:00:00Z';

/** Epoch seconds of an instant such as `2026-11-06T00:00:00Z`. */
export function epoch(instant: string): number {
  return Date.parse(instant) / 1000;
}

export function expiringKey(expires = EXPIRES): ExpiringKey {
  const expiresAt = epoch(expires);
  return {
    kind: 'expiring',
    key: {
      kind: 'v1',
      apiKey: V1_KEY,
      refreshToken: 'the-token',
      endpoint: 'cell-1.prod.a.momentohq.com',
    },
    expiresAt,
    text: JSON.stringify({ apiKey: V1_KEY, refreshToken: 'the-token', validUntil: expiresAt }),
  };
}

export const NEVER_EXPIRING: SecretContent = { kind: 'never-expires', key: expiringKey().key };

export function currentVersion(changes: Partial<CurrentVersion> = {}): CurrentVersion {
  return { versionId: CURRENT_ID, createdAtMs: epoch(CREATED) * 1000, content: expiringKey(), ...changes };
}

/** A key that an earlier run issued to succeed the current one and did not make current. */
export function pendingVersion(changes: Partial<PendingVersion> = {}): PendingVersion {
  return {
    versionId: SUCCESSOR_ID,
    createdAtMs: epoch('2026-11-05T12:00:00Z') * 1000,
    wasCurrent: false,
    content: expiringKey('2026-11-15T12:00:00Z'),
    ...changes,
  };
}

export function observation(changes: Partial<Observation> = {}): Observation {
  return {
    secretName: SECRET,
    secretArn: SECRET_ARN,
    current: currentVersion(),
    bookedAt: [],
    ...changes,
  };
}
