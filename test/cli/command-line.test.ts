import { describe, expect, it } from 'vitest';
import { CommandError, explain } from '../../cli/advice.ts';
import { parseOptions } from '../../cli/command-line.ts';

const SYNTAX = { usage: 'Usage: npm run x', mostNames: 1 };

function client(environment: Record<string, string>, ...args: string[]) {
  const options = parseOptions(args, SYNTAX, environment);
  if (options === 'help') throw new Error('help');
  const { region, profile, credentials } = options.client;
  return { region, profile, credentials };
}

describe('the region, the profile and the credentials of a command', () => {
  const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  const CREDENTIALS = { accessKeyId: 'id', secretAccessKey: 'secret' };

  it.each<[string, Record<string, string>, string[], object]>([
    ['come from the SDK if nothing is set', {}, [], {}],
    ['are taken from AWS_REGION', { AWS_REGION: 'eu-west-1' }, [], { region: 'eu-west-1' }],
    ['are taken from AWS_DEFAULT_REGION', { AWS_DEFAULT_REGION: 'eu-west-1' }, [], { region: 'eu-west-1' }],
    [
      'prefer AWS_REGION to AWS_DEFAULT_REGION',
      { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' },
      [],
      { region: 'eu-west-1' },
    ],
    ['prefer --region', { AWS_REGION: 'eu-west-1' }, ['--region', 'ap-south-1'], { region: 'ap-south-1' }],
    ['are taken from AWS_PROFILE', { AWS_PROFILE: 'ops' }, [], { profile: 'ops' }],
    ['are taken from AWS_DEFAULT_PROFILE', { AWS_DEFAULT_PROFILE: 'ops' }, [], { profile: 'ops' }],
    [
      'prefer keys in the environment to a profile in the environment',
      { ...KEYS, AWS_PROFILE: 'ops' },
      [],
      { profile: 'ops', credentials: CREDENTIALS },
    ],
    ['prefer --profile to keys in the environment', KEYS, ['--profile', 'ops'], { profile: 'ops' }],
    [
      'hold the session token',
      { ...KEYS, AWS_SESSION_TOKEN: 'session' },
      [],
      { credentials: { ...CREDENTIALS, sessionToken: 'session' } },
    ],
  ])('%s', (_, environment, args, expected) => {
    expect(client(environment, ...args)).toEqual({
      region: undefined,
      profile: undefined,
      credentials: undefined,
      ...expected,
    });
  });

  it('have a time limit for each connection and request', () => {
    expect(parseOptions([], SYNTAX, {})).toMatchObject({
      client: {
        requestHandler: { connectionTimeout: 3000, requestTimeout: 310_000, throwOnRequestTimeout: true },
      },
    });
  });
});

describe('the arguments of a command', () => {
  it('are a name and options', () => {
    expect(parseOptions(['team/momento', '--json'], SYNTAX, {})).toMatchObject({
      names: ['team/momento'],
      json: true,
      functionName: 'momento-key-refresher',
      logGroupName: '/aws/lambda/momento-key-refresher',
    });
  });

  it('can name the function by its ARN', () => {
    const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:other';
    expect(parseOptions(['--function-name', arn], SYNTAX, {})).toMatchObject({
      functionName: arn,
      logGroupName: '/aws/lambda/other',
    });
  });

  it.each([
    [['--jsn'], "Unknown option '--jsn'."],
    [['a', 'b'], 'Unexpected argument "b".'],
    [['--region'], "Option '--region <value>' argument missing."],
  ])('are refused with the usage if they are %j', (args, message) => {
    expect(() => parseOptions(args, SYNTAX, {})).toThrow(
      expect.objectContaining({ name: 'UsageError', message, advice: 'Usage: npm run x' }),
    );
  });
});

function named(name: string, message = 'text'): Error {
  return Object.assign(new Error(message), { name });
}

describe('the advice that a failed command prints', () => {
  it.each<[string, unknown, object]>([
    [
      'names the option for a missing region',
      new Error('Region is missing'),
      { message: 'No AWS region is set.', advice: 'Add --region REGION, or run: export AWS_REGION=REGION' },
    ],
    [
      'names the local run if nothing answers at the endpoint',
      Object.assign(new Error(''), { code: 'ECONNREFUSED' }),
      {
        message: 'Nothing answers at the AWS endpoint (ECONNREFUSED).',
        advice: expect.stringContaining('npm start -- --serve'),
      },
    ],
    [
      'is about the network after a time-out',
      named('TimeoutError'),
      { advice: expect.stringContaining('network') },
    ],
    [
      'names the sign-in command if there are no credentials',
      named('CredentialsProviderError'),
      { message: 'No AWS credentials were found.', advice: expect.stringContaining('aws sso login') },
    ],
    [
      'names the command that checks expired credentials',
      named('ExpiredTokenException'),
      { advice: expect.stringContaining('aws sts get-caller-identity') },
    ],
    [
      'keeps the message of AWS about a missing permission',
      named('AccessDeniedException', 'not authorized to perform: lambda:InvokeFunction'),
      {
        message: 'not authorized to perform: lambda:InvokeFunction',
        advice: expect.stringContaining('--profile PROFILE'),
      },
    ],
    [
      'points to the runbook if Lambda runs no more calls of the function, as while somebody has stopped it',
      named('TooManyRequestsException', 'Rate Exceeded.'),
      {
        message: 'Lambda runs no more calls of this function now (TooManyRequestsException).',
        advice: 'Wait a minute. If it stays so, see "Stop it" in docs/RUNBOOK.md.',
      },
    ],
    [
      "is the command's own if it has one",
      new CommandError('X', 'a', 'b'),
      { name: 'X', message: 'a', advice: 'b' },
    ],
    ['is empty for anything else', new Error('broken'), { message: 'broken', advice: '' }],
  ])('%s', (_, error, expected) => {
    expect(explain(error)).toMatchObject(expected);
  });
});
