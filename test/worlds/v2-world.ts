/** A world with v2 keys, and what tests ask about it. */
import { DAY, SECRET } from './names.ts';
import { World } from './world.ts';

export const MANAGEMENT = 'momento/management-key';

/** The answer to a refresh is lost. */
export const LOST = { after: 'RefreshApiKeyV2', mode: 'fail' } as const;

/** A world whose secret holds Momento's own answer for a key of 30 days. */
export function v2World({
  roleId = 'r-operator',
  withoutRefreshToken = false,
  managed = false,
  neverExpires = false,
  endpoint = undefined as string | undefined,
} = {}): World {
  const world = managed
    ? new World({ secretNames: [SECRET, MANAGEMENT], managementSecretName: MANAGEMENT })
    : new World();
  const { account } = world.momento;
  const description = 'the test';
  const lifetime = neverExpires ? {} : { lifetimeSeconds: 30 * DAY };
  world.put({ ...account.createKey({ roleId, description, withoutRefreshToken, ...lifetime }), endpoint });
  if (managed) world.put(account.createKey({ roleId: 'r-keys', lifetimeSeconds: 90 * DAY }), MANAGEMENT);
  world.now += DAY;
  return world;
}

export function currentKey(world: World, secretName = SECRET) {
  const { record } = world.current(secretName);
  const info = record.key_info as { key_id: string; role_id: string; expires_at_epoch_seconds: number };
  return { ...info, works: world.momento.accepts(String(record.api_key)), record };
}

/** How often that operation was called, in all runs. */
export function callsOf(world: World, wanted: string): number {
  return world.recorded.filter(({ operation }) => operation === wanted).length;
}
