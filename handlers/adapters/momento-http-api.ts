/** Calls Momento's HTTP API over TLS, with limits for time and size and without redirects. */

import { MOMENTO_API } from '../names.ts';
import type { Clock } from '../ports.ts';
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

/** `status` 0: there was no complete answer. `code` is never a message from the service. */
export interface ApiAnswer {
  readonly status: number;
  readonly code: string;
  /** Undefined if the body is not JSON. It can contain keys. */
  readonly body?: unknown;
}

/** The API as the adapters of v2 keys use it. */
export interface HttpApi {
  call(request: ApiRequest): Promise<ApiAnswer>;
}

/**
 * The clients of AWS limit the time to connect (`CONNECT_MS`), this one only that of the whole call. `fetch` has no such setting: it takes an
 * `Agent` of the package undici, which Node.js does not export, and a signal cannot tell a connection from a request that was sent. The
 * limit would save eight seconds of a run whose retry is booked.
 */
export class MomentoHttpApi implements HttpApi {
  readonly #origin: string;
  readonly #timeLimitMs: number;

  /** @param endpoint host:port of a server without TLS, for local runs and tests; undefined: Momento's host
   * @param timeLimitMs for the whole answer */
  constructor(endpoint?: string, timeLimitMs = ANSWER_MS) {
    this.#timeLimitMs = timeLimitMs;
    this.#origin = endpoint === undefined ? MOMENTO_API : `http://${endpoint}`;
  }

  /** Makes one attempt. Does not throw. */
  async call({ method, path, authorization, body }: ApiRequest): Promise<ApiAnswer> {
    try {
      const response = await fetch(`${this.#origin}${path}`, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // A redirect could send the credential to another host, so it is not followed.
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

/** Momento allows an account five calls a second. Other processes of this function need some of them. */
const CALLS_PER_SECOND = 4;

/** How often a throttled read is made. */
const MAX_READS = 4;

/** Keeps the calls of this process within Momento's limit, and repeats a read that was throttled. A POST is made once. */
export class PacedHttpApi implements HttpApi {
  readonly #api: HttpApi;
  readonly #clock: Clock;
  readonly #pause: (ms: number) => Promise<void>;
  /** When the last calls started or will start. */
  #starts: readonly number[] = [];

  /** @param clock milliseconds from any instant. It must not be set back */
  constructor(api: HttpApi, clock: Clock, pause: (ms: number) => Promise<void>) {
    this.#api = api;
    this.#clock = clock;
    this.#pause = pause;
  }

  async call(request: ApiRequest): Promise<ApiAnswer> {
    for (let reads = 1; ; reads++) {
      await this.#turn();
      const answer = await this.#api.call(request);
      if (answer.status !== 429 || request.method !== 'GET' || reads === MAX_READS) return answer;
      await this.#pause(1000);
    }
  }

  /** Calls that are made at the same time take turns here. */
  async #turn(): Promise<void> {
    const now = this.#clock();
    const startsAt = Math.max(now, (this.#starts.at(-CALLS_PER_SECOND) ?? -1000) + 1000);
    this.#starts = [...this.#starts.slice(1 - CALLS_PER_SECOND), startsAt];
    if (startsAt > now) await this.#pause(startsAt - now);
  }
}

/** Counts the bytes while it reads, because an announced length can be wrong. */
async function boundedText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    // Leaving the loop stops the download.
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

/** Those that Momento documents and those of its other services. Any other text could be a part of a key, so it is left out. */
const CODES: ReadonlySet<unknown> = new Set([
  'Bad Request',
  'Unauthenticated',
  'PermissionDenied',
  'NotFound',
  'MethodNotAllowed',
  'LimitExceeded',
  'InternalServerError',
]);

/** The status and Momento's error code, if it is a known one. */
function codeOf(status: number, body: unknown): string {
  const { code } = Object(body) as { code?: unknown };
  return CODES.has(code) ? `${status} ${code}` : String(status);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
