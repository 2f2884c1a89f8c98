/** The checks of the preflight that use the management key: whether it may list keys, and which keys no secret holds. */

import type { Ports, SecretStore } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import { type KeyInfo, keyIdsIn } from '../rules/key.ts';
import type { Check } from './check.ts';
import { severalAtOnce } from './several-at-once.ts';
import { readManagementKey } from './successor.ts';

const DAY_SECONDS = 86_400;

/** Reads only. Never throws: each finding is a check of its own. */
export async function checkKeyManagement(
  ports: Pick<Ports, 'secrets' | 'management' | 'clock' | 'place'>,
  secretNames: readonly string[],
): Promise<readonly Check[]> {
  const { management, secrets } = ports;
  if (management === undefined) return [];
  const { secretName: subject } = management;
  const about = (result: Check['result'], detail: string): Check => ({
    check: 'management',
    subject,
    result,
    detail,
  });
  try {
    const keys = await management.registry.list(await readManagementKey(ports, management));
    const passed = about(
      'passed',
      `its key may list keys, ${keys.length} in the account. Whether it may generate them shows only in use`,
    );
    const now = Math.floor(ports.clock() / 1000);
    const held = await severalAtOnce(secretNames, (secretName) => heldBy(secrets, secretName));
    return [passed, ...orphanChecks(keys, held, now)];
  } catch (error) {
    return [about('failed', toReportable(error, ports.place).message)];
  }
}

interface Held {
  readonly secretName: string;
  /** The ids of the keys under AWSCURRENT, AWSPENDING and AWSPREVIOUS, in this order; undefined if the secret cannot be read. */
  readonly keyIds: readonly string[] | undefined;
}

async function heldBy(secrets: SecretStore, secretName: string): Promise<Held> {
  try {
    const [stored, previous] = await Promise.all([secrets.read(secretName), secrets.previous(secretName)]);
    const versions = [stored?.current, stored?.pending, previous];
    return { secretName, keyIds: versions.flatMap((version) => keyIdsIn(version?.text ?? '')) };
  } catch {
    // The check of this secret itself says why.
    return { secretName, keyIds: undefined };
  }
}

/** Finds keys with the role and description of a secret's current key that no secret holds, such as a key whose answer was lost. */
function orphanChecks(keys: readonly KeyInfo[], held: readonly Held[], now: number): Check[] {
  const heldIds = new Set(held.flatMap(({ keyIds = [] }) => keyIds));
  const unread = held.flatMap(({ secretName, keyIds }) => (keyIds === undefined ? [secretName] : []));
  const kinds = held.flatMap(({ secretName, keyIds: [current] = [] }) => {
    const info = keys.find(({ key_id }) => key_id === current);
    return info === undefined ? [] : [{ secretName, info }];
  });
  return keys
    .filter(({ key_id }) => !heldIds.has(key_id))
    .filter(({ expires_at_epoch_seconds: expiresAt }) => expiresAt === undefined || expiresAt > now)
    .flatMap((info) => {
      const owner = kinds.find((kind) => isAlike(kind.info, info));
      return owner === undefined ? [] : [orphanCheck(owner.secretName, info, { now, unread })];
    });
}

function isAlike(one: KeyInfo, other: KeyInfo): boolean {
  return one.role_id === other.role_id && one.description === other.description;
}

function orphanCheck(
  subject: string,
  info: KeyInfo,
  { now, unread }: { readonly now: number; readonly unread: readonly string[] },
): Check {
  const days = Math.floor((now - info.issued_at_epoch_seconds) / DAY_SECONDS);
  const perhaps = unread.length === 0 ? '' : `, or a key of ${unread.join(', ')}, which could not be read`;
  return {
    check: 'orphan',
    subject,
    result: 'note',
    detail:
      `key ${info.key_id}, ${days} day(s) old, has the role and description of this secret's key, and no labelled version of ` +
      `a managed secret holds it. It may be an earlier key${perhaps}. Revoke it in the Momento console if nobody uses it`,
  };
}
