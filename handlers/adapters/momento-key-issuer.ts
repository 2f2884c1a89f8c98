/** Momento's SDK: refreshes v1 keys, and proves keys of both kinds with a call to the cache service. Decides nothing. */
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

/** Errors come back as values, so nothing is lost by keeping the SDK's own lines out of the log. */
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
   * @param endpoint host:port of a Momento that speaks plain text; undefined: the endpoint in the key itself, over TLS
   * @param hosts host names in small letters: keys may name them, or hosts below them, as their endpoint
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
   * @param make the provider of the endpoint in the key
   * @returns what is wrong with the key if it cannot be used; the SDK's message could quote the key
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

/** The SDK offers no way to close this client. Its connections are in its inner client, which has one client for each service. */
function close(client: AuthClient): void {
  const inner = Object(Reflect.get(client, 'authClient')) as Record<string, { close?(): void } | undefined>;
  inner.authClient?.close?.();
  inner.tokenClient?.close?.();
}

/** The SDK takes no overrides for v2 keys, so they are put over what it made. */
function withPlainEndpoint(provider: CredentialProvider, endpoint: string): CredentialProvider {
  const allEndpoints = {
    controlEndpoint: endpoint,
    cacheEndpoint: endpoint,
    tokenEndpoint: endpoint,
    secureConnection: false,
  };
  return Object.assign(provider, { allEndpoints });
}

/** The SDK puts a label of its own before the key's endpoint. */
function isWithin(provider: CredentialProvider, more: readonly string[]): boolean {
  const hosts = [provider.getControlEndpoint(), provider.getCacheEndpoint(), provider.getTokenEndpoint()];
  return hosts.every((host) => isMomentoHost(host, more));
}

const TIMEOUT = 'TimeoutError';

/** The SDK returns its own errors as values. The time limit is all that is thrown. */
function timeout(): typeof TIMEOUT {
  return TIMEOUT;
}

/** A key that may not list caches is a good key with a narrow scope. */
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
