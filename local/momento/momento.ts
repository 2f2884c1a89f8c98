/** Momento's v1 keys in memory: they are generated, refreshed, proved and revoked, and they expire. */
import { CallGate } from '../serving/call-gate.ts';
import { type Random, randomAlphanumeric } from '../serving/randomness.ts';
import { MomentoAccount } from './account.ts';

/** The gRPC status codes of the answers. The SDK turns them into its own error codes. */
const MOMENTO_STATUS = {
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type MomentoStatus = keyof typeof MOMENTO_STATUS;

/** The message never contains a key or a token. */
export class MomentoError extends Error {
  readonly status: MomentoStatus;
  readonly code: number;

  constructor(status: MomentoStatus, message: string) {
    super(message);
    this.name = 'MomentoError';
    this.status = status;
    this.code = MOMENTO_STATUS[status];
  }
}

export type MomentoOperation = 'RefreshApiKey' | 'ListCaches';

export interface MomentoOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly random: Random;
  /** Whether a refresh token works only once. Default: false. */
  readonly singleUseRefreshTokens?: boolean;
}

/** The answer of a refresh. `apiKey` is the inner key, without the endpoint. */
export interface RefreshedKey {
  readonly apiKey: string;
  readonly refreshToken: string;
  readonly endpoint: string;
  /** Epoch seconds. */
  readonly validUntil: number;
}

/** A key as the console offers it. `apiKey` is base64 of {"endpoint","api_key"}. */
export interface GeneratedKey {
  readonly apiKey: string;
  readonly refreshToken: string;
  /** Epoch seconds. */
  readonly validUntil: number;
}

interface KeyRecord {
  /** The key as the console offers it. */
  readonly text: string;
  readonly refreshToken: string | undefined;
  /** Infinity for a key without expiry. */
  readonly lifetimeSeconds: number;
  readonly expiresAtMs: number;
  readonly narrow: boolean;
  refreshTokenUsed: boolean;
  revoked: boolean;
}

// Long enough that no part of a key is in a log by chance.
const SECRET_LENGTH = 48;
const CACHES = ['local-cache'];

export class Momento {
  readonly gate: CallGate<MomentoOperation>;
  /** While it is true, each call fails with UNAVAILABLE before it has an effect. */
  outage = false;
  singleUseRefreshTokens: boolean;
  /** The endpoint in the keys: a host without the prefix `control.` or `cache.`. */
  readonly endpoint = 'cell-local-1.prod.a.momentohq.com';
  /** The v2 keys, which work at the same cache service. */
  readonly account: MomentoAccount;
  readonly #clock: () => number;
  readonly #random: Random;
  /** By the inner key, which calls send. */
  readonly #keys = new Map<string, KeyRecord>();
  readonly #keysByText = new Map<string, KeyRecord>();

  constructor(options: MomentoOptions) {
    this.singleUseRefreshTokens = options.singleUseRefreshTokens ?? false;
    this.account = new MomentoAccount({ clock: options.clock, random: options.random });
    this.#clock = options.clock;
    this.#random = options.random;
    const throttled = () => new MomentoError('RESOURCE_EXHAUSTED', 'Request rate limit exceeded');
    this.gate = new CallGate(options.clock, throttled);
  }

