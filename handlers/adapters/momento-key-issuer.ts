/** Refreshes v1 keys with Momento's SDK, and proves v1 and v2 keys with a call to the cache service. */
import {
  AuthClient,
  AuthClientConfigurations,
  Configurations,
  CredentialProvider,
  ListCaches,
  MomentoErrorCode,
  NoopMomentoLoggerFactory,
  RefreshApiKey,
} from '@gomomento/sdk';
import { CacheControlClient } from '@gomomento/sdk/dist/src/internal/cache-control-client.js';
import type { KeyIssuer, Proof } from '../ports.ts';
import type { IssueOutcome, Key } from '../rules/key.ts';
import { isMomentoHost } from './momento-hosts.ts';
import { withinTimeLimit } from './time-limit.ts';

/** Keeps the SDK's own lines out of the log. Errors are returned as values. */
const SILENT = new NoopMomentoLoggerFactory();

interface Credentials {
  readonly kind?: Key['kind'];
  readonly apiKey: string;
  readonly refreshToken?: string | undefined;
  readonly endpoint?: string | undefined;
}

export class MomentoKeyIssuer implements KeyIssuer {
  readonly #endpoint: string | undefined;
  readonly #hosts: readonly string[];

  /**
   * @param endpoint host:port of a Momento server without TLS. Default: the endpoint in the key, over TLS
   * @param hosts host names in small letters that keys may name as their endpoint, with their subdomains, beside Momento's
   */
  constructor(endpoint?: string, hosts: readonly string[] = []) {
    this.#endpoint = endpoint;
    this.#hosts = hosts;
  }

  async issue({ apiKey, refreshToken = '' }: Credentials): Promise<IssueOutcome> {
    const provider = this.#provider(() => CredentialProvider.fromString({ apiKey }));
    if (typeof provider === 'string') return { result: 'unusable', detail: provider };
    const client = new AuthClient({
      credentialProvider: provider,
      configuration: AuthClientConfigurations.Default.latest(SILENT),
    });
    const answer = await withinTimeLimit(() => client.refreshApiKey(refreshToken))
      .catch(timeout)
      .finally(() => close(client));
    if (answer === TIMEOUT) return { result: 'unanswered', detail: TIMEOUT };
    if (!(answer instanceof RefreshApiKey.Success)) {
      return noKey(answer instanceof RefreshApiKey.Error ? answer.errorCode() : 'no known answer');
    }
    const key = {
      apiKey: answer.apiKey,
      refreshToken: answer.refreshToken,
      expiresAt: answer.expiresAt.epoch(),
    };
    return { result: 'issued', key };
  }

  /** A v2 key is proved at the endpoint that its secret names. */
  async prove({ kind, apiKey, endpoint = '' }: Credentials): Promise<Proof> {
    const provider = this.#provider(() =>
      kind === 'v2'
        ? CredentialProvider.fromApiKeyV2({ apiKey, endpoint })
        : CredentialProvider.fromString({ apiKey }),
    );
    if (typeof provider === 'string') return { result: 'rejected', detail: provider };
    const client = new CacheControlClient({
      credentialProvider: provider,
      configuration: Configurations.Lambda.latest(SILENT),
    });
    try {
      const answer = await withinTimeLimit(() => client.listCaches()).catch(timeout);
      if (answer === TIMEOUT) return { result: 'unproven', detail: TIMEOUT };
      if (answer instanceof ListCaches.Success) return { result: 'accepted' };
      return judge(answer instanceof ListCaches.Error ? answer.errorCode() : 'no known answer');
    } finally {
      client.close();
    }
  }

  /**
   * @param make creates the provider for the endpoint in the key
   * @returns the provider, or what is wrong with the key. The SDK's message is dropped, because it could quote the key.
   */
  #provider(make: () => CredentialProvider): CredentialProvider | string {
    try {
      const provider = make();
      if (!isWithin(provider, this.#hosts)) return "its endpoint is not one of Momento's";
      return this.#endpoint === undefined ? provider : withPlainEndpoint(provider, this.#endpoint);
    } catch {
      return 'it is malformed';
    }
  }
}

/** The SDK has no method to close this client. Its inner client has one client with connections for each service. */
function close(client: AuthClient): void {
  const inner = Object(Reflect.get(client, 'authClient')) as Record<string, { close?(): void } | undefined>;
  inner.authClient?.close?.();
  inner.tokenClient?.close?.();
}

/** The SDK accepts no endpoint overrides for v2 keys, so they replace the endpoints of the provider that it made. */
function withPlainEndpoint(provider: CredentialProvider, endpoint: string): CredentialProvider {
  const allEndpoints = {
    controlEndpoint: endpoint,
    cacheEndpoint: endpoint,
    tokenEndpoint: endpoint,
    secureConnection: false,
  };
  return Object.assign(provider, { allEndpoints });
}

/** The SDK puts a prefix before the key's endpoint. */
function isWithin(provider: CredentialProvider, more: readonly string[]): boolean {
  const hosts = [provider.getControlEndpoint(), provider.getCacheEndpoint(), provider.getTokenEndpoint()];
  return hosts.every((host) => isMomentoHost(host, more));
}

const TIMEOUT = 'TimeoutError';

/** The SDK returns its errors as values, so only the time limit is thrown. */
function timeout(): typeof TIMEOUT {
  return TIMEOUT;
}

/** A key without the permission to list caches is a valid key with a narrow scope. */
function judge(code: string): Proof {
  switch (code) {
    case MomentoErrorCode.PERMISSION_ERROR:
      return { result: 'accepted' };
    case MomentoErrorCode.AUTHENTICATION_ERROR:
      return { result: 'rejected', detail: code };
    default:
      return { result: 'unproven', detail: code };
  }
}

function noKey(code: string): IssueOutcome {
  switch (code) {
    case MomentoErrorCode.AUTHENTICATION_ERROR:
      return { result: 'rejected', detail: code };
    case MomentoErrorCode.INVALID_ARGUMENT_ERROR:
    case MomentoErrorCode.NOT_FOUND_ERROR:
    case MomentoErrorCode.FAILED_PRECONDITION_ERROR:
    case MomentoErrorCode.PERMISSION_ERROR:
      return { result: 'refused', detail: code };
    case MomentoErrorCode.LIMIT_EXCEEDED_ERROR:
      return { result: 'throttled', detail: code };
    default:
      return { result: 'unanswered', detail: code };
  }
}
