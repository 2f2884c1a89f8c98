import { describe, expect, it } from 'vitest';
import { synthesizeTemplate } from '../../local/synthesized-template.ts';

const template = synthesizeTemplate({ secretNames: 'a/one,two' });

describe('the synthesized template', () => {
  it('has the values that CloudFormation would fill in', () => {
    const { Environment, FunctionName, Handler } = template.resource('AWS::Lambda::Function').properties as {
      Environment: { Variables: Record<string, string> };
      FunctionName: string;
      Handler: string;
    };
    expect({ FunctionName, Handler }).toEqual({
      FunctionName: 'momento-key-refresher',
      Handler: 'index.handler',
    });
    expect(Environment.Variables).toMatchObject({
      SECRET_NAMES: 'a/one,two',
      SCHEDULE_GROUP_NAME: 'momento-key-refresher',
      SCHEDULER_ROLE_ARN: expect.stringMatching(/^arn:aws:iam::000000000000:role\/\w+$/),
      DEAD_LETTER_QUEUE_ARN: expect.stringMatching(/^arn:aws:sqs:us-east-1:000000000000:\w+$/),
    });
  });

  it('has the outputs that a person would see', () => {
    expect(template.outputs()).toMatchObject({
      FunctionName: 'momento-key-refresher',
      SecretNames: 'a/one,two',
      AlarmTopicArn: expect.stringMatching(/^arn:aws:sns:us-east-1:000000000000:\w+$/),
    });
  });

  it('has no unresolved reference', () => {
    for (const type of ['AWS::IAM::Policy', 'AWS::SQS::QueuePolicy', 'AWS::Scheduler::Schedule']) {
      expect(JSON.stringify(template.resources(type))).not.toMatch(/"Ref"|"Fn::/);
    }
  });

  it('refuses to return one of two resources', () => {
    expect(() => template.resource('AWS::SecretsManager::Secret')).toThrow('not exactly one');
  });
});
