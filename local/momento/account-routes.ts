/** The paths of Momento's HTTP API for API keys. */
import { decodePathSegment } from '../serving/http-service.ts';
import { AccountError, type AccountOperation, type MomentoAccount } from './account.ts';

export interface AccountRequest {
  readonly method: string;
  /** Still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  /** Undefined: the request has no body. */
  readonly body: unknown;
}

/** @returns the operation of a request, and a function that performs it @throws {AccountError} 405 for another method, 404 for another path */
export function accountCall(
  account: MomentoAccount,
  { method, path, query, authorization, body }: AccountRequest,
): readonly [AccountOperation, () => object] {
  const [, keyId] = /^\/api-keys\/([^/]+)$/.exec(path) ?? [];
  if (method === 'POST' && keyId === 'refresh') {
    return ['RefreshApiKeyV2', () => account.refresh(authorization, body)];
  }
  if (method === 'DELETE' && keyId !== undefined) {
    return ['RevokeApiKey', () => account.revoke(authorization, decodePathSegment(keyId))];
  }
  if (method === 'POST' && path === '/api-keys') {
    return ['GenerateApiKeyV2', () => account.generate(authorization, body)];
  }
  if (method === 'GET' && path === '/api-keys') {
    const parameter = (name: string) => query.get(name) ?? undefined;
    const page = { limit: parameter('limit'), next_token: parameter('next_token') };
    return ['ListApiKeys', () => account.list(authorization, page)];
  }
  const isKnown = path === '/api-keys' || keyId !== undefined;
  throw isKnown ? new AccountError(405, 'No such method') : new AccountError(404, 'No such resource');
}
