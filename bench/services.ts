/** The local services in a process of their own, so that their work is not counted: puts a situation up, and counts the calls. */
import { startAwsEndpoint } from '../local/aws/endpoint.ts';
import { startAccountServer } from '../local/momento/account-server.ts';
import { Momento } from '../local/momento/momento.ts';
import { startMomentoServer } from '../local/momento/momento-server.ts';
import { Scheduler } from '../local/scheduler/scheduler.ts';
import { SecretsManager } from '../local/secrets-manager/secrets-manager.ts';
import { randomUuid, seededRandom } from '../local/serving/randomness.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../local/synthesized-template.ts';

export interface Situation {
  readonly secretNames: readonly string[];
  readonly groupName: string;
  /** `fresh`: keys of 30 days, put a day ago. `due`: put 28 days ago; `due-v2`: likewise, of the other kind. `rubbish`: no key can be read. */
  readonly keys: 'fresh' | 'due' | 'due-v2' | 'rubbish';
}

export interface Endpoints {
  readonly aws: string;
  /** host:port, of the gRPC services and of the HTTP API. */
  readonly momento: string;
  readonly momentoApi: string;
}

/** How often each operation was called since the last answer. */
export type Calls = Readonly<Record<string, number>>;

export type Question = { readonly open: Situation } | { readonly calls: true };

const DAY_MS = 86_400_000;
const LIFE_SECONDS = 30 * 86_400;
const AGE_WHEN_DUE_MS = 28 * DAY_MS;

let calls: Record<string, number> = {};

function count(operation: string): void {
  calls[operation] = (calls[operation] ?? 0) + 1;
}

async function open({ secretNames, groupName, keys }: Situation): Promise<Endpoints> {
  const random = seededRandom(1);
  let ageMs = keys.startsWith('due') ? AGE_WHEN_DUE_MS : DAY_MS;
  const clock = () => Date.now() - ageMs;
  const account = { accountId: LOCAL_ACCOUNT, region: LOCAL_REGION };
  const secretsManager = new SecretsManager({ clock, random, ...account });
  const scheduler = new Scheduler({ clock, random, ...account });
  scheduler.createScheduleGroup({ Name: groupName });
  const faultHook = (operation: string, phase: 'before' | 'after') => {
    if (phase === 'before') count(`Momento ${operation}`);
  };
  const momento = new Momento({ clock, random });
  momento.gate.faultHook = faultHook;
  momento.account.gate.faultHook = faultHook;
  // A thousand keys and their successors.
  momento.account.keyLimit = 10_000;
  for (const Name of secretNames) {
    const SecretString = keys === 'rubbish' ? '{"apiKey":"rubbish"}' : JSON.stringify(newKey(momento, keys));
    secretsManager.createSecret({ Name, SecretString, ClientRequestToken: randomUuid(random) });
  }
  ageMs = 0;
  const onCall = ({ operation }: { operation: string }) => count(operation);
  const aws = await startAwsEndpoint({ secretsManager, scheduler }, { onCall });
  const { url } = await startMomentoServer(momento);
  const api = await startAccountServer(momento.account);
  return { aws: aws.url, momento: url, momentoApi: new URL(api.url).host };
}

/** As a person puts it into the secret. */
function newKey(momento: Momento, keys: Situation['keys']): object {
  if (keys !== 'due-v2') return momento.generateKey({ lifetimeSeconds: LIFE_SECONDS });
  const { api_key, refresh_token, key_info } = momento.account.createKey({ lifetimeSeconds: LIFE_SECONDS });
  return {
    apiKey: api_key,
    refreshToken: refresh_token,
    validUntil: key_info.expires_at_epoch_seconds,
    keyId: key_info.key_id,
    endpoint: momento.endpoint,
  };
}

process.on('message', async (question: Question) => {
  if ('open' in question) process.send?.(await open(question.open));
  else {
    process.send?.(calls);
    calls = {};
  }
});
process.on('disconnect', () => process.exit());
