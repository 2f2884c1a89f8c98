import { readFileSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import { runbooks } from '../../stack/construct/monitoring/runbooks.ts';
import { SettingsError } from '../../stack/construct/settings.ts';
import { newApp, newStack, propertiesAt, type Resources, synthesizeStack } from './synthesized.ts';

const TOPIC_ARN = 'arn:aws:sns:eu-west-1:111122223333:ops';
const resources = synthesizeStack();
const several = synthesizeStack({ secretNames: 'a/one,b/two', sweepEvery: 'PT10M' });
const AT_LEAST = 'GreaterThanOrEqualToThreshold';

/** The query that every alarm on a flag watches. */
function flagAlarm(flag: string) {
  return {
    Metrics: [
      {
        Id: 'expr_1',
        Expression:
          `SELECT MIN(${flag}) FROM SCHEMA("MomentoKeyRefresher", Deployment, SecretName) ` +
          "WHERE Deployment = '<Refresher/Function>' GROUP BY SecretName ORDER BY MIN() DESC",
        Period: 7800,
        ReturnData: true,
      },
    ],
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: AT_LEAST,
    TreatMissingData: 'notBreaching',
  };
}

function alarmsIn(synthesized: Resources): Record<string, Record<string, unknown>> {
  const alarms = Object.values(synthesized).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return Object.fromEntries(alarms.map(({ Properties }) => [Properties.AlarmName, Properties]));
}

describe('each alarm', () => {
  test.each([
    ['KeyUnusable', flagAlarm('KeyUnusable'), true],
    ['KeyUnrefreshable', flagAlarm('KeyUnrefreshable'), true],
    ['HalfLeadUsed', flagAlarm('HalfLeadUsed'), true],
    ['SecretUnattended', flagAlarm('SecretUnattended'), true],
    ['RefreshFailing', flagAlarm('RefreshFailing'), true],
    ['KeyUnproven', flagAlarm('KeyUnproven'), false],
    [
      'SweepSilent',
      {
        Metrics: [
          expect.objectContaining({ Expression: 'FILL(sweeps, 0) + 0 * FILL(calls, REPEAT)' }),
          ...[
            ['sweeps', 'MomentoKeyRefresher', 'Sweeps', 'Deployment'],
            ['calls', 'AWS/Lambda', 'Invocations', 'FunctionName'],
          ].map(([Id, Namespace, MetricName, Name]) => ({
            Id,
            MetricStat: {
              Metric: { Namespace, MetricName, Dimensions: [{ Name, Value: '<Refresher/Function>' }] },
              Period: 4500,
              Stat: 'Sum',
            },
            ReturnData: false,
          })),
        ],
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'ignore',
      },
      false,
    ],
    [
      'DeliveryFailed',
      {
        Metrics: [
          expect.objectContaining({
            Expression: 'FILL(wakeUps, 0) + FILL(labelEvents, 0) + FILL(unannounced, 0)',
          }),
          ...[
            ['wakeUps', 'AWS/Scheduler', 'InvocationDroppedCount', 'ScheduleGroup', 'momento-key-refresher'],
            ['labelEvents', 'AWS/Events', 'FailedInvocations', 'RuleName', '<LabelRule>'],
            ['unannounced', 'MomentoKeyRefresher', 'LabelRuleMissed', 'Deployment', '<Refresher/Function>'],
          ].map(([Id, Namespace, MetricName, Name, Value]) => ({
            Id,
            MetricStat: {
              Metric: { Namespace, MetricName, Dimensions: [{ Name, Value }] },
              Period: 300,
              Stat: 'Sum',
            },
            ReturnData: false,
          })),
        ],
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'notBreaching',
      },
      false,
    ],
  ])('%s watches what it should', (id, expected, tellsEnd) => {
    const { AlarmName: _, AlarmDescription: __, ...properties } = propertiesAt(resources, `Alarms/${id}`);
    expect(properties).toEqual({
      ...expected,
      AlarmActions: ['<AlarmTopic>'],
      ...(tellsEnd && { OKActions: ['<AlarmTopic>'] }),
    });
  });

  // SNS cuts a subject off after 100 characters.
  test('has a name that fits into the subject of a mail, for the name of the app', () => {
    for (const name of Object.keys(alarmsIn(resources))) {
      const subject = `ALARM: "${name.replace('<Refresher/Function>', 'momento-key-refresher')}" in Asia Pacific (Tokyo)`;
      expect(subject.length, subject).toBeLessThanOrEqual(100);
    }
  });

  const anchors = [
    ...readFileSync(new URL('../../docs/RUNBOOK.md', import.meta.url), 'utf8').matchAll(/^## (.*)$/gm),
  ].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );

  test.each(Object.entries(alarmsIn(resources)))(
    '%s says what is wrong, then what to run, then where to read on',
    (_, alarm) => {
      const [wrong, command, link = '', ...background] = String(alarm.AlarmDescription).split('\n');
      expect(wrong).toMatch(/safe|works|refreshes? keys|does what/i);
      expect(command).toMatch(/^npm run (seed|status|preflight) -- .*--region eu-west-1 --function-name /);
      expect(link).toMatch(/^docs\/RUNBOOK\.md#/);
      expect(anchors).toContain(link.replace('docs/RUNBOOK.md#', ''));
      expect(background.length).toBeGreaterThan(0);
    },
  );

  const LONGEST = {
    functionName: 'f'.repeat(64),
    scheduleGroupName: 'g'.repeat(64),
    deadLetterQueueUrl: `https://sqs.ap-northeast-1.amazonaws.com/111122223333/${'q'.repeat(80)}`,
    region: 'ap-northeast-1',
    sweepEvery: '59 minutes',
    runbookUrl: `https://${'u'.repeat(92)}`,
  };

  test.each([
    { secret: 'the longest name that is written out', secretName: 's'.repeat(48) },
    { secret: 'a longer one', secretName: 's'.repeat(512) },
  ])('fits into the 1024 characters of a description: secret $secret', (facts) => {
    for (const [name, description] of Object.entries(runbooks({ ...LONGEST, ...facts }))) {
      expect(description.length, name).toBeLessThanOrEqual(1024);
    }
  });

  test('the third line links to the published runbook if the setting runbookUrl names it', () => {
    const published = alarmsIn(synthesizeStack({ runbookUrl: 'https://wiki.example.com/momento' }));
    const links = Object.values(published).map(
      ({ AlarmDescription }) => String(AlarmDescription).split('\n')[2],
    );
    expect(links).toEqual([
      'https://wiki.example.com/momento#key-lapsed-or-rejected',
      'https://wiki.example.com/momento#key-cannot-be-refreshed',
      'https://wiki.example.com/momento#key-soon-lapses',
      'https://wiki.example.com/momento#secret-unreadable-or-abandoned',
      'https://wiki.example.com/momento#no-sweep-checks-the-keys',
      'https://wiki.example.com/momento#refresh-failed',
      'https://wiki.example.com/momento#key-in-use-unproven',
      'https://wiki.example.com/momento#event-not-delivered',
    ]);
  });

  test('several secrets: no ready command names one of them', () => {
    for (const [name, { AlarmDescription }] of Object.entries(alarmsIn(several))) {
      expect(AlarmDescription, name).not.toMatch(/a\/one|b\/two/);
    }
    expect(propertiesAt(several, 'Alarms/KeyUnusable').AlarmDescription).toContain(
      '\nnpm run seed -- SECRET_NAME --file momento-key.json ',
    );
    const explained = Object.entries(alarmsIn(several)).filter(([, { AlarmDescription }]) =>
      String(AlarmDescription).includes(
        '\nSECRET_NAME is the SecretName under AlarmContributorAttributes in this mail. ',
      ),
    );
    expect(explained.map(([name]) => name.replace(' (<Refresher/Function>)', ''))).toEqual([
      'URGENT: Momento key lapsed or rejected',
      'URGENT: Momento key cannot be refreshed',
      'URGENT: Momento key soon lapses',
    ]);
  });

  test('one secret: the ready commands name it', () => {
    expect(propertiesAt(resources, 'Alarms/KeyUnusable').AlarmDescription).toContain(
      'put-secret-value --region eu-west-1 --secret-id momento/authentication-token --secret-string file://momento-key.json\n',
    );
    for (const { AlarmDescription } of Object.values(alarmsIn(resources))) {
      expect(AlarmDescription).not.toContain('SECRET_NAME');
    }
  });

  test.each([
    ['PT10M', 780, 1800],
    ['PT30M', 2280, 4200],
    ['PT1H', 4500, 7800],
  ])(
    'sweepEvery=%s: periods that hold a sweep, within what CloudWatch takes',
    (sweepEvery, silent, flags) => {
      const synthesized = synthesizeStack({ sweepEvery });
      const { Metrics: sweeps } = propertiesAt(synthesized, 'Alarms/SweepSilent');
      expect(sweeps).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ MetricStat: expect.objectContaining({ Period: silent }) }),
        ]),
      );
      const { Metrics } = propertiesAt(synthesized, 'Alarms/KeyUnusable');
      expect(Metrics).toEqual([expect.objectContaining({ Period: flags })]);
    },
  );
});

