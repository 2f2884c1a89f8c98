/**
 * The v2 API keys of a Momento account in memory. Keys are issued, refreshed, listed and revoked as Momento's HTTP API documents it.
 * If a behaviour is not documented, the model takes the stricter choice. docs/CONTRACT.md lists these choices.
 */
import { z } from 'zod';
import { CallGate } from '../serving/call-gate.ts';
import { type Random, randomAlphanumeric } from '../serving/randomness.ts';

/** The error code of each status. Only `Bad Request`, `NotFound` and `PermissionDenied` are documented. */
const ERROR_CODES = {
  400: 'Bad Request',
  401: 'Unauthenticated',
  403: 'PermissionDenied',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  429: 'LimitExceeded',
  500: 'InternalServerError',
} as const;

/** The message never contains a key or a token. */
export class AccountError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: keyof typeof ERROR_CODES, message: string) {
    super(message);
    this.name = 'AccountError';
    this.status = status;
    this.code = ERROR_CODES[status];
  }
}

export type AccountOperation = 'GenerateApiKeyV2' | 'RefreshApiKeyV2' | 'ListApiKeys' | 'RevokeApiKey';

export interface Role {
  /** Whether its keys may generate, list and revoke keys (`auth_management`). */
  readonly managesKeys: boolean;
  readonly listsCaches: boolean;
}

export interface AccountOptions {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly random: Random;
}

export interface KeyInfo {
  readonly key_id: string;
  readonly account_id: string;
  readonly description: string;
  readonly role_id: string;
  readonly expires_at_epoch_seconds?: number;
  readonly issued_at_epoch_seconds: number;
}

export interface KeyAnswer {
  readonly api_key: string;
  readonly refresh_token?: string;
  readonly key_info: KeyInfo;
  readonly previous_key_id?: string;
}

interface KeyRecord {
  readonly apiKey: string;
  readonly refreshToken: string | undefined;
  readonly info: KeyInfo;
  tokenUsed: boolean;
  revoked: boolean;
}

/** Momento's own roles, and the custom roles `r-cache` and `r-keys`. */
const ROLES: Readonly<Record<string, Role>> = {
  'r-owner': { managesKeys: true, listsCaches: true },
  'r-operator': { managesKeys: false, listsCaches: true },
  'r-viewer': { managesKeys: false, listsCaches: true },
  'r-cache': { managesKeys: false, listsCaches: false },
  'r-keys': { managesKeys: true, listsCaches: false },
};

const ACCOUNT_ID = 'local-account';
const MAX_PAGE = 100;
const ID_LENGTH = 20;
const SIGNATURE_LENGTH = 43;

// Strict: an unknown field is refused.
const generateSchema = z.strictObject({
  role_id: z.string().min(1),
  description: z.string(),
  expiry: z.union([z.literal('never'), z.int()]),
  exclude_refresh_token: z.boolean().optional(),
});
const refreshSchema = z.strictObject({ expiration_epoch_seconds: z.int().optional() });

export class MomentoAccount {
  readonly gate: CallGate<AccountOperation>;
  /** The largest number of keys. */
  keyLimit = 1000;
  /** While it is true, every call with a valid credential is refused. */
  locked = false;
  /** While it is true, each call fails with 500 before it has an effect. */
  outage = false;
  readonly #clock: () => number;
  readonly #random: Random;
  readonly #keys = new Map<string, KeyRecord>();
  readonly #keysByText = new Map<string, KeyRecord>();
  readonly #keysByToken = new Map<string, KeyRecord>();

  constructor(options: AccountOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.gate = new CallGate(options.clock, () => new AccountError(429, 'Request was throttled'));
  }

  /** Creates a key as a person does in the console. Without `lifetimeSeconds` the key never expires. */
  createKey({
    roleId = 'r-operator',
    description = 'made by a person',
    lifetimeSeconds,
    withoutRefreshToken = false,
  }: {
    roleId?: string;
    description?: string;
    lifetimeSeconds?: number;
    withoutRefreshToken?: boolean;
  } = {}): KeyAnswer {
    const expiresAt = lifetimeSeconds === undefined ? undefined : this.#now() + lifetimeSeconds;
    return this.#issue({ roleId, description, expiresAt, withoutRefreshToken });
  }

