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
  it.each([
    {
      sentence: 'the call of a person as a manual refresh',
      event: MANUAL,
      expected: {
        kind: 'refresh',
        trigger: 'manual',
        secretName: 'momento/authentication-token',
      },
    },
    {
      sentence: 'its own wake-up as a scheduled refresh',
      event: SCHEDULED,
      expected: {
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
    },
    ...ROTATION_STEPS.map((step) => ({
      sentence: `the rotation step ${step}`,
      event: {
        Step: step,
        SecretId: SECRET_ARN,
        ClientRequestToken: '11111111-1111-4111-8111-111111111111',
        RotationToken: 'one that later versions of the service add',
      },
      expected: {
        kind: 'rotation',
        step,
        secretName:
          'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf',
        versionId: '11111111-1111-4111-8111-111111111111',
      },
    })),
    {
      sentence: "the retry of a person's call with the demand now",
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, demand: 'now', attempt: 1 } },
      expected: {
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
    },
    { sentence: 'the sweep of a person', event: { action: 'sweep' }, expected: { kind: 'sweep' } },
    {
      sentence: 'the recurring sweep with its instant',
      event: { action: 'sweep', scheduledAt: '2026-11-02T12:00:00Z' },
      expected: { kind: 'sweep', scheduledAt: 1_793_620_800 },
    },
    {
      sentence: 'a sweep without its instant if that cannot be read',
      event: { action: 'sweep', scheduledAt: '<aws.scheduler.scheduled-time>' },
      expected: { kind: 'sweep' },
    },
    {
      sentence: 'a rotation step with an unknown field and a version id of 32 characters',
      event: { ...ROTATION, ClientRequestToken: 'r'.repeat(32), RotationToken: 'a' },
      expected: {
        kind: 'rotation',
        step: 'createSecret',
        secretName:
          'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf',
        versionId: 'rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',
      },
    },
    {
      sentence: 'the action status',
      event: { action: 'status' },
      expected: { kind: 'status', prove: false },
    },
    {
      sentence: 'the action status with prove',
      event: { action: 'status', prove: true },
      expected: { kind: 'status', prove: true },
    },
    { sentence: 'the action preflight', event: { action: 'preflight' }, expected: { kind: 'preflight' } },
    {
      sentence: 'a label change as a refresh with the announced version',
      event: LABEL_UPDATED,
      expected: {
        kind: 'refresh',
        trigger: 'label-updated',
        secretName: 'momento/authentication-token',
        announcedVersionId: '11111111-1111-4111-8111-111111111111',
      },
    },
  ])('reads $sentence', ({ event, expected }) => {
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
    { sentence: 'no event', event: undefined, fault: 'it is not a JSON object' },
    { sentence: 'null', event: null, fault: 'it is not a JSON object' },
    { sentence: 'a string', event: 'momento/authentication-token', fault: 'it is not a JSON object' },
    { sentence: 'a number', event: 7, fault: 'it is not a JSON object' },
    { sentence: 'a list', event: [MANUAL], fault: 'it is not a JSON object' },
    { sentence: 'an empty object', event: {}, fault: NO_FIELD },
    { sentence: "the predecessor's field", event: { SecretId: 'a' }, fault: NO_FIELD },
    {
      sentence: 'a name that is no string',
      event: { momento_auth_token_secret_name: 7 },
      fault: 'field momento_auth_token_secret_name must be a string',
    },
    {
      sentence: 'an empty name',
      event: { momento_auth_token_secret_name: '' },
      fault: 'field momento_auth_token_secret_name must not be empty',
    },
    {
      sentence: 'a name that is too long',
      event: { momento_auth_token_secret_name: 'n'.repeat(2049) },
      fault: 'field momento_auth_token_secret_name is too long',
    },
    {
      sentence: 'a call of a person with one unknown field',
      event: { ...MANUAL, force: true },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'a call of a person with two unknown fields',
      event: { ...MANUAL, force: true, now: 1 },
      fault: 'the event has 2 unknown field(s)',
    },
    {
      sentence: 'an unknown action',
      event: { action: 'destroy' },
      fault: 'field action must be "sweep", "status", "preflight" or "revoke-previous"',
    },
    {
      sentence: 'a status whose prove is a string',
      event: { action: 'status', prove: 'yes' },
      fault: 'field prove must be true or false',
    },
    {
      sentence: 'a sweep with prove',
      event: { action: 'sweep', prove: true },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'a sweep that names a secret',
      event: { action: 'sweep', ...MANUAL },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'a wake-up without bookedFor',
      event: { ...MANUAL, trigger: 'schedule' },
      fault: 'field bookedFor must say what the wake-up was booked for',
    },
    {
      sentence: 'a wake-up without a trigger',
      event: { ...MANUAL, bookedFor: BOOKED_FOR },
      fault: 'field trigger must be "schedule"',
    },
    {
      sentence: 'an unknown trigger',
      event: { ...SCHEDULED, trigger: 'cron' },
      fault: 'field trigger must be "schedule"',
    },
    {
      sentence: 'a wake-up without a secret',
      event: { trigger: 'schedule', bookedFor: BOOKED_FOR },
      fault: 'field momento_auth_token_secret_name must be a string',
    },
    {
      sentence: 'a wake-up with an unknown field',
      event: { ...SCHEDULED, extra: 1 },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'a bookedFor with an unknown field',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, extra: 1 } },
      fault: 'field bookedFor has 1 unknown field(s)',
    },
    {
      sentence: 'a bookedFor with a number as the wake-up',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, wakeUp: 1 } },
      fault: 'field bookedFor.wakeUp must be a string',
    },
    {
      sentence: 'a bookedFor without a version',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, versionId: null } },
      fault: 'field bookedFor.versionId must be a string',
    },
    {
      sentence: 'a bookedFor with epoch seconds',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: 1_795_449_600 } },
      fault: 'field bookedFor.at must be an ISO instant',
    },
    {
      sentence: 'a bookedFor with a local time',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: '2026-11-23T16:00:00' } },
      fault: 'field bookedFor.at must be an ISO instant',
    },
    {
      sentence: 'a bookedFor with a day that does not exist',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: '2026-02-30T16:00:00Z' } },
      fault: 'field bookedFor.at must be an ISO instant',
    },
    {
      sentence: 'an attempt of 0',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: 0 } },
      fault: 'field bookedFor.attempt must be at least 1',
    },
    {
      sentence: 'an attempt of 1.5',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: 1.5 } },
      fault: 'field bookedFor.attempt must be a whole number',
    },
    {
      sentence: 'an attempt as a string',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: '1' } },
      fault: 'field bookedFor.attempt must be a whole number',
    },
    {
      sentence: 'an unknown demand',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, demand: 'soon' } },
      fault: 'field bookedFor.demand must be "when-due" or "now"',
    },
    {
      sentence: 'an event of Secrets Manager of another type',
      event: { ...LABEL_UPDATED, 'detail-type': 'AWS API Call via CloudTrail' },
      fault: 'field detail-type must be "Secret Label Updated"',
    },
    {
      sentence: 'an event of another service',
      event: { ...LABEL_UPDATED, source: 'aws.s3' },
      fault: 'field source must be "aws.secretsmanager"',
    },
    {
      sentence: 'an unknown rotation step',
      event: { Step: 'deleteSecret', SecretId: 'a', ClientRequestToken: 'x'.repeat(32) },
      fault: 'field Step must be one of createSecret, setSecret, testSecret, finishSecret',
    },
    {
      sentence: 'a rotation step without a secret and a version id',
      event: { Step: 'createSecret' },
      fault: 'field SecretId must be a string, field ClientRequestToken must be a string',
    },
    {
      sentence: 'a label change without a detail',
      event: { ...LABEL_UPDATED, detail: 'AWSCURRENT' },
      fault: 'field detail must be an object',
    },
    {
      sentence: 'a label change without a secret',
      event: { ...LABEL_UPDATED, detail: {} },
      fault: 'field detail.name must be a string',
    },
    {
      sentence: 'a rotation step without a secret',
      event: { ...ROTATION, SecretId: undefined },
      fault: 'field SecretId must be a string',
    },
    {
      sentence: 'a rotation step without a version id',
      event: { ...ROTATION, ClientRequestToken: null },
      fault: 'field ClientRequestToken must be a string',
    },
    {
      sentence: 'a rotation step with a version id of 31 characters',
      event: { ...ROTATION, ClientRequestToken: 'r'.repeat(31) },
      fault: 'field ClientRequestToken is too short',
    },
    {
      sentence: 'a rotation step with a version id of 65 characters',
      event: { ...ROTATION, ClientRequestToken: 'r'.repeat(65) },
      fault: 'field ClientRequestToken is too long',
    },
    {
      sentence: 'an event with two faults',
      event: { ...SCHEDULED, trigger: 1, bookedFor: { ...BOOKED_FOR, attempt: -1 } },
      fault: 'field trigger must be "schedule", field bookedFor.attempt must be at least 1',
    },
  ])('refuses $sentence and names each fault', ({ event, fault }) => {
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
