import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { newStack, propertiesAt, resourceAt, synthesizeStack } from './synthesized.ts';

const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const resources = synthesizeStack();

describe('the function', () => {
  test('is what its handlers are built for', () => {
    const { Code: _, ...properties } = propertiesAt(resources, 'Refresher/Function');
    expect(properties).toEqual({
      FunctionName: 'momento-key-refresher',
      Description: 'Refreshes Momento API keys in Secrets Manager shortly before they expire',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 300,
      Role: '<Refresher/Role.Arn>',
      LoggingConfig: { LogFormat: 'JSON', LogGroup: '<Refresher/Logs>' },
      Environment: {
        Variables: {
          SECRET_NAMES: 'momento/authentication-token',
          SCHEDULE_GROUP_NAME: 'momento-key-refresher',
          SCHEDULER_ROLE_ARN: '<Schedules/Role.Arn>',
          DEAD_LETTER_QUEUE_ARN: '<DeadLetters.Arn>',
          ALARM_TOPIC_ARN: '<AlarmTopic>',
          URGENT_ALARM_TOPIC_ARN: '<AlarmTopic>',
          SWEEP_EVERY: '3600s',
          NODE_OPTIONS: '--max-semi-space-size=1',
          POWERTOOLS_SERVICE_NAME: 'momento-key-refresher',
        },
      },
    });
  });

  test.each([
    ['P3D', '259200s'],
    ['PT6M', '360s'],
    ['10%', '10%'],
  ])('learns of refreshBefore=%s', (refreshBefore, expected) => {
    expect(propertiesAt(synthesizeStack({ refreshBefore }), 'Refresher/Function').Environment).toMatchObject({
      Variables: { REFRESH_BEFORE: expected },
    });
  });

  test('tries an event three times within an hour, then keeps it as a dead letter', () => {
    expect(propertiesAt(resources, 'Refresher/Function/EventInvokeConfig')).toEqual({
      FunctionName: '<Refresher/Function>',
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 3600,
      DestinationConfig: { OnFailure: { Destination: '<DeadLetters.Arn>' } },
    });
  });

  test('logs for three months, and no longer than the stack lives', () => {
    expect(resourceAt(resources, 'Refresher/Logs')).toMatchObject({
      Properties: { LogGroupName: '/aws/lambda/momento-key-refresher', RetentionInDays: 90 },
      DeletionPolicy: 'Delete',
    });
  });
});

