import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { parseSettings, settingsOfThisRun } from '../../stack/app-settings.ts';
import { RefreshBefore } from '../../stack/construct/refresh-before.ts';
import { SETTINGS, SettingsError } from '../../stack/construct/settings.ts';

const ACCEPTED_NAME =
  'Accepted: a text: 1 to 58 letters, digits and hyphens, a letter first, unique in the account and region.';
const ACCEPTED_NAMES =
  'Accepted: a comma list or a JSON array: 1 to 30 names of letters, digits and /_+=.@-, at most 1200 characters together, ' +
  'none twice.';
const ACCEPTED_BEFORE =
  "Accepted: an ISO-8601 duration such as P3D, or a percentage of the key's life such as 10%: 6 minutes to 365 days in " +
  'whole seconds, or 1 to 50 whole percent.';
const ACCEPTED_SWEEP = 'Accepted: an ISO-8601 duration such as PT30M: 10 to 60 whole minutes.';
const ACCEPTED_EMAIL = 'Accepted: an e-mail address.';
const ACCEPTED_BOOLEAN = 'Accepted: true or false.';
const ACCEPTED_TOPIC =
  'Accepted: the ARN of an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME, not a FIFO topic.';
const ACCEPTED_KEY =
  'Accepted: the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID, not of an alias: IAM grants on keys only.';
const ACCEPTED_ROTATION = 'Accepted: an ISO-8601 duration such as P30D: 1 to 1000 whole days.';
const ACCEPTED_HOSTS = 'Accepted: a comma list or a JSON array: 1 to 10 host names in small letters.';
const ACCEPTED_SETTINGS =
  'Accepted settings: name, secretNames, createSecrets, refreshBefore, sweepEvery, alarmEmail, alarmTopicArn, ' +
  'urgentAlarmTopicArn, runbookUrl, dashboard, kmsKeyArn, nativeRotation, nativeRotationEvery, momentoHosts, managementSecretName.';
const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const TOPIC_ARN = 'arn:aws:sns:eu-west-1:111122223333:ops';

const repositoryFile = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the settings that are accepted', () => {
  test('a context without settings leaves every default to the construct', () => {
    expect(parseSettings({})).toEqual({});
  });

  test("CDK's own context is left alone", () => {
    const context = {
      'aws:cdk:bundling-stacks': ['**'],
      '@aws-cdk/core:checkSecretUsage': true,
      'availability-zones:account=111122223333:region=eu-west-1': ['eu-west-1a'],
      'acknowledged-issue-numbers': [34892],
      'cli-telemetry': false,
    };
    expect(parseSettings(context)).toEqual({});
  });

  test.each<[string, Record<string, unknown>]>([
    [
      'strings, as -c gives them',
      {
        secretNames: 'a/one, b_2+=.@-c',
        createSecrets: 'false',
        dashboard: 'true',
        momentoHosts: 'a.example.com,b.example.com',
      },
    ],
    [
      'lists and booleans, as cdk.json can have them',
      {
        secretNames: ['a/one', 'b_2+=.@-c'],
        createSecrets: false,
        dashboard: true,
        momentoHosts: ['a.example.com', 'b.example.com'],
      },
    ],
  ])('lists and booleans are read from %s', (_, context) => {
    expect(parseSettings(context)).toEqual({
      secretNames: ['a/one', 'b_2+=.@-c'],
      createSecrets: false,
      dashboard: true,
      momentoHosts: ['a.example.com', 'b.example.com'],
    });
  });

  test.each([
    ['PT6M', '360s'],
    ['P3D', '259200s'],
    ['P1DT2H3M4S', '93784s'],
    ['P365D', '31536000s'],
    ['1%', '1%'],
    ['50%', '50%'],
  ])('refreshBefore can be %s', (refreshBefore, value) => {
    expect(parseSettings({ refreshBefore }).refreshBefore?.value).toBe(value);
  });

  test.each([
    ['PT10M', 600],
    ['PT15M', 900],
    ['PT1H', 3600],
  ])('sweepEvery can be %s', (sweepEvery, seconds) => {
    expect(parseSettings({ sweepEvery }).sweepEvery?.toSeconds()).toBe(seconds);
  });

  test.each([
    { name: 'payments-keys' },
    { alarmEmail: 'ops@example.com', kmsKeyArn: KEY_ARN },
    { alarmTopicArn: TOPIC_ARN },
    { urgentAlarmTopicArn: TOPIC_ARN },
    { runbookUrl: 'https://wiki.example.com/momento/RUNBOOK.md' },
    { kmsKeyArn: 'arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab' },
  ])('texts are kept as they are: %o', (context) => {
    expect(parseSettings(context)).toEqual(context);
  });

  test('the name of a secret that exists may end like an ARN', () => {
    const settings = parseSettings({ secretNames: 'momento-secret', createSecrets: 'false' });
    expect(settings.secretNames).toEqual(['momento-secret']);
  });
});

