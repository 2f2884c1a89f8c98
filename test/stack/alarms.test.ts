import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import { ALARM_NAMES } from '../../stack/construct/monitoring/alarm-definitions.ts';
import { runbooks } from '../../stack/construct/monitoring/runbooks.ts';
import { SettingsError } from '../../stack/construct/settings.ts';
import {
  newApp,
  newStack,
  propertiesAt,
  type Resources,
  resourceAt,
  synthesizeStack,
} from './synthesized.ts';

const TOPIC_ARN = 'arn:aws:sns:eu-west-1:111122223333:ops';
const resources = synthesizeStack();
const several = synthesizeStack({ secretNames: 'a/one,b/two', sweepEvery: 'PT10M' });
const OWN = {
  Namespace: 'MomentoKeyRefresher',
  Dimensions: [{ Name: 'service', Value: '<Refresher/Function>' }],
};
const LAMBDA = {
  Namespace: 'AWS/Lambda',
  Dimensions: [{ Name: 'FunctionName', Value: '<Refresher/Function>' }],
};
const AT_LEAST = 'GreaterThanOrEqualToThreshold';

function alarmsIn(synthesized: Resources): Record<string, Record<string, unknown>> {
  const alarms = Object.values(synthesized).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return Object.fromEntries(alarms.map(({ Properties }) => [Properties.AlarmName, Properties]));
}

