/** An HTTP server on loopback for one handler. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WireRequest {
  readonly method: string;
  /** Still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface WireResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Instead of an answer: the connection is closed. */
export const CUT = 'cut';

export type WireHandler = (request: WireRequest) => WireResponse | Promise<WireResponse>;

type CuttingHandler = (request: WireRequest) => ReturnType<WireHandler> | typeof CUT;

export interface RunningServer {
  readonly url: string;
  /** Cuts open connections. Resolves when the port is free again. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** Absent: any free port. */
  readonly port?: number;
}

// The largest body that a real service takes is Lambda's 6 MB.
const BODY_BYTES = 8 * 1024 * 1024;

export async function startHttpService(
  handler: CuttingHandler,
  { port = 0 }: StartOptions = {},
): Promise<RunningServer> {
  const server = createServer((incoming, outgoing) => {
    answer(handler, incoming).then(
      (response) => send(outgoing, response),
      // An error in this program: the client sees the internal failure of a service.
      () => send(outgoing, { status: 500, body: '{"__type":"InternalFailure"}' }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: actualPort } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${actualPort}`, close: () => close(server) };
}

/** Decodes a segment of a path. Returns an invalid encoding as it is, for the service to refuse. */
export function decodePathSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function answer(
  handler: CuttingHandler,
  incoming: IncomingMessage,
): Promise<WireResponse | typeof CUT> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) return { status: 413, headers: { connection: 'close' } };
    chunks.push(chunk);
  }
  const [path = '/', search = ''] = (incoming.url ?? '/').split('?', 2);
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return handler({
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(search),
    headers,
    body: Buffer.concat(chunks),
  });
}

function send(outgoing: ServerResponse, response: WireResponse | typeof CUT): void {
  if (response === CUT) {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(response.status, response.headers);
  outgoing.end(response.body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
