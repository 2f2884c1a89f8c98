/** Serves Lambda's Invoke for one function. */
import { awsHandler, lambdaError, unknownOperation } from '../aws/protocol.ts';
import { AwsServiceError } from '../aws/service-error.ts';
import {
  decodePathSegment,
  type WireHandler,
  type WireRequest,
  type WireResponse,
} from '../serving/http-service.ts';

export interface InvocationResult {
  readonly payloadText: string;
  /** Set if the function failed. The answer is a 200 all the same. */
  readonly functionError?: string | undefined;
}

export interface InvokableFunction {
  readonly functionName: string;
  /**
   * `async`: resolves as soon as the event is accepted.
   * @throws if the service itself fails, which it answers with a 500; never for an error of the function
   */
  readonly invoke: (payloadText: string, options: { readonly async: boolean }) => Promise<InvocationResult>;
  readonly region?: string;
  readonly accountId?: string;
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
// Lambda quotas, "Invocation payload": 6 MB synchronous, 1 MB asynchronous.
const SYNC_BYTES = 6 * 1024 * 1024;
const ASYNC_BYTES = 1024 * 1024;

export function isLambdaPath(path: string): boolean {
  return path.startsWith('/2015-03-31/functions/');
}

export function lambdaHandler(target: InvokableFunction): WireHandler {
  return awsHandler(async (request) => {
    const reference = request.method === 'POST' ? PATH.exec(request.path)?.[1] : undefined;
    if (reference === undefined) {
      throw unknownOperation(`${request.method} ${request.path}: the local Lambda offers Invoke.`);
    }
    checkFunction(target, decodePathSegment(reference));
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    switch (type) {
      case 'Event':
        await target.invoke(payloadOf(request, ASYNC_BYTES), { async: true });
        return { status: 202 };
      case 'RequestResponse':
        return answer(await target.invoke(payloadOf(request, SYNC_BYTES), { async: false }));
      default:
        throw new AwsServiceError(
          'InvalidParameterValueException',
          400,
          'The local Lambda offers the invocation types RequestResponse and Event.',
        );
    }
  }, lambdaError);
}

/** FunctionName: a name, a partial ARN (`account:function:name`) or an ARN, each with or without a qualifier. */
function checkFunction(target: InvokableFunction, reference: string): void {
  const parts = reference.split(':');
  const named = parts.length === 1 ? -1 : parts.lastIndexOf('function');
  if (parts[named + 1] === target.functionName) return;
  const { region = 'us-east-1', accountId = '123456789012' } = target;
  const sought =
    parts.length === 1 ? `arn:aws:lambda:${region}:${accountId}:function:${reference}` : reference;
  throw new AwsServiceError('ResourceNotFoundException', 404, `Function not found: ${sought}`);
}

function payloadOf(request: WireRequest, maxBytes: number): string {
  const { length } = request.body;
  if (length > maxBytes) {
    throw new AwsServiceError(
      'RequestTooLargeException',
      413,
      `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`,
    );
  }
  // Invoke takes no payload as an empty object.
  const text = length === 0 ? '{}' : request.body.toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    throw new AwsServiceError(
      'InvalidRequestContentException',
      400,
      'Could not parse request body into json.',
    );
  }
  return text;
}

function answer(result: InvocationResult): WireResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      ...(result.functionError !== undefined && { 'x-amz-function-error': result.functionError }),
    },
    body: result.payloadText,
  };
}
