/** The checks of the preflight that use the management key: whether it may list keys, and which keys no secret holds. */

import type { Ports, StoredVersion } from '../ports.ts';
import { toReportable } from '../reporting/failure.ts';
import type { KeyInfo, V2Key } from '../rules/key.ts';
import { parseSecretContent } from '../rules/secret-value.ts';
import type { Check } from './check.ts';
import { readManagementKey } from './successor.ts';

const DAY_SECONDS = 86_400;

/** Reads only. Never throws: each finding is a check of its own. */
export async function checkKeyManagement(
  ports: Pick<Ports, 'secrets' | 'management' | 'clock' | 'place'>,
  secretNames: readonly string[],
): Promise<readonly Check[]> {
  const { management } = ports;
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
    const perSecret = await Promise.all(secretNames.map((name) => orphansOf(ports, name, keys)));
    return [passed, ...perSecret.flatMap((found) => found.map((orphan) => orphanCheck(orphan, now)))];
  } catch (error) {
    return [about('failed', toReportable(error, ports.place).message)];
  }
}

interface Orphan {
  readonly secretName: string;
  readonly info: KeyInfo;
}

function orphanCheck({ secretName, info }: Orphan, now: number): Check {
  const days = Math.floor((now - info.issued_at_epoch_seconds) / DAY_SECONDS);
  return {
    check: 'orphan',
    subject: secretName,
    result: 'to-do',
    detail:
      `key ${info.key_id}, ${days} day(s) old, has the role and description of this secret's key, and no version holds it. ` +
      'Revoke it in the Momento console if nobody uses it',
  };
}

/** Finds keys of the same role and description that no labelled version holds, such as a key whose answer was lost. */
async function orphansOf(
  { secrets }: Pick<Ports, 'secrets'>,
  secretName: string,
  keys: readonly KeyInfo[],
): Promise<Orphan[]> {
  const [stored, previous] = await Promise.all([secrets.read(secretName), secrets.previous(secretName)]);
  const held = [stored?.current, stored?.pending, previous].flatMap((version) => keyOf(secretName, version));
  const current = keys.find(({ key_id }) => key_id === held[0]?.keyId);
  if (current === undefined) return [];
  return keys
    .filter(({ role_id }) => role_id === current.role_id)
    .filter(({ description }) => description === current.description)
    .filter(({ key_id }) => !held.some(({ keyId }) => keyId === key_id))
    .map((info) => ({ secretName, info }));
}

function keyOf(secretName: string, version: StoredVersion | undefined): V2Key[] {
  if (version === undefined) return [];
  try {
    const content = parseSecretContent(secretName, version.text);
    return content.kind === 'expiring' && content.key.kind === 'v2' ? [content.key] : [];
  } catch {
    return [];
  }
}
