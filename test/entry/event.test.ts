import { describe, expect, it } from 'vitest';
import { EventError } from '../../handlers/errors.ts';
import { ACCEPTED_EVENTS, parseEvent } from '../../handlers/event.ts';
import { toReportable } from '../../handlers/reporting/failure.ts';
import { wakeUpEvent } from '../../handlers/rules/wake-up.ts';
import { ACCOUNT, MANUAL, PLACE, ROTATION_STEPS, SECRET } from '../worlds/names.ts';
import { SECRET_ARN } from '../worlds/observations.ts';

const BOOKED_FOR = {
  wakeUp: 'momento-authentication-token-8583d9de-1795449600',
  at: '2026-11-23T16:00:00Z',
  versionId: '11111111-1111-4111-8111-111111111111',
  attempt: 2,
  demand: 'when-due',
};
const SCHEDULED = { ...MANUAL, trigger: 'schedule', bookedFor: BOOKED_FOR };
/** As in the user guide of Secrets Manager. */
const LABEL_UPDATED = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'Secret Label Updated',
  source: 'aws.secretsmanager',
  account: ACCOUNT,
  time: '2026-11-23T16:00:00Z',
  region: 'eu-west-1',
  resources: [SECRET_ARN],
  detail: {
    name: SECRET,
    labelUpdated: 'AWSCURRENT',
    versionId: '11111111-1111-4111-8111-111111111111',
  },
};

const ROTATION = {
  Step: 'createSecret',
  SecretId: SECRET_ARN,
  ClientRequestToken: '33333333-3333-4333-8333-333333333333',
};

function faultOf(event: unknown): string {
  try {
    parseEvent(event);
  } catch (error) {
    expect(error).toBeInstanceOf(EventError);
    expect((error as Error).cause).toBeUndefined();
    return toReportable(error, PLACE).message;
  }
  throw new Error('the event was accepted');
}

describe('parseEvent', () => {
  it.each<[string, object, object]>([
    [
      'the call of a person as a manual refresh',
      MANUAL,
      {
        kind: 'refresh',
        trigger: 'manual',
        secretName: 'momento/authentication-token',
      },
    ],
    [
      'its own wake-up as a scheduled refresh',
      SCHEDULED,
      {
        kind: 'refresh',
        trigger: 'schedule',
        secretName: 'momento/authentication-token',
        bookedFor: {
          name: 'momento-authentication-token-8583d9de-1795449600',
          at: 1_795_449_600,
          versionId: '11111111-1111-4111-8111-111111111111',
          attempt: 2,
          demand: 'when-due',
        },
      },
    ],
    ...ROTATION_STEPS.map((step): [string, object, object] => [
      `the rotation step ${step}`,
      {
        Step: step,
        SecretId: SECRET_ARN,
        ClientRequestToken: '11111111-1111-4111-8111-111111111111',
        RotationToken: 'one that later versions of the service add',
      },
      {
        kind: 'rotation',
        step,
        secretName:
          'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf',
        versionId: '11111111-1111-4111-8111-111111111111',
      },
    ]),
    [
      "the retry of a person's call with the demand now",
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, demand: 'now', attempt: 1 } },
      {
        kind: 'refresh',
        trigger: 'schedule',
        secretName: 'momento/authentication-token',
        bookedFor: {
          name: 'momento-authentication-token-8583d9de-1795449600',
          at: 1_795_449_600,
          versionId: '11111111-1111-4111-8111-111111111111',
          attempt: 1,
          demand: 'now',
        },
      },
    ],
    ['the sweep of a person', { action: 'sweep' }, { kind: 'sweep' }],
    [
      'the recurring sweep with its instant',
      { action: 'sweep', scheduledAt: '2026-11-02T12:00:00Z' },
      { kind: 'sweep', scheduledAt: 1_793_620_800 },
    ],
    [
      'a sweep without its instant if that cannot be read',
      { action: 'sweep', scheduledAt: '<aws.scheduler.scheduled-time>' },
      { kind: 'sweep' },
    ],
    [
      'a rotation step with an unknown field and a version id of 32 characters',
      { ...ROTATION, ClientRequestToken: 'r'.repeat(32), RotationToken: 'a' },
      {
        kind: 'rotation',
        step: 'createSecret',
        secretName:
          'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf',
        versionId: 'rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',
      },
    ],
    ['the action status', { action: 'status' }, { kind: 'status', prove: false }],
    ['the action status with prove', { action: 'status', prove: true }, { kind: 'status', prove: true }],
    ['the action preflight', { action: 'preflight' }, { kind: 'preflight' }],
    [
      'a label change as a refresh with the announced version',
      LABEL_UPDATED,
      {
        kind: 'refresh',
        trigger: 'label-updated',
        secretName: 'momento/authentication-token',
        announcedVersionId: '11111111-1111-4111-8111-111111111111',
      },
    ],
  ])('reads %s', (_, event, expected) => {
    expect(parseEvent(event)).toStrictEqual(expected);
  });

  it('reads the event that wakeUpEvent writes', () => {
    const event = wakeUpEvent({
      name: 'momento-authentication-token-8583d9de-1795449600',
      at: 1_795_449_600,
      secretName: 'momento/authentication-token',
      versionId: '11111111-1111-4111-8111-111111111111',
      attempt: 4,
      demand: 'now',
    });

    expect(parseEvent(JSON.parse(JSON.stringify(event)))).toMatchObject({
      trigger: 'schedule',
      bookedFor: {
        name: 'momento-authentication-token-8583d9de-1795449600',
        at: 1_795_449_600,
        versionId: '11111111-1111-4111-8111-111111111111',
        attempt: 4,
        demand: 'now',
      },
    });
  });

  it('accepts a version id of 64 characters', () => {
    const versionId = 'r'.repeat(64);

    expect(parseEvent({ ...ROTATION, ClientRequestToken: versionId })).toMatchObject({ versionId });
  });

  it('accepts a secret name of 2048 characters', () => {
    const name = 'n'.repeat(2048);

    expect(parseEvent({ momento_auth_token_secret_name: name })).toMatchObject({ secretName: name });
  });
});

