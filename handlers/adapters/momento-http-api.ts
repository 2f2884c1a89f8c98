/** One call to Momento's HTTP API: over TLS to Momento's host, in bounded time and size, without redirects. Decides nothing. */

import { MOMENTO_API } from '../names.ts';
import { ANSWER_MS } from './time-limit.ts';

/** A page of 100 keys has about 30 KB. */
const MAX_BYTES = 256 * 1024;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With the query. */
  readonly path: string;
  /** An API key or a refresh token: the header holds it as it is. */
  readonly authorization: string;
  readonly body?: object | undefined;
}

/** `status` 0: there was no whole answer. `code` says what came, in words that are never the service's message. */
export interface ApiAnswer {
  readonly status: number;
  readonly code: string;
  /** Undefined if the body is no JSON. It can hold keys. */
  readonly body?: unknown;
}

/** What the adapters of v2 keys see of the API. */
export interface HttpApi {
  call(request: ApiRequest): Promise<ApiAnswer>;
}

export class MomentoHttpApi implements HttpApi {
  readonly #origin: string;
  readonly #timeLimitMs: number;

  /** @param endpoint host:port of a server without TLS, for local runs and tests; undefined: Momento's host
   * @param timeLimitMs for the whole answer */
  constructor(endpoint?: string, timeLimitMs = ANSWER_MS) {
    this.#timeLimitMs = timeLimitMs;
    this.#origin = endpoint === undefined ? MOMENTO_API : `http://${endpoint}`;
  }

  /** One attempt. It never throws. */
  async call({ method, path, authorization, body }: ApiRequest): Promise<ApiAnswer> {
    try {
      const response = await fetch(`${this.#origin}${path}`, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect could take the credential elsewhere. It is an answer like any other here.
        redirect: 'manual',
        signal: AbortSignal.timeout(this.#timeLimitMs),
      });
      const text = await boundedText(response);
      if (text === undefined) return { status: 0, code: 'TOO_LARGE' };
      const json = parseJson(text);
      return { status: response.status, code: codeOf(response.status, json), body: json };
    } catch (error) {
      return { status: 0, code: isTimeout(error) ? 'TIMEOUT' : 'UNREACHABLE' };
    }
  }
}

/** Counts while it reads: a length that is announced can be wrong. */
async function boundedText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the body.
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The status and Momento's label of the error class, if it looks like one. */
function codeOf(status: number, body: unknown): string {
  const { code } = Object(body) as { code?: unknown };
  return typeof code === 'string' && /^[A-Za-z][A-Za-z ]{0,39}$/.test(code)
    ? `${status} ${code}`
    : String(status);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
