/** What AWS's two JSON protocols share: missing signatures, errors and request ids. */
import type { WireHandler, WireRequest, WireResponse } from '../serving/http-service.ts';
import { AwsServiceError } from './service-error.ts';

/** How a protocol writes an error: AWS JSON names it in the body, REST-JSON in a header. */
export type ErrorWriter = (error: AwsServiceError) => WireResponse;

export const jsonError: ErrorWriter = (error) => ({
  status: error.httpStatus,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: error.name, message: error.message }),
});

export const restError: ErrorWriter = (error) => ({
  status: error.httpStatus,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.name },
  body: JSON.stringify({ Message: error.message }),
});

/** The errors of the query protocol, as IAM and SNS write them. */
export const xmlError: ErrorWriter = (error) => ({
  status: error.httpStatus,
  headers: { 'content-type': 'text/xml', 'x-amzn-errortype': error.name },
  body:
    `<ErrorResponse><Error><Type>Sender</Type><Code>${error.name}</Code>` +
    `<Message>${error.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Message></Error></ErrorResponse>`,
});

/** Lambda's errors also name whose fault it is (Invoke, "Errors"). */
export const lambdaError: ErrorWriter = (error) => ({
  ...restError(error),
  body: JSON.stringify({ Type: error.$fault === 'client' ? 'User' : 'Service', Message: error.message }),
});

/**
 * Wraps an operation: refuses requests without a signature (its value is not verified), writes errors in the protocol's form,
 * turns unexpected errors into internal ones, and adds a request id to each answer.
 */
export function awsHandler(operation: WireHandler, writeError: ErrorWriter): WireHandler {
  return async (request) => {
    try {
      if (request.headers.authorization === undefined) throw missingAuthentication(request);
      return withRequestId(await operation(request));
    } catch (error) {
      return withRequestId(writeError(error instanceof AwsServiceError ? error : internal()));
    }
  };
}

export function unknownOperation(message: string): AwsServiceError {
  return new AwsServiceError('UnknownOperationException', 404, message);
}

/** Common error "MissingAuthenticationToken": 403, and 400 from the services that speak AWS JSON. */
function missingAuthentication(request: WireRequest): AwsServiceError {
  const status = request.headers['x-amz-target'] === undefined ? 403 : 400;
  return new AwsServiceError('MissingAuthenticationTokenException', status, 'Missing Authentication Token');
}

function internal(): AwsServiceError {
  return new AwsServiceError('InternalServerException', 500, 'An internal error occurred.');
}

let requestCount = 0;

function withRequestId(response: WireResponse): WireResponse {
  requestCount += 1;
  const id = `00000000-0000-4000-8000-${requestCount.toString(16).padStart(12, '0')}`;
  return { ...response, headers: { ...response.headers, 'x-amzn-requestid': id } };
}
