import { ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAwsEndpoint } from '../../local/aws/endpoint.ts';
import type { InvocationResult } from '../../local/lambda/lambda-server.ts';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import type { RunningServer } from '../../local/serving/http-service.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const authorization = 'AWS4-HMAC-SHA256 x';
const OFFERED =
  'The local endpoint offers Secrets Manager (CancelRotateSecret, CreateSecret, DeleteSecret, DescribeSecret, GetSecretValue, PutSecretValue, RestoreSecret, RotateSecret, UpdateSecretVersionStage), EventBridge Scheduler (CreateSchedule, CreateScheduleGroup, DeleteSchedule, GetSchedule, ListSchedules, UpdateSchedule), Lambda (Invoke, GetFunctionConfiguration), CloudWatch Logs (FilterLogEvents), STS (GetCallerIdentity), IAM (GetRole, SimulatePrincipalPolicy), SNS (ListSubscriptionsByTopic) and EventBridge (DescribeRule, ListRuleNamesByTarget).';

let server: RunningServer;
let invocations: [string, boolean][];
let result: () => Promise<InvocationResult>;

beforeEach(async () => {
  invocations = [];
  result = async () => ({ payloadText: '{"outcome":"wait"}' });
  const options = { clock: () => Date.parse('2026-03-01T10:00:00Z'), random: seededRandom(7) };
  server = await startAwsEndpoint({
    secretsManager: new SecretsManager(options),
    scheduler: new Scheduler(options),
    lambda: {
      functionName: 'momento-key-refresher',
      invoke: (payloadText, { async }) => {
        invocations.push([payloadText, async]);
        return result();
      },
    },
  });
});

afterEach(() => server.close());

it('one URL serves the SDK clients of Secrets Manager and the Scheduler', async () => {
  const config = {
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  };
  const secrets = new SecretsManagerClient(config);
  const scheduler = new SchedulerClient(config);
  const created = await secrets.send(new CreateSecretCommand({ Name: 's', SecretString: '1' }));
  expect(created.Name).toBe('s');
  expect((await scheduler.send(new ListSchedulesCommand({}))).Schedules).toEqual([]);
  secrets.destroy();
  scheduler.destroy();
});

describe('Lambda', () => {
  const invoke = async (name: string, headers: Record<string, string> = {}, body = '{"a":1}') => {
    const response = await fetch(
      `${server.url}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`,
      { method: 'POST', headers: { authorization, ...headers }, body },
    );
    return { response, text: await response.text() };
  };

  it('invokes the function and answers with its payload', async () => {
    const { response, text } = await invoke('momento-key-refresher');
    expect([response.status, text]).toEqual([200, '{"outcome":"wait"}']);
    expect(response.headers.get('x-amz-executed-version')).toBe('$LATEST');
    expect(response.headers.get('x-amz-function-error')).toBeNull();
    expect(invocations).toEqual([['{"a":1}', false]]);
  });

  it('names an error of the function in a header', async () => {
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

  it.each([
    'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
    'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher:$LATEST',
    '123456789012:function:momento-key-refresher',
    'momento-key-refresher:live',
  ])('knows the function as %s', async (name) => {
    expect((await invoke(name)).response.status).toBe(200);
  });

  it.each<[string, string, Record<string, string>, string, number, string, string]>([
    [
      'another function',
      'other',
      {},
      '{}',
      404,
      'ResourceNotFoundException',
      'Function not found: arn:aws:lambda:us-east-1:123456789012:function:other',
    ],
    [
      'a payload that is not JSON',
      'momento-key-refresher',
      {},
      '{',
      400,
      'InvalidRequestContentException',
      'Could not parse request body into json.',
    ],
    [
      'an event of more than 1 MB',
      'momento-key-refresher',
      { 'x-amz-invocation-type': 'Event' },
      `"${'x'.repeat(1024 * 1024)}"`,
      413,
      'RequestTooLargeException',
      'Request must be smaller than 1048576 bytes for the InvokeFunction operation',
    ],
    [
      'an unknown type of invocation',
      'momento-key-refresher',
      { 'x-amz-invocation-type': 'Later' },
      '{}',
      400,
      'InvalidParameterValueException',
      'The local Lambda offers the invocation types RequestResponse and Event.',
    ],
  ])('refuses %s', async (_, name, headers, body, status, type, Message) => {
    const { response, text } = await invoke(name, headers, body);
    expect([response.status, response.headers.get('x-amzn-errortype'), JSON.parse(text)]).toEqual([
      status,
      type,
      { Type: 'User', Message },
    ]);
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

describe('a request that the endpoint does not offer', () => {
  it.each<[string, string, RequestInit, string]>([
    [
      'an operation of another service',
      '/',
      {
        method: 'POST',
        headers: { authorization, 'x-amz-target': 'DynamoDB_20120810.ListTables' },
        body: '{}',
      },
      'DynamoDB_20120810.ListTables',
    ],
    [
      'an action of another service',
      '/',
      { method: 'POST', headers: { authorization }, body: 'Action=ListUsers&Version=2010-05-08' },
      'ListUsers',
    ],
    ['another path', '/bucket/key', { headers: { authorization } }, 'GET /bucket/key'],
  ])('is answered with the list of what it offers: %s', async (_, path, init, operation) => {
    const response = await fetch(`${server.url}${path}`, init);
    const body = (await response.json()) as { Message?: string; message?: string };
    expect([response.status, body.Message ?? body.message]).toEqual([
      404,
      `${operation} is not among the local services. ${OFFERED}`,
    ]);
  });
});

it('STS answers GetCallerIdentity with the account', async () => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { authorization },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  expect(await response.text()).toContain('<Account>123456789012</Account>');
});

it('a body of more than 8 MB is refused', async () => {
  const body = 'x'.repeat(9 * 1024 * 1024);
  const response = await fetch(server.url, { method: 'POST', headers: { authorization }, body }).catch(
    () => undefined,
  );
  expect(response?.status ?? 413).toBe(413);
});
