/** Momento's HTTP API as the local account answers it in this process: for the adapter of v2 keys, without a network. */
import type { ApiAnswer, ApiRequest, HttpApi } from '../../handlers/adapters/momento-http-api.ts';
import { AccountError, type AccountOperation, type MomentoAccount } from '../momento/account.ts';
import type { Transport } from './clients.ts';

export class InProcessHttpApi implements HttpApi {
  readonly #account: MomentoAccount;
  readonly #transport: Transport;

  constructor(account: MomentoAccount, transport: Transport) {
    this.#account = account;
    this.#transport = transport;
  }

  async call(request: ApiRequest): Promise<ApiAnswer> {
    const [operation, run] = this.#route(request);
    try {
      return { status: 200, code: '200', body: await this.#transport(operation, request, run) };
    } catch (error) {
      if (!(error instanceof AccountError)) return { status: 0, code: 'UNREACHABLE' };
      const { status, code, message } = error;
      return { status, code: `${status} ${code}`, body: { code, message } };
    }
  }

  #route({ method, path, authorization, body }: ApiRequest): [AccountOperation, () => unknown] {
    const account = this.#account;
    const { pathname, searchParams } = new URL(path, 'http://account.invalid');
    if (pathname === '/api-keys/refresh')
      return ['RefreshApiKeyV2', () => account.refresh(authorization, body)];
    if (method === 'POST') return ['GenerateApiKeyV2', () => account.generate(authorization, body)];
    if (method === 'GET') {
      const of = (name: string) => searchParams.get(name) ?? undefined;
      const query = { limit: of('limit'), next_token: of('next_token') };
      return ['ListApiKeys', () => account.list(authorization, query)];
    }
    const id = decodeURIComponent(pathname.slice('/api-keys/'.length));
    return ['RevokeApiKey', () => account.revoke(authorization, id)];
  }
}
