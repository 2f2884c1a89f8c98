import { expect, it } from 'vitest';
import { Momento } from '../../../local/momento/momento.ts';
import { Scheduler } from '../../../local/scheduler/scheduler.ts';
import { seededRandom } from '../../../local/serving/randomness.ts';
import { FUNCTION_ARN, SCHEDULER_ROLE_ARN } from '../../worlds/names.ts';
import { searched, takeLeaks, watchConsole } from './suite.ts';

const clock = () => 1_767_225_600_000;
const random = seededRandom(1);

it('a part of a key or token that a test makes is found', () => {
  const momento = new Momento({ clock, random });
  const first = momento.generateKey({ lifetimeSeconds: 3600 });
  const inner = JSON.parse(Buffer.from(first.apiKey, 'base64').toString()).api_key;
  const second = momento.refreshApiKey(inner, first.refreshToken);

  for (const secret of [first.apiKey, first.refreshToken, inner, second.apiKey, second.refreshToken]) {
    searched('here', new Error('outer', { cause: new Error(secret.slice(5, 25)) }));
    expect(takeLeaks()).toEqual(['here']);
  }
});

it('a part of a v2 key or of its refresh token that a test makes is found', () => {
  const { account } = new Momento({ clock, random });
  const manager = account.createKey({ roleId: 'r-keys', lifetimeSeconds: 3600 });
  const request = { role_id: 'r-viewer', description: 'x', expiry: 1_767_229_200 };
  const generated = account.generate(manager.api_key, request);
  const refreshed = account.refresh(generated.refresh_token ?? '');

  for (const { api_key: apiKey, refresh_token: refreshToken = '' } of [manager, generated, refreshed]) {
    for (const secret of [apiKey, refreshToken]) {
      searched('here', `a signature: ${secret.slice(-15)}`);
      expect(takeLeaks()).toEqual(['here']);
    }
  }
});

it('a refresh token in the input of a schedule is found', () => {
  const { refreshToken } = new Momento({ clock, random }).generateKey({ lifetimeSeconds: 3600 });
  const scheduler = new Scheduler({ clock, random });
  const create = () =>
    scheduler.createSchedule({
      Name: 'x',
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: FUNCTION_ARN,
        RoleArn: SCHEDULER_ROLE_ARN,
        Input: JSON.stringify({ refreshToken }),
      },
    });
  create();
  expect(takeLeaks()).toEqual(['a schedule']);
});

it('a key that is written to a watched console is found', () => {
  const lines: unknown[][] = [];
  const console = { ...globalThis.console, debug: (...given: unknown[]) => lines.push(given) };
  watchConsole(console);
  const { apiKey } = new Momento({ clock, random }).generateKey({ lifetimeSeconds: 3600 });
  console.debug('the key begins with', apiKey.slice(0, 4));
  expect(takeLeaks()).toEqual([]);
  console.debug('a made-up key', apiKey);
  expect(takeLeaks()).toEqual(['console.debug']);
  expect(lines).toHaveLength(2);
});
