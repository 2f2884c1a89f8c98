/** Serves Momento's HTTP API for API keys on loopback, over a model of the account. */
import {
  CUT,
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireRequest,
  type WireResponse,
} from '../serving/http-service.ts';
import { AccountError, type MomentoAccount } from './account.ts';
import { accountCall } from './account-routes.ts';

/** If a fault hook throws anything but an AccountError, the connection is closed and the answer is lost. */
export function startAccountServer(account: MomentoAccount, options?: StartOptions): Promise<RunningServer> {
  return startHttpService((request) => {
    try {
      const authorization = request.headers.authorization ?? '';
      const [, call] = accountCall(account, { ...request, authorization, body: bodyOf(request) });
      return json(200, call());
    } catch (error) {
      if (!(error instanceof AccountError)) return CUT;
      return json(error.status, { code: error.code, message: error.message });
    }
  }, options);
}

/** Strict: a body needs the content type application/json. */
function bodyOf({ headers, body }: WireRequest): unknown {
  if (body.length === 0) return undefined;
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