describe('the topic', () => {
  test('is open to the alarms: not encrypted with the AWS-managed key', () => {
    expect(propertiesAt(resources, 'AlarmTopic')).toEqual({ DisplayName: 'Momento key refresher' });
  });

  test('nobody is subscribed by default, alarmEmail is', () => {
    Template.fromStack(newStack()).resourceCountIs('AWS::SNS::Subscription', 0);
    Template.fromStack(newStack({ alarmEmail: 'ops@example.com' })).hasResourceProperties(
      'AWS::SNS::Subscription',
      { Protocol: 'email', Endpoint: 'ops@example.com' },
    );
  });

  test('can be one that exists: then none is made, and every alarm goes there', () => {
    const stack = newStack({ alarmTopicArn: TOPIC_ARN });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SNS::Topic', 0);
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [TOPIC_ARN] });
    expect(template.findOutputs('AlarmTopicArn').AlarmTopicArn?.Value).toBe(TOPIC_ARN);
  });

  test('urgent alarms go to a topic of their own if one is given', () => {
    const given = newStack({ urgentAlarmTopicArn: `${TOPIC_ARN}-pager` });
    const { UrgentAlarmTopicArn } = Template.fromStack(given).findOutputs('*');
    expect(UrgentAlarmTopicArn?.Value).toBe(`${TOPIC_ARN}-pager`);
    const stack = synthesizeStack({ urgentAlarmTopicArn: `${TOPIC_ARN}-pager` });
    expect(propertiesAt(stack, 'Refresher/Function').Environment).toMatchObject({
      Variables: { ALARM_TOPIC_ARN: '<AlarmTopic>', URGENT_ALARM_TOPIC_ARN: `${TOPIC_ARN}-pager` },
    });
    const alarms = alarmsIn(stack);
    const targets = Object.entries(alarms).map(([name, { AlarmActions }]) => [
      name.split(':')[0],
      AlarmActions,
    ]);
    expect(targets).toEqual([
      ['URGENT', [`${TOPIC_ARN}-pager`]],
      ['URGENT', [`${TOPIC_ARN}-pager`]],
      ['URGENT', [`${TOPIC_ARN}-pager`]],
      ['URGENT', [`${TOPIC_ARN}-pager`]],
      ['URGENT', [`${TOPIC_ARN}-pager`]],
      ['LOOK', ['<AlarmTopic>']],
      ['LOOK', ['<AlarmTopic>']],
      ['LOOK', ['<AlarmTopic>']],
    ]);
  });

  test('an address beside an existing topic is refused: it would hear whatever else goes there', () => {
    const stack = new Stack(newApp(), 'Author');
    const alarmTopic = Topic.fromTopicArn(stack, 'Ops', TOPIC_ARN);
    expect(
      () => new MomentoKeyRefresher(stack, 'Keys', { alarmTopic, alarmEmail: 'ops@example.com' }),
    ).toThrow(
      new SettingsError(
        'alarmEmail is set beside a topic that exists. Subscribe the address to that topic instead.',
      ),
    );
  });
});
