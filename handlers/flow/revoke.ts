/** Revokes the previous key of a secret at Momento. It is for a key that leaked, after a refresh, when all readers use the new key. */

import { KeyRegistryError, type RevokeFault } from '../errors.ts';
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
  const refuse = (fault: RevokeFault) => new KeyRegistryError(fault, { secretName });
  const [stored, previous] = await Promise.all([secrets.read(secretName), secrets.previous(secretName)]);
  if (isOther(secretArn, stored)) throw refuse('revoke-arn-differs');
  if (stored === undefined || previous === undefined) throw refuse('revoke-no-key');
  const key = keyOf(secretName, previous);
  if (key?.kind !== 'v2') throw refuse(key === undefined ? 'revoke-no-key' : 'revoke-v1-key');
  if (management === undefined) throw refuse('revoke-no-management-key');
  const { current, pending } = stored;
  const holders = pending === undefined ? [current] : [current, pending];
  const isHeld = holders.some((version) => keyIdOf(secretName, version) === key.keyId);
  if (isHeld) throw refuse('revoke-key-in-use');
  if (previous.createdAtMs >= current.createdAtMs) throw refuse('revoke-newer-key');
  const currentKey = keyOf(secretName, current);
  const proof = currentKey === undefined ? undefined : await issuer.prove(currentKey);
  if (proof?.result !== 'accepted') throw refuse('revoke-current-unproven');
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

function isOther(namedArn: string | undefined, stored: StoredSecret | undefined): boolean {
  return namedArn !== undefined && stored !== undefined && namedArn !== stored.arn;
}

function keyOf(secretName: string, version: StoredVersion): Key | undefined {
  const content = parseSecretContent(secretName, version.text);
  return content.kind === 'expiring' ? content.key : undefined;
}

/** A value that cannot be parsed has no key that could be revoked by mistake. */
function keyIdOf(secretName: string, version: StoredVersion): string | undefined {
  try {
    const key = keyOf(secretName, version);
    return key?.kind === 'v2' ? key.keyId : undefined;
  } catch {
    return undefined;
  }
}
