import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer } from '../../local/consumer.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { nextWakeUpAt } from '../../local/play.ts';
import { Timeline } from '../../local/timeline.ts';

let stack: LocalStack;
let timeline: Timeline;
const lines: string[] = [];
const logLines: string[] = [];

beforeAll(async () => {
  stack = await startLocalStack({
    clockSettings: { originMs: Date.now(), speed: 60 },
    settings: {},
    momento: 'local',
    onLogLine: (line) => {
      logLines.push(line);
      timeline.log(line);
    },
  });
  timeline = new Timeline(stack.clock, (line) => lines.push(line));
});

afterAll(async () => {
  await stack.close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function put(value: unknown): void {
  const { secrets, secretName, newToken } = stack;
  secrets.putSecretValue({
    SecretId: secretName,
    SecretString: JSON.stringify(value),
    ClientRequestToken: newToken(),
  });
}

describe("the function's real bundle, as its template starts it", () => {
  it('answers for the placeholder that the template puts into the secret', async () => {
    const answer = await stack.lambda.invoke({ momento_auth_token_secret_name: stack.secretName });
    expect(answer).toEqual({
      payload: expect.objectContaining({ outcome: 'unseeded', reason: 'placeholder' }),
    });
  });

  it('books a wake-up by itself when a person puts a key', async () => {
    put(stack.momento.generateKey({ lifetimeSeconds: 3600 }));
    await until(() => nextWakeUpAt(stack) !== undefined);
    expect(nextWakeUpAt(stack)).toBeGreaterThan(stack.clock());
  });

  it('refreshes on demand, and a consumer finds a working key', async () => {
    const answer = await stack.lambda.invoke({ momento_auth_token_secret_name: stack.secretName });
    expect(answer).toEqual({ payload: expect.objectContaining({ outcome: 'refresh', reason: 'requested' }) });
    // The log comes by another way than the answer, and a little later.
    await until(() => timeline.tally.refreshes === 1);
    expect(lines.join('\n')).toMatch(
      /✓ refreshed \(requested, woken by manual\): retry booked .* promoted → next booked/,
    );

    const failures: string[] = [];
    const consumer = new Consumer({
      secretName: stack.secretName,
      awsEndpointUrl: stack.awsEndpointUrl,
      momentoEndpoint: stack.momentoEndpoint,
      pauseMs: 1,
      onFailure: (reason) => failures.push(reason),
    });
    consumer.start();
    await until(() => consumer.reads >= 3);
    expect(failures).toEqual([]);
    expect(consumer.readsWithWorkingKey).toBe(consumer.reads);
    put({ apiKey: 'rubbish' });
    await until(() => failures.length > 0);
    await consumer.stop();
    expect(failures[0]).toBe('the key was rejected (it is malformed)');
  });

  it('ends a call with the error that Lambda gives, where it fails or its process is killed', async () => {
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

  it('gets an event that it fails three times, then it is a dead letter', async () => {
    stack.lambda.invokeAsync({ action: 'unknown' });
    await until(() => stack.lambda.deadLetters.length > 0);
    expect(stack.lambda.deadLetters).toEqual([{ action: 'unknown' }]);
  });

  it('writes JSON lines only, with the request they belong to, and no key', () => {
    for (const line of logLines)
      expect(Object.keys(JSON.parse(line))).toEqual(expect.arrayContaining(['service']));
    const all = logLines.join('\n');
    expect(all).toContain('"function_request_id"');
    for (const secret of stack.momento.issuedSecrets()) expect(all).not.toContain(secret);
  });
});
