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
    ['momento.example.com', ['momento.example.com']],
    ['a.example.com,b.example.com', ['a.example.com', 'b.example.com']],
  ])('reads the allowed hosts %s', (hosts, expected) => {
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
    ['one secret', 'a', ['a']],
    ['several secrets', 'a,b/c,d', ['a', 'b/c', 'd']],
    ['names with blanks around them', ' a , b ', ['a', 'b']],
  ])('reads the names of %s', (_, names, expected) => {
    expect(parseConfiguration({ ...ENVIRONMENT, SECRET_NAMES: names }).secretNames).toEqual(expected);
  });

  it.each([
    ['a lead in seconds', '259200s', { kind: 'duration', seconds: 259_200 }],
    ['a lead as a percentage', '25%', { kind: 'percentage', percent: 25 }],
    ['a lead as a percentage of one digit', '5%', { kind: 'percentage', percent: 5 }],
  ])('reads %s', (_, refreshBefore, expected) => {
    expect(parseConfiguration({ ...ENVIRONMENT, REFRESH_BEFORE: refreshBefore }).lead).toEqual(expected);
  });

  it.each(['127.0.0.1:8080', 'localhost:1'])('reads the Momento endpoint %s', (endpoint) => {
    expect(parseConfiguration({ ...ENVIRONMENT, MOMENTO_ENDPOINT: endpoint }).momentoEndpoint).toBe(endpoint);
  });
});

/** A sentence, what differs from the environment that the stack sets, and the fault. */
type Case = [string, Record<string, string | undefined>, string];

describe('parseConfiguration, for an environment that the stack does not set,', () => {
  it.each<Case>([
    ['no secrets', { SECRET_NAMES: undefined }, 'SECRET_NAMES is missing'],
    ['an empty list of secrets', { SECRET_NAMES: '' }, 'SECRET_NAMES must be a comma list of secret names'],
    [
      'an empty name among the secrets',
      { SECRET_NAMES: 'a, ,b' },
      'SECRET_NAMES must be a comma list of secret names',
    ],
    ['no schedule group', { SCHEDULE_GROUP_NAME: undefined }, 'SCHEDULE_GROUP_NAME is missing'],
    ['an empty name of the schedule group', { SCHEDULE_GROUP_NAME: '' }, 'SCHEDULE_GROUP_NAME is empty'],
    ['no role of the Scheduler', { SCHEDULER_ROLE_ARN: undefined }, 'SCHEDULER_ROLE_ARN is missing'],
    [
      'a role without an ARN',
      { SCHEDULER_ROLE_ARN: 'momento-scheduler' },
      'SCHEDULER_ROLE_ARN must be an ARN',
    ],
    ['no dead-letter queue', { DEAD_LETTER_QUEUE_ARN: undefined }, 'DEAD_LETTER_QUEUE_ARN is missing'],
    [
      'the URL of the dead-letter queue',
      { DEAD_LETTER_QUEUE_ARN: 'https://sqs.eu-west-1.amazonaws.com/123456789012/q' },
      'DEAD_LETTER_QUEUE_ARN must be an ARN',
    ],
    ...['', '10', '%', '1.5%', '-5%', 'P3D', 'x10%', '10%x', '10s%'].map(
      (lead): Case => [
        `a lead of "${lead}"`,
        { REFRESH_BEFORE: lead },
        'REFRESH_BEFORE must be seconds such as 259200s, or a percentage such as 10%',
      ],
    ),
    ['no sweep interval', { SWEEP_EVERY: undefined }, 'SWEEP_EVERY is missing'],
    ...['', '0s', '3600', '1h', '1.5s', '-5s'].map(
      (sweepEvery): Case => [
        `a sweep every "${sweepEvery}"`,
        { SWEEP_EVERY: sweepEvery },
        'SWEEP_EVERY must be seconds such as 3600s',
      ],
    ),
    ...[
      ...['', 'localhost', ':80', 'localhost:', 'localhost:http', 'http://localhost:80', 'localhost:80/'],
      ...['momento.example.com:443', '10.0.0.1:80', 'localhost.example.com:80', '127.0.0.1.example.com:80'],
    ].map(
      (endpoint): Case => [
        `the Momento endpoint "${endpoint}"`,
        { MOMENTO_ENDPOINT: endpoint, MOMENTO_API_ENDPOINT: endpoint },
        'MOMENTO_ENDPOINT must be localhost or 127.0.0.1 with a port, MOMENTO_API_ENDPOINT must be localhost or 127.0.0.1 with a port',
      ],
    ),
  ])('refuses %s', (_, change, fault) => {
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
