/** Momento's HTTP API for API keys on the wire: HTTP on loopback over the account. It has no rules of its own. */
import {
  CUT,
  decodePathSegment,
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireRequest,
  type WireResponse,
} from '../serving/http-service.ts';
import { AccountError, type MomentoAccount } from './account.ts';

/** An error of a fault hook that is none of the account's cuts the connection: the answer is lost. */
export async function startAccountServer(
  account: MomentoAccount,
  options: StartOptions = {},
): Promise<RunningServer> {
  return await startHttpService((request) => {
    try {
      return json(200, route(account, request));
    } catch (error) {
      if (!(error instanceof AccountError)) return CUT;
      return json(error.status, { code: error.code, message: error.message });
    }
  }, options);
}

function route(account: MomentoAccount, request: WireRequest): object {
  const { method, path, query } = request;
  const authorization = request.headers.authorization ?? '';
  if (path === '/api-keys/refresh') {
    if (method === 'POST') return account.refresh(authorization, bodyOf(request, {}));
  } else if (path === '/api-keys') {
    if (method === 'POST') return account.generate(authorization, bodyOf(request));
    if (method === 'GET') {
      const of = (name: string) => query.get(name) ?? undefined;
      return account.list(authorization, { limit: of('limit'), next_token: of('next_token') });
    }
  } else if (path.startsWith('/api-keys/') && method === 'DELETE') {
    return account.revoke(authorization, decodePathSegment(path.slice('/api-keys/'.length)));
  }
  throw new AccountError(404, 'No such resource');
}

/** Strict: a body must say that it is JSON. */
function bodyOf({ headers, body }: WireRequest, empty?: object): unknown {
  if (body.length === 0 && empty !== undefined) return empty;
  if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '')) {
    throw new AccountError(400, 'Content-Type must be application/json');
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AccountError(400, 'The body is not JSON');
  }
}

function json(status: number, body: object): WireResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