describe('parseEvent, for an event that it cannot understand,', () => {
  const NO_FIELD = 'it has none of the fields momento_auth_token_secret_name, action, Step and detail-type';

  it.each([
    ['no event', undefined, 'it is not a JSON object'],
    ['null', null, 'it is not a JSON object'],
    ['a string', 'momento/authentication-token', 'it is not a JSON object'],
    ['a number', 7, 'it is not a JSON object'],
    ['a list', [MANUAL], 'it is not a JSON object'],
    ['an empty object', {}, NO_FIELD],
    ["the predecessor's field", { SecretId: 'a' }, NO_FIELD],
    [
      'a name that is no string',
      { momento_auth_token_secret_name: 7 },
      'field momento_auth_token_secret_name must be a string',
    ],
    [
      'an empty name',
      { momento_auth_token_secret_name: '' },
      'field momento_auth_token_secret_name must not be empty',
    ],
    [
      'a name that is too long',
      { momento_auth_token_secret_name: 'n'.repeat(2049) },
      'field momento_auth_token_secret_name is too long',
    ],
    [
      'a call of a person with one unknown field',
      { ...MANUAL, force: true },
      'the event has 1 unknown field(s)',
    ],
    [
      'a call of a person with two unknown fields',
      { ...MANUAL, force: true, now: 1 },
      'the event has 2 unknown field(s)',
    ],
    [
      'a call of a person with a field named __proto__',
      JSON.parse('{"momento_auth_token_secret_name":"x","__proto__":{"action":"sweep"}}'),
      'the event has 1 unknown field(s)',
    ],
    [
      'an unknown action',
      { action: 'destroy' },
      'field action must be "sweep", "status", "preflight" or "revoke-previous"',
    ],
    [
      'a revocation of what is not the id of a key',
      { ...MANUAL, action: 'revoke-previous', keyId: '../roles' },
      'field keyId is not the id of a key',
    ],
    [
      'a status whose prove is a string',
      { action: 'status', prove: 'yes' },
      'field prove must be true or false',
    ],
    ['a sweep with prove', { action: 'sweep', prove: true }, 'the event has 1 unknown field(s)'],
    ['a sweep that names a secret', { action: 'sweep', ...MANUAL }, 'the event has 1 unknown field(s)'],
    [
      'a wake-up without bookedFor',
      { ...MANUAL, trigger: 'schedule' },
      'field bookedFor must say what the wake-up was booked for',
    ],
    ['a wake-up without a trigger', { ...MANUAL, bookedFor: BOOKED_FOR }, 'field trigger must be "schedule"'],
    ['an unknown trigger', { ...SCHEDULED, trigger: 'cron' }, 'field trigger must be "schedule"'],
    [
      'a wake-up without a secret',
      { trigger: 'schedule', bookedFor: BOOKED_FOR },
      'field momento_auth_token_secret_name must be a string',
    ],
    ['a wake-up with an unknown field', { ...SCHEDULED, extra: 1 }, 'the event has 1 unknown field(s)'],
    [
      'a bookedFor with an unknown field',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, extra: 1 } },
      'field bookedFor has 1 unknown field(s)',
    ],
    [
      'a bookedFor with a number as the wake-up',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, wakeUp: 1 } },
      'field bookedFor.wakeUp must be a string',
    ],
    [
      'a bookedFor without a version',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, versionId: null } },
      'field bookedFor.versionId must be a string',
    ],
    [
      'a bookedFor with epoch seconds',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: 1_795_449_600 } },
      'field bookedFor.at must be an ISO instant',
    ],
    [
      'a bookedFor with a local time',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: '2026-11-23T16:00:00' } },
      'field bookedFor.at must be an ISO instant',
    ],
    [
      'a bookedFor with a day that does not exist',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: '2026-02-30T16:00:00Z' } },
      'field bookedFor.at must be an ISO instant',
    ],
    [
      'an attempt of 0',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: 0 } },
      'field bookedFor.attempt must be at least 1',
    ],
    [
      'an attempt of 1.5',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: 1.5 } },
      'field bookedFor.attempt must be a whole number',
    ],
    [
      'an attempt as a string',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: '1' } },
      'field bookedFor.attempt must be a whole number',
    ],
    [
      'an unknown demand',
      { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, demand: 'soon' } },
      'field bookedFor.demand must be "when-due" or "now"',
    ],
    [
      'an event of Secrets Manager of another type',
      { ...LABEL_UPDATED, 'detail-type': 'AWS API Call via CloudTrail' },
      'field detail-type must be "Secret Label Updated"',
    ],
    [
      'an event of another service',
      { ...LABEL_UPDATED, source: 'aws.s3' },
      'field source must be "aws.secretsmanager"',
    ],
    [
      'an unknown rotation step',
      { Step: 'deleteSecret', SecretId: 'a', ClientRequestToken: 'x'.repeat(32) },
      'field Step must be one of createSecret, setSecret, testSecret, finishSecret',
    ],
    [
      'a rotation step without a secret and a version id',
      { Step: 'createSecret' },
      'field SecretId must be a string, field ClientRequestToken must be a string',
    ],
    [
      'a label change without a detail',
      { ...LABEL_UPDATED, detail: 'AWSCURRENT' },
      'field detail must be an object',
    ],
    [
      'a label change without a secret',
      { ...LABEL_UPDATED, detail: {} },
      'field detail.name must be a string',
    ],
    [
      'a rotation step without a secret',
      { ...ROTATION, SecretId: undefined },
      'field SecretId must be a string',
    ],
    [
      'a rotation step without a version id',
      { ...ROTATION, ClientRequestToken: null },
      'field ClientRequestToken must be a string',
    ],
    [
      'a rotation step with a version id of 31 characters',
      { ...ROTATION, ClientRequestToken: 'r'.repeat(31) },
      'field ClientRequestToken is too short',
    ],
    [
      'a rotation step with a version id of 65 characters',
      { ...ROTATION, ClientRequestToken: 'r'.repeat(65) },
      'field ClientRequestToken is too long',
    ],
    [
      'an event with two faults',
      { ...SCHEDULED, trigger: 1, bookedFor: { ...BOOKED_FOR, attempt: -1 } },
      'field trigger must be "schedule", field bookedFor.attempt must be at least 1',
    ],
  ])('refuses %s and names each fault', (_, event, fault) => {
    const message = faultOf(event);

    expect(message).toMatch(/^The event cannot be understood: /);
    expect(message).toContain(`: ${fault}. Nothing was done. Accepted are: {`);
  });

  it('lists the events that it accepts', () => {
    const message = faultOf({});

    expect(message).toContain('{"momento_auth_token_secret_name": "<secret name>"} to refresh a secret now');
    expect(message).toContain('seed call');
    expect(message).toContain('{"action": "sweep"} to check every managed secret');
    expect(message).toContain('{"action": "status"} to see the state of every managed secret');
    expect(message).toContain('{"action": "preflight"}');
    expect(message).toContain('"Secret Label Updated"');
    expect(message).toContain('the steps of a rotation by Secrets Manager');
    expect(message).toContain(ACCEPTED_EVENTS.join('; '));
  });
});