describe('each alarm', () => {
  test.each([
    [
      'RotationFailed',
      {
        ...OWN,
        MetricName: 'RefreshesFailed',
        Statistic: 'Sum',
        Period: 4200,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'ignore',
      },
    ],
    [
      'RefreshOverdue',
      {
        ...OWN,
        MetricName: 'SecondsPastPlannedRefresh',
        Statistic: 'Maximum',
        Period: 4200,
        EvaluationPeriods: 1,
        Threshold: 3600,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'ignore',
      },
    ],
    [
      'HalfLeadUsed',
      {
        ...OWN,
        MetricName: 'LeadUsedPercent',
        Statistic: 'Maximum',
        Period: 4200,
        EvaluationPeriods: 1,
        Threshold: 50,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'ignore',
      },
    ],
    [
      'KeyLapsed',
      {
        ...OWN,
        MetricName: 'SecondsUntilExpiry',
        Statistic: 'Minimum',
        Period: 4200,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'LessThanOrEqualToThreshold',
        TreatMissingData: 'ignore',
      },
    ],
    [
      'SecretUnreadable',
      {
        ...OWN,
        MetricName: 'SecretsUnreadable',
        Statistic: 'Maximum',
        Period: 4200,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'ignore',
      },
    ],
    [
      'UnprovenKey',
      {
        ...OWN,
        MetricName: 'UnprovenPromotions',
        Statistic: 'Sum',
        Period: 3600,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'notBreaching',
      },
    ],
    [
      'SweepSilent',
      {
        ...OWN,
        MetricName: 'Sweeps',
        Statistic: 'Sum',
        Period: 1800,
        EvaluationPeriods: 5,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      },
    ],
    [
      'FunctionErrors',
      {
        ...LAMBDA,
        MetricName: 'Errors',
        Statistic: 'Sum',
        Period: 4200,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'ignore',
      },
    ],
    [
      'FunctionThrottled',
      {
        ...LAMBDA,
        MetricName: 'Throttles',
        Statistic: 'Sum',
        Period: 4200,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'notBreaching',
      },
    ],
    [
      'DeliveryFailed',
      {
        Namespace: 'AWS/Scheduler',
        Dimensions: [{ Name: 'ScheduleGroup', Value: 'momento-key-refresher' }],
        MetricName: 'InvocationDroppedCount',
        Statistic: 'Sum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'notBreaching',
      },
    ],
    [
      'DeadLetters',
      {
        Namespace: 'AWS/SQS',
        Dimensions: [{ Name: 'QueueName', Value: '<DeadLetters.QueueName>' }],
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Statistic: 'Maximum',
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: AT_LEAST,
        TreatMissingData: 'notBreaching',
      },
    ],
  ])('%s watches what it should', (id, expected) => {
    const { AlarmName: _, AlarmDescription: __, ...properties } = propertiesAt(resources, `Alarms/${id}`);
    expect(properties).toEqual({ ...expected, AlarmActions: ['<AlarmTopic>'], OKActions: ['<AlarmTopic>'] });
  });

  test('is there once, named for the function', () => {
    expect(Object.keys(alarmsIn(resources)).toSorted()).toEqual(
      ALARM_NAMES.map((name) => `momento-key-refresher-${name}`).toSorted(),
    );
  });

  test.each(Object.entries(alarmsIn(resources)))(
    '%s says what is safe, where to look and what to run',
    (_, alarm) => {
      const description = String(alarm.AlarmDescription);
      // References are written as their construct paths here, which are longer than what they stand for.
      expect(description.length).toBeLessThanOrEqual(1024);
      expect(description).toMatch(/safe|readers/);
      expect(description).toMatch(/Clears|OK only means/);
      expect(description).toMatch(/aws (lambda invoke|logs filter-log-events|secretsmanager|sqs|scheduler) /);
    },
  );

  const LONGEST = {
    functionName: 'f'.repeat(64),
    logGroupName: `/aws/lambda/${'f'.repeat(64)}`,
    scheduleGroupName: 'g'.repeat(64),
    deadLetterQueueUrl: `https://sqs.ap-northeast-1.amazonaws.com/111122223333/${'q'.repeat(80)}`,
    sweepEvery: '23 hours 59 minutes',
    failureWindow: '23 hours 59 minutes',
  };

  test.each([
    { secret: 'the longest name that is written out', secretName: 's'.repeat(48) },
    { secret: 'a longer one', secretName: 's'.repeat(512) },
  ])('fits into the 1024 characters of a description: secret $secret', (facts) => {
    for (const [name, description] of Object.entries(runbooks({ ...LONGEST, ...facts }))) {
      expect(description.length, name).toBeLessThanOrEqual(1024);
    }
  });

  test('several secrets: no ready command names one of them, and the blank is explained', () => {
    for (const [name, { AlarmDescription }] of Object.entries(alarmsIn(several))) {
      expect(AlarmDescription, name).not.toMatch(
        /--secret-id (?!SECRET_NAME )|_secret_name":"(?!SECRET_NAME")/,
      );
      if (!String(AlarmDescription).includes('--secret-id')) continue;
      expect(AlarmDescription, name).toContain('--secret-id SECRET_NAME ');
      expect(AlarmDescription, name).toMatch(/\nSECRET_NAME: status and log name it\.$/);
    }
  });

  test('one secret: the ready commands name it', () => {
    expect(propertiesAt(resources, 'Alarms/KeyLapsed').AlarmDescription).toContain(
      'put-secret-value --secret-id momento/authentication-token --secret-string file://momento-key.json\n',
    );
  });

  test.each([
    ['SweepSilent', /\nRestore all: deploy the stack again$/],
    [
      'DeliveryFailed',
      /\nUsual cause: the role or the function was changed by hand: deploy the stack again\n/,
    ],
  ])('%s says to deploy the stack again', (id, expected) => {
    expect(propertiesAt(resources, `Alarms/${id}`).AlarmDescription).toMatch(expected);
  });

  test.each([
    ['PT10M', { SweepSilent: 300, KeyLapsed: 1200, RotationFailed: 4200 }],
    ['PT45M', { SweepSilent: 1380, KeyLapsed: 3300, RotationFailed: 4200 }],
    ['PT1H', { SweepSilent: 1800, KeyLapsed: 4200, RotationFailed: 4200 }],
  ])('sweepEvery=%s: windows that hold a sweep, within what CloudWatch takes', (sweepEvery, periods) => {
    const synthesized = synthesizeStack({ sweepEvery });
    for (const [id, period] of Object.entries(periods)) {
      expect(propertiesAt(synthesized, `Alarms/${id}`).Period).toBe(period);
    }
    for (const { Period, EvaluationPeriods } of Object.values(alarmsIn(synthesized))) {
      const total = Number(Period) * Number(EvaluationPeriods);
      expect(total).toBeLessThanOrEqual(Number(Period) < 3600 ? 86_400 : 604_800);
    }
  });

  test('the one on the silent sweep is made after the sweep', () => {
    const { DependsOn } = resourceAt(resources, 'Alarms/SweepSilent') as { DependsOn?: string[] };
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringContaining('SchedulesSweep')]));
  });
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
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [TOPIC_ARN],
      OKActions: [TOPIC_ARN],
    });
    expect(template.findOutputs('AlarmTopicArn').AlarmTopicArn?.Value).toBe(TOPIC_ARN);
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
