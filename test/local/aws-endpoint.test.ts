import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnsweredCall, startAwsEndpoint } from '../../local/aws/endpoint.ts';
import { LogEvents } from '../../local/cloudwatch/log-events.ts';
import { LocalDeployment } from '../../local/deployment/deployment.ts';
import type { InvocationResult } from '../../local/lambda/lambda-server.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import type { RunningServer } from '../../local/serving/http-service.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { SynthesizedTemplate } from '../../local/synthesized-template.ts';

const authorization = 'AWS4-HMAC-SHA256 Credential=local/20260301/us-east-1/x/aws4_request';
const signed = { authorization };
const services = {
  secretsManager: new SecretsManager({ clock: Date.now, random: seededRandom(7) }),
  scheduler: new Scheduler({ clock: Date.now, random: seededRandom(7) }),
  logs: new LogEvents('/aws/lambda/f', () => 1000),
  deployment: new LocalDeployment(new SynthesizedTemplate({ Resources: {} }, '')),
};

let server: RunningServer;
let calls: AnsweredCall[];
let invocations: [string, boolean][];
let result: () => Promise<InvocationResult>;

beforeEach(async () => {
  calls = [];
  invocations = [];
  result = async () => ({ payloadText: '{"outcome":"wait"}' });
  const lambda = {
    functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
    configuration: { Runtime: 'nodejs24.x' },
    invoke: (payloadText: string, { async }: { async: boolean }) => {
      invocations.push([payloadText, async]);
      return result();
    },
  };
  server = await startAwsEndpoint({ ...services, lambda }, { onCall: (call) => calls.push(call) });
});

afterEach(() => server.close());

async function send(path: string, init: RequestInit): Promise<{ response: Response; text: string }> {
  const response = await fetch(`${server.url}${path}`, init);
  return { response, text: await response.text() };
}

it('one endpoint answers the SDK clients of Secrets Manager, the Scheduler and CloudWatch Logs', async () => {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const config = { endpoint: server.url, region: 'us-east-1', credentials };
  services.logs.add('a line');
  const created = await new SecretsManagerClient(config).send(
    new CreateSecretCommand({ Name: 's', SecretString: '1' }),
  );
  const listed = await new SchedulerClient(config).send(new ListSchedulesCommand({}));
  const found = await new CloudWatchLogsClient(config).send(
    new FilterLogEventsCommand({ logGroupName: '/aws/lambda/f' }),
  );
  expect([created.Name, listed.Schedules]).toEqual(['s', []]);
  expect(found.events).toMatchObject([{ message: 'a line', timestamp: 1000, logStreamName: 'local' }]);
  expect(calls).toEqual([
    { operation: 'CreateSecret', subject: 's', error: undefined, accessKeyId: 'x' },
    { operation: 'ListSchedules', subject: undefined, error: undefined, accessKeyId: 'x' },
    { operation: 'FilterLogEvents', subject: undefined, error: undefined, accessKeyId: 'x' },
  ]);
});

