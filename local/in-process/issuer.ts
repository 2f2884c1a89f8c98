/** The key issuer that the Momento model answers in this process: judges its answers as the real adapter judges the SDK's. */

import type { KeyIssuer, Proof } from '../../handlers/ports.ts';
import type { IssueOutcome, Key } from '../../handlers/rules/key.ts';

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

  async issue({ apiKey, refreshToken = '' }: Key): Promise<IssueOutcome> {
    try {
      const issued = (await this.#transport('RefreshApiKey', { apiKey, refreshToken }, () =>
        this.#model.refreshApiKey(decodeApiKey(apiKey) ?? '', refreshToken),
      )) as RefreshedKey;
      const key = {
        apiKey: encodeApiKey(issued.endpoint, issued.apiKey),
        refreshToken: issued.refreshToken,
        expiresAt: issued.validUntil,
      };
      return { result: 'issued', key };
    } catch (error) {
      const code = momentoStatus(error);
      if (code === 'UNAUTHENTICATED') return { result: 'rejected', detail: code };
      return { result: code === 'RESOURCE_EXHAUSTED' ? 'throttled' : 'unanswered', detail: code };
    }
  }

  async prove({ apiKey }: Key): Promise<Proof> {
    try {
      await this.#transport('ListCaches', { apiKey }, () =>
        this.#model.listCaches(decodeApiKey(apiKey) ?? apiKey),
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
