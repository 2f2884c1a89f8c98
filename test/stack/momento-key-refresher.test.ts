import { readFileSync } from 'node:fs';
import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import type { MomentoKeyRefresherProps } from '../../stack/construct/props.ts';
import { SettingsError } from '../../stack/construct/settings.ts';
import { newApp, propertiesAt, readResources, statementsAt } from './synthesized.ts';

function build(props?: MomentoKeyRefresherProps, stack = new Stack(newApp(), 'Author')) {
  const refresher = new MomentoKeyRefresher(stack, 'Keys', props);
  return { stack, refresher };
}

describe("in an author's own stack", () => {
  test('leaves the names to CloudFormation and CDK so that it can be there twice', () => {
    const { stack } = build({ alarmEmail: 'ops@example.com' });
    new MomentoKeyRefresher(stack, 'Others', { secretNames: ['other'], alarmEmail: 'ops@example.com' });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Function', 2);
    template.allResourcesProperties('AWS::Lambda::Function', { FunctionName: Match.absent() });
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    expect(new Set(alarms.map(({ Properties }) => JSON.stringify(Properties.AlarmName))).size).toBe(16);
    template.allResourcesProperties('AWS::Logs::LogGroup', { LogGroupName: Match.absent() });
    const groups = Object.values(template.findResources('AWS::Scheduler::ScheduleGroup'));
    expect(new Set(groups.map(({ Properties }) => Properties.Name)).size).toBe(2);
    const sweeps = Object.values(template.findResources('AWS::Scheduler::Schedule'));
    expect(new Set(sweeps.map(({ Properties }) => Properties.Name)).size).toBe(2);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test("the sweep and the function's bookings are in the group that it made", () => {
    const resources = readResources(build().stack, 'Keys');
    const { Name } = propertiesAt(resources, 'Schedules/Group');
    expect(propertiesAt(resources, 'Schedules/Sweep').GroupName).toBe(Name);
    expect(propertiesAt(resources, 'Refresher/Function').Environment).toMatchObject({
      Variables: { SCHEDULE_GROUP_NAME: Name },
    });
    expect(statementsAt(resources, 'Refresher/Policy')[3]).toMatchObject({
      Sid: 'BookWakeUps',
      Resource: `arn:aws:scheduler:eu-west-1:111122223333:schedule/${Name}/*`,
    });
  });

  test('the function may not delete the sweep, whatever its name', () => {
    const stack = new Stack(newApp(), 'AuthorsStackOfManyAndVeryLongConstructNames');
    build({}, stack);
    const resources = readResources(stack, 'Keys');
    const { GroupName, Name } = propertiesAt(resources, 'Schedules/Sweep');
    expect(Name).toMatch(/^[A-Za-z0-9]{1,58}-sweep$/);
    expect(statementsAt(resources, 'Refresher/Policy')[4]).toEqual({
      Sid: 'KeepSweep',
      Effect: 'Deny',
      Action: 'scheduler:DeleteSchedule',
      Resource: `arn:aws:scheduler:eu-west-1:111122223333:schedule/${GroupName}/${Name}`,
    });
  });

  test('takes a key of the same stack', () => {
    const stack = new Stack(newApp(), 'Author');
    build({ encryptionKey: new Key(stack, 'Key') }, stack);
    const resources = readResources(stack, 'Keys');
    expect(statementsAt(resources, 'Refresher/Policy')[3]).toMatchObject({
      Sid: 'UseSecretKey',
      Resource: '<Author/Key.Arn>',
    });
    expect(propertiesAt(resources, 'Secrets/momento:authentication-token').KmsKeyId).toBe('<Author/Key.Arn>');
  });

  test('the names of the secrets are an attribute, in the order of the prop', () => {
    expect(build({ secretNames: ['b', 'a'] }).refresher.secretNames).toEqual(['b', 'a']);
  });

  test('the docstring of the attribute alarms names each alarm, the urgent ones first', () => {
    const source = readFileSync(
      new URL('../../stack/construct/momento-key-refresher.ts', import.meta.url),
      'utf8',
    );
    const [, docstring = ''] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+readonly alarms:/.exec(source) ?? [];
    const documented = [...docstring.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
    expect(documented).toEqual([
      'key-unusable',
      'key-unrefreshable',
      'half-lead-used',
      'secret-unattended',
      'sweep-silent',
      'refresh-failing',
      'key-unproven',
      'delivery-failed',
    ]);
    expect(Object.keys(build().refresher.alarms)).toEqual(documented);
  });
});

const NAMES =
  'Accepted: 1 to 30 names of letters, digits and /_+=.@-, at most 1200 characters together, ' +
  'none twice.';

describe('props that are not accepted are refused', () => {
  test.each<[string, (stack: Stack) => MomentoKeyRefresherProps, string]>([
    [
      'a name too long for the sweep',
      () => ({ functionName: 'a'.repeat(59) }),
      `functionName is "${'a'.repeat(59)}". Accepted: a text: 1 to 58 letters, digits and hyphens, a letter first, unique ` +
        'in the account and region.',
    ],
    [
      'a sweep interval that is not in whole minutes',
      () => ({ sweepEvery: Duration.millis(600_001) }),
      'sweepEvery is PT10M0.001S. Accepted: 10 to 60 whole minutes.',
    ],
    [
      'more secrets than are accepted, whose names CloudFormation gives',
      (stack) => ({
        secrets: Array.from({ length: 31 }, (_, index) => new Secret(stack, `S${index}`) as ISecret),
      }),
      `secretNames names 31 secrets. ${NAMES}`,
    ],
    [
      'a secret of the app that secretNames names too',
      (stack) => ({ secretNames: ['a'], secrets: [new Secret(stack, 'S', { secretName: 'a' }) as ISecret] }),
      `secretNames names "a" twice. ${NAMES}`,
    ],
    [
      'a secret that exists and that secretNames names too',
      (stack) => ({ secretNames: ['a'], secrets: [Secret.fromSecretNameV2(stack, 'S', 'a')] }),
      `secretNames names "a" twice. ${NAMES}`,
    ],
    [
      'a secret that is given twice',
      (stack) => {
        const secret = new Secret(stack, 'S') as ISecret;
        return { secrets: [secret, secret] };
      },
      `secretNames names a secret twice. ${NAMES}`,
    ],
    [
      'a name of a secret that is known only at deployment',
      (stack) => ({ secretNames: [new CfnParameter(stack, 'P').valueAsString] }),
      'secretNames has a name in it that is known only at deployment. Pass Secret.fromSecretNameV2() with that name in secrets.',
    ],
    [
      'a list of secrets that is known only at deployment',
      (stack) => ({ secretNames: new CfnParameter(stack, 'P', { type: 'CommaDelimitedList' }).valueAsList }),
      'secretNames has a name in it that is known only at deployment. Pass Secret.fromSecretNameV2() with that name in secrets.',
    ],
    [
      'a name of the function that is known only at deployment',
      (stack) => ({ functionName: new CfnParameter(stack, 'P').valueAsString }),
      'functionName is a value that is known only at deployment. Accepted: a text: 1 to 58 letters, digits and hyphens, a ' +
        'letter first, unique in the account and region.',
    ],
    [
      'a key for secrets of the app, which have their own',
      (stack) => ({
        secrets: [Secret.fromSecretNameV2(stack, 'S', 'a')],
        encryptionKey: new Key(stack, 'Key') as IKey,
      }),
      'encryptionKey and createSecrets are about secretNames, which is empty. Leave them out. A secret of the prop secrets has ' +
        'its own key: import it with Secret.fromSecretAttributes() and its encryptionKey.',
    ],
    [
      'a secret with the management key that is not managed',
      (stack) => ({
        secrets: [new Secret(stack, 'S', { secretName: 'a' }) as ISecret],
        managementSecretName: 'b',
      }),
      'managementSecretName is "b". Accepted: one of the names in `secretNames`.',
    ],
  ])('%s', (_, props, message) => {
    const stack = new Stack(newApp(), 'Author');
    expect(() => build(props(stack), stack)).toThrow(new SettingsError(message));
  });

  test.each<[string, MomentoKeyRefresherProps, string]>([
    [
      'for the same secret',
      { secretNames: ['a', 'b'], functionName: 'others' },
      'Author/Keys refreshes the secret "b" already.',
    ],
    [
      'of the same function name',
      { secretNames: ['a'], functionName: 'keys' },
      'Author/Keys has the functionName "keys" already.',
    ],
  ])('a second refresher %s in the stack', (_, props, message) => {
    const { stack } = build({ secretNames: ['b'], functionName: 'keys' });
    expect(() => new MomentoKeyRefresher(stack, 'Others', props)).toThrow(new SettingsError(message));
  });
});

describe('props that are known only at deployment', () => {
  test('are accepted for an address, the URL of the runbook and hosts', () => {
    const stack = new Stack(newApp(), 'Author');
    const parameter = (id: string, type = 'String') => new CfnParameter(stack, id, { type });
    build(
      {
        alarmEmail: parameter('Email').valueAsString,
        runbookUrl: parameter('Runbook').valueAsString,
        momentoHosts: parameter('Hosts', 'CommaDelimitedList').valueAsList,
      },
      stack,
    );
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::SNS::Subscription', { Endpoint: { Ref: 'Email' } });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { MOMENTO_HOSTS: { 'Fn::Join': [',', { Ref: 'Hosts' }] } } },
    });
  });
});
