/** The endpoint that AWS_ENDPOINT_URL names. It passes each request to its local service. */
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
  type RunningServer,
  type StartOptions,
  startHttpService,
  type WireHandler,
} from '../serving/http-service.ts';
import { awsHandler, jsonError, restError, unknownOperation } from './protocol.ts';

export interface AwsServices {
  readonly secretsManager: SecretsManager;
  readonly scheduler: Scheduler;
  readonly lambda: InvokableFunction;
  /** What the function printed. */
  readonly logs?: LogEvents;
}

const OFFERED = `The local endpoint offers Secrets Manager (${SECRETS_MANAGER_OPERATIONS.join(', ')}), EventBridge Scheduler (${SCHEDULER_OPERATIONS.join(', ')}), Lambda (Invoke), CloudWatch Logs (FilterLogEvents) and STS (GetCallerIdentity).`;

export function awsEndpointHandler(services: AwsServices): WireHandler {
  const secretsManager = secretsManagerHandler(services.secretsManager);
  const scheduler = schedulerHandler(services.scheduler);
  const lambda = lambdaHandler(services.lambda);
  const logs = logsHandler(services.logs);
  const callerIdentity = callerIdentityHandler(services.secretsManager.accountId);
  return (request) => {
    const target = request.headers['x-amz-target'];
    if (isSecretsManagerTarget(target)) return secretsManager(request);
    if (isLogsTarget(target)) return logs(request);
    if (target !== undefined) return unknownHandler(target, jsonError)(request);
    if (isLambdaPath(request.path)) return lambda(request);
    if (isSchedulerPath(request.path)) return scheduler(request);
    const action = request.path === '/' ? new URLSearchParams(request.body.toString()).get('Action') : null;
    if (action === 'GetCallerIdentity') return callerIdentity(request);
    return unknownHandler(action ?? `${request.method} ${request.path}`, restError)(request);
  };
}

export function startAwsEndpoint(services: AwsServices, options?: StartOptions): Promise<RunningServer> {
  return startHttpService(awsEndpointHandler(services), options);
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
