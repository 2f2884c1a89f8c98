/** Two stacks in one account and region, and one stack in two regions: no name of one is taken by the other. */
import { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../stack/app-settings.ts';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import { RefresherStack } from '../../stack/refresher-stack.ts';
import { newApp, type Resources, readResources } from './synthesized.ts';

const ACCOUNT = '111122223333';

/** The construct in an author's own stack, which gives no names but those of the secrets. */
function authorsStack(id: string, secretName: string): Resources {
  const stack = new Stack(newApp(), id, { env: { account: ACCOUNT, region: 'eu-west-1' } });
  new MomentoKeyRefresher(stack, 'Keys', {
    secretNames: [secretName],
    nativeRotation: true,
    alarmEmail: 'ops@example.com',
  });
  return readResources(stack, 'Keys');
}

/** The stack that this project deploys, which has fixed names. */
function appStack(name: string, secretNames: string, region = 'eu-west-1'): Resources {
  const settings = parseSettings({ name, secretNames, nativeRotation: true, alarmEmail: 'ops@example.com' });
  return readResources(
    new RefresherStack(newApp(), name, settings, { env: { account: ACCOUNT, region } }),
    'KeyRefresher',
  );
}

/** These name no resource: an inline policy is known inside its role only, the others are a text for mails and what is watched. */
const NO_NAME = ['IAM::Policy.PolicyName', 'SNS::Topic.DisplayName', 'CloudWatch::Alarm.MetricName'];

/** The names of the resources, as `Type.property value`. */
function namesIn(resources: Resources): readonly string[] {
  return Object.values(resources).flatMap(({ Type, Properties }) =>
    Object.entries(Properties)
      .map(([property, value]) => [`${Type.replace('AWS::', '')}.${property}`, value] as const)
      .filter(([property]) => property.endsWith('Name') && !NO_NAME.includes(property))
      .map(([property, value]) => `${property} ${value}`),
  );
}

/** The names that stand in both. A reference, `<path>`, stands for the name of a resource of its own stack. */
function namesInBoth(one: Resources, other: Resources): readonly string[] {
  const names = namesIn(other);
  return namesIn(one).filter((name) => names.includes(name) && !name.includes('<'));
}

describe("the construct in two authors' stacks of one account and region", () => {
  const one = authorsStack('One', 'team-one/momento');
  const two = authorsStack('Two', 'team-two/momento');

  test('gives names to the group, the sweep and the alarms only, each from the stack or the function', () => {
    expect(namesIn(one).toSorted()).toEqual([
      'CloudWatch::Alarm.AlarmName LOOK: Momento key in use unproven (<Refresher/Function>)',
      'CloudWatch::Alarm.AlarmName LOOK: Momento key refresh failed (<Refresher/Function>)',
      'CloudWatch::Alarm.AlarmName LOOK: event not delivered (<Refresher/Function>)',
      'CloudWatch::Alarm.AlarmName URGENT: Momento key cannot be refreshed (<Refresher/Function>)',
      'CloudWatch::Alarm.AlarmName URGENT: Momento key lapsed or rejected (<Refresher/Function>)',
      'CloudWatch::Alarm.AlarmName URGENT: Momento key soon lapses (<Refresher/Function>)',
      'CloudWatch::Alarm.AlarmName URGENT: no sweep checks the keys (<Refresher/Function>)',
      'CloudWatch::Alarm.AlarmName URGENT: secret unreadable or abandoned (<Refresher/Function>)',
      'Lambda::EventInvokeConfig.FunctionName <Refresher/Function>',
      'Lambda::Permission.FunctionName <Refresher/Function.Arn>',
      'Lambda::Permission.FunctionName <Refresher/Function.Arn>',
      'Scheduler::Schedule.GroupName One-Keys-Schedules-Group-48FECC12',
      'Scheduler::Schedule.Name OneKeysSchedulesD1E7694A-sweep',
      'Scheduler::ScheduleGroup.Name One-Keys-Schedules-Group-48FECC12',
      'SecretsManager::Secret.Name team-one/momento',
    ]);
  });

  test('two constructs in one account and region share no name', () => {
    expect(namesInBoth(one, two)).toEqual([]);
  });
});

describe('the app deployed twice into one account and region, with a name and secretNames for each', () => {
  const one = appStack('payments-keys', 'payments/momento');
  const two = appStack('search-keys', 'search/momento');

  test('gives names that begin with its name', () => {
    const given = namesIn(one).filter((name) => name.includes('payments-keys'));
    expect(given.toSorted()).toEqual([
      'CloudWatch::Dashboard.DashboardName payments-keys-eu-west-1',
      'Lambda::Function.FunctionName payments-keys',
      'Logs::LogGroup.LogGroupName /aws/lambda/payments-keys',
      'Scheduler::Schedule.GroupName payments-keys',
      'Scheduler::Schedule.Name payments-keys-sweep',
      'Scheduler::ScheduleGroup.Name payments-keys',
    ]);
  });

  test('two apps with names of their own share no name', () => {
    expect(namesInBoth(one, two)).toEqual([]);
  });
});

test('the app deployed into two regions of one account names alike only what each region has for itself', () => {
  const ireland = appStack('keys', 'a', 'eu-west-1');
  const virginia = appStack('keys', 'a', 'us-east-1');
  const inBoth = namesInBoth(ireland, virginia);
  // None of IAM and no dashboard: all regions of an account share those names.
  expect(inBoth.toSorted()).toEqual([
    'Lambda::Function.FunctionName keys',
    'Logs::LogGroup.LogGroupName /aws/lambda/keys',
    'Scheduler::Schedule.GroupName keys',
    'Scheduler::Schedule.Name keys-sweep',
    'Scheduler::ScheduleGroup.Name keys',
    'SecretsManager::Secret.Name a',
  ]);
});