describe('the local Lambda', () => {
  const invoke = (name: string, headers: Record<string, string> = {}, body = '{"a":1}') =>
    send(`/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
      method: 'POST',
      headers: { ...signed, ...headers },
      body,
    });

  it('invokes the function and answers with its payload', async () => {
    const { response, text } = await invoke('momento-key-refresher');
    expect([response.status, text]).toEqual([200, '{"outcome":"wait"}']);
    expect(response.headers.get('x-amz-executed-version')).toBe('$LATEST');
    expect(response.headers.get('x-amz-function-error')).toBeNull();
    expect(invocations).toEqual([['{"a":1}', false]]);
  });

  it('marks an error of the function in a header', async () => {
    result = async () => ({ payloadText: '{"errorMessage":"no"}', functionError: 'Unhandled' });
    const { response, text } = await invoke('momento-key-refresher');
    expect([response.status, text]).toEqual([200, '{"errorMessage":"no"}']);
    expect(response.headers.get('x-amz-function-error')).toBe('Unhandled');
  });

  it('accepts an event with 202 and no payload', async () => {
    const { response, text } = await invoke('momento-key-refresher', { 'x-amz-invocation-type': 'Event' });
    expect([response.status, text]).toEqual([202, '']);
    expect(invocations).toEqual([['{"a":1}', true]]);
  });

  it('treats an absent payload as an empty object', async () => {
    await invoke('momento-key-refresher', {}, '');
    expect(invocations).toEqual([['{}', false]]);
  });

  it('answers GetFunctionConfiguration', async () => {
    const path = '/2015-03-31/functions/momento-key-refresher/configuration';
    expect((await send(path, { headers: signed })).text).toBe('{"Runtime":"nodejs24.x"}');
  });

  it.each([
    'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
    'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher:$LATEST',
    '123456789012:function:momento-key-refresher',
    'momento-key-refresher:live',
  ])('finds the function by %s', async (name) => {
    expect((await invoke(name)).response.status).toBe(200);
  });

  const event = { 'x-amz-invocation-type': 'Event' };
  const later = { 'x-amz-invocation-type': 'Later' };
  const tooLarge = `"${'x'.repeat(1024 * 1024)}"`;
  const notFound = 'Function not found: arn:aws:lambda:us-east-1:123456789012:function:other';
  const tooLargeMessage = 'Request must be smaller than 1048576 bytes for the InvokeFunction operation';
  const badType = 'The local Lambda offers the invocation types RequestResponse and Event.';
  it.each<[string, Parameters<typeof invoke>, [number, string], string]>([
    ['another function', ['other'], [404, 'ResourceNotFoundException'], notFound],
    [
      'a payload that is not JSON',
      ['momento-key-refresher', {}, '{'],
      [400, 'InvalidRequestContentException'],
      'Could not parse request body into json.',
    ],
    [
      'an event of more than 1 MB',
      ['momento-key-refresher', event, tooLarge],
      [413, 'RequestTooLargeException'],
      tooLargeMessage,
    ],
    [
      'an unknown type of invocation',
      ['momento-key-refresher', later],
      [400, 'InvalidParameterValueException'],
      badType,
    ],
  ])('refuses %s', async (_, request, error, Message) => {
    const { response, text } = await invoke(...request);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual(error);
    expect(JSON.parse(text)).toEqual({ Type: 'User', Message });
    expect(invocations).toEqual([]);
  });

  it('answers with an internal error if the function cannot be invoked', async () => {
    result = () => Promise.reject(new Error('inside'));
    const { response, text } = await invoke('momento-key-refresher');
    expect([response.status, JSON.parse(text)]).toEqual([
      500,
      { Type: 'Service', Message: 'An internal error occurred.' },
    ]);
  });
});

describe('the local Secrets Manager', () => {
  const target = { 'x-amz-target': 'secretsmanager.GetSecretValue' };

  it.each<[string, Record<string, string>, string, [string, string]]>([
    [
      'a request without a signature',
      target,
      '{}',
      ['MissingAuthenticationTokenException', 'Missing Authentication Token'],
    ],
    [
      'a body that is not JSON',
      { ...signed, ...target },
      '{',
      ['SerializationException', 'The request body is not valid JSON.'],
    ],
    [
      'a body that is not an object',
      { ...signed, ...target },
      '[]',
      ['SerializationException', 'The request body must be an object.'],
    ],
    [
      'a member of the wrong type',
      { ...signed, ...target },
      '{"SecretId":1}',
      ['SerializationException', 'SecretId must be a string.'],
    ],
    [
      'a request without a required member',
      { ...signed, ...target },
      '{"SecretId":null}',
      ['InvalidParameterException', 'SecretId must be 1-2048 characters long.'],
    ],
  ])('refuses %s', async (_, headers, body, [__type, message]) => {
    const { response, text } = await send('/', { method: 'POST', headers, body });
    expect([response.status, JSON.parse(text)]).toEqual([400, { __type, message }]);
    expect(calls).toMatchObject([{ operation: 'GetSecretValue', error: { name: __type, message } }]);
  });

  it('answers an unexpected error with an internal error and without its text', async () => {
    services.secretsManager.gate.faultHook = () => {
      throw new Error('a text that stays inside');
    };
    const headers = { ...signed, ...target };
    const { response, text } = await send('/', { method: 'POST', headers, body: '{"SecretId":"s"}' });
    services.secretsManager.gate.faultHook = undefined;
    expect([response.status, JSON.parse(text)]).toEqual([
      500,
      { __type: 'InternalServerException', message: 'An internal error occurred.' },
    ]);
  });
});

describe('the local Scheduler', () => {
  const constraint = 'failed to satisfy constraint: Member must';
  const pattern = `${constraint} satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$`;

  it.each<[string, string, RequestInit, [number, string], string]>([
    [
      'a request without a signature',
      '/schedules',
      {},
      [403, 'MissingAuthenticationTokenException'],
      'Missing Authentication Token',
    ],
    [
      'a name with a space',
      '/schedules/a%20b',
      { headers: signed },
      [400, 'ValidationException'],
      `1 validation error detected: Value 'a b' at 'name' ${pattern}`,
    ],
    [
      'a name with a broken encoding',
      '/schedules/a%2',
      { headers: signed },
      [400, 'ValidationException'],
      `1 validation error detected: Value 'a%2' at 'name' ${pattern}`,
    ],
    [
      'a member of the wrong type',
      '/schedules/a',
      { method: 'POST', headers: signed, body: '{"Target":{"Arn":true}}' },
      [400, 'SerializationException'],
      'Arn must be a string.',
    ],
    [
      'a page size that is not a number',
      '/schedules?MaxResults=x',
      { headers: signed },
      [400, 'ValidationException'],
      `1 validation error detected: Value 'NaN' at 'maxResults' ${constraint} have value greater than or equal to 1`,
    ],
  ])('refuses %s', async (_, path, init, error, Message) => {
    const { response, text } = await send(path, init);
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual(error);
    expect(JSON.parse(text)).toEqual({ Message });
  });
});

it.each<[string, string, RequestInit]>([
  [
    'DynamoDB_20120810.ListTables',
    '/',
    { method: 'POST', headers: { ...signed, 'x-amz-target': 'DynamoDB_20120810.ListTables' }, body: '{}' },
  ],
  [
    'secretsmanager.ListSecrets',
    '/',
    { method: 'POST', headers: { ...signed, 'x-amz-target': 'secretsmanager.ListSecrets' }, body: '{}' },
  ],
  ['ListUsers', '/', { method: 'POST', headers: signed, body: 'Action=ListUsers&Version=2010-05-08' }],
  ['GET /schedules/a/b', '/schedules/a/b', { headers: signed }],
])('the endpoint refuses %s and lists what it offers', async (operation, path, init) => {
  const { response, text } = await send(path, init);
  expect(response.status).toBe(404);
  expect(text).toContain(
    `The local endpoint does not offer ${operation}. It offers Secrets Manager (CreateSecret, DeleteSecret, DescribeSecret, GetSecretValue, PutSecretValue, RestoreSecret, RotateSecret, UpdateSecretVersionStage), EventBridge Scheduler (CreateSchedule, CreateScheduleGroup, DeleteSchedule, GetSchedule, ListSchedules, UpdateSchedule), Lambda (Invoke, GetFunctionConfiguration), CloudWatch Logs (FilterLogEvents), IAM (GetRole, SimulatePrincipalPolicy), SNS (ListSubscriptionsByTopic), EventBridge (DescribeRule, ListRuleNamesByTarget).`,
  );
});

it('the endpoint refuses a body of more than 8 MB', async () => {
  const body = 'x'.repeat(9 * 1024 * 1024);
  // The server closes the connection. A client that still sends may see that instead of the answer.
  const response = await fetch(server.url, { method: 'POST', headers: signed, body }).catch(() => undefined);
  expect([response?.status ?? 413, calls]).toEqual([413, []]);
});

it('a closed server frees its port', async () => {
  const port = Number(new URL(server.url).port);
  await expect(startAwsEndpoint({}, { port })).rejects.toThrow('EADDRINUSE');
  await server.close();
  server = await startAwsEndpoint({}, { port });
  expect(server.url).toBe(`http://127.0.0.1:${port}`);
});
