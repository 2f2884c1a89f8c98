/** Momento's key service in memory: keys that expire, are refreshed and are refused when wrong. No I/O, no timers. */
import { CallGate } from '../serving/call-gate.ts';
import { type Random, randomAlphanumeric } from '../serving/randomness.ts';
import { MomentoAccount } from './account.ts';

/** The gRPC status codes that the model answers with; the SDK turns them into its own error codes. */
export const MOMENTO_STATUS = {
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type MomentoStatus = keyof typeof MOMENTO_STATUS;

/** Its message never holds a key or a token. */
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
  /** Whether a refresh token works only once. Absent: it goes on working, as Momento documents it. */
  readonly singleUseRefreshTokens?: boolean;
}

/** As the service itself names it: the key inside the text that people are given. */
export interface RefreshedKey {
  readonly apiKey: string;
  readonly refreshToken: string;
  readonly endpoint: string;
  /** Epoch seconds. */
  readonly validUntil: number;
}

/** As the console gives it: `apiKey` is base64 of {"endpoint","api_key"}. */
export interface GeneratedKey {
  readonly apiKey: string;
  readonly refreshToken: string;
  /** Epoch seconds. */
  readonly validUntil: number;
}

interface KeyRecord {
  /** The key as people are given it. */
  readonly text: string;
  readonly refreshToken: string | undefined;
  /** Infinity for a key without expiry. */
  readonly lifetimeSeconds: number;
  readonly expiresAtMs: number;
  readonly narrow: boolean;
  refreshTokenUsed: boolean;
  revoked: boolean;
}

// Long enough that no part of a key turns up in a log by chance, short enough to make millions.
const SECRET_LENGTH = 48;
const CACHES = ['local-cache'];

export class Momento {
  readonly gate: CallGate<MomentoOperation>;
  /** While it is true, each call ends with UNAVAILABLE before it has any effect. */
  outage = false;
  singleUseRefreshTokens: boolean;
  /** The host that keys name, without `control.` or `cache.` before it. */
  readonly endpoint = 'cell-local-1.prod.a.momentohq.com';
  /** The v2 keys, which work at the same cache service. */
  readonly account: MomentoAccount;
  readonly #clock: () => number;
  readonly #random: Random;
  /** By the key within the text, as calls bring it. */
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

  /** What a person does in the console. `narrow`: a scope that does not allow to list caches. No expiry, no refresh token. */
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
   * Takes over a key that was issued elsewhere, so that a person's download can be played with; its duration is the
   * time that is left of it.
   * @returns false where the text is not of the form that the console gives
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
   * A new key of the same permissions and duration, counted from now; the old one stays valid until its own expiry
   * (client-sdk-javascript, auth integration tests).
   * @param innerKey what the SDK sends: `api_key` from within the key's text
   * @throws {MomentoError} UNAUTHENTICATED for a key that is unknown, revoked or expired, or a token that is not its own
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
   * @throws {MomentoError} UNAUTHENTICATED for a bad key, PERMISSION_DENIED for a good one whose scope is too narrow
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

  /** Takes a revoked key again, as after a fault of Momento's own. */
  restore(apiKey: string): void {
    const key = this.#keysByText.get(apiKey);
    if (key !== undefined) key.revoked = false;
  }

  /** Whether Momento would take the key now, outage or not: an observer's look, no call. */
  accepts(apiKey: string): boolean {
    const key = this.#keysByText.get(apiKey);
    if (key === undefined) return this.account.accepts(apiKey);
    return !key.revoked && this.#clock() < key.expiresAtMs;
  }

  /** Each key, in both its forms, and each refresh token that was ever made: what must be found in no output. */
  *issuedSecrets(): Generator<string> {
    yield* this.account.issuedSecrets();
    for (const [innerKey, key] of this.#keys) {
      yield innerKey;
      yield key.text;
      if (key.refreshToken !== undefined) yield key.refreshToken;
    }
  }

  /** Expiries are whole seconds, counted from the second that has begun. */
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

/** The text that people are given and the SDK reads (sdk-core, decodeAuthToken; responses/refresh-api-key). */
export function encodeApiKey(endpoint: string, innerKey: string): string {
  return Buffer.from(JSON.stringify({ endpoint, api_key: innerKey })).toString('base64');
}

/** The `api_key` within a key's text; undefined where it is not of that form. */
export function decodeApiKey(apiKey: string): string | undefined {
  try {
    const content: unknown = JSON.parse(Buffer.from(apiKey, 'base64').toString());
    if (typeof content !== 'object' || content === null || !('api_key' in content)) return undefined;
    return typeof content.api_key === 'string' ? content.api_key : undefined;
  } catch {
    return undefined;
  }
}
