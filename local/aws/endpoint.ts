/** The endpoint that AWS_ENDPOINT_URL names. It passes each request to its local service. */
import type { LocalAccount } from '../account/account.ts';
import {
  ACCOUNT_OPERATIONS,
  configurationHandler,
  eventsHandler,
  isAccountAction,
  isEventsTarget,
  queryHandler,
} from '../account/account-server.ts';
import type { LogEvents } from '../cloudwatch/log-events.ts';
import { isLogsTarget, logsHandler } from '../cloudwatch/logs-server.ts';
import { type InvokableFunction, isLambdaPath, lambdaHandler } from '../lambda/lambda-server.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { isSchedulerPath, SCHEDULER_OPERATIONS, schedulerHandler } from '../scheduler/scheduler-server.ts';
import type { SecretsManager } from '../secrets-manager/secrets-manager.ts';
import {
  isSecretsManagerTarget,
  SECRETS_MANAGER_OPERATIONS,
  secretsManagerHandler,
} from '../secrets-manager/secrets-manager-server.ts';
import {
  decodePathSegment,
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireHandler,
  type WireRequest,
  type WireResponse,
} from '../serving/http-service.ts';
import { awsHandler, jsonError, restError, unknownOperation } from './protocol.ts';

export interface AwsServices {
  readonly secretsManager: SecretsManager;
  readonly scheduler: Scheduler;
  readonly lambda: InvokableFunction;
  /** What the function printed. */
  readonly logs?: LogEvents;
  /** What the preflight reads. */
  readonly account?: LocalAccount;
}

/** A call as it was answered. It holds no value of a secret. */
export interface AnsweredCall {
  /** Such as PutSecretValue. */
  readonly operation: string;
  /** The secret, schedule or function that it names, if it names one. */
  readonly subject: string | undefined;
  readonly status: number;
  readonly errorName: string | undefined;
  readonly errorMessage: string | undefined;
  /** Undefined for a request without a signature. */
  readonly accessKeyId: string | undefined;
}

export interface EndpointOptions extends StartOptions {
  readonly onCall?: (call: AnsweredCall) => void;
  /** Writes a key file for `POST /local/keys`. @returns its name, undefined if none is offered */
  readonly onKeyRequest?: () => string | undefined;
}

const OFFERED = `The local endpoint offers Secrets Manager (${SECRETS_MANAGER_OPERATIONS.join(', ')}), EventBridge Scheduler (${SCHEDULER_OPERATIONS.join(', ')}), Lambda (Invoke, GetFunctionConfiguration), CloudWatch Logs (FilterLogEvents), STS (GetCallerIdentity), IAM (${ACCOUNT_OPERATIONS.iam.join(', ')}), SNS (${ACCOUNT_OPERATIONS.sns.join(', ')}) and EventBridge (${ACCOUNT_OPERATIONS.events.join(', ')}).`;

export function awsEndpointHandler(services: AwsServices): WireHandler {
  const secretsManager = secretsManagerHandler(services.secretsManager);
  const scheduler = schedulerHandler(services.scheduler);
  const lambda = lambdaHandler(services.lambda);
  const logs = logsHandler(services.logs);
  const callerIdentity = callerIdentityHandler(services.secretsManager.accountId);
  const account = accountHandlers(services.account);
  /** The services whose requests name their operation in a header. */
  const byTarget = (target: string): WireHandler => {
    if (isSecretsManagerTarget(target)) return secretsManager;
    if (isLogsTarget(target)) return logs;
    if (isEventsTarget(target)) return account.events;
    return unknownHandler(target, jsonError);
  };
  /** The services whose requests name their operation in the body. */
  const byAction = (action: string): WireHandler => {
    if (action === 'GetCallerIdentity') return callerIdentity;
    return isAccountAction(action) ? account.query : unknownHandler(action, restError);
  };
  return (request) => {
    const { method, path } = request;
    const target = request.headers['x-amz-target'];
    if (target !== undefined) return byTarget(target)(request);
    if (method === 'GET' && path.endsWith('/configuration')) return account.configuration(request);
    if (isLambdaPath(path)) return lambda(request);
    if (isSchedulerPath(path)) return scheduler(request);
    const action = path === '/' ? new URLSearchParams(request.body.toString()).get('Action') : null;
    const handler = action === null ? unknownHandler(`${method} ${path}`, restError) : byAction(action);
    return handler(request);
  };
}