  /** Generates a key as a person does in the console. @param request `narrow`: the scope does not allow ListCaches */
  generateKey(request: { lifetimeSeconds: number; narrow?: boolean }): GeneratedKey;
  generateKey(request: { never: true; narrow?: boolean }): { readonly apiKey: string };
  generateKey(
    request: { lifetimeSeconds: number; narrow?: boolean } | { never: true; narrow?: boolean },
  ): GeneratedKey | { readonly apiKey: string } {
    const narrow = request.narrow ?? false;
    if ('never' in request) {
      const innerKey = this.#newSecret();
      const text = encodeApiKey(this.endpoint, innerKey);
      const never = Number.POSITIVE_INFINITY;
      this.#register(innerKey, {
        text,
        refreshToken: undefined,
        lifetimeSeconds: never,
        expiresAtMs: never,
        narrow,
      });
      return { apiKey: text };
    }
    const key = this.#issue(request.lifetimeSeconds, narrow);
    return {
      apiKey: encodeApiKey(this.endpoint, key.apiKey),
      refreshToken: key.refreshToken,
      validUntil: key.validUntil,
    };
  }

  /**
   * Accepts a key that was issued elsewhere, such as the download of a person. Its lifetime is the time that it has left.
   * @returns false if the text does not have the form of a v1 key
   */
  adoptKey(key: GeneratedKey): boolean {
    const innerKey = decodeApiKey(key.apiKey);
    if (innerKey === undefined) return false;
    this.#register(innerKey, {
      text: key.apiKey,
      refreshToken: key.refreshToken,
      lifetimeSeconds: key.validUntil - Math.floor(this.#clock() / 1000),
      expiresAtMs: key.validUntil * 1000,
      narrow: false,
    });
    return true;
  }

  /**
   * Issues a new key with the same permissions and lifetime, counted from now. The old key stays valid until its own expiry
   * (client-sdk-javascript, auth integration tests).
   * @param innerKey the `api_key` in the key's text, which the SDK sends
   * @throws {MomentoError} UNAUTHENTICATED if the key is unknown, revoked or expired, or the token belongs to another key
   */
  refreshApiKey(innerKey: string, refreshToken: string): RefreshedKey {
    return this.gate.run('RefreshApiKey', { innerKey, refreshToken }, () => {
      this.#assertAvailable();
      const key = this.#authenticated(innerKey);
      if (key.refreshToken === undefined || key.refreshToken !== refreshToken) {
        throw new MomentoError('UNAUTHENTICATED', 'Invalid refresh token');
      }
      if (this.singleUseRefreshTokens && key.refreshTokenUsed) {
        throw new MomentoError('UNAUTHENTICATED', 'Refresh token has already been used');
      }
      key.refreshTokenUsed = true;
      return this.#issue(key.lifetimeSeconds, key.narrow);
    });
  }

  /**
   * @throws {MomentoError} UNAUTHENTICATED for an invalid key, PERMISSION_DENIED for a valid key whose scope is too narrow
   */
  listCaches(innerKey: string): readonly string[] {
    return this.gate.run('ListCaches', { innerKey }, () => {
      this.#assertAvailable();
      if (this.#mayNotList(innerKey)) {
        throw new MomentoError('PERMISSION_DENIED', 'Insufficient permissions to perform ListCaches');
      }
      return CACHES;
    });
  }

  #mayNotList(innerKey: string): boolean {
    const role = this.account.roleOf(innerKey);
    return role === undefined ? this.#authenticated(innerKey).narrow : !role.listsCaches;
  }

  /** Takes effect at once, as deleting a key in the console does. */
  revoke(apiKey: string): void {
    const key = this.#keysByText.get(apiKey);
    if (key !== undefined) key.revoked = true;
  }

  /** Makes a revoked key valid again. */
  restore(apiKey: string): void {
    const key = this.#keysByText.get(apiKey);
    if (key !== undefined) key.revoked = false;
  }

  /** Whether the key is valid now, even during an outage. Does not count as a call. */
  accepts(apiKey: string): boolean {
    const key = this.#keysByText.get(apiKey);
    if (key === undefined) return this.account.accepts(apiKey);
    return !key.revoked && this.#clock() < key.expiresAtMs;
  }

  /** Every key in both forms and every refresh token that was ever issued, so that tests can search outputs for them. */
  *issuedSecrets(): Generator<string> {
    yield* this.account.issuedSecrets();
    for (const [innerKey, key] of this.#keys) {
      yield innerKey;
      yield key.text;
      if (key.refreshToken !== undefined) yield key.refreshToken;
    }
  }

  /** Expiries are whole seconds, counted from the current second. */
  #issue(lifetimeSeconds: number, narrow: boolean): RefreshedKey {
    const validUntil = Math.floor(this.#clock() / 1000) + lifetimeSeconds;
    const apiKey = this.#newSecret();
    const refreshToken = this.#newSecret();
    const text = encodeApiKey(this.endpoint, apiKey);
    this.#register(apiKey, { text, refreshToken, lifetimeSeconds, expiresAtMs: validUntil * 1000, narrow });
    return { apiKey, refreshToken, endpoint: this.endpoint, validUntil };
  }

  #register(innerKey: string, key: Omit<KeyRecord, 'refreshTokenUsed' | 'revoked'>): void {
    const record: KeyRecord = { ...key, refreshTokenUsed: false, revoked: false };
    this.#keys.set(innerKey, record);
    this.#keysByText.set(record.text, record);
  }

  #newSecret(): string {
    return randomAlphanumeric(this.#random, SECRET_LENGTH);
  }

  #assertAvailable(): void {
    if (this.outage) throw new MomentoError('UNAVAILABLE', 'The service is unavailable');
  }

  #authenticated(innerKey: string): KeyRecord {
    const key = this.#keys.get(innerKey);
    if (key === undefined || key.revoked) throw new MomentoError('UNAUTHENTICATED', 'Invalid API key');
    if (this.#clock() >= key.expiresAtMs) throw new MomentoError('UNAUTHENTICATED', 'API key has expired');
    return key;
  }
}

/** The text that the console offers and the SDK reads (sdk-core, decodeAuthToken; responses/refresh-api-key). */
export function encodeApiKey(endpoint: string, innerKey: string): string {
  return Buffer.from(JSON.stringify({ endpoint, api_key: innerKey })).toString('base64');
}

/** The `api_key` in a key's text; undefined if the text is not a v1 key. */
export function decodeApiKey(apiKey: string): string | undefined {
  try {
    const content: unknown = JSON.parse(Buffer.from(apiKey, 'base64').toString());
    if (typeof content !== 'object' || content === null || !('api_key' in content)) return undefined;
    return typeof content.api_key === 'string' ? content.api_key : undefined;
  } catch {
    return undefined;
  }
}
