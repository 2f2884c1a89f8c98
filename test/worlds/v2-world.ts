/** A world with v2 keys, and what tests ask about it. */
import { AccountError } from '../../local/momento/account.ts';
import { DAY, SECRET } from './names.ts';
import { World } from './world.ts';

export const MANAGEMENT = 'momento/management-key';

/** Momento answers the refresh of a v2 key, and the answer is lost. */
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

/** Momento refuses that operation. */
export function refuse(
  operation: 'GenerateApiKeyV2' | 'RefreshApiKeyV2',
  status: ConstructorParameters<typeof AccountError>[0],
  message: string,
) {
  return ({ momento: { account } }: World): void => {
    account.gate.faultHook = (called) => {
      if (called === operation) throw new AccountError(status, message);
    };
  };
}