describe('the settings that stop the synthesis', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'a misspelt setting, with the nearest one,',
      { secretName: 'a' },
      `There is no setting "secretName". Did you mean secretNames? ${ACCEPTED_SETTINGS}`,
    ],
    [
      'a setting with hyphens',
      { 'alarm-email': 'a@example.com' },
      `There is no setting "alarm-email". Did you mean alarmEmail? ${ACCEPTED_SETTINGS}`,
    ],
    [
      'a setting in other letter case',
      { kmskeyarn: KEY_ARN },
      `There is no setting "kmskeyarn". Did you mean kmsKeyArn? ${ACCEPTED_SETTINGS}`,
    ],
    [
      'a setting that resembles none',
      { environment: 'prod' },
      `There is no setting "environment". ${ACCEPTED_SETTINGS}`,
    ],
    ['a name with a blank', { name: 'my keys' }, `name is "my keys". ${ACCEPTED_NAME}`],
    ['a name of 59 characters', { name: 'a'.repeat(59) }, `name is "${'a'.repeat(59)}". ${ACCEPTED_NAME}`],
    [
      'an empty list of secrets',
      { secretNames: '' },
      `secretNames has an empty name in it. ${ACCEPTED_NAMES}`,
    ],
    ['an empty array of secrets', { secretNames: [] }, `secretNames names no secret. ${ACCEPTED_NAMES}`],
    ['a number as a secret', { secretNames: 7 }, `secretNames is 7. ${ACCEPTED_NAMES}`],
    [
      'a number in the array of secrets',
      { secretNames: ['a', 7] },
      `secretNames is ["a",7]. ${ACCEPTED_NAMES}`,
    ],
    ['a comma at the end', { secretNames: 'a,' }, `secretNames has an empty name in it. ${ACCEPTED_NAMES}`],
    [
      'a name that Secrets Manager does not allow',
      { secretNames: 'momento key' },
      `secretNames has "momento key" in it, which Secrets Manager does not allow as a name. ${ACCEPTED_NAMES}`,
    ],
    [
      'a secret that is named twice',
      { secretNames: 'a,b,a' },
      `secretNames names "a" twice. ${ACCEPTED_NAMES}`,
    ],
    [
      'the ARN of a secret',
      { secretNames: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf' },
      'secretNames has the ARN "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf" in it instead of the ' +
        `secret's name. ${ACCEPTED_NAMES}`,
    ],
    [
      'a new secret whose name ends like an ARN',
      { secretNames: 'momento-secret' },
      'secretNames has "momento-secret" in it, which ends like a secret\'s ARN, in a hyphen and six characters: AWS advises ' +
        'against such names, because a partial ARN cannot be told from them (if the secret exists already, set ' +
        `createSecrets to false). ${ACCEPTED_NAMES}`,
    ],
    [
      'a list of 31 secrets',
      { secretNames: Array.from({ length: 31 }, (_, index) => `key${index}`).join(',') },
      `secretNames names 31 secrets. ${ACCEPTED_NAMES}`,
    ],
    [
      'a list of names of 1201 characters',
      { secretNames: `${'a'.repeat(500)},${'b'.repeat(500)},${'c'.repeat(201)}` },
      `secretNames has names of 1201 characters together. ${ACCEPTED_NAMES}`,
    ],
    ['createSecrets=no', { createSecrets: 'no' }, `createSecrets is "no". ${ACCEPTED_BOOLEAN}`],
    ['createSecrets=1', { createSecrets: 1 }, `createSecrets is 1. ${ACCEPTED_BOOLEAN}`],
    ['dashboard=yes', { dashboard: 'yes' }, `dashboard is "yes". ${ACCEPTED_BOOLEAN}`],
    ['a lead in words', { refreshBefore: '3 days' }, `refreshBefore is "3 days". ${ACCEPTED_BEFORE}`],
    ['a lead in weeks', { refreshBefore: 'P1W' }, `refreshBefore is "P1W". ${ACCEPTED_BEFORE}`],
    ['a lead under 6 minutes', { refreshBefore: 'PT5M59S' }, `refreshBefore is PT5M59S. ${ACCEPTED_BEFORE}`],
    ['a lead of more than a year', { refreshBefore: 'P366D' }, `refreshBefore is P366D. ${ACCEPTED_BEFORE}`],
    ['a lead of 0%', { refreshBefore: '0%' }, `refreshBefore is 0%. ${ACCEPTED_BEFORE}`],
    ['a lead of 51%', { refreshBefore: '51%' }, `refreshBefore is 51%. ${ACCEPTED_BEFORE}`],
    ['a lead of 2.5%', { refreshBefore: '2.5%' }, `refreshBefore is "2.5%". ${ACCEPTED_BEFORE}`],
    ['a lead without a unit', { refreshBefore: 10 }, `refreshBefore is 10. ${ACCEPTED_BEFORE}`],
    ['an interval in words', { sweepEvery: 'hourly' }, `sweepEvery is "hourly". ${ACCEPTED_SWEEP}`],
    ['a sweep every 9 minutes', { sweepEvery: 'PT9M' }, `sweepEvery is PT9M. ${ACCEPTED_SWEEP}`],
    ['a sweep every 61 minutes', { sweepEvery: 'PT61M' }, `sweepEvery is PT1H1M. ${ACCEPTED_SWEEP}`],
    ['a sweep every 630 seconds', { sweepEvery: 'PT10M30S' }, `sweepEvery is PT10M30S. ${ACCEPTED_SWEEP}`],
    ['an address without a host', { alarmEmail: 'ops' }, `alarmEmail is "ops". ${ACCEPTED_EMAIL}`],
    ['an empty address', { alarmEmail: '' }, `alarmEmail is "". ${ACCEPTED_EMAIL}`],
    [
      'a FIFO topic',
      { alarmTopicArn: `${TOPIC_ARN}.fifo` },
      `alarmTopicArn is "arn:aws:sns:eu-west-1:111122223333:ops.fifo". ${ACCEPTED_TOPIC}`,
    ],
    [
      'an urgent topic that is named without its ARN',
      { urgentAlarmTopicArn: 'pager' },
      `urgentAlarmTopicArn is "pager". ${ACCEPTED_TOPIC}`,
    ],
    ...[
      'http://wiki.example.com/momento',
      'wiki.example.com/momento',
      'https://wiki.example.com/momento#first',
      'https://wiki.example.com/the runbook',
      `https://wiki.example.com/${'x'.repeat(76)}`,
    ].map<[string, Record<string, unknown>, string]>((runbookUrl) => [
      `the runbook at ${runbookUrl}`,
      { runbookUrl },
      `runbookUrl is "${runbookUrl}". Accepted: an https URL without a section: at most 100 characters.`,
    ]),
    [
      'the alias of a key',
      { kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/mine' },
      `kmsKeyArn is "arn:aws:kms:eu-west-1:111122223333:alias/mine". ${ACCEPTED_KEY}`,
    ],
    [
      'an interval of native rotation that is not switched on',
      { nativeRotationEvery: 'P30D' },
      'nativeRotationEvery is set but nativeRotation is not: nothing would rotate. Set nativeRotation to true.',
    ],
    ...[
      ['P0D', 'PT0S'],
      ['PT36H', 'P1DT12H'],
      ['P1001D', 'P1001D'],
      ['90', '"90"'],
      ['daily', '"daily"'],
    ].map<[string, Record<string, unknown>, string]>(([nativeRotationEvery, told]) => [
      `native rotation every ${nativeRotationEvery}`,
      { nativeRotation: true, nativeRotationEvery },
      `nativeRotationEvery is ${told}. ${ACCEPTED_ROTATION}`,
    ]),
    ...[
      '',
      '*',
      '*.example.com',
      'com',
      '.com',
      'Example.com',
      'a.example.com:443',
      'a.example.com,',
      'a_b.c.com',
    ].map<[string, Record<string, unknown>, string]>((momentoHosts) => [
      `the Momento host "${momentoHosts}"`,
      { momentoHosts },
      `momentoHosts is "${momentoHosts}". ${ACCEPTED_HOSTS}`,
    ]),
  ])('%s is refused with what is accepted', (_, context, message) => {
    expect(() => parseSettings(context)).toThrow(new SettingsError(message));
  });

  test('all faults are listed at once, one a line', () => {
    const context = { sweepEvry: 'PT1H', refreshBefore: 'P1W', createSecrets: 'maybe', alarmEmail: 'ops' };
    expect(() => parseSettings(context)).toThrow(
      new SettingsError(
        [
          `There is no setting "sweepEvry". Did you mean sweepEvery? ${ACCEPTED_SETTINGS}`,
          `createSecrets is "maybe". ${ACCEPTED_BOOLEAN}`,
          `refreshBefore is "P1W". ${ACCEPTED_BEFORE}`,
          `alarmEmail is "ops". ${ACCEPTED_EMAIL}`,
        ].join('\n'),
      ),
    );
  });

  test('the error about an unknown setting names the file that it is in', () => {
    const files = [
      { name: 'cdk.json', context: {} },
      { name: '~/.cdk.json', context: { team: 'search' } },
    ];
    expect(() => parseSettings({ team: 'search' }, files)).toThrow(
      new SettingsError(`There is no setting "team", which is in ~/.cdk.json. ${ACCEPTED_SETTINGS}`),
    );
  });
});

