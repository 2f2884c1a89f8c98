/** The issuer of v1 keys, on Momento's SDK: refreshes a key with its refresh token, and proves one with a real call. Decides nothing. */
import {
  AuthClient,
  AuthClientConfigurations,
  CacheClient,
  Configurations,
  CredentialProvider,
  ListCaches,
  MomentoErrorCode,
  NoopMomentoLoggerFactory,
  RefreshApiKey,
} from '@gomomento/sdk';
import type { KeyIssuer, Proof } from '../ports.ts';
import type { IssueOutcome } from '../rules/key.ts';
import { withinTimeLimit } from './time-limit.ts';

/** Whatever endpoint a key names, it and its refresh token are sent to hosts below this one only, unless a setting names others. */
const MOMENTO_DOMAIN = 'momentohq.com';

const HOST_NAME = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;

/** Errors come back as values, so nothing is lost by keeping the SDK's own lines out of the log. */
const SILENT = new NoopMomentoLoggerFactory();

interface Credentials {
  readonly apiKey: string;
  readonly refreshToken?: string | undefined;
}

export class MomentoKeyIssuer implements KeyIssuer {
  readonly #endpoint: string | undefined;
  readonly #domains: readonly string[];

  /**
   * @param endpoint host:port of a Momento that speaks plain text; undefined: the endpoint in the key itself, over TLS
   * @param hosts host names in small letters: keys may name them, or hosts below them, as their endpoint
   */
  constructor(endpoint?: string, hosts: readonly string[] = []) {
    this.#endpoint = endpoint;
    this.#domains = [MOMENTO_DOMAIN, ...hosts];
  }

  async issue({ apiKey, refreshToken = '' }: Credentials): Promise<IssueOutcome> {
    const provider = this.#credentialProvider(apiKey);
    if (typeof provider === 'string') return { result: 'unusable', detail: provider };
    const client = new AuthClient({
      credentialProvider: provider,
      configuration: AuthClientConfigurations.Default.latest(SILENT),
    });
    const answer = await withinTimeLimit(() => client.refreshApiKey(refreshToken)).catch(timeout);
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

  async prove({ apiKey }: Pick<Credentials, 'apiKey'>): Promise<Proof> {
    const provider = this.#credentialProvider(apiKey);
    if (typeof provider === 'string') return { result: 'rejected', detail: provider };
    const client = new CacheClient({
      credentialProvider: provider,
      configuration: Configurations.Lambda.latest(SILENT),
      defaultTtlSeconds: 60,
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

  /** @returns what is wrong with the key, where it cannot be used; the SDK's message could quote the key */
  #credentialProvider(apiKey: string): CredentialProvider | string {
    const endpoint = this.#endpoint;
    try {
      const provider = CredentialProvider.fromString({
        apiKey,
        ...(endpoint === undefined
          ? {}
          : {
              endpointOverrides: {
                controlEndpoint: endpoint,
                cacheEndpoint: endpoint,
                tokenEndpoint: endpoint,
                secureConnection: false,
              },
            }),
      });
      return endpoint === undefined && !isWithin(provider, this.#domains)
        ? "its endpoint is not one of Momento's"
        : provider;
    } catch {
      return 'it is malformed';
    }
  }
}

/** The SDK puts a label of its own before the key's endpoint, so each host must be below a domain, and a plain name: no port, no user. */
function isWithin(provider: CredentialProvider, domains: readonly string[]): boolean {
  const hosts = [provider.getControlEndpoint(), provider.getCacheEndpoint(), provider.getTokenEndpoint()];
  return hosts.every(
    (host) => HOST_NAME.test(host) && domains.some((domain) => host.toLowerCase().endsWith(`.${domain}`)),
  );
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
