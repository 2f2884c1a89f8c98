/** The deployed stack on one machine: the function's real bundle, started as its template says, against local services on loopback. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnsweredCall, startAwsEndpoint } from './aws/endpoint.ts';
import { LogEvents } from './cloudwatch/log-events.ts';
import { LocalDeployment } from './deployment/deployment.ts';
import type { SecretLabelUpdatedEvent } from './events/secret-events.ts';
import { type Invocation, LocalLambda } from './lambda/lambda.ts';
import { startAccountServer } from './momento/account-server.ts';
import { Momento } from './momento/momento.ts';
import { startMomentoServer } from './momento/momento-server.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import { SecretsManager } from './secrets-manager/secrets-manager.ts';
import type { LocalTime } from './serving/local-time.ts';
import { randomUuid, seededRandom } from './serving/randomness.ts';
import {
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type SynthesizedTemplate,
  synthesizeWithBundle,
} from './synthesized-template.ts';

export interface LocalStackOptions {
  readonly time: LocalTime;
  /** The same seed gives the same ids. Absent: another one in each run. */
  readonly seed?: number;
  /** CDK context for the stack. */
  readonly settings: Readonly<Record<string, string>>;
  /** `real`: the function talks to Momento itself, at the endpoint in the key. */
  readonly momento: 'local' | 'real';
  readonly port?: number | undefined;
  readonly onInvocation?: (invocation: Invocation) => void;
  /** A call of the AWS endpoint that has been answered. */
  readonly onCall?: (call: AwsCall) => void;
  /** Ends the synthesis early. */
  readonly signal?: AbortSignal;
}

/** A call of the AWS endpoint and how it was answered. */
export interface AwsCall extends AnsweredCall {
  readonly by: 'the function' | 'a person';
}

export interface LocalStack {
  readonly clock: () => number;
  readonly template: SynthesizedTemplate;
  readonly secretName: string;
  readonly groupName: string;
  readonly secrets: SecretsManager;
  readonly scheduler: Scheduler;
  readonly momento: Momento;
  readonly lambda: LocalLambda;
  /** The value for AWS_ENDPOINT_URL. */
  readonly awsEndpointUrl: string;
  /** host:port; undefined with the real Momento. */
  readonly momentoEndpoint: string | undefined;
  /** Answers requests for another key at `POST /local/keys` with the name of the file that `write` has written. */
  readonly offerKeys: (write: () => string) => void;
  /** A new random version id, for a caller of the models. */
  readonly newToken: () => string;
  close(): Promise<void>;
}

/** Credentials for clients of the local endpoint, which checks that there are some and not what they are. */
export const LOCAL_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_REGION: LOCAL_REGION,
};

/** The function's access key id. It tells the function's calls from a person's. */
const FUNCTION_KEY_ID = 'function';
/** EventBridge delivers an event about a second later. */
const LABEL_EVENT_DELAY_MS = 1000;
/** Keys of minutes make far more versions in a day than keys of weeks: the real quota would stop a long local run. */
const VERSION_QUOTA = 100_000;