describe('a warning names each setting that holds for this run only', () => {
  const files = [
    {
      name: 'cdk.json',
      context: { secretNames: ['a', 'b'], dashboard: false, alarmEmail: 'ops@example.com' },
    },
    { name: '~/.cdk.json', context: { alarmEmail: 'me@example.com', sweepEvery: 'PT30M' } },
  ];

  test('settings as the files have them cause no warning', () => {
    const context = {
      secretNames: 'a,b',
      dashboard: 'false',
      alarmEmail: 'ops@example.com',
      sweepEvery: 'PT30M',
    };
    expect(settingsOfThisRun(context, files)).toEqual([]);
  });

  test('settings given with -c cause one each, with what the files have', () => {
    const context = {
      sweepEvery: 'PT20M',
      nativeRotation: 'true',
      alarmEmail: 'me@example.com',
      dashboard: false,
    };
    expect(settingsOfThisRun(context, files)).toEqual([
      {
        name: 'sweepEvery',
        warning:
          'The setting sweepEvery is "PT20M" for this run only, because it was given with -c (~/.cdk.json has "PT30M"). To ' +
          'keep it, put it under "context" in cdk.json.',
      },
      {
        name: 'alarmEmail',
        warning:
          'The setting alarmEmail is "me@example.com" for this run only, because it was given with -c (cdk.json has ' +
          '"ops@example.com"). To keep it, put it under "context" in cdk.json.',
      },
      {
        name: 'nativeRotation',
        warning:
          'The setting nativeRotation is "true" for this run only, because it was given with -c (cdk.json does not set it). To ' +
          'keep it, put it under "context" in cdk.json.',
      },
    ]);
  });
});

