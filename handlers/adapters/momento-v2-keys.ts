/** Refreshes, proves, generates, lists and revokes v2 keys with Momento's HTTP API. Each POST makes one attempt. */
import * as z from 'zod/mini';
import { KeyRegistryError, type RegistryFault, ServiceCallError } from '../errors.ts';
import type { KeyIssuer, KeyRegistry, Proof, SuccessorRequest } from '../ports.ts';
import { claimsOf, type IssueOutcome, type Key, type KeyInfo, type SuccessorOutcome } from '../rules/key.ts';
import { isMomentoHost } from './momento-hosts.ts';
import type { ApiAnswer, HttpApi } from './momento-http-api.ts';

/** A list with more pages than this is treated as a fault of the service. */
const MAX_PAGES = 400;

const filled = z.string().check(z.minLength(1));
const infoSchema = z.looseObject({
  key_id: filled,
  description: z.string(),
  role_id: filled,
  expires_at_epoch_seconds: z.optional(z.int()),
  issued_at_epoch_seconds: z.int(),
});
const pageSchema = z.object({ key_info: z.array(z.unknown()), next_token: z.optional(filled) });

export class MomentoV2KeyIssuer implements KeyIssuer {
  readonly #api: HttpApi;
  readonly #cacheService: Pick<KeyIssuer, 'prove'>;
  readonly #hosts: readonly string[];

  /**
   * @param cacheService proves a key at the endpoint that its secret names
   * @param hosts host names in small letters that a secret may name as its endpoint, beside Momento's
   */
  constructor(api: HttpApi, cacheService: Pick<KeyIssuer, 'prove'>, hosts: readonly string[] = []) {
    this.#api = api;
    this.#cacheService = cacheService;
    this.#hosts = hosts;
  }

  /** Does not use the token of a key that could not be proved afterwards. */
  async issue({ refreshToken, endpoint }: Key): Promise<IssueOutcome> {
    if (endpoint !== undefined && !isMomentoHost(endpoint, this.#hosts)) {
      return { result: 'unusable', detail: "its endpoint is not one of Momento's" };
    }
    if (refreshToken === undefined) return { result: 'no-token', detail: 'it has no refresh token' };
    const answer = await this.#api.call({
      method: 'POST',
      path: '/api-keys/refresh',
      authorization: refreshToken,
    });
    return outcomeOf(answer, { 403: 'spent', 404: 'not-offered', 405: 'not-offered' });
  }

  /** Without an endpoint the key is proved by listing keys: both 200 and 403 show that Momento accepts it. */
  async prove(key: Key): Promise<Proof> {
    if (key.endpoint !== undefined) return await this.#cacheService.prove(key);
    const path = '/api-keys?limit=1';
    const { status, code } = await this.#api.call({ method: 'GET', path, authorization: key.apiKey });
    if (status === 200 || status === 403) return { result: 'accepted' };
    return { result: status === 401 ? 'rejected' : 'unproven', detail: code };
  }
}

export class MomentoKeyRegistry implements KeyRegistry {
  readonly #api: HttpApi;
  readonly #secretName: string;

  /** @param secretName the secret of the management key, for the messages of errors */
  constructor(api: HttpApi, secretName: string) {
    this.#api = api;
    this.#secretName = secretName;
  }