  /** POST /api-keys. @throws {AccountError} */
  generate(authorization: string, body: unknown): KeyAnswer {
    return this.gate.run('GenerateApiKeyV2', { authorization, body }, () => {
      this.#authorizeManagement(authorization);
      const { role_id: roleId, description, expiry, exclude_refresh_token } = parse(generateSchema, body);
      if (expiry !== 'never' && expiry <= this.#now()) {
        throw new AccountError(400, 'expiry must be in the future');
      }
      if (ROLES[roleId] === undefined) throw new AccountError(404, 'No such role');
      this.#refuseBeyondLimit();
      const expiresAt = expiry === 'never' ? undefined : expiry;
      return this.#issue({
        roleId,
        description,
        expiresAt,
        withoutRefreshToken: exclude_refresh_token === true,
      });
    });
  }

  /** POST /api-keys/refresh. @throws {AccountError} */
  refresh(authorization: string, body: unknown = {}): KeyAnswer {
    return this.gate.run('RefreshApiKeyV2', { authorization, body }, () => {
      this.#refuseInOutage();
      const key = this.#keysByToken.get(authorization);
      if (key === undefined || key.revoked || this.#hasExpired(key)) {
        throw new AccountError(401, 'Invalid refresh token');
      }
      this.#refuseIfLocked();
      if (key.tokenUsed) throw new AccountError(403, 'The refresh token has already been used');
      const { issued_at_epoch_seconds: issuedAt, expires_at_epoch_seconds: expiredAt = 0 } = key.info;
      const latest = this.#now() + expiredAt - issuedAt;
      const { expiration_epoch_seconds: expiresAt = latest } = parse(refreshSchema, body);
      if (expiresAt <= this.#now() || expiresAt > latest) {
        throw new AccountError(400, 'expiration_epoch_seconds is past or too late');
      }
      this.#refuseBeyondLimit();
      key.tokenUsed = true;
      const { role_id: roleId, description } = key.info;
      return {
        ...this.#issue({ roleId, description, expiresAt, withoutRefreshToken: false }),
        previous_key_id: key.info.key_id,
      };
    });
  }

  /** GET /api-keys. Strict: revoked and expired keys are no longer listed. @throws {AccountError} */
  list(
    authorization: string,
    query: { readonly limit?: string | undefined; readonly next_token?: string | undefined } = {},
  ): { readonly key_info: readonly KeyInfo[]; readonly next_token?: string } {
    return this.gate.run('ListApiKeys', { authorization, query }, () => {
      this.#authorizeManagement(authorization);
      const { limit = String(MAX_PAGE), next_token: token } = query;
      const size = /^\d+$/.test(limit) ? Number(limit) : 0;
      if (size < 1 || size > MAX_PAGE) throw new AccountError(400, 'limit must be from 1 to 100');
      const live = [...this.#keys.values()].filter((key) => this.#isLive(key)).map(({ info }) => info);
      const start = token === undefined ? 0 : live.findIndex(({ key_id }) => `from-${key_id}` === token);
      // Strict: an unknown token is refused.
      if (start < 0) throw new AccountError(400, 'next_token is invalid');
      const next = live[start + size];
      return {
        key_info: live.slice(start, start + size),
        ...(next === undefined ? {} : { next_token: `from-${next.key_id}` }),
      };
    });
  }

  /** DELETE /api-keys/{key_id}. Takes effect at once. @throws {AccountError} 404 if the key is unknown, expired or revoked */
  revoke(authorization: string, keyId: string): object {
    return this.gate.run('RevokeApiKey', { authorization, keyId }, () => {
      this.#authorizeManagement(authorization);
      const key = this.#keys.get(keyId);
      if (key === undefined || !this.#isLive(key)) throw new AccountError(404, 'No such API key');
      key.revoked = true;
      return {};
    });
  }

  /** Revokes a key as a person does in the console. */
  revokeKey(apiKey: string): void {
    const key = this.#keysByText.get(apiKey);
    if (key !== undefined) key.revoked = true;
  }

  /** Whether the key is valid now, even during an outage. Does not count as a call. */
  accepts(apiKey: string): boolean {
    const key = this.#keysByText.get(apiKey);
    return key !== undefined && this.#isLive(key);
  }

  /** @returns the role of a valid key; undefined if the key is unknown, revoked or expired */
  roleOf(apiKey: string): Role | undefined {
    const key = this.#keysByText.get(apiKey);
    return key !== undefined && this.#isLive(key) ? ROLES[key.info.role_id] : undefined;
  }

  /** The valid keys. Does not count as a call. */
  liveKeys(): readonly KeyInfo[] {
    return [...this.#keys.values()].filter((key) => this.#isLive(key)).map(({ info }) => info);
  }

  /** Every key and refresh token that was ever issued, so that tests can search outputs for them. */
  *issuedSecrets(): Generator<string> {
    for (const { apiKey, refreshToken } of this.#keys.values()) {
      yield apiKey;
      if (refreshToken !== undefined) yield refreshToken;
    }
  }

  #issue(request: {
    roleId: string;
    description: string;
    expiresAt: number | undefined;
    withoutRefreshToken: boolean;
  }): KeyAnswer {
    const { roleId, description, expiresAt, withoutRefreshToken } = request;
    const keyId = randomAlphanumeric(this.#random, ID_LENGTH);
    const expiry = expiresAt === undefined ? {} : { exp: expiresAt };
    const apiKey = this.#jwt({ t: 'g', jti: keyId, ...expiry });
    const hasToken = expiresAt !== undefined && !withoutRefreshToken;
    const refreshToken = hasToken ? this.#jwt({ t: 'gr', akid: keyId, ...expiry }) : undefined;
    const info: KeyInfo = {
      key_id: keyId,
      account_id: ACCOUNT_ID,
      description,
      role_id: roleId,
      ...(expiresAt === undefined ? {} : { expires_at_epoch_seconds: expiresAt }),
      issued_at_epoch_seconds: this.#now(),
    };
    const record = { apiKey, refreshToken, info, tokenUsed: false, revoked: false };
    this.#keys.set(keyId, record);
    this.#keysByText.set(apiKey, record);
    if (refreshToken !== undefined) this.#keysByToken.set(refreshToken, record);
    return {
      api_key: apiKey,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      key_info: info,
    };
  }

  /** The signature is random: the account compares whole keys. */
  #jwt(claims: object): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signature = Buffer.from(randomAlphanumeric(this.#random, SIGNATURE_LENGTH)).toString('base64url');
    return `${part({ alg: 'ES256' })}.${part(claims)}.${signature}`;
  }

  #authorizeManagement(authorization: string): void {
    this.#refuseInOutage();
    const role = this.roleOf(authorization);
    if (role === undefined) throw new AccountError(401, 'Invalid API key');
    this.#refuseIfLocked();
    if (!role.managesKeys) throw new AccountError(403, 'Insufficient permissions');
  }

  #refuseInOutage(): void {
    if (this.outage) throw new AccountError(500, 'The service is unavailable');
  }

  #refuseIfLocked(): void {
    if (this.locked) throw new AccountError(403, 'The account is locked');
  }

  #refuseBeyondLimit(): void {
    if (this.liveKeys().length < this.keyLimit) return;
    throw new AccountError(429, 'The account has reached its limit on the number of API keys');
  }

  #isLive(key: KeyRecord): boolean {
    return !key.revoked && !this.#hasExpired(key);
  }

  #hasExpired({ info }: KeyRecord): boolean {
    return this.#now() >= (info.expires_at_epoch_seconds ?? Number.POSITIVE_INFINITY);
  }

  #now(): number {
    return Math.floor(this.#clock() / 1000);
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, code }) => `${path.join('.') || 'body'} (${code})`);
  throw new AccountError(400, `Invalid request: ${fields.join(', ')}`);
}