describe('RefreshBefore', () => {
  test.each([
    ['a lead of 359 seconds', () => RefreshBefore.duration(Duration.seconds(359)), 'PT5M59S'],
    ['a lead with milliseconds', () => RefreshBefore.duration(Duration.millis(360_001)), 'PT6M0.001S'],
    ['a share of 51 percent', () => RefreshBefore.percentOfLifetime(51), '51%'],
    ['a share of 1.5 percent', () => RefreshBefore.percentOfLifetime(1.5), '1.5%'],
  ])('refuses %s', (_, build, told) => {
    expect(build).toThrow(new SettingsError(`refreshBefore is ${told}. ${ACCEPTED_BEFORE}`));
  });
});

describe('what is written about the settings says the same as their table', () => {
  const rows = Object.entries(SETTINGS);

  test('the table in docs/SETTINGS.md has these rows and no others', () => {
    const table = repositoryFile('docs/SETTINGS.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(table).toEqual(
      rows.map(([name, { meaning, form, range, byDefault, prop }]) => {
        const marked = prop === name ? `\`${name}\`` : `\`${name}\` ¹`;
        return `| ${marked} | ${meaning} | ${range === undefined ? form : `${form}: ${range}`} | ${byDefault} |`;
      }),
    );
  });

  const [, members = ''] =
    /interface MomentoKeyRefresherProps \{(.*?)^\}/ms.exec(repositoryFile('stack/construct/props.ts')) ?? [];
  const docstrings = new Map(
    [...members.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+readonly (\w+)\?/g)].map(
      ([, text = '', prop]) => [prop, text.replaceAll(/\s*\n\s*\* ?/g, ' ')],
    ),
  );

  test.each(rows)('the docstring of the prop for %s says what it is', (_, { meaning, prop }) => {
    expect(docstrings.get(prop)).toContain(meaning);
  });

  test.each(rows.filter(([, { range }]) => range !== undefined))(
    'the docstring of the prop for %s has its range',
    (_, { range, prop }) => {
      expect(docstrings.get(prop)).toContain(range);
    },
  );

  test.each(rows.filter(([name, { prop }]) => prop === name))(
    'the docstring of the prop %s has its default',
    (name, { byDefault }) => {
      expect(docstrings.get(name)).toContain(`@default - ${byDefault}`);
    },
  );
});
