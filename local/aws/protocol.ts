/** AWS's protocols: how a request names its operation, and how answers and errors are written. */
import { decodePathSegment, type WireRequest, type WireResponse } from '../serving/http-service.ts';
import type { AwsServiceError } from './service-error.ts';
import { readBody, type WireShape, writeBody } from './wire-shape.ts';

/** A service as the endpoint sees it. */
export interface LocalService {
  /** Such as Secrets Manager. */
  readonly title: string;
  readonly operations: readonly string[];
  /** @returns undefined if the request calls none of these operations */
  route(request: WireRequest): Route | undefined;
}

/** An operation that a request calls. */
export interface Route {
  readonly operation: string;
  /** The secret, schedule or function that it names, if it names one. */
  readonly subject?: string | undefined;
  /** @throws {AwsServiceError} */
  answer(): WireResponse | Promise<WireResponse>;
  readonly writeError: ErrorWriter;
}

export type ErrorWriter = (error: AwsServiceError) => WireResponse;

/** AWS JSON 1.1 names the error in the body. */
export const jsonError: ErrorWriter = (error) => ({
  status: error.httpStatus,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: error.name, message: error.message }),
});

/** REST-JSON names it in a header. */
export const restError: ErrorWriter = (error) => ({
  status: error.httpStatus,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.name },
  body: JSON.stringify({ Message: error.message }),
});

/** Lambda's errors also say whose fault it is (Invoke, "Errors"). */
export const lambdaError: ErrorWriter = (error) => ({
  ...restError(error),
  body: JSON.stringify({ Type: error.$fault === 'client' ? 'User' : 'Service', Message: error.message }),
});

/** The query protocol of IAM, SNS and STS. */
export const xmlError: ErrorWriter = (error) => ({
  status: error.httpStatus,
  headers: { 'content-type': 'text/xml' },
  body:
    `<ErrorResponse><Error><Type>Sender</Type><Code>${error.name}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error></ErrorResponse>`,
});

/** The members that an operation reads of its request, and what it does. */
export type JsonOperation = readonly [shape: WireShape, run: (input: never) => object];

/** A service that speaks AWS JSON 1.1: `X-Amz-Target` is the prefix and the operation. */
export function jsonService(
  title: string,
  prefix: string,
  operations: Readonly<Record<string, JsonOperation>>,
): LocalService {
  return {
    title,
    operations: Object.keys(operations),
    route({ headers, body }) {
      const target = headers['x-amz-target'] ?? '';
      const operation = target.startsWith(prefix) ? target.slice(prefix.length) : '';
      const called = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (called === undefined) return undefined;
      const [shape, run] = called;
      return {
        operation,
        subject: subjectIn(body),
        writeError: jsonError,
        answer: () => ({
          status: 200,
          headers: { 'content-type': 'application/x-amz-json-1.1' },
          // The body was read by this operation's shape, so it is this operation's input.
          body: writeBody(run(readBody(body, shape) as never)),
        }),
      };
    },
  };
}

/** The path's only group is the name of what the operation is about. */
export type RestOperation = readonly [
  method: string,
  path: RegExp,
  answer: (name: string, request: WireRequest) => WireResponse | Promise<WireResponse>,
];

/** A service that speaks REST-JSON: method and path name the operation. */
export function restService(
  title: string,
  operations: Readonly<Record<string, RestOperation>>,
  writeError: ErrorWriter = restError,
): LocalService {
  return {
    title,
    operations: Object.keys(operations),
    route(request) {
      for (const [operation, [method, path, answer]] of Object.entries(operations)) {
        const match = method === request.method ? path.exec(request.path) : null;
        if (match === null) continue;
        const subject = match[1] === undefined ? undefined : decodePathSegment(match[1]);
        return { operation, subject, writeError, answer: () => answer(subject ?? '', request) };
      }
      return undefined;
    },
  };
}

export function restAnswer(answer: object): WireResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: writeBody(answer) };
}

/** A service that speaks the query protocol: the parameter `Action` names the operation. Each gives its result as XML. */
export function queryService(
  title: string,
  operations: Readonly<Record<string, (parameters: URLSearchParams) => string>>,
): LocalService {
  return {
    title,
    operations: Object.keys(operations),
    route(request) {
      const operation = actionOf(request) ?? '';
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) return undefined;
      return {
        operation,
        writeError: xmlError,
        answer: () => {
          const result = run(new URLSearchParams(request.body.toString()));
          return {
            status: 200,
            headers: { 'content-type': 'text/xml' },
            body: `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`,
          };
        },
      };
    },
  };
}

/** The action of a request of the query protocol, null for other requests. */
export function actionOf({ path, body }: WireRequest): string | null {
  return path === '/' ? new URLSearchParams(body.toString()).get('Action') : null;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function subjectIn(body: Buffer): string | undefined {
  try {
    const { SecretId, Name } = JSON.parse(body.toString());
    const name: unknown = SecretId ?? Name;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
