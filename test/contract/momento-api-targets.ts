/** The servers that the tests of Momento's HTTP API run against: the local one, and Momento itself if the environment names a key. */
import { startAccountServer } from '../../local/momento/account-server.ts';
import { Momento } from '../../local/momento/momento.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

export interface RunningApi {
  readonly url: string;
  /** May generate, list and revoke keys. */
  readonly managementKey: string;
  /** The role that the test's keys get. */
  readonly roleId: string;
  close(): Promise<void>;
}

export interface ApiTarget {
  readonly name: 'local' | 'MOMENTO_CONTRACT_TEST_KEY';
  start(): Promise<RunningApi>;
}

/**
 * @param environment If it has MOMENTO_CONTRACT_TEST_KEY, Momento itself is a target too. The suite makes about twenty keys of one
 * hour in that account, with the role MOMENTO_ROLE_ID (default `r-viewer`), and revokes them. The operator's commands use another
 * variable, so `npm test` in the same shell makes no keys.
 */
export function findApiTargets(environment: NodeJS.ProcessEnv): ApiTarget[] {
  const { MOMENTO_CONTRACT_TEST_KEY: managementKey, MOMENTO_ROLE_ID: roleId = 'r-viewer' } = environment;
  const url = 'https://mga.registry.prod.a.momentohq.com';
  return [
    { name: 'local', start: startLocal },
    ...(managementKey === undefined
      ? []
      : [
          {
            name: 'MOMENTO_CONTRACT_TEST_KEY',
            start: async () => ({ url, managementKey, roleId, close: async () => {} }),
          } as const,
        ]),
  ];
}

async function startLocal(): Promise<RunningApi> {
  const { account } = new Momento({ clock: Date.now, random: seededRandom(1) });
  const server = await startAccountServer(account);
  const { api_key: managementKey } = account.createKey({ roleId: 'r-owner' });
  return { ...server, managementKey, roleId: 'r-viewer' };
}