  async generate(managementKey: string, request: SuccessorRequest): Promise<SuccessorOutcome> {
    const { roleId, description, expiresAt } = request;
    const answer = await this.#api.call({
      method: 'POST',
      path: '/api-keys',
      authorization: managementKey,
      body: { role_id: roleId, description, expiry: expiresAt },
    });
    return outcomeOf(answer, { 403: 'denied', 404: 'no-such-role', 405: 'refused' });
  }

  async list(managementKey: string, keyId?: string): Promise<readonly KeyInfo[]> {
    const keys: KeyInfo[] = [];
    let query = 'limit=100';
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const answer = await this.#api.call({
        method: 'GET',
        path: `/api-keys?${query}`,
        authorization: managementKey,
      });
      const page = pageSchema.safeParse(answer.body);
      if (!isSuccess(answer.status) || !page.success) throw this.#failure('GET /api-keys', answer);
      // One odd entry must not hide the others.
      keys.push(...page.data.key_info.flatMap((entry) => parsedInfo(entry) ?? []));
      const { next_token: next } = page.data;
      if (next === undefined || keys.some(({ key_id }) => key_id === keyId)) return keys;
      query = `limit=100&next_token=${encodeURIComponent(next)}`;
    }
    throw new KeyRegistryError('registry-unanswered', {
      secretName: this.#secretName,
      detail: `its list of keys does not end after ${MAX_PAGES} pages`,
    });
  }

  async revoke(managementKey: string, keyId: string): Promise<'revoked' | 'unknown'> {
    const path = `/api-keys/${encodeURIComponent(keyId)}`;
    const answer = await this.#api.call({ method: 'DELETE', path, authorization: managementKey });
    if (isSuccess(answer.status)) return 'revoked';
    if (answer.status === 404) return 'unknown';
    throw this.#failure('DELETE /api-keys', answer);
  }

  #failure(operation: string, answer: ApiAnswer): KeyRegistryError {
    const { status, code } = answer;
    const cause = new ServiceCallError(`Momento ${operation}`, code);
    const detail = isLocked(answer) ? 'the account is locked' : code;
    const fault = isLocked(answer) ? 'registry-unanswered' : registryFault(status);
    return new KeyRegistryError(fault, { secretName: this.#secretName, detail }, { cause });
  }
}

type Issued = Extract<IssueOutcome, { result: 'issued' }>;

interface NoKey<Result> {
  readonly result: Result;
  readonly detail: string;
}

/** @param own what only this request means by a status */
function outcomeOf<Own>(
  answer: ApiAnswer,
  own: Readonly<Record<403 | 404 | 405, Own>>,
): Issued | NoKey<Own | 'refused' | 'rejected' | 'locked' | 'key-limit' | 'throttled' | 'unanswered'> {
  const { status, code, body } = answer;
  if (isSuccess(status)) return issued(answer);
  switch (status) {
    case 400:
      return { result: 'refused', detail: code };
    case 401:
      return { result: 'rejected', detail: code };
    case 403:
      return { result: isLocked(answer) ? 'locked' : own[status], detail: code };
    case 404:
    case 405:
      return { result: own[status], detail: code };
    case 429:
      // Momento answers 429 both at the key limit and when it throttles, and documents no code. Without the known words it counts as
      // throttling. The token is not spent in either case, and the retry finds out.
      return {
        result: /number of (api )?keys|key limit/i.test(messageOf(body)) ? 'key-limit' : 'throttled',
        detail: code,
      };
    default:
      return { result: 'unanswered', detail: code };
  }
}

/** The token of this answer is spent, so the key is used even if its description is not as documented. */
function issued({ status, body }: ApiAnswer): Issued | NoKey<'unanswered'> {
  const { api_key: apiKey, refresh_token, key_info } = Object(body) as Readonly<Record<string, unknown>>;
  if (typeof apiKey !== 'string' || apiKey === '') return unreadable(status);
  const { expires_at_epoch_seconds: told = claimsOf(apiKey)?.exp } = Object(key_info);
  const expiresAt = z.int().check(z.positive()).safeParse(told).data;
  if (expiresAt === undefined) return unreadable(status);
  const refreshToken = filled.safeParse(refresh_token).data;
  const info = parsedInfo(key_info);
  const isWhole = info?.expires_at_epoch_seconds !== undefined;
  return { result: 'issued', key: { apiKey, refreshToken, expiresAt, info: isWhole ? info : undefined } };
}

function unreadable(status: number): NoKey<'unanswered'> {
  return { result: 'unanswered', detail: `${status} UNREADABLE` };
}

/** Momento answers 403 also for a used token and a missing permission, and documents no code. */
function isLocked({ status, body }: ApiAnswer): boolean {
  return status === 403 && /\blocked\b/i.test(messageOf(body));
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function parsedInfo(entry: unknown): KeyInfo | undefined {
  return infoSchema.safeParse(entry).data;
}

/** The message is searched but never repeated, because a service's message can contain anything. */
function messageOf(body: unknown): string {
  const { message } = Object(body) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}

function registryFault(status: number): RegistryFault {
  if (status === 401) return 'registry-rejected';
  return status === 403 ? 'registry-denied' : 'registry-unanswered';
}
