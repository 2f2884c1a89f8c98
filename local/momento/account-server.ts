/** Serves Momento's HTTP API for API keys on loopback, over a model of the account. */

import { CallGate } from '../serving/call-gate.ts';
import {
  CUT,
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireRequest,
  type WireResponse,
} from '../serving/http-service.ts';
import { AccountError, type AccountOperation, type MomentoAccount } from './account.ts';
import { accountCall } from './account-routes.ts';

interface AccountServerOptions extends StartOptions {
  /** Counted by the real clock, as the function paces its calls. Default: no limit. */
  readonly callsPerSecond?: number;
}

/** If a fault hook throws anything but an AccountError, the connection is closed and the answer is lost. */
export function startAccountServer(
  account: MomentoAccount,
  { callsPerSecond, ...options }: AccountServerOptions = {},
): Promise<RunningServer> {
  const gate = new CallGate<AccountOperation>(Date.now, () => new AccountError(429, 'Request was throttled'));
  gate.throttling = callsPerSecond === undefined ? undefined : { requestsPerSecond: callsPerSecond };
  return startHttpService((request) => {
    try {
      const authorization = request.headers.authorization ?? '';
      const [operation, call] = accountCall(account, { ...request, authorization, body: bodyOf(request) });
      return json(200, gate.run(operation, undefined, call));
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
