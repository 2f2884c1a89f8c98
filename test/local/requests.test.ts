/** How the local services answer raw requests that no SDK would send. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scheduler } from '../../local/scheduler/scheduler.ts';
import { startSchedulerServer } from '../../local/scheduler/scheduler-server.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { startSecretsManagerServer } from '../../local/secrets-manager/secrets-manager-server.ts';
import type { RunningServer } from '../../local/serving/http-service.ts';
import { seededRandom } from '../../local/serving/randomness.ts';

const authorization = 'AWS4-HMAC-SHA256 x';
const origin = { clock: () => Date.parse('2026-03-01T10:00:00Z'), random: seededRandom(7) };

let model: SecretsManager;
let secretsManager: RunningServer;
let scheduler: RunningServer;

beforeEach(async () => {
  model = new SecretsManager(origin);
  secretsManager = await startSecretsManagerServer(model);
  scheduler = await startSchedulerServer(new Scheduler(origin));
});

afterEach(async () => {
  await secretsManager.close();
  await scheduler.close();
});

describe('Secrets Manager refuses', () => {
  const target = { 'x-amz-target': 'secretsmanager.GetSecretValue' };
  const signed = { authorization, ...target };

  it.each<[string, Record<string, string>, string, [number, string, string]]>([
    [
      'a request without a signature',
      target,
      '{}',
      [400, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
    ],
    [
      'a body that is not JSON',
      signed,
      '{',
      [400, 'SerializationException', 'The request body is not valid JSON.'],
    ],
    [
      'a body that is not an object',
      signed,
      '[]',
      [400, 'SerializationException', 'The request body must be an object.'],
    ],
    [
      'a member of the wrong type',
      signed,
      '{"SecretId":1}',
      [400, 'SerializationException', 'SecretId must be a string.'],
    ],
    [
      'a request without a required member',
      signed,
      '{"SecretId":null}',
      [400, 'InvalidParameterException', 'SecretId must be 1-2048 characters long.'],
    ],
    [
      'an unknown operation',
      { ...signed, 'x-amz-target': 'secretsmanager.RotateNothing' },
      '{}',
      [
        404,
        'UnknownOperationException',
        'secretsmanager.RotateNothing: the local Secrets Manager offers CancelRotateSecret, CreateSecret, DeleteSecret, DescribeSecret, GetSecretValue, PutSecretValue, RestoreSecret, RotateSecret, UpdateSecretVersionStage.',
      ],
    ],
  ])('%s', async (_, headers, body, [status, __type, message]) => {
    const response = await fetch(secretsManager.url, { method: 'POST', headers, body });
    expect([response.status, await response.json()]).toEqual([status, { __type, message }]);
  });
});

it('an unexpected error inside a service is answered as an internal error, without its text', async () => {
  model.gate.faultHook = () => {
    throw new Error('a text that stays inside');
  };
  const headers = { authorization, 'x-amz-target': 'secretsmanager.GetSecretValue' };
  const response = await fetch(secretsManager.url, { method: 'POST', headers, body: '{"SecretId":"s"}' });
  expect([response.status, await response.json()]).toEqual([
    500,
    { __type: 'InternalServerException', message: 'An internal error occurred.' },
  ]);
});

describe('the Scheduler refuses', () => {
  const pattern =
    'failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$';
  it.each<[string, string, RequestInit, number, string, string]>([
    [
      'a request without a signature',
      '/schedules',
      {},
      403,
      'MissingAuthenticationTokenException',
      'Missing Authentication Token',
    ],
    [
      'an unknown operation',
      '/schedules/a/b',
      { headers: { authorization } },
      404,
      'UnknownOperationException',
      'GET /schedules/a/b: the local Scheduler offers CreateSchedule, CreateScheduleGroup, DeleteSchedule, GetSchedule, ListSchedules, UpdateSchedule.',
    ],
    [
      'a name with a space',
      '/schedules/a%20b',
      { headers: { authorization } },
      400,
      'ValidationException',
      `1 validation error detected: Value 'a b' at 'name' ${pattern}`,
    ],
    [
      'a name with a broken encoding',
      '/schedules/a%2',
      { headers: { authorization } },
      400,
      'ValidationException',
      `1 validation error detected: Value 'a%2' at 'name' ${pattern}`,
    ],
    [
      'a member of the wrong type',
      '/schedules/a',
      { method: 'POST', headers: { authorization }, body: '{"Target":{"Arn":true}}' },
      400,
      'SerializationException',
      'Arn must be a string.',
    ],
    [
      'a page size that is not a number',
      '/schedules?MaxResults=x',
      { headers: { authorization } },
      400,
      'ValidationException',
      "1 validation error detected: Value 'NaN' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
  ])('%s', async (_, path, init, status, type, Message) => {
    const response = await fetch(`${scheduler.url}${path}`, init);
    expect([response.status, response.headers.get('x-amzn-errortype'), await response.json()]).toEqual([
      status,
      type,
      { Message },
    ]);
  });
});

it('a closed server frees its port', async () => {
  const port = Number(new URL(secretsManager.url).port);
  await expect(startSecretsManagerServer(model, { port })).rejects.toThrow('EADDRINUSE');
  await secretsManager.close();
  secretsManager = await startSecretsManagerServer(model, { port });
  expect(secretsManager.url).toBe(`http://127.0.0.1:${port}`);
});
