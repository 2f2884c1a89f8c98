/** The key issuer that the Momento model answers in this process: judges its answers as the real adapter judges the SDK's. */
import { KeyIssueError, ServiceCallError } from '../../handlers/errors.ts';
import type { KeyIssuer, Proof } from '../../handlers/ports.ts';
import type { IssuedKey } from '../../handlers/rules/key.ts';
import {
  decodeApiKey,
  encodeApiKey,
  type Momento,
  MomentoError,
  type RefreshedKey,
} from '../momento/momento.ts';
import type { Transport } from './clients.ts';

export class InProcessKeyIssuer implements KeyIssuer {
  readonly #model: Momento;
  readonly #transport: Transport;

  constructor(model: Momento, transport: Transport) {
    this.#model = model;
    this.#transport = transport;
  }

  async issue({ apiKey, refreshToken }: { apiKey: string; refreshToken: string }): Promise<IssuedKey> {
    try {
      const key = (await this.#transport('RefreshApiKey', { apiKey, refreshToken }, () =>
        this.#model.refreshApiKey(decodeApiKey(apiKey) ?? '', refreshToken),
      )) as RefreshedKey;
      return {
        apiKey: encodeApiKey(key.endpoint, key.apiKey),
        refreshToken: key.refreshToken,
        expiresAt: key.validUntil,
      };
    } catch (error) {
      const code = momentoStatus(error);
      const cause = new ServiceCallError('Momento RefreshApiKey', code);
      throw new KeyIssueError(`Momento issued no new key (${code})`, { cause });
    }
  }

  async prove(apiKey: string): Promise<Proof> {
    try {
      await this.#transport('ListCaches', { apiKey }, () =>
        this.#model.listCaches(decodeApiKey(apiKey) ?? ''),
      );
      return { result: 'accepted' };
    } catch (error) {
      const code = momentoStatus(error);
      if (code === 'PERMISSION_DENIED') return { result: 'accepted' };
      return { result: code === 'UNAUTHENTICATED' ? 'rejected' : 'unproven', detail: code };
    }
  }
}

/** Anything that is no answer of Momento's is as if it had not been reached. */
function momentoStatus(error: unknown): string {
  return error instanceof MomentoError ? error.status : 'UNAVAILABLE';
}
