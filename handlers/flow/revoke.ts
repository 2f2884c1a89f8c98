/** Revokes the previous key of a secret at Momento. It is for a key that leaked, after a refresh, when all readers use the new key. */

import { KeyRegistryError, type RevokeFault, SecretAccessError } from '../errors.ts';
import type { KeyIssuer, Ports, StoredSecret, StoredVersion } from '../ports.ts';
import { type Key, type KeyInfo, keyIdsIn, type V2Key } from '../rules/key.ts';
import { parseSecretContent } from '../rules/secret-value.ts';
import { severalAtOnce } from './several-at-once.ts';
import { readManagementKey } from './successor.ts';

export interface RevokeTask {
  readonly secretName: string;
  /** Revoke the key under AWSPREVIOUS only if it has this id. */
  readonly keyId?: string | undefined;
}

export interface RevokeResult {
  readonly outcome: 'revoked';
  /** `already-gone`: Momento does not accept the key any more. */
  readonly reason: 'requested' | 'already-gone';
  readonly secretName: string;
  readonly versionId: string;
  readonly keyId: string;
}

/**
 * It may be repeated. A key that is current or pending in a managed secret, or newer than the current one, is never revoked.
 * The value under AWSPREVIOUS may be forged, so its key is proved before its id is used.
 * @param secretNames all managed secrets
 * @throws {KeyRegistryError} nothing was revoked; the message says why
 * @throws {SecretAccessError} @throws {SecretContentError}
 */
export async function revokePrevious(
  ports: Ports,
  secretNames: readonly string[],
  { secretName, secretArn, keyId: wantedId }: RevokeTask & { readonly secretArn?: string },
): Promise<RevokeResult> {
  const { secrets, issuer, management, report } = ports;
  const refuse = refusalFor(secretName);
  const [stored, previous] = await Promise.all([secrets.read(secretName), secrets.previous(secretName)]);
  if (isOther(secretArn, stored)) throw refuse('revoke-arn-differs');
  if (stored === undefined || previous === undefined) throw refuse('revoke-no-key');
  const { key, keyId } = v2KeyOf(secretName, previous, wantedId);
  if (management === undefined) throw refuse('revoke-no-management-key');
  const holder = await holderOf(ports, new Set([...secretNames, management.secretName]), keyId);
  if (holder !== undefined) throw new KeyRegistryError('revoke-key-in-use', { secretName, holder });
  if (previous.createdAtMs >= stored.current.createdAtMs) throw refuse('revoke-newer-key');
  const current = keyOf(secretName, stored.current);
  if (current === undefined || !(await works(issuer, current))) throw refuse('revoke-current-unproven');
  // Proved at Momento's global host. The endpoint in the secret may be wrong, and then every key is rejected there.
  const { result } = await issuer.prove({ ...key, endpoint: undefined });
  if (result === 'unproven') throw refuse('revoke-previous-unproven');
  const { versionId } = previous;
  const answer = { outcome: 'revoked', secretName, versionId, keyId } as const;
  if (result === 'rejected') return { ...answer, reason: 'already-gone' };
  const managementKey = await readManagementKey(ports, management);
  if (!isOlder(keyId, current, await management.registry.list(managementKey)))
    throw refuse('revoke-newer-key');
  const found = await management.registry.revoke(managementKey, keyId);
  if (found === 'unknown') return { ...answer, reason: 'already-gone' };
  report({ kind: 'effect', secretName, trigger: 'manual', attempt: 1, effect: 'key-revoked', versionId });
  return { ...answer, reason: 'requested' };
}

async function works(issuer: KeyIssuer, key: Key): Promise<boolean> {
  return (await issuer.prove(key)).result === 'accepted';
}

function refusalFor(secretName: string): (fault: RevokeFault) => KeyRegistryError {
  return (fault) => new KeyRegistryError(fault, { secretName });
}

/** @returns also the id in the key itself, for which a proof of the key vouches. It does not vouch for an id beside the key. */
function v2KeyOf(
  secretName: string,
  version: StoredVersion,
  wantedId: string | undefined,
): { readonly key: V2Key; readonly keyId: string } {
  const refuse = refusalFor(secretName);
  const key = keyOf(secretName, version);
  if (key?.kind === 'v1') throw refuse('revoke-v1-key');
  const [keyId] = keyIdsIn(key?.apiKey ?? '');
  if (key === undefined || keyId === undefined) throw refuse('revoke-no-key');
  if (wantedId !== undefined && wantedId !== keyId) {
    throw new KeyRegistryError('revoke-other-key', { secretName, keyId: wantedId });
  }
  return { key, keyId };
}

function isOther(namedArn: string | undefined, stored: StoredSecret | undefined): boolean {
  return namedArn !== undefined && stored !== undefined && namedArn !== stored.arn;
}

/** Whether Momento issued the key no later than the current one. False if it lists one of them no more. */
function isOlder(keyId: string, current: Key, keys: readonly KeyInfo[]): boolean {
  const issuedAt = (id: string) => Number(keys.find(({ key_id }) => key_id === id)?.issued_at_epoch_seconds);
  // Nothing tells when a v1 key was issued.
  const latest = current.kind === 'v1' ? Number.POSITIVE_INFINITY : issuedAt(current.keyId);
  return issuedAt(keyId) <= latest;
}

/** The managed secret whose current or pending version has the key in it, in whatever shape. */
async function holderOf(
  { secrets }: Pick<Ports, 'secrets'>,
  secretNames: Iterable<string>,
  keyId: string,
): Promise<string | undefined> {
  const holders = await severalAtOnce([...secretNames], async (name) => {
    const stored = await secrets.read(name).catch(unlessGone);
    const { current, pending } = stored ?? {};
    // AWSPENDING may still be on a version that was current. A later run removes it.
    const isPending = pending !== undefined && !pending.stages.includes('AWSPREVIOUS');
    const texts = [current?.text, isPending ? pending.text : undefined];
    return texts.some((text = '') => keyIdsIn(text).includes(keyId)) ? [name] : [];
  });
  return holders.flat()[0];
}

/** Nobody can read a secret that is missing or scheduled for deletion. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof SecretAccessError)) throw error;
  if (error.code !== 'secret-missing' && error.code !== 'secret-deleted') throw error;
}

function keyOf(secretName: string, version: StoredVersion): Key | undefined {
  const content = parseSecretContent(secretName, version.text);
  return content.kind === 'placeholder' ? undefined : content.key;
}
