import { describe, expect, it } from 'vitest';
import { EventError } from '../../handlers/errors.ts';
import { ACCEPTED_EVENTS, parseEvent } from '../../handlers/event.ts';
import { toReportable } from '../../handlers/reporting/failure.ts';
import { wakeUpEvent } from '../../handlers/rules/wake-up.ts';

const MANUAL = { momento_auth_token_secret_name: 'momento/authentication-token' };
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
  account: '123456789012',
  time: '2026-11-23T16:00:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf'],
  detail: {
    name: 'momento/authentication-token',
    labelUpdated: 'AWSCURRENT',
    versionId: '11111111-1111-4111-8111-111111111111',
  },
};

const ROTATION = {
  Step: 'createSecret',
  SecretId: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf',
  ClientRequestToken: '33333333-3333-4333-8333-333333333333',
};

function faultOf(event: unknown): string {
  try {
    parseEvent(event);
  } catch (error) {
    expect(error).toBeInstanceOf(EventError);
    expect((error as Error).cause).toBeUndefined();
    return toReportable(error).message;
  }
  throw new Error('the event was accepted');
}

describe('what wakes the function', () => {
  it.each([
    {
      sentence: 'a person: now, due or not',
      event: MANUAL,
      expected: {
        kind: 'refresh',
        trigger: 'manual',
        secretName: 'momento/authentication-token',
      },
    },
    {
      sentence: 'its own wake-up: if due',
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
    ...['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => ({
      sentence: `a rotation by Secrets Manager: ${step}`,
      event: {
        Step: step,
        SecretId: LABEL_UPDATED.resources[0],
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
      sentence: "the retry of a person's call: now",
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
    { sentence: 'a sweep that a person asks for', event: { action: 'sweep' }, expected: { kind: 'sweep' } },
    {
      sentence: 'the recurring sweep',
      event: { action: 'sweep', scheduledAt: '2026-11-02T12:00:00Z' },
      expected: { kind: 'sweep', scheduledAt: 1_793_620_800 },
    },
    {
      sentence: 'a sweep whose instant cannot be read',
      event: { action: 'sweep', scheduledAt: '<aws.scheduler.scheduled-time>' },
      expected: { kind: 'sweep' },
    },
    ...['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => ({
      sentence: `Secrets Manager's rotation: ${step}`,
      event: { ...ROTATION, Step: step },
      expected: {
        kind: 'rotation',
        step,
        secretName:
          'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/authentication-token-AbCdEf',
        versionId: '33333333-3333-4333-8333-333333333333',
      },
    })),
    {
      sentence: 'a rotation with fields that are new to us',
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
      sentence: 'a question about the state',
      event: { action: 'status' },
      expected: { kind: 'status', prove: false },
    },
    {
      sentence: 'a question about the state that proves every key',
      event: { action: 'status', prove: true },
      expected: { kind: 'status', prove: true },
    },
    { sentence: 'a preflight', event: { action: 'preflight' }, expected: { kind: 'preflight' } },
    {
      sentence: 'a label that moved: if due',
      event: LABEL_UPDATED,
      expected: {
        kind: 'refresh',
        trigger: 'label-updated',
        secretName: 'momento/authentication-token',
        announcedVersionId: '11111111-1111-4111-8111-111111111111',
      },
    },
  ])('$sentence', ({ event, expected }) => {
    expect(parseEvent(event)).toStrictEqual(expected);
  });

  it('takes back what it books', () => {
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

  it('takes a version id as long as Secrets Manager allows', () => {
    const versionId = 'r'.repeat(64);

    expect(parseEvent({ ...ROTATION, ClientRequestToken: versionId })).toMatchObject({ versionId });
  });

  it('takes a name as long as an ARN can be', () => {
    const name = 'n'.repeat(2048);

    expect(parseEvent({ momento_auth_token_secret_name: name })).toMatchObject({ secretName: name });
  });
});

describe('an event that cannot be understood', () => {
  const NO_FIELD = 'it has none of the fields momento_auth_token_secret_name, action, Step and detail-type';

  it.each([
    { sentence: 'nothing', event: undefined, fault: 'it is not a JSON object' },
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
      sentence: 'a person with one field too many',
      event: { ...MANUAL, force: true },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'a person with two fields too many',
      event: { ...MANUAL, force: true, now: 1 },
      fault: 'the event has 2 unknown field(s)',
    },
    {
      sentence: 'another action',
      event: { action: 'destroy' },
      fault: 'field action must be "sweep", "status", "preflight" or "revoke-previous"',
    },
    {
      sentence: 'a status that proves in words',
      event: { action: 'status', prove: 'yes' },
      fault: 'field prove must be true or false',
    },
    {
      sentence: 'a sweep that proves',
      event: { action: 'sweep', prove: true },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'an action for one secret',
      event: { action: 'sweep', ...MANUAL },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'a wake-up that does not say what for',
      event: { ...MANUAL, trigger: 'schedule' },
      fault: 'field bookedFor must say what the wake-up was booked for',
    },
    {
      sentence: 'a wake-up without a trigger',
      event: { ...MANUAL, bookedFor: BOOKED_FOR },
      fault: 'field trigger must be "schedule"',
    },
    {
      sentence: 'another trigger',
      event: { ...SCHEDULED, trigger: 'cron' },
      fault: 'field trigger must be "schedule"',
    },
    {
      sentence: 'a wake-up for no secret',
      event: { trigger: 'schedule', bookedFor: BOOKED_FOR },
      fault: 'field momento_auth_token_secret_name must be a string',
    },
    {
      sentence: 'a wake-up with one field too many',
      event: { ...SCHEDULED, extra: 1 },
      fault: 'the event has 1 unknown field(s)',
    },
    {
      sentence: 'a booking with one field too many',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, extra: 1 } },
      fault: 'field bookedFor has 1 unknown field(s)',
    },
    {
      sentence: 'a booking without a name',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, wakeUp: 1 } },
      fault: 'field bookedFor.wakeUp must be a string',
    },
    {
      sentence: 'a booking for no version',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, versionId: null } },
      fault: 'field bookedFor.versionId must be a string',
    },
    {
      sentence: 'a booking for epoch seconds',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: 1_795_449_600 } },
      fault: 'field bookedFor.at must be an ISO instant',
    },
    {
      sentence: 'a booking for a local time',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: '2026-11-23T16:00:00' } },
      fault: 'field bookedFor.at must be an ISO instant',
    },
    {
      sentence: 'a booking for a day that does not exist',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, at: '2026-02-30T16:00:00Z' } },
      fault: 'field bookedFor.at must be an ISO instant',
    },
    {
      sentence: 'no attempt',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: 0 } },
      fault: 'field bookedFor.attempt must be at least 1',
    },
    {
      sentence: 'half an attempt',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: 1.5 } },
      fault: 'field bookedFor.attempt must be a whole number',
    },
    {
      sentence: 'an attempt in digits',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, attempt: '1' } },
      fault: 'field bookedFor.attempt must be a whole number',
    },
    {
      sentence: 'another demand',
      event: { ...SCHEDULED, bookedFor: { ...BOOKED_FOR, demand: 'soon' } },
      fault: 'field bookedFor.demand must be "when-due" or "now"',
    },
    {
      sentence: 'another event of Secrets Manager',
      event: { ...LABEL_UPDATED, 'detail-type': 'AWS API Call via CloudTrail' },
      fault: 'field detail-type must be "Secret Label Updated"',
    },
    {
      sentence: 'an event of another service',
      event: { ...LABEL_UPDATED, source: 'aws.s3' },
      fault: 'field source must be "aws.secretsmanager"',
    },
    {
      sentence: 'a step of a rotation that Secrets Manager does not know',
      event: { Step: 'deleteSecret', SecretId: 'a', ClientRequestToken: 'x'.repeat(32) },
      fault: 'field Step must be one of createSecret, setSecret, testSecret, finishSecret',
    },
    {
      sentence: 'a rotation of no secret under no id',
      event: { Step: 'createSecret' },
      fault: 'field SecretId must be a string, field ClientRequestToken must be a string',
    },
    {
      sentence: 'a rotation under an id of 31 characters',
      event: { Step: 'createSecret', SecretId: 'a', ClientRequestToken: 'x'.repeat(31) },
      fault: 'field ClientRequestToken is too short',
    },
    {
      sentence: 'a label that moved without a detail',
      event: { ...LABEL_UPDATED, detail: 'AWSCURRENT' },
      fault: 'field detail must be an object',
    },
    {
      sentence: 'a label that moved on a nameless secret',
      event: { ...LABEL_UPDATED, detail: {} },
      fault: 'field detail.name must be a string',
    },
    {
      sentence: 'another step of a rotation',
      event: { ...ROTATION, Step: 'deleteSecret' },
      fault: 'field Step must be one of createSecret, setSecret, testSecret, finishSecret',
    },
    {
      sentence: 'a step for no secret',
      event: { ...ROTATION, SecretId: undefined },
      fault: 'field SecretId must be a string',
    },
    {
      sentence: 'a step for no version',
      event: { ...ROTATION, ClientRequestToken: null },
      fault: 'field ClientRequestToken must be a string',
    },
    {
      sentence: 'a step for a version of 31 characters',
      event: { ...ROTATION, ClientRequestToken: 'r'.repeat(31) },
      fault: 'field ClientRequestToken is too short',
    },
    {
      sentence: 'a step for a version of 65 characters',
      event: { ...ROTATION, ClientRequestToken: 'r'.repeat(65) },
      fault: 'field ClientRequestToken is too long',
    },
    {
      sentence: 'several faults, all named',
      event: { ...SCHEDULED, trigger: 1, bookedFor: { ...BOOKED_FOR, attempt: -1 } },
      fault: 'field trigger must be "schedule", field bookedFor.attempt must be at least 1',
    },
  ])('$sentence', ({ event, fault }) => {
    const message = faultOf(event);

    expect(message).toMatch(/^The event cannot be understood: /);
    expect(message).toContain(`: ${fault}. Nothing was done. Accepted are: {`);
  });

  it('lists what would be accepted', () => {
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
