import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../handlers/configuration.ts';
import { handle, unqualifiedFunctionArn } from '../../handlers/dispatch.ts';
import { EventError, SecretAccessError, SweepFailedError } from '../../handlers/errors.ts';
import { V1_KEY } from '../worlds/keys.ts';
import {
  DEAD_LETTER_QUEUE_ARN,
  FUNCTION_ARN,
  GROUP,
  MANUAL,
  SCHEDULER_ROLE_ARN,
  SECRET,
} from '../worlds/names.ts';
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

function invocation(remainingMs = 300_000) {
  return {
    invokedFunctionArn: FUNCTION_ARN,
    getRemainingTimeInMillis: () => remainingMs,
  };
}

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

    const result = await handle(event, invocation(), CONFIGURATION, ports);

    expect(result).toMatchObject({ outcome: 'unseeded', reason: 'placeholder', secretName: name });
    expect(ports.asked).toEqual([name]);
  });

  it.each([
    ['another name', 'momento/other', 'momento/other'],
    ['a part of a managed name', 'momento/authentication', 'momento/authentication'],
    [
      'the ARN of another secret',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/other-a1B2c3',
      'momento/other',
    ],
    [
      'an ARN without its six characters',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token',
    ],
    [
      'an ARN with seven characters',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3d',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3d',
    ],
    [
      'an ARN of another service',
      'arn:aws:ssm:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3',
      'arn:aws:ssm:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3',
    ],
    [
      'an ARN after a blank',
      ' arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3',
      ' arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3',
    ],
  ])('refuses %s before it reads a secret', async (_, given, named) => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);
    const event = { momento_auth_token_secret_name: given };

    const answer = handle(event, invocation(), CONFIGURATION, ports);

    await expect(answer).rejects.toThrow(SecretAccessError);
    await expect(answer).rejects.toThrow(
      `Secret "${named}" is not managed by this function. Managed are: momento/authentication-token, team/key-AbCdEf. ` +
        'Nothing was done. To add the secret, put its name into the setting secretNames in cdk.json and deploy: npx cdk deploy',
    );
    expect(ports.asked).toEqual([]);
    expect(ports.booked).toEqual([]);
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
      await expect(handle(event, invocation(), CONFIGURATION, ports)).rejects.toThrow(
        `"${given}" is not the ARN of a managed secret. Secret "momento/authentication-token" has the ARN ` +
          'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf.',
      );
    }
    const revocation = { action: 'revoke-previous', momento_auth_token_secret_name: given };
    await expect(handle(revocation, invocation(), CONFIGURATION, ports)).rejects.toThrow(
      'The ARN in the event is not its ARN',
    );
    expect(ports.booked).toEqual([]);
    expect(ports.writes).toEqual([]);
  });
});

describe('handle', () => {
  const text = JSON.stringify({ apiKey: V1_KEY, refreshToken: 't', validUntil: 1_794_355_200 });
  const seeded = { 'momento/authentication-token': text };

  it('reads no secret for an event that it cannot understand', async () => {
    const ports = portsOverTexts(seeded, NOON);

    await expect(handle({ SecretId: 'a' }, invocation(), CONFIGURATION, ports)).rejects.toThrow(EventError);
    expect(ports.asked).toEqual([]);
  });

  it('books the wake-up of a key that is not due after a label change, with the configured lead', async () => {
    const ports = portsOverTexts(seeded, NOON);
    const event = {
      'detail-type': 'Secret Label Updated',
      source: 'aws.secretsmanager',
      detail: { name: 'momento/authentication-token' },
    };

    expect(await handle(event, invocation(), CONFIGURATION, ports)).toEqual({
      outcome: 'wait',
      reason: 'not-due',
      secretName: 'momento/authentication-token',
      versionId: '11111111-1111-4111-8111-111111111111',
      validUntil: '2026-11-11T00:00:00Z',
      nextRefreshAt: '2026-11-06T00:00:00Z',
    });
    expect(ports.booked).toMatchObject([
      { at: 1_793_923_200, secretName: 'momento/authentication-token', attempt: 1, demand: 'when-due' },
    ]);
    expect(ports.issueCalls()).toBe(0);
  });

  it('refreshes at once for a person and throws the failure', async () => {
    const ports = portsOverTexts(seeded, NOON);
    await expect(handle(MANUAL, invocation(), CONFIGURATION, ports)).rejects.toThrow(
      'Momento issued no new key (TIMEOUT_ERROR). The current key works until 2026-11-11T00:00:00Z. The next try is booked for 2026-11-02T12:01:00Z.',
    );
    expect(ports.booked).toMatchObject([{ attempt: 2, demand: 'now' }]);
  });
});