/** Without an account there is nothing that the preflight could read. */
function accountHandlers(account: LocalAccount | undefined) {
  if (account === undefined) {
    const refuse = (writeError: typeof jsonError) => unknownHandler('An account', writeError);
    return { events: refuse(jsonError), query: refuse(restError), configuration: refuse(restError) };
  }
  return {
    events: eventsHandler(account),
    query: queryHandler(account),
    configuration: configurationHandler(account),
  };
}

export function startAwsEndpoint(
  services: AwsServices,
  { onCall, onKeyRequest, ...options }: EndpointOptions = {},
): Promise<RunningServer> {
  const handler = awsEndpointHandler(services);
  return startHttpService(async (request) => {
    if (request.method === 'POST' && request.path === '/local/keys') {
      const name = onKeyRequest?.();
      return name === undefined ? { status: 404 } : { status: 200, body: JSON.stringify({ name }) };
    }
    const response = await handler(request);
    onCall?.(answeredCall(request, response));
    return response;
  }, options);
}

function answeredCall(request: WireRequest, response: WireResponse): AnsweredCall {
  const { operation, subject } = calledOperation(request);
  const error = response.status < 400 ? {} : errorIn(response);
  const accessKeyId = /Credential=([^/,]+)/.exec(request.headers.authorization ?? '')?.[1];
  return {
    operation,
    subject,
    status: response.status,
    errorName: error.name,
    errorMessage: error.message,
    accessKeyId,
  };
}

function calledOperation({ method, path, headers, body }: WireRequest): {
  operation: string;
  subject: string | undefined;
} {
  const target = headers['x-amz-target'];
  if (target !== undefined) return { operation: target.split('.').at(-1) ?? target, subject: namedIn(body) };
  const action = path === '/' ? new URLSearchParams(body.toString()).get('Action') : null;
  if (action !== null) return { operation: action, subject: undefined };
  if (method === 'GET' && path === '/schedules') return { operation: 'ListSchedules', subject: undefined };
  const [, collection = '', name] = /^\/(schedules|2015-03-31\/functions)\/([^/]+)/.exec(path) ?? [];
  const operations: Readonly<Record<string, string>> = {
    'POST schedules': 'CreateSchedule',
    'PUT schedules': 'UpdateSchedule',
    'GET schedules': 'GetSchedule',
    'DELETE schedules': 'DeleteSchedule',
    'POST 2015-03-31/functions': 'Invoke',
    'GET 2015-03-31/functions': 'GetFunctionConfiguration',
  };
  const operation = operations[`${method} ${collection}`] ?? `${method} ${path}`;
  return { operation, subject: name === undefined ? undefined : decodePathSegment(name) };
}

function namedIn(body: Buffer): string | undefined {
  try {
    const { SecretId, Name } = JSON.parse(body.toString());
    const name: unknown = SecretId ?? Name;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

function errorIn({ headers = {}, body = '' }: WireResponse): { name?: string; message?: string } {
  const code = headers['x-amzn-errortype'];
  try {
    const { __type, message, Message } = JSON.parse(body);
    return { name: code ?? __type, message: message ?? Message };
  } catch {
    return { ...(code !== undefined && { name: code }) };
  }
}

function unknownHandler(operation: string, writeError: typeof jsonError): WireHandler {
  return awsHandler(() => {
    throw unknownOperation(`${operation} is not among the local services. ${OFFERED}`);
  }, writeError);
}

/** For `aws sts get-caller-identity`, which people often try first. Every caller is the local account's root. */
function callerIdentityHandler(accountId: string): WireHandler {
  return awsHandler(
    () => ({
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: [
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>',
        `<Arn>arn:aws:iam::${accountId}:root</Arn><UserId>${accountId}</UserId><Account>${accountId}</Account>`,
        '</GetCallerIdentityResult></GetCallerIdentityResponse>',
      ].join(''),
    }),
    restError,
  );
}
