import { describe, expect, it } from 'vitest';
import { synthesizeTemplate } from '../../local/synthesized-template.ts';

const template = synthesizeTemplate({ secretNames: 'a/one,two' });

describe('the synthesized template', () => {
  it('fills in what CloudFormation would', () => {
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

  it('gives the outputs as a person would see them', () => {
    expect(template.outputs()).toMatchObject({
      FunctionName: 'momento-key-refresher',
      SecretNames: 'a/one,two',
      AlarmTopicArn: expect.stringMatching(/^arn:aws:sns:us-east-1:000000000000:\w+$/),
    });
  });

  it('leaves nothing unresolved anywhere', () => {
    for (const type of ['AWS::IAM::Policy', 'AWS::SQS::QueuePolicy', 'AWS::Scheduler::Schedule']) {
      expect(JSON.stringify(template.resources(type))).not.toMatch(/"Ref"|"Fn::/);
    }
  });

  it('refuses to choose between two', () => {
    expect(() => template.resource('AWS::SecretsManager::Secret')).toThrow('not exactly one');
  });
});
