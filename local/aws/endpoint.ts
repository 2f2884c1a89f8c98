/** The endpoint that AWS_ENDPOINT_URL names. It passes each request to its local service. */

import type { LogEvents } from '../cloudwatch/log-events.ts';
import { logsService } from '../cloudwatch/logs-server.ts';
import type { LocalDeployment } from '../deployment/deployment.ts';
import { deploymentServices } from '../deployment/deployment-server.ts';
import { type InvokableFunction, lambdaService } from '../lambda/lambda-server.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { schedulerService } from '../scheduler/scheduler-server.ts';
import type { SecretsManager } from '../secrets-manager/secrets-manager.ts';
import { secretsManagerService } from '../secrets-manager/secrets-manager-server.ts';
import {
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireHandler,
  type WireRequest,
  type WireResponse,
} from '../serving/http-service.ts';
import { actionOf, jsonError, type LocalService, type Route, restError, xmlError } from './protocol.ts';
import { AwsServiceError } from './service-error.ts';

/** The services of an endpoint. What is absent is not offered. */
export interface AwsServices {
  readonly secretsManager?: SecretsManager;
  readonly scheduler?: Scheduler;
  readonly lambda?: InvokableFunction;
  /** What the function printed. */
  readonly logs?: LogEvents;
  /** What the preflight reads. */
  readonly deployment?: LocalDeployment;
}

/** A call that has been answered. It holds no value of a secret. */
export interface AnsweredCall extends Pick<Route, 'operation' | 'subject'> {
  readonly error: AwsServiceError | undefined;
  /** Undefined for a request without a signature. */
  readonly accessKeyId: string | undefined;
}

export interface EndpointOptions extends StartOptions {
  readonly onCall?: (call: AnsweredCall) => void;
  /** Writes a key file for `POST /local/keys`. @returns its name, undefined if none is offered */
  readonly onKeyRequest?: () => string | undefined;
}

export function startAwsEndpoint(
  services: AwsServices,
  { onCall, onKeyRequest, ...options }: EndpointOptions = {},
): Promise<RunningServer> {
  const handler = awsHandler(localServices(services), onCall);
  return startHttpService((request) => {
    if (request.method !== 'POST' || request.path !== '/local/keys') return handler(request);
    const name = onKeyRequest?.();
    return name === undefined ? { status: 404 } : { status: 200, body: JSON.stringify({ name }) };
  }, options);
}

function localServices({ secretsManager, scheduler, lambda, logs, deployment }: AwsServices): LocalService[] {
  return [
    ...(secretsManager === undefined ? [] : [secretsManagerService(secretsManager)]),
    ...(scheduler === undefined ? [] : [schedulerService(scheduler)]),
    ...(lambda === undefined ? [] : [lambdaService(lambda)]),
    ...(logs === undefined ? [] : [logsService(logs)]),
    ...(deployment === undefined ? [] : deploymentServices(deployment)),
  ];
}

/**
 * Refuses requests without a signature (its value is not verified), turns unexpected errors into internal ones, and adds a
 * request id to each answer.
 */
function awsHandler(services: readonly LocalService[], onCall?: (call: AnsweredCall) => void): WireHandler {
  const offered = services.map(({ title, operations }) => `${title} (${operations.join(', ')})`).join(', ');
  let requestCount = 0;
  return async (request) => {
    const route = routeOf(services, request) ?? unknownRoute(request, offered);
    const { operation, subject, writeError } = route;
    const { authorization } = request.headers;
    let response: WireResponse;
    let error: AwsServiceError | undefined;
    try {
      if (authorization === undefined) throw missingAuthentication(request);
      response = await route.answer();
    } catch (thrown) {
      error = thrown instanceof AwsServiceError ? thrown : internalError();
      response = writeError(error);
    }
    const accessKeyId = /Credential=([^/,]+)/.exec(authorization ?? '')?.[1];
    onCall?.({ operation, subject, error, accessKeyId });
    requestCount += 1;
    const id = `00000000-0000-4000-8000-${requestCount.toString(16).padStart(12, '0')}`;
    return { ...response, headers: { ...response.headers, 'x-amzn-requestid': id } };
  };
}

function routeOf(services: readonly LocalService[], request: WireRequest): Route | undefined {
  for (const service of services) {
    const route = service.route(request);
    if (route !== undefined) return route;
  }
  return undefined;
}

function unknownRoute(request: WireRequest, offered: string): Route {
  const { method, path } = request;
  const target = request.headers['x-amz-target'];
  const action = actionOf(request);
  const operation = target ?? action ?? `${method} ${path}`;
  const message = `The local endpoint does not offer ${operation}. It offers ${offered}.`;
  return {
    operation,
    writeError: target !== undefined ? jsonError : action !== null ? xmlError : restError,
    answer: () => {
      throw new AwsServiceError('UnknownOperationException', 404, message);
    },
  };
}

/** Common error "MissingAuthenticationToken": 403, and 400 from the services that speak AWS JSON. */
function missingAuthentication({ headers }: WireRequest): AwsServiceError {
  const status = headers['x-amz-target'] === undefined ? 403 : 400;
  return new AwsServiceError('MissingAuthenticationTokenException', status, 'Missing Authentication Token');
}

function internalError(): AwsServiceError {
  return new AwsServiceError('InternalServerException', 500, 'An internal error occurred.');
}
