/** Revokes the key before the current one at Momento: for a key that leaked, after its secret was refreshed and its readers have moved. */

import { KeyRegistryError } from '../errors.ts';
import type { Ports, StoredSecret, StoredVersion } from '../ports.ts';
import type { Key } from '../rules/key.ts';
import { parseSecretContent } from '../rules/secret-value.ts';
import { readManagementKey } from './successor.ts';

export interface RevokeResult {
  readonly outcome: 'revoked';
  /** `already-gone`: Momento knows no such key any more. */
  readonly reason: 'requested' | 'already-gone';
  readonly secretName: string;
  readonly versionId: string;
  readonly keyId: string;
}

/**
 * It may be repeated. A key that is current, pending, or newer than the current one is never revoked.
 * @throws {KeyRegistryError} nothing was revoked; the message says why
 * @throws {SecretAccessError} @throws {SecretContentError}
 */
export async function revokePrevious(
  ports: Ports,
  { secretName, secretArn }: { readonly secretName: string; readonly secretArn?: string },
): Promise<RevokeResult> {
  const { secrets, issuer, management, report } = ports;
  const refuse = (reason: string) =>
    new KeyRegistryError(`No key of secret "${secretName}" was revoked: ${reason}`);
  const [stored, previous] = await Promise.all([secrets.read(secretName), secrets.previous(secretName)]);
  if (isOther(secretArn, stored)) throw refuse('the ARN in the event is not its ARN');
  if (stored === undefined || previous === undefined) throw refuse('no version is labelled AWSPREVIOUS');
  const key = keyOf(secretName, previous);
  if (key?.kind !== 'v2') throw refuse(key === undefined ? NO_KEY : V1_KEY);
  if (management === undefined) throw refuse(NO_MANAGEMENT);
  const { current, pending } = stored;
  const holders = pending === undefined ? [current] : [current, pending];
  const isHeld = holders.some((version) => keyIdOf(secretName, version) === key.keyId);
  if (isHeld) throw refuse('the current or the pending version holds it too');
  if (previous.createdAtMs >= current.createdAtMs) {
    throw refuse('AWSPREVIOUS is newer than the current version, as after a rollback');
  }
  const currentKey = keyOf(secretName, current);
  const proof = currentKey === undefined ? undefined : await issuer.prove(currentKey);
  if (proof?.result !== 'accepted') {
    throw refuse(
      'the current key could not be proved, and readers would be left with none. Refresh it first',
    );
  }
  const managementKey =
    management.secretName === secretName && currentKey !== undefined
      ? currentKey.apiKey
      : await readManagementKey(ports, management);
  const result = await management.registry.revoke(managementKey, key.keyId);
  const { versionId } = previous;
  const subject = { secretName, trigger: 'manual', attempt: 1 } as const;
  report({ kind: 'effect', ...subject, effect: 'key-revoked', versionId });
  const reason = result === 'revoked' ? 'requested' : 'already-gone';
  return { outcome: 'revoked', reason, secretName, versionId, keyId: key.keyId };
}

const NO_KEY = 'the version labelled AWSPREVIOUS holds no key that expires';
const V1_KEY =
  'v1 keys cannot be revoked through an API. Delete the key in the Momento console, or let it expire';
const NO_MANAGEMENT =
  'this needs a management key. Deploy with the setting managementSecretName, or revoke the key in the Momento console';

function isOther(namedArn: string | undefined, stored: StoredSecret | undefined): boolean {
  return namedArn !== undefined && stored !== undefined && namedArn !== stored.arn;
}

function keyOf(secretName: string, version: StoredVersion): Key | undefined {
  const content = parseSecretContent(secretName, version.text);
  return content.kind === 'expiring' ? content.key : undefined;
}

/** A version that cannot be understood holds no key that could be revoked by mistake. */
function keyIdOf(secretName: string, version: StoredVersion): string | undefined {
  try {
    const key = keyOf(secretName, version);
    return key?.kind === 'v2' ? key.keyId : undefined;
  } catch {
    return undefined;
  }
}
