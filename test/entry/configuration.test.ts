import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '../../handlers/configuration.ts';
import { ConfigurationError } from '../../handlers/errors.ts';
import { toReportable } from '../../handlers/reporting/failure.ts';
import { PLACE } from '../worlds/names.ts';

const ENVIRONMENT = {
  SECRET_NAMES: 'momento/authentication-token',
  SCHEDULE_GROUP_NAME: 'momento-key-refresher',
  SCHEDULER_ROLE_ARN: 'arn:aws:iam::123456789012:role/momento-scheduler',
  DEAD_LETTER_QUEUE_ARN: 'arn:aws:sqs:eu-west-1:123456789012:momento-dead-letters',
  SWEEP_EVERY: '3600s',
};

function faultOf(environment: Record<string, string | undefined>): string {
  try {
    parseConfiguration(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return toReportable(error, PLACE).message;
  }
  throw new Error('the environment was accepted');
}

describe('parseConfiguration', () => {
  it('reads the environment and fills in the defaults', () => {
    expect(parseConfiguration({ ...ENVIRONMENT, PATH: '/bin' })).toStrictEqual({
      secretNames: ['momento/authentication-token'],
      scheduleGroupName: 'momento-key-refresher',
      schedulerRoleArn: 'arn:aws:iam::123456789012:role/momento-scheduler',
      deadLetterQueueArn: 'arn:aws:sqs:eu-west-1:123456789012:momento-dead-letters',
      lead: { kind: 'default' },
      sweepEverySeconds: 3600,
      momentoEndpoint: undefined,
      momentoApiEndpoint: undefined,
      managementSecretName: undefined,
      momentoHosts: undefined,
    });
  });

  it.each([
    { hosts: 'momento.example.com', expected: ['momento.example.com'] },
    { hosts: 'a.example.com,b.example.com', expected: ['a.example.com', 'b.example.com'] },
  ])('reads the allowed hosts $hosts', ({ hosts, expected }) => {
    expect(parseConfiguration({ ...ENVIRONMENT, MOMENTO_HOSTS: hosts }).momentoHosts).toEqual(expected);
  });

  it.each(['', 'a.example.com,', 'HOST.example.com', 'a.example.com:443', 'a.example.com/', '*.example.com'])(
    'refuses "%s" as a list of hosts',
    (hosts) => {
      expect(faultOf({ ...ENVIRONMENT, MOMENTO_HOSTS: hosts })).toContain(
        'MOMENTO_HOSTS must be a comma list of host names in small letters',
      );
    },
  );

  it.each([
    { sentence: 'one secret', names: 'a', expected: ['a'] },
    { sentence: 'several secrets', names: 'a,b/c,d', expected: ['a', 'b/c', 'd'] },
    { sentence: 'names with blanks around them', names: ' a , b ', expected: ['a', 'b'] },
  ])('reads the names of $sentence', ({ names, expected }) => {
    expect(parseConfiguration({ ...ENVIRONMENT, SECRET_NAMES: names }).secretNames).toEqual(expected);
  });

  it.each([
    {
      sentence: 'a lead in seconds',
      refreshBefore: '259200s',
      expected: { kind: 'duration', seconds: 259_200 },
    },
    {
      sentence: 'a lead as a percentage',
      refreshBefore: '25%',
      expected: { kind: 'percentage', percent: 25 },
    },
    {
      sentence: 'a lead as a percentage of one digit',
      refreshBefore: '5%',
      expected: { kind: 'percentage', percent: 5 },
    },
  ])('reads $sentence', ({ refreshBefore, expected }) => {
    expect(parseConfiguration({ ...ENVIRONMENT, REFRESH_BEFORE: refreshBefore }).lead).toEqual(expected);
  });

  it.each(['127.0.0.1:8080', 'localhost:1', 'momento_local.example-1.com:443'])(
    'reads the Momento endpoint %s',
    (endpoint) => {
      expect(parseConfiguration({ ...ENVIRONMENT, MOMENTO_ENDPOINT: endpoint }).momentoEndpoint).toBe(
        endpoint,
      );
    },
  );
});

describe('parseConfiguration, for an environment that the stack does not set,', () => {
  it.each([
    { sentence: 'no secrets', change: { SECRET_NAMES: undefined }, fault: 'SECRET_NAMES is missing' },
    {
      sentence: 'an empty list of secrets',
      change: { SECRET_NAMES: '' },
      fault: 'SECRET_NAMES must be a comma list of secret names',
    },
    {
      sentence: 'an empty name among the secrets',
      change: { SECRET_NAMES: 'a, ,b' },
      fault: 'SECRET_NAMES must be a comma list of secret names',
    },
    {
      sentence: 'no schedule group',
      change: { SCHEDULE_GROUP_NAME: undefined },
      fault: 'SCHEDULE_GROUP_NAME is missing',
    },
    {
      sentence: 'an empty name of the schedule group',
      change: { SCHEDULE_GROUP_NAME: '' },
      fault: 'SCHEDULE_GROUP_NAME is empty',
    },
    {
      sentence: 'no role of the Scheduler',
      change: { SCHEDULER_ROLE_ARN: undefined },
      fault: 'SCHEDULER_ROLE_ARN is missing',
    },
    {
      sentence: 'a role without an ARN',
      change: { SCHEDULER_ROLE_ARN: 'momento-scheduler' },
      fault: 'SCHEDULER_ROLE_ARN must be an ARN',
    },
    {
      sentence: 'no dead-letter queue',
      change: { DEAD_LETTER_QUEUE_ARN: undefined },
      fault: 'DEAD_LETTER_QUEUE_ARN is missing',
    },
    {
      sentence: 'the URL of the dead-letter queue',
      change: { DEAD_LETTER_QUEUE_ARN: 'https://sqs.eu-west-1.amazonaws.com/123456789012/q' },
      fault: 'DEAD_LETTER_QUEUE_ARN must be an ARN',
    },
    ...['', '10', '%', '1.5%', '-5%', 'P3D', 'x10%', '10%x', '10s%'].map((lead) => ({
      sentence: `a lead of "${lead}"`,
      change: { REFRESH_BEFORE: lead },
      fault: 'REFRESH_BEFORE must be seconds such as 259200s, or a percentage such as 10%',
    })),
    {
      sentence: 'no sweep interval',
      change: { SWEEP_EVERY: undefined },
      fault: 'SWEEP_EVERY is missing',
    },
    ...['', '0s', '3600', '1h', '1.5s', '-5s'].map((sweepEvery) => ({
      sentence: `a sweep every "${sweepEvery}"`,
      change: { SWEEP_EVERY: sweepEvery },
      fault: 'SWEEP_EVERY must be seconds such as 3600s',
    })),
    ...['', 'localhost', ':80', 'localhost:', 'localhost:http', 'http://localhost:80', 'a:80/'].map(
      (endpoint) => ({
        sentence: `the Momento endpoint "${endpoint}"`,
        change: { MOMENTO_ENDPOINT: endpoint },
        fault: 'MOMENTO_ENDPOINT must be host:port',
      }),
    ),
  ])('refuses $sentence', ({ change, fault }) => {
    expect(faultOf({ ...ENVIRONMENT, ...change })).toBe(
      `The function's environment is not as the stack sets it: ${fault}. Nothing was done. Restore it: npx cdk deploy --revert-drift`,
    );
  });

  it('names all faults at once', () => {
    expect(faultOf({ SECRET_NAMES: 'a', SCHEDULER_ROLE_ARN: 'b' })).toContain(
      'SCHEDULE_GROUP_NAME is missing, SCHEDULER_ROLE_ARN must be an ARN, DEAD_LETTER_QUEUE_ARN is missing',
    );
  });
});