describe('a sweep', () => {
  it('checks every managed secret', async () => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);

    const result = await handle({ action: 'sweep' }, invocation(), CONFIGURATION, ports);

    expect(result).toMatchObject({
      outcome: 'sweep',
      secrets: [
        { outcome: 'unseeded', secretName: 'momento/authentication-token' },
        { outcome: 'unseeded', secretName: 'team/key-AbCdEf' },
      ],
    });
  });

  it('starts on a secret if more than 120 s are left', async () => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);

    await expect(
      handle({ action: 'sweep' }, invocation(120_001), CONFIGURATION, ports),
    ).resolves.toMatchObject({ outcome: 'sweep' });
    expect(ports.asked).toHaveLength(2);
  });

  it('starts on no secret and only reports the states if 120 s are left', async () => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);

    await expect(handle({ action: 'sweep' }, invocation(120_000), CONFIGURATION, ports)).rejects.toThrow(
      SweepFailedError,
    );
    expect(ports.asked).toHaveLength(2);
  });
});

describe('handle, for an action that only reads,', () => {
  it('answers with the status of every managed secret', async () => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);

    expect(await handle({ action: 'status' }, invocation(), CONFIGURATION, ports)).toMatchObject({
      outcome: 'status',
      secrets: [
        { secretName: 'momento/authentication-token', state: 'unseeded' },
        { secretName: 'team/key-AbCdEf', state: 'unseeded' },
      ],
    });
  });

  it('answers with the preflight of every managed secret and of the schedule group', async () => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);

    const result = await handle({ action: 'preflight' }, invocation(), CONFIGURATION, ports);

    expect(result).toMatchObject({ outcome: 'preflight' });
    expect(JSON.stringify(result)).toContain('"subject":"momento-key-refresher"');
    expect(ports.asked).toEqual(['momento/authentication-token', 'team/key-AbCdEf']);
  });
});

describe("a step of Secrets Manager's rotation", () => {
  const step = {
    Step: 'setSecret',
    SecretId: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-a1B2c3',
    ClientRequestToken: '33333333-3333-4333-8333-333333333333',
  };

  it('applies to the secret whose ARN it names', async () => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);

    expect(await handle(step, invocation(), CONFIGURATION, ports)).toEqual({
      outcome: 'rotation',
      reason: 'nothing-to-set',
      step: 'setSecret',
      secretName: 'momento/authentication-token',
      versionId: '33333333-3333-4333-8333-333333333333',
    });
  });

  it('is refused for a secret that is not managed', async () => {
    const ports = portsOverTexts(PLACEHOLDERS, NOON);
    const event = { ...step, SecretId: 'momento/other' };

    await expect(handle(event, invocation(), CONFIGURATION, ports)).rejects.toThrow(SecretAccessError);
    expect(ports.asked).toEqual([]);
  });
});

describe('unqualifiedFunctionArn', () => {
  it.each(['', ':7', ':live'])('removes the version or alias "%s"', (qualifier) => {
    expect(unqualifiedFunctionArn(`${FUNCTION_ARN}${qualifier}`)).toBe(
      'arn:aws:lambda:us-east-1:123456789012:function:momento-key-refresher',
    );
  });
});
