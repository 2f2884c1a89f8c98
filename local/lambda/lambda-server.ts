/** Serves one function over Lambda's REST protocol. */
import {
  type LocalService,
  lambdaError,
  type RestOperation,
  restAnswer,
  restService,
} from '../aws/protocol.ts';
import { AwsServiceError } from '../aws/service-error.ts';
import type { WireRequest, WireResponse } from '../serving/http-service.ts';

export interface InvocationResult {
  readonly payloadText: string;
  /** Set if the function failed. The status is 200 then too. */
  readonly functionError?: string | undefined;
}

export interface InvokableFunction {
  readonly functionArn: string;
  /** What GetFunctionConfiguration answers. */
  readonly configuration: object;
  /**
   * `async`: resolves as soon as the event is accepted.
   * @throws if the service itself fails, which is answered with a 500; not for an error of the function
   */
  readonly invoke: (payloadText: string, options: { readonly async: boolean }) => Promise<InvocationResult>;
}

// Lambda quotas, "Invocation payload": 6 MB synchronous, 1 MB asynchronous.
const SYNC_BYTES = 6 * 1024 * 1024;
const ASYNC_BYTES = 1024 * 1024;

export function lambdaService({ functionArn, configuration, invoke }: InvokableFunction): LocalService {
  const operations: Readonly<Record<string, RestOperation>> = {
    Invoke: [
      'POST',
      /^\/2015-03-31\/functions\/([^/]+)\/invocations$/,
      async (reference, request) => {
        checkFunction(functionArn, reference);
        const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
        switch (type) {
          case 'Event':
            await invoke(payloadOf(request, ASYNC_BYTES), { async: true });
            return { status: 202 };
          case 'RequestResponse':
            return answer(await invoke(payloadOf(request, SYNC_BYTES), { async: false }));
          default:
            throw new AwsServiceError(
              'InvalidParameterValueException',
              400,
              'The local Lambda offers the invocation types RequestResponse and Event.',
            );
        }
      },
    ],
    GetFunctionConfiguration: [
      'GET',
      /^\/2015-03-31\/functions\/([^/]+)\/configuration$/,
      (reference) => {
        checkFunction(functionArn, reference);
        return restAnswer(configuration);
      },
    ],
  };
  return restService('Lambda', operations, lambdaError);
}

/** FunctionName: a name, a partial ARN (`account:function:name`) or an ARN, each with or without a qualifier. */
function checkFunction(functionArn: string, reference: string): void {
  const prefix = functionArn.slice(0, functionArn.lastIndexOf(':') + 1);
  const parts = reference.split(':');
  const named = parts.length === 1 ? -1 : parts.lastIndexOf('function');
  if (`${prefix}${parts[named + 1]}` === functionArn) return;
  const sought = parts.length === 1 ? `${prefix}${reference}` : reference;
  throw new AwsServiceError('ResourceNotFoundException', 404, `Function not found: ${sought}`);
}

function payloadOf({ body }: WireRequest, maxBytes: number): string {
  if (body.length > maxBytes) {
    const message = `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`;
    throw new AwsServiceError('RequestTooLargeException', 413, message);
  }
  // Lambda passes an empty object if there is no payload.
  const text = body.length === 0 ? '{}' : body.toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    const message = 'Could not parse request body into json.';
    throw new AwsServiceError('InvalidRequestContentException', 400, message);
  }
  return text;
}

function answer({ payloadText, functionError }: InvocationResult): WireResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      ...(functionError !== undefined && { 'x-amz-function-error': functionError }),
    },
    body: payloadText,
  };
}
