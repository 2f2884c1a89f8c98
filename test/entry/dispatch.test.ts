import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../handlers/configuration.ts';
import { handle, unqualifiedFunctionArn } from '../../handlers/dispatch.ts';
import { SweepFailedError } from '../../handlers/errors.ts';
import { DEAD_LETTER_QUEUE_ARN, FUNCTION_ARN, GROUP, SCHEDULER_ROLE_ARN, SECRET } from '../worlds/names.ts';
import { CURRENT_ID, SECRET_ARN } from '../worlds/observations.ts';
import { portsOverTexts } from '../worlds/ports-over-texts.ts';

const NAMES = [SECRET, 'team/key-AbCdEf'];
const CONFIGURATION: Configuration = {
  secretNames: NAMES,
  scheduleGroupName: GROUP,
  schedulerRoleArn: SCHEDULER_ROLE_ARN,
  deadLetterQueueArn: DEAD_LETTER_QUEUE_ARN,
  lead: { kind: 'percentage', percent: 50 },
  sweepEverySeconds: 3600,
};
const NOON = '2026-11-02T12:00:00Z';
const PLACEHOLDERS = Object.fromEntries(NAMES.map((name) => [name, '{"status":"not seeded yet"}']));

describe('handle, for the secret that an event names,', () => {
  it.each([
    ['its name', 'momento/authentication-token', 'momento/authentication-token'],
    ['its ARN', SECRET_ARN, 'momento/authentication-token'],
    ['a name that ends as an ARN does', 'team/key-AbCdEf', 'team/key-AbCdEf'],
    [
      'the ARN of a name that ends as an ARN does',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/key-AbCdEf-AbCdEf',
      'team/key-AbCdEf',
    ],
  ])('finds the managed secret by %s', async (_, given, name) => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);
    const event = { momento_auth_token_secret_name: given };

    const result = await handle(event, CONFIGURATION, ports);

    expect(result).toMatchObject({ outcome: 'unseeded', reason: 'placeholder', secretName: name });
    expect(ports.asked).toEqual([name]);
  });

  it.each([
    [
      'a partial ARN whose name ends in six letters',
      'eu-west-1:123456789012:secret:momento/authentication-token-backup',
    ],
    [
      'the ARN of a deleted secret of the same name',
      'eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3',
    ],
  ])('refuses %s', async (_, place) => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);
    const given = `arn:aws:secretsmanager:${place}`;
    const rotation = { Step: 'createSecret', SecretId: given, ClientRequestToken: CURRENT_ID };

    for (const event of [{ momento_auth_token_secret_name: given }, rotation]) {
      await expect(handle(event, CONFIGURATION, ports)).rejects.toThrow(
        `"${given}" is not the ARN of a managed secret. Secret "momento/authentication-token" has the ARN ` +
          'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf.',
      );
    }
    const revocation = { action: 'revoke-previous', momento_auth_token_secret_name: given };
    await expect(handle(revocation, CONFIGURATION, ports)).rejects.toThrow(
      'The ARN in the event is not its ARN',
    );
    expect(ports.booked).toEqual([]);
    expect(ports.writes).toEqual([]);
  });
});

describe('a sweep', () => {
  it('starts on a secret if more than 120 s are left', async () => {
    const ports = { ...portsOverTexts(PLACEHOLDERS, NOON), remainingMs: () => 120_001 };

    await expect(handle({ action: 'sweep' }, CONFIGURATION, ports)).resolves.toMatchObject({
      outcome: 'sweep',
    });
    expect(ports.asked).toHaveLength(2);
  });

  it('starts on no secret and only reports the states if 120 s are left', async () => {
    const ports = { ...portsOverTexts(PLACEHOLDERS, NOON), remainingMs: () => 120_000 };

    await expect(handle({ action: 'sweep' }, CONFIGURATION, ports)).rejects.toThrow(SweepFailedError);
    expect(ports.asked).toHaveLength(2);
  });
});

it("a step of Secrets Manager's rotation applies to the secret whose ARN it names", async () => {
  const ports = portsOverTexts(PLACEHOLDERS, NOON);
  const step = {
    Step: 'setSecret',
    SecretId: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3',
    ClientRequestToken: '33333333-3333-4333-8333-333333333333',
  };

  expect(await handle(step, CONFIGURATION, ports)).toEqual({
    outcome: 'rotation',
    reason: 'nothing-to-set',
    step: 'setSecret',
    secretName: 'momento/authentication-token',
    versionId: '33333333-3333-4333-8333-333333333333',
  });
});

describe('unqualifiedFunctionArn', () => {
  it.each(['', ':7', ':live'])('removes the version or alias "%s"', (qualifier) => {
    expect(unqualifiedFunctionArn(`${FUNCTION_ARN}${qualifier}`)).toBe(
      'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
    );
  });
});
