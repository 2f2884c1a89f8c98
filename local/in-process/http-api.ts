/** Momento's HTTP API, answered by the local account in this process: for the adapter of v2 keys, without a network. */
import type { ApiAnswer, ApiRequest, HttpApi } from '../../handlers/adapters/momento-http-api.ts';
import { AccountError, type MomentoAccount } from '../momento/account.ts';
import { accountCall } from '../momento/account-routes.ts';
import type { Transport } from './clients.ts';

export class InProcessHttpApi implements HttpApi {
  readonly #account: MomentoAccount;
  readonly #transport: Transport;

  constructor(account: MomentoAccount, transport: Transport) {
    this.#account = account;
    this.#transport = transport;
  }

  async call(request: ApiRequest): Promise<ApiAnswer> {
    const { method, path, authorization, body } = request;
    const { pathname, searchParams: query } = new URL(path, 'http://account.invalid');
    try {
      const called = { method, path: pathname, query, authorization, body };
      const [operation, call] = accountCall(this.#account, called);
      return { status: 200, code: '200', body: await this.#transport(operation, request, call) };
    } catch (error) {
      if (!(error instanceof AccountError)) return { status: 0, code: 'UNREACHABLE' };
      const { status, code, message } = error;
      return { status, code: `${status} ${code}`, body: { code, message } };
    }
  }
}