describe('the secrets', () => {
  test('start with the placeholder, whose text may never change, and outlive the stack', () => {
    expect(resourceAt(resources, 'Secrets/momento:authentication-token')).toMatchObject({
      Properties: {
        Name: 'momento/authentication-token',
        Description: 'A Momento API key, kept fresh by the Momento key refresher',
        SecretString: '{"status":"not seeded yet"}',
      },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('keep their places in the template when one is put before them: CloudFormation would create them anew', () => {
    const { Resources: one } = Template.fromStack(newStack({ secretNames: 'a/one' })).toJSON();
    const { Resources: two } = Template.fromStack(newStack({ secretNames: 'b,a/one' })).toJSON();
    const placeOf = (template: Record<string, { Properties: { Name?: string } }>) =>
      Object.keys(template).find((id) => template[id]?.Properties.Name === 'a/one');
    expect(placeOf(two)).toBe(placeOf(one));
  });

  test('names that differ in a slash only do not collide', () => {
    const { SecretNames } = Template.fromStack(newStack({ secretNames: 'a/b,a--b,a' })).findOutputs('*');
    expect(SecretNames).toMatchObject({ Value: 'a/b,a--b,a' });
  });

  test('several secrets share one customer-managed key, and nothing warns', () => {
    const stack = newStack({ secretNames: 'a/one,b', kmsKeyArn: KEY_ARN, alarmEmail: 'ops@example.com' });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SecretsManager::Secret', 2);
    template.allResourcesProperties('AWS::SecretsManager::Secret', { KmsKeyId: KEY_ARN });
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });

  test('the secrets are not created if they exist already', () => {
    Template.fromStack(newStack({ createSecrets: false })).resourceCountIs('AWS::SecretsManager::Secret', 0);
  });
});

describe('what wakes the function', () => {
  test('a group of schedules that goes with the stack, bookings included', () => {
    expect(resourceAt(resources, 'Schedules/Group')).toMatchObject({
      Properties: { Name: 'momento-key-refresher' },
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
    });
  });

  test('an hourly sweep in that group, retried no longer than until the next', () => {
    expect(propertiesAt(resources, 'Schedules/Sweep')).toEqual({
      Name: 'momento-key-refresher-sweep',
      Description:
        'Checks every secret: refreshes what is due, books what is missing, reports abandoned secrets',
      GroupName: 'momento-key-refresher',
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: '<Refresher/Function.Arn>',
        RoleArn: '<Schedules/Role.Arn>',
        Input: '{"action":"sweep","scheduledAt":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
        DeadLetterConfig: { Arn: '<DeadLetters.Arn>' },
      },
    });
  });

  test.each([
    ['PT10M', 'rate(10 minutes)', 600],
    ['PT45M', 'rate(45 minutes)', 2700],
  ])('sweepEvery=%s is %s', (sweepEvery, expression, seconds) => {
    expect(propertiesAt(synthesizeStack({ sweepEvery }), 'Schedules/Sweep')).toMatchObject({
      ScheduleExpression: expression,
      Target: { RetryPolicy: { MaximumEventAgeInSeconds: seconds } },
    });
  });

  test('a new current version of one of the secrets, and of no other', () => {
    const several = synthesizeStack({ secretNames: 'a/one,b' });
    expect(propertiesAt(several, 'LabelRule')).toEqual({
      Description: 'A Momento key was put or promoted: book its wake-up',
      State: 'ENABLED',
      EventPattern: {
        source: ['aws.secretsmanager'],
        'detail-type': ['Secret Label Updated'],
        detail: { name: ['a/one', 'b'], labelUpdated: ['AWSCURRENT'] },
      },
      Targets: [
        {
          Id: 'Target0',
          Arn: '<Refresher/Function.Arn>',
          RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
          DeadLetterConfig: { Arn: '<DeadLetters.Arn>' },
        },
      ],
    });
  });

  test('the pattern of as many and as long names as are accepted stays within 2048 characters', () => {
    const secretNames = Array.from({ length: 30 }, (_, index) => `${index + 10}`.padEnd(40, 'x')).join(',');
    const { EventPattern } = propertiesAt(synthesizeStack({ secretNames }), 'LabelRule');
    expect(JSON.stringify(EventPattern).length).toBeLessThan(2048);
  });

  test("the function's policy for as many and as long names, with a key, stays within 10,240 characters", () => {
    const secretNames = Array.from({ length: 30 }, (_, index) => `${index + 10}`.padEnd(40, 'x')).join(',');
    const several = synthesizeStack({ secretNames, kmsKeyArn: KEY_ARN, createSecrets: false });
    const { PolicyDocument } = propertiesAt(several, 'Refresher/Policy');
    expect(JSON.stringify(PolicyDocument).length).toBeLessThan(10_240);
  });
});

describe('what is left over', () => {
  test('dead letters are kept for 14 days, encrypted', () => {
    expect(propertiesAt(resources, 'DeadLetters')).toEqual({
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });
});

/** As CloudFormation puts a text together that names the region. */
function inRegion(before: string, after: string) {
  return { 'Fn::Join': ['', [before, { Ref: 'AWS::Region' }, after]] };
}

describe('the whole', () => {
  test('outputs what a person needs next', () => {
    const outputs = Template.fromStack(newStack({ secretNames: 'a/one,b' })).findOutputs('*');
    expect(Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, output.Value]))).toEqual(
      {
        FunctionName: { Ref: expect.stringContaining('Function') },
        SecretNames: 'a/one,b',
        AlarmTopicArn: { Ref: expect.stringContaining('Topic') },
        DeadLetterQueueUrl: { Ref: expect.stringContaining('DeadLetters') },
        SeedCommand: inRegion(
          'npm run seed -- SECRET_NAME --file momento-key.json --region ',
          ' --function-name momento-key-refresher',
        ),
        PreflightCommand: inRegion(
          'npm run preflight -- --region ',
          ' --function-name momento-key-refresher',
        ),
        StatusCommand: inRegion('npm run status -- --region ', ' --function-name momento-key-refresher'),
        SeedWithAwsCli1Put: inRegion(
          'aws secretsmanager put-secret-value --region ',
          ' --secret-id SECRET_NAME --secret-string file://momento-key.json',
        ),
        SeedWithAwsCli2Refresh: inRegion(
          'echo \'{"momento_auth_token_secret_name":"SECRET_NAME"}\' | aws lambda invoke --region ',
          ' --function-name momento-key-refresher --cli-read-timeout 300 --payload fileb:///dev/stdin /dev/stdout | cat',
        ),
        StatusWithAwsCli: inRegion(
          'echo \'{"action":"status"}\' | aws lambda invoke --region ',
          ' --function-name momento-key-refresher --cli-read-timeout 300 --payload fileb:///dev/stdin /dev/stdout | cat',
        ),
      },
    );
  });

  test('with one secret the commands name it', () => {
    const outputs = Template.fromStack(newStack({ secretNames: 'a/one' })).findOutputs('*');
    expect(outputs.SeedCommand?.Value).toEqual(
      inRegion(
        'npm run seed -- a/one --file momento-key.json --region ',
        ' --function-name momento-key-refresher',
      ),
    );
  });

  test('one function, no custom resource, no reserved concurrency, nothing that is not listed here', () => {
    const types = Object.values(resources).map(({ Type }) => Type);
    expect(types.toSorted()).toEqual([
      ...Array.from({ length: 8 }, () => 'AWS::CloudWatch::Alarm'),
      'AWS::CloudWatch::Dashboard',
      'AWS::Events::Rule',
      'AWS::IAM::Policy',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::SNS::Topic',
      'AWS::SNS::TopicPolicy',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
      'AWS::Scheduler::ScheduleGroup',
      'AWS::SecretsManager::Secret',
    ]);
  });
});
