/** Connects the flow with the real clients, clock and log. */
import { setTimeout } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AWS_CLIENT_SETTINGS, LIMIT_STEP, limitTime } from './adapters/aws.ts';
import { MomentoHttpApi, PacedHttpApi } from './adapters/momento-http-api.ts';
import { MomentoKeyRegistry, MomentoV2KeyIssuer } from './adapters/momento-v2-keys.ts';
import { PowertoolsMetrics } from './adapters/powertools-metrics.ts';
import { powertoolsReport } from './adapters/powertools-report.ts';
import { SchedulerWakeUps } from './adapters/scheduler-wake-ups.ts';
import { SecretsManagerSecretStore } from './adapters/secrets-manager-secret-store.ts';
import { withWarningBeforeDeadline } from './adapters/time-limit.ts';
import { type Configuration, parseConfiguration } from './configuration.ts';
import { handle, unqualifiedFunctionArn } from './dispatch.ts';
import { METRIC_NAMESPACE } from './names.ts';
import type { KeyIssuer, Ports } from './ports.ts';
import { toReportable } from './reporting/failure.ts';
import { reportToAll } from './reporting/report.ts';

/** Lambda sets both. */
const { AWS_REGION: region = '', AWS_LAMBDA_FUNCTION_NAME: functionName = '' } = process.env;
const place = { region, functionName };
const configuration = readConfiguration();
const logger = new Logger();
const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
const secretsManager = new SecretsManagerClient(AWS_CLIENT_SETTINGS);
secretsManager.middlewareStack.add(limitTime, LIMIT_STEP);
const secrets = new SecretsManagerSecretStore(secretsManager);
const scheduler = new SchedulerClient(AWS_CLIENT_SETTINGS);
scheduler.middlewareStack.add(limitTime, LIMIT_STEP);
const { momentoEndpoint, momentoApiEndpoint, momentoHosts, managementSecretName } = configuration;
const sdk: KeyIssuer = {
  issue: async (key) => (await momento()).issue(key),
  prove: async (key) => (await momento()).prove(key),
};
const http = new MomentoHttpApi(momentoApiEndpoint);
const api = new PacedHttpApi(http, () => performance.now(), setTimeout);
const v2 = new MomentoV2KeyIssuer(api, sdk, momentoHosts);
const management =
  managementSecretName === undefined
    ? undefined
    : { secretName: managementSecretName, registry: new MomentoKeyRegistry(api, managementSecretName) };
const issuer: KeyIssuer = {
  issue: (key) => (key.kind === 'v1' ? sdk : v2).issue(key),
  prove: (key) => (key.kind === 'v1' ? sdk : v2).prove(key),
};

/** Loaded only by runs that refresh or prove a key, because Momento's SDK includes gRPC, which is most of the code. */
async function momento(): Promise<KeyIssuer> {
  const { MomentoKeyIssuer } = await import('./adapters/momento-key-issuer.ts');
  return new MomentoKeyIssuer(momentoEndpoint, momentoHosts);
}

function readConfiguration(): Configuration {
  try {
    return parseConfiguration(process.env);
  } catch (error) {
    throw toReportable(error, place);
  }
}

type Context = Parameters<Logger['addContext']>[0];

export async function handler(event: unknown, context: Context): ReturnType<typeof handle> {
  logger.addContext(context);
  const measured = new PowertoolsMetrics(metrics, {
    deployment: context.functionName,
    clock: Date.now,
  });
  const ports: Ports = {
    secrets,
    issuer,
    management,
    wakeUps: new SchedulerWakeUps(scheduler, {
      groupName: configuration.scheduleGroupName,
      functionArn: unqualifiedFunctionArn(context.invokedFunctionArn),
      roleArn: configuration.schedulerRoleArn,
      deadLetterQueueArn: configuration.deadLetterQueueArn,
    }),
    clock: Date.now,
    remainingMs: () => context.getRemainingTimeInMillis(),
    pause: (ms) => setTimeout(ms),
    report: reportToAll(powertoolsReport(logger), measured.report),
    place,
  };
  // Lambda ends the process at its time limit. Metrics that are not written by then are lost.
  const onLate = () => {
    logger.warn(
      'The run goes on until ten seconds before its time limit. Its metrics so far are written now.',
    );
    measured.flush();
  };
  try {
    const run = () => handle(event, configuration, ports);
    return await withWarningBeforeDeadline(run, context.getRemainingTimeInMillis(), onLate);
  } finally {
    measured.flush();
  }
}