/** @throws {Error} if the stack cannot be synthesized or the port is taken; nothing is left running then */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const folder = mkdtempSync(join(tmpdir(), 'momento-key-refresher-'));
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const template = await synthesizeWithBundle(folder, options.settings, options.signal);
    return { ...(await start(template, options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  template: SynthesizedTemplate,
  options: LocalStackOptions,
  closers: (() => unknown)[],
): Promise<Omit<LocalStack, 'close'>> {
  const { time } = options;
  const clock = time.now;
  closers.push(() => time.close());
  const random = seededRandom(options.seed ?? Date.now());
  const newToken = () => randomUuid(random);
  const account = { accountId: LOCAL_ACCOUNT, region: LOCAL_REGION };

  // The services call the function, and the function needs their address. Nothing calls it before it is there.
  let lambda: LocalLambda | undefined;
  const labelRule = template.resource('AWS::Events::Rule').properties.EventPattern as LabelPattern;
  const onLabelUpdated = (event: SecretLabelUpdatedEvent) => {
    if (matches(labelRule, event)) lambda?.invokeAsync(event, 'EventBridge', LABEL_EVENT_DELAY_MS);
  };
  const invokeRotation = async (_functionArn: string, event: object) => {
    const answer = await lambda?.invoke(event, 'Secrets Manager');
    if (answer?.functionError !== undefined) throw new Error('the rotation step failed');
  };
  const secrets = new SecretsManager({
    clock,
    random,
    ...account,
    onLabelUpdated,
    ...(letsSecretsManagerIn(template) && { invokeRotation }),
    versionQuota: VERSION_QUOTA,
  });
  const scheduler = new Scheduler({ clock, random, ...account });
  const momento = new Momento({ clock, random });
  const momentoServer = options.momento === 'local' ? await startMomentoServer(momento) : undefined;
  closers.push(() => momentoServer?.close());
  const accountServer =
    options.momento === 'local'
      ? await startAccountServer(momento.account, { callsPerSecond: 5 })
      : undefined;
  closers.push(() => accountServer?.close());

  const fn = template.resource('AWS::Lambda::Function').properties as unknown as FunctionProperties;
  const invoke = async (payloadText: string, { async }: { async: boolean }) => {
    if (lambda === undefined) throw new Error('the function is still starting');
    const event: unknown = JSON.parse(payloadText);
    if (async) {
      lambda.invokeAsync(event, 'a person');
      return { payloadText: '' };
    }
    const { payload, functionError } = await lambda.invoke(event);
    return { payloadText: JSON.stringify(payload), functionError };
  };
  const logs = new LogEvents(fn.LoggingConfig.LogGroup, clock);
  const { FunctionName, Role, Environment, Runtime, Handler } = fn;
  const functionArn = `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${FunctionName}`;
  const configuration = { FunctionName, FunctionArn: functionArn, Role, Environment, Runtime, Handler };
  let writeKeyFile: (() => string) | undefined;
  const awsEndpoint = await startAwsEndpoint(
    {
      secretsManager: secrets,
      scheduler,
      logs,
      lambda: { functionArn, configuration, invoke },
      deployment: new LocalDeployment(template),
    },
    {
      ...(options.port !== undefined && { port: options.port }),
      onKeyRequest: () => writeKeyFile?.(),
      onCall: (call) =>
        options.onCall?.({ ...call, by: call.accessKeyId === FUNCTION_KEY_ID ? 'the function' : 'a person' }),
    },
  );
  closers.push(() => awsEndpoint.close());
  const target = new LocalLambda({
    functionName: FunctionName,
    functionArn,
    codeFolder: template.assetFolder(fn.Code),
    handler: Handler,
    variables: {
      ...Environment.Variables,
      ...LOCAL_CREDENTIALS,
      AWS_ACCESS_KEY_ID: FUNCTION_KEY_ID,
      AWS_ENDPOINT_URL: awsEndpoint.url,
      ...(momentoServer === undefined ? {} : { MOMENTO_ENDPOINT: momentoServer.url }),
      ...(accountServer === undefined ? {} : { MOMENTO_API_ENDPOINT: new URL(accountServer.url).host }),
    },
    memoryLimitInMB: String(fn.MemorySize),
    timeoutSeconds: fn.Timeout,
    time,
    onInvocation: (invocation) => {
      for (const line of invocation.lines) logs.add(line);
      options.onInvocation?.(invocation);
    },
  });
  lambda = target;
  closers.push(() => target.close());

  const { groupName, secretName } = createResources(template, { secrets, scheduler, newToken });
  time.watch({
    nextDueAt: () => scheduler.nextDueAt(),
    fire: () => {
      for (const delivery of scheduler.takeDue()) {
        scheduler.delivered(delivery);
        target.invokeAsync(JSON.parse(delivery.input), 'the Scheduler');
      }
    },
  });

  return {
    clock,
    template,
    secretName,
    groupName,
    secrets,
    scheduler,
    momento,
    lambda: target,
    awsEndpointUrl: awsEndpoint.url,
    momentoEndpoint: momentoServer?.url,
    offerKeys: (write) => {
      writeKeyFile = write;
    },
    newToken,
  };
}

interface FunctionProperties {
  readonly FunctionName: string;
  readonly Handler: string;
  readonly Role: string;
  readonly Runtime: string;
  readonly MemorySize: number;
  readonly Timeout: number;
  readonly LoggingConfig: { readonly LogGroup: string };
  readonly Code: unknown;
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
}

interface RotationProperties {
  readonly SecretId: string;
  readonly RotationLambdaARN: string;
  readonly RotationRules: { readonly AutomaticallyAfterDays: number };
}

function letsSecretsManagerIn(template: SynthesizedTemplate): boolean {
  return template
    .resources('AWS::Lambda::Permission')
    .some(({ properties }) => properties.Principal === 'secretsmanager.amazonaws.com');
}

interface LabelPattern {
  readonly detail: { readonly name: readonly string[]; readonly labelUpdated: readonly string[] };
}

function matches({ detail }: LabelPattern, event: SecretLabelUpdatedEvent): boolean {
  return detail.name.includes(event.detail.name) && detail.labelUpdated.includes(event.detail.labelUpdated);
}

/** What CloudFormation would create before the function is called for the first time. */
function createResources(
  template: SynthesizedTemplate,
  services: { secrets: SecretsManager; scheduler: Scheduler; newToken: () => string },
): { groupName: string; secretName: string } {
  const { secrets, scheduler, newToken } = services;
  const names = template.resources('AWS::SecretsManager::Secret').map(({ properties }) => {
    const { Name, SecretString } = properties as { Name: string; SecretString: string };
    secrets.createSecret({ Name, SecretString, ClientRequestToken: newToken() });
    return Name;
  });
  const groupName = String(template.resource('AWS::Scheduler::ScheduleGroup').properties.Name);
  scheduler.createScheduleGroup({ Name: groupName });
  for (const { properties } of template.resources('AWS::SecretsManager::RotationSchedule')) {
    const { SecretId, RotationLambdaARN, RotationRules } = properties as unknown as RotationProperties;
    secrets.rotateSecret({
      // The template guesses the six characters at the ARN's end; without them it is found too.
      SecretId: SecretId.replace(/-\w{6}$/, ''),
      RotationLambdaARN,
      RotationRules,
      RotateImmediately: false,
      ClientRequestToken: newToken(),
    });
  }
  for (const { properties } of template.resources('AWS::Scheduler::Schedule')) {
    scheduler.createSchedule(properties as unknown as Parameters<Scheduler['createSchedule']>[0]);
  }
  return { groupName, secretName: names[0] ?? '' };
}
