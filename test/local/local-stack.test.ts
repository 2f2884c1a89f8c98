import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AwsServiceError } from '../../local/aws/service-error.ts';
import { Consumer } from '../../local/consumer.ts';
import type { Invocation } from '../../local/lambda/lambda.ts';
import { type AwsCall, type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { nextWakeUpAt } from '../../local/play.ts';
import { SimulatedTime } from '../../local/serving/local-time.ts';

const START = Date.parse('2030-01-01T09:00:00Z');
const HOUR = 3_600_000;
const time = new SimulatedTime(START);
const invocations: Invocation[] = [];
const calls: AwsCall[] = [];
let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({
    time,
    seed: 1,
    settings: {},
    momento: 'local',
    onInvocation: (invocation) => invocations.push(invocation),
    onCall: (call) => calls.push(call),
  });
  // The first sweep.
  await time.run(1000);
});

afterAll(() => stack.close());

function put(value: unknown): void {
  const { secrets, secretName, newToken } = stack;
  secrets.putSecretValue({
    SecretId: secretName,
    SecretString: JSON.stringify(value),
    ClientRequestToken: newToken(),
  });
}

describe('the bundled function in a local stack', () => {
  it('answers "unseeded" for the placeholder of the template', async () => {
    const answer = await stack.lambda.invoke({ momento_auth_token_secret_name: stack.secretName });
    expect(answer).toEqual({
      payload: expect.objectContaining({ outcome: 'unseeded', reason: 'placeholder' }),
    });
  });

  it('books a wake-up by itself when a person puts a key', async () => {
    put(stack.momento.generateKey({ lifetimeSeconds: 7200 }));
    await time.run(1000);
    expect(invocations.at(-1)).toMatchObject({ by: 'EventBridge', answer: { payload: { outcome: 'wait' } } });
    expect(nextWakeUpAt(stack)).toBeGreaterThan(START + HOUR);
  });

  it('refreshes the key when the Scheduler wakes it, on the simulated clock', async () => {
    const bookedFor = nextWakeUpAt(stack) ?? 0;
    await time.runUntil(() => time.now() >= bookedFor, 3 * HOUR);
    expect(invocations.at(-1)).toMatchObject({
      by: 'the Scheduler',
      answer: {
        payload: {
          outcome: 'refresh',
          validUntil: new Date(bookedFor + 2 * HOUR).toISOString().replace('.000', ''),
        },
      },
    });
  });

  it('gives an application a working key, and the application detects a bad key', async () => {
    const consumer = new Consumer(stack);
    expect(await consumer.read()).toBeUndefined();
    put({ apiKey: 'rubbish' });
    expect(await consumer.read()).toBe('the key was rejected (it is malformed)');
    expect([consumer.reads, consumer.readsWithWorkingKey, consumer.foundWorkingKeys]).toEqual([2, 1, false]);
    consumer.close();
  });

  it('reports whether the function or a person made a call', async () => {
    const missing = { method: 'POST', body: '{"SecretId":"none"}' };
    const headers = {
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20300101/us-east-1/secretsmanager/aws4_request',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    };
    await fetch(stack.awsEndpointUrl, { ...missing, headers });
    expect(calls.at(-1)).toEqual({
      by: 'a person',
      accessKeyId: 'local',
      operation: 'GetSecretValue',
      subject: 'none',
      error: new AwsServiceError(
        'ResourceNotFoundException',
        400,
        "Secrets Manager can't find the specified secret.",
      ),
    });
    expect(calls.find(({ by }) => by === 'the function')?.operation).toBe('ListSchedules');
  });

  it('answers with the error of Lambda if it throws or its process is killed', async () => {
    expect(await stack.lambda.invoke('no event')).toEqual({
      functionError: 'Unhandled',
      payload: {
        errorType: 'EventError',
        errorMessage: expect.stringContaining('it is not a JSON object'),
        trace: expect.any(Array),
      },
    });
    const killed = stack.lambda.invoke({ action: 'sweep' });
    stack.lambda.kill();
    expect(await killed).toEqual({
      functionError: 'Unhandled',
      payload: {
        errorType: 'Runtime.ExitError',
        errorMessage: 'Error: Runtime exited with error: signal: SIGKILL',
      },
    });
  });

  it('gets a failed event again after one minute and after two more minutes', async () => {
    const before = invocations.length;
    stack.lambda.invokeAsync({ action: 'unknown' }, 'a person');
    await time.run(60_000 + 120_000 + HOUR);
    const tries = invocations.slice(before).filter(({ event }) => JSON.stringify(event).includes('unknown'));
    expect(tries.map(({ by }) => by)).toEqual(['a person', "Lambda's retry", "Lambda's retry"]);
  });

  it('logs JSON lines with the request id and no key', () => {
    const lines = invocations.flatMap((invocation) => invocation.lines);
    expect(lines.map((line) => typeof JSON.parse(line))).toEqual(lines.map(() => 'object'));
    const all = lines.join('\n');
    expect(all).toContain('"function_request_id"');
    for (const secret of stack.momento.issuedSecrets()) expect(all).not.toContain(secret);
  });
});
