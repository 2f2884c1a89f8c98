import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { parseSettings, SettingsError } from '../../stack/app-settings.ts';

const ACCEPTED_NAMES =
  'Accepted: a comma list of 1 to 30 names of letters, digits and /_+=.@-, with at most 1200 characters together, none ' +
  'twice, such as momento/authentication-token.';
const ACCEPTED_BEFORE =
  'Accepted: an ISO-8601 duration in days, hours, minutes and seconds from PT5M to P365D, such as P3D, or a whole ' +
  "percentage of the key's lifetime from 1% to 50%, such as 10%.";
const ACCEPTED_SWEEP = 'Accepted: an ISO-8601 duration of whole minutes from PT5M to P1D, such as PT1H.';
const ACCEPTED_EMAIL = 'Accepted: an e-mail address.';
const ACCEPTED_CREATE = 'Accepted: true, or false where the secrets exist already.';
const ACCEPTED_KEY =
  'Accepted: the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID (not of an alias: IAM grants on keys only).';
const ACCEPTED_SETTINGS =
  'Accepted settings: secretNames, createSecrets, refreshBefore, sweepEvery, alarmEmail, alarmTopicArn, dashboard, kmsKeyArn, nativeRotation, nativeRotationEvery, momentoHosts.';
const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

function messageOf(context: Readonly<Record<string, unknown>>): string {
  try {
    parseSettings(context);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('settings that are accepted', () => {
  test('nothing set: one secret, created, swept every hour, the function decides when', () => {
    expect(parseSettings({})).toEqual({
      secretNames: ['momento/authentication-token'],
      createSecrets: true,
      sweepEvery: Duration.hours(1),
      dashboard: true,
      nativeRotation: false,
      nativeRotationEvery: Duration.days(90),
    });
  });

  test("CDK's own context is left alone", () => {
    const context = {
      'aws:cdk:bundling-stacks': ['**'],
      '@aws-cdk/core:checkSecretUsage': true,
      'availability-zones:account=111122223333:region=eu-west-1': ['eu-west-1a'],
      'acknowledged-issue-numbers': [34892],
      'cli-telemetry': false,
    };
    expect(parseSettings(context).secretNames).toEqual(['momento/authentication-token']);
  });

  test('as cdk.json can have them: texts, and booleans as such', () => {
    const context = JSON.parse(
      '{"secretNames":"a/one,b","createSecrets":false,"refreshBefore":"20%","dashboard":false,"nativeRotation":true}',
    );
    expect(parseSettings(context)).toEqual({
      secretNames: ['a/one', 'b'],
      createSecrets: false,
      refreshBefore: { lifetimePercent: 20 },
      sweepEvery: Duration.hours(1),
      dashboard: false,
      nativeRotation: true,
      nativeRotationEvery: Duration.days(90),
    });
  });

  test('several secrets, spaces after the commas', () => {
    expect(parseSettings({ secretNames: 'a/one, b_2+=.@-c' }).secretNames).toEqual(['a/one', 'b_2+=.@-c']);
  });

  test('a topic that exists, and no dashboard', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:ops';
    expect(parseSettings({ alarmTopicArn, dashboard: 'false' })).toMatchObject({
      alarmTopicArn,
      dashboard: false,
    });
  });

  test.each([
    ['5 minutes', 'PT5M', Duration.seconds(300)],
    ['3 days', 'P3D', Duration.seconds(259_200)],
    ['mixed units', 'P1DT2H3M4S', Duration.seconds(93_784)],
    ['a year', 'P365D', Duration.seconds(31_536_000)],
  ])('refreshBefore of %s', (_, refreshBefore, expected) => {
    const parsed = parseSettings({ refreshBefore }).refreshBefore as Duration;
    expect(parsed.toSeconds()).toBe(expected.toSeconds());
  });

  test.each([
    ['1%', 1],
    ['10%', 10],
    ['50%', 50],
  ])('refreshBefore of %s', (refreshBefore, lifetimePercent) => {
    expect(parseSettings({ refreshBefore }).refreshBefore).toEqual({ lifetimePercent });
  });

  test.each([
    ['PT5M', 300],
    ['PT90M', 5400],
    ['P1D', 86_400],
  ])('sweepEvery of %s', (sweepEvery, seconds) => {
    expect(parseSettings({ sweepEvery }).sweepEvery.toSeconds()).toBe(seconds);
  });

  test.each([
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
  ])('createSecrets of %j', (createSecrets, expected) => {
    expect(parseSettings({ createSecrets }).createSecrets).toBe(expected);
  });

  test('an address and a key', () => {
    const settings = parseSettings({ alarmEmail: 'ops@example.com', kmsKeyArn: KEY_ARN });
    expect(settings).toMatchObject({ alarmEmail: 'ops@example.com', kmsKeyArn: KEY_ARN });
  });

  test.each(['arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'])(
    'a key in another partition, of several regions: %s',
    (kmsKeyArn) => {
      expect(parseSettings({ kmsKeyArn }).kmsKeyArn).toBe(kmsKeyArn);
    },
  );

  test('a secret that exists already may end like an ARN', () => {
    const settings = parseSettings({ secretNames: 'momento-secret', createSecrets: 'false' });
    expect(settings.secretNames).toEqual(['momento-secret']);
  });
});

describe('settings that stop synth', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'a misspelt name: with the nearest',
      { secretName: 'a' },
      `There is no setting "secretName". Did you mean secretNames? ${ACCEPTED_SETTINGS}`,
    ],
    [
      'a name with hyphens',
      { 'alarm-email': 'a@example.com' },
      `There is no setting "alarm-email". Did you mean alarmEmail? ${ACCEPTED_SETTINGS}`,
    ],
    [
      'a name in other letter case',
      { kmskeyarn: KEY_ARN },
      `There is no setting "kmskeyarn". Did you mean kmsKeyArn? ${ACCEPTED_SETTINGS}`,
    ],
    [
      'a name like none of ours: without a guess',
      { environment: 'prod' },
      `There is no setting "environment". ${ACCEPTED_SETTINGS}`,
    ],
    ['no secret', { secretNames: '' }, `The setting secretNames has an empty name in it. ${ACCEPTED_NAMES}`],
    [
      'a list where a text is wanted',
      { secretNames: ['a', 'b'] },
      `The setting secretNames is not a text. ${ACCEPTED_NAMES}`,
    ],
    [
      'a comma too many',
      { secretNames: 'a,' },
      `The setting secretNames has an empty name in it. ${ACCEPTED_NAMES}`,
    ],
    [
      'a name that Secrets Manager does not allow',
      { secretNames: 'momento key' },
      `The setting secretNames has "momento key" in it, which Secrets Manager does not allow as a name. ${ACCEPTED_NAMES}`,
    ],
    ['a name twice', { secretNames: 'a,b,a' }, `The setting secretNames names "a" twice. ${ACCEPTED_NAMES}`],
    [
      'an ARN',
      { secretNames: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf' },
      'The setting secretNames has the ARN "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf" where the ' +
        `secret's name is wanted. ${ACCEPTED_NAMES}`,
    ],
    [
      'a new secret that ends like an ARN',
      { secretNames: 'momento-secret' },
      'The setting secretNames has "momento-secret" in it, which ends in a hyphen and six characters like a secret\'s ARN: ' +
        'AWS advises against it, because a partial ARN then takes that ending for the random one (a secret that exists ' +
        `already may be called so, with createSecrets=false). ${ACCEPTED_NAMES}`,
    ],
    [
      '31 secrets',
      { secretNames: Array.from({ length: 31 }, (_, index) => `key${index}`).join(',') },
      `The setting secretNames names 31 secrets. ${ACCEPTED_NAMES}`,
    ],
    [
      '1201 characters',
      { secretNames: `${'a'.repeat(500)},${'b'.repeat(500)},${'c'.repeat(201)}` },
      `The setting secretNames has names of 1201 characters together. ${ACCEPTED_NAMES}`,
    ],
    ['createSecrets=no', { createSecrets: 'no' }, `The setting createSecrets is "no". ${ACCEPTED_CREATE}`],
    ['createSecrets=1', { createSecrets: 1 }, `The setting createSecrets is 1. ${ACCEPTED_CREATE}`],
    [
      'a duration in words',
      { refreshBefore: '3 days' },
      `The setting refreshBefore is "3 days". ${ACCEPTED_BEFORE}`,
    ],
    ['weeks', { refreshBefore: 'P1W' }, `The setting refreshBefore is "P1W". ${ACCEPTED_BEFORE}`],
    [
      'under 5 minutes',
      { refreshBefore: 'PT4M59S' },
      `The setting refreshBefore is "PT4M59S". ${ACCEPTED_BEFORE}`,
    ],
    ['over a year', { refreshBefore: 'P366D' }, `The setting refreshBefore is "P366D". ${ACCEPTED_BEFORE}`],
    ['0%', { refreshBefore: '0%' }, `The setting refreshBefore is "0%". ${ACCEPTED_BEFORE}`],
    ['51%', { refreshBefore: '51%' }, `The setting refreshBefore is "51%". ${ACCEPTED_BEFORE}`],
    ['2.5%', { refreshBefore: '2.5%' }, `The setting refreshBefore is "2.5%". ${ACCEPTED_BEFORE}`],
    ['a bare number', { refreshBefore: 10 }, `The setting refreshBefore is not a text. ${ACCEPTED_BEFORE}`],
    ['no duration', { sweepEvery: 'hourly' }, `The setting sweepEvery is "hourly". ${ACCEPTED_SWEEP}`],
    ['under 5 minutes', { sweepEvery: 'PT4M' }, `The setting sweepEvery is "PT4M". ${ACCEPTED_SWEEP}`],
    ['over a day', { sweepEvery: 'P1DT1M' }, `The setting sweepEvery is "P1DT1M". ${ACCEPTED_SWEEP}`],
    ['no whole minutes', { sweepEvery: 'PT5M30S' }, `The setting sweepEvery is "PT5M30S". ${ACCEPTED_SWEEP}`],
    ['no address', { alarmEmail: 'ops' }, `The setting alarmEmail is "ops". ${ACCEPTED_EMAIL}`],
    ['an empty address', { alarmEmail: '' }, `The setting alarmEmail is "". ${ACCEPTED_EMAIL}`],
    [
      'a FIFO topic',
      { alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:ops.fifo' },
      'The setting alarmTopicArn is "arn:aws:sns:eu-west-1:111122223333:ops.fifo". Accepted: the ARN of an SNS topic, ' +
        'arn:aws:sns:REGION:ACCOUNT:NAME, not a FIFO topic.',
    ],
    [
      'an address beside a topic that exists',
      { alarmEmail: 'ops@example.com', alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:ops' },
      `The setting alarmEmail is set beside alarmTopicArn: subscribe it to that topic instead. ${ACCEPTED_EMAIL}`,
    ],
    [
      'dashboard=yes',
      { dashboard: 'yes' },
      'The setting dashboard is "yes". Accepted: true, or false for none.',
    ],
    [
      'the alias of a key',
      { kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/mine' },
      `The setting kmsKeyArn is "arn:aws:kms:eu-west-1:111122223333:alias/mine". ${ACCEPTED_KEY}`,
    ],
  ])('%s', (_, context, message) => {
    expect(messageOf(context)).toBe(message);
  });

  test('all faults are told at once, one a line', () => {
    const message = messageOf({ sweepEvry: 'PT1H', refreshBefore: 'P1W', createSecrets: 'maybe' });
    expect(message.split('\n')).toEqual([
      `There is no setting "sweepEvry". Did you mean sweepEvery? ${ACCEPTED_SETTINGS}`,
      `The setting createSecrets is "maybe". ${ACCEPTED_CREATE}`,
      `The setting refreshBefore is "P1W". ${ACCEPTED_BEFORE}`,
    ]);
  });
});
