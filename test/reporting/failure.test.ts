import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  EventError,
  KeyIssueError,
  KeyLapsedError,
  KeyProofError,
  RefresherError,
  RefreshFailedError,
  RotationError,
  SecretAccessError,
  SecretContentError,
  SecretWriteError,
  ServiceCallError,
  SweepFailedError,
  UnexpectedError,
  WakeUpError,
} from '../../handlers/errors.ts';
import {
  adviceFor,
  currentKeySentence,
  refreshFailure,
  toReportable,
} from '../../handlers/reporting/failure.ts';

const NAME = 'momento/authentication-token';
const READ = { secretName: NAME, task: 'read', awsCode: 'InvalidRequestException' } as const;
const BOOKING = { task: 'book', name: 'x-1', groupName: 'g', awsCode: 'ThrottlingException' } as const;
const RETRY = { at: 1_795_449_600 };
const EXPIRES_AT = 1_795_456_800;

it('a key that has lapsed is all there is to say, whatever was booked', () => {
  const error = new KeyLapsedError('key-lapsed', { secretName: NAME, expiresAt: EXPIRES_AT });

  expect(refreshFailure(NAME, error, { retry: RETRY, expiresAt: EXPIRES_AT })).toBe(error);
});

describe('a failed run', () => {
  it('says what happened, until when the current key works, and when the next try is', () => {
    const cause = new KeyIssueError('issue-unanswered', { secretName: NAME, detail: 'TIMEOUT_ERROR' });
    const failure = refreshFailure(NAME, cause, { retry: RETRY, expiresAt: EXPIRES_AT });

    expect(failure).toBeInstanceOf(RefreshFailedError);
    expect(failure.name).toBe('RefreshFailedError');
    expect(failure.message).toBe(
      'The refresh of secret "momento/authentication-token" failed. Momento issued no new key (TIMEOUT_ERROR). ' +
        'The current key works until 2026-11-23T18:00:00Z. The next try is booked for 2026-11-23T16:00:00Z. ' +
        'This usually passes. To try at once: npm run seed -- momento/authentication-token',
    );
    expect(failure.cause).toBe(cause);
  });

  it('says that the sweep tries again where no retry could be booked', () => {
    const cause = new WakeUpError('scheduler-unavailable', BOOKING);

    expect(refreshFailure(NAME, cause, { expiresAt: EXPIRES_AT }).message).toBe(
      'The refresh of secret "momento/authentication-token" failed. EventBridge Scheduler did not book x-1 (ThrottlingException). ' +
        'It gave no usable answer. This usually passes. ' +
        'The current key works until 2026-11-23T18:00:00Z. No retry could be booked: the sweep will try again. See whether it has: npm run status',
    );
  });

  it('claims nothing of a key that it could not read', () => {
    const cause = new WakeUpError('scheduler-unavailable', BOOKING);

    expect(refreshFailure(NAME, cause, { retry: undefined, expiresAt: undefined }).message).toBe(
      'The refresh of secret "momento/authentication-token" failed. EventBridge Scheduler did not book x-1 (ThrottlingException). ' +
        'It gave no usable answer. This usually passes. ' +
        'No retry could be booked: the sweep will try again. See whether it has: npm run status',
    );
  });

  it.each([
    { sentence: 'that cannot be read', error: new SecretAccessError('secret-deleted', READ) },
    {
      sentence: 'that holds no key',
      error: new SecretContentError('not-a-key', { secretName: NAME, fault: 'it is binary' }),
    },
  ])('of a secret $sentence, before anything was booked, speaks for itself', ({ error }) => {
    expect(refreshFailure(NAME, error, {})).toBe(error);
    expect(refreshFailure(NAME, error, { retry: undefined, expiresAt: EXPIRES_AT })).toBe(error);
  });

  it('of a secret that cannot be read any more, half-way, says when the next try is', () => {
    const error = new SecretAccessError('secret-deleted', READ);
    const failure = refreshFailure(NAME, error, { retry: RETRY });

    expect(failure).toBeInstanceOf(RefreshFailedError);
    expect(failure.cause).toBe(error);
    expect(failure.message).toBe(
      'The refresh of secret "momento/authentication-token" failed. ' +
        'Secret "momento/authentication-token" cannot be read (InvalidRequestException). It is scheduled for deletion. ' +
        'The next try is booked for 2026-11-23T16:00:00Z. ' +
        'Restore it: aws secretsmanager restore-secret --secret-id momento/authentication-token',
    );
  });

  it('keeps of a fault in the program its kind only', () => {
    const failure = refreshFailure(NAME, new TypeError('cannot read "the-key"'), { retry: RETRY });

    expect(failure.message).toContain('failed. unexpected TypeError.');
    expect(failure.cause).toBeInstanceOf(UnexpectedError);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('the-key');
  });
});

it.each([
  { name: 'EventError', make: () => new EventError('event-unknown', { fault: '', accepted: [] }) },
  { name: 'ConfigurationError', make: () => new ConfigurationError('environment-invalid', { faults: [] }) },
  { name: 'SecretAccessError', make: () => new SecretAccessError('secret-deleted', READ) },
  {
    name: 'SecretContentError',
    make: () => new SecretContentError('not-a-key', { secretName: NAME, fault: '' }),
  },
  { name: 'SecretWriteError', make: () => new SecretWriteError('secret-deleted', READ) },
  { name: 'KeyLapsedError', make: () => new KeyLapsedError('key-lapsed', { secretName: NAME }) },
  { name: 'KeyIssueError', make: () => new KeyIssueError('expiry-unusable', { secretName: NAME }) },
  {
    name: 'KeyProofError',
    make: () => new KeyProofError('new-key-unproven', { secretName: NAME, detail: '' }),
  },
  { name: 'WakeUpError', make: () => new WakeUpError('entries-disabled', { at: 0 }) },
  { name: 'RefreshFailedError', make: () => new RefreshFailedError('') },
  { name: 'RotationError', make: () => new RotationError('') },
  { name: 'SweepFailedError', make: () => new SweepFailedError('', []) },
  { name: 'ServiceCallError', make: () => new ServiceCallError('a', 'b') },
  { name: 'UnexpectedError', make: () => new UnexpectedError('a') },
])('$name is a name that minifying does not change, as logs and metrics count by it', ({ name, make }) => {
  expect(make().name).toBe(name);
  expect(make()).toBeInstanceOf(RefresherError);
});

describe('until when the current key works', () => {
  it.each([
    { sentence: 'not known', expiresAt: undefined, now: 1_795_449_600, says: '' },
    {
      sentence: 'a second before its expiry',
      expiresAt: 1_795_449_600,
      now: 1_795_449_599,
      says: ' The current key works until 2026-11-23T16:00:00Z.',
    },
    {
      sentence: 'at its expiry it has ended',
      expiresAt: 1_795_449_600,
      now: 1_795_449_600,
      says: ' The current key expired at 2026-11-23T16:00:00Z.',
    },
  ])('$sentence', ({ expiresAt, now, says }) => {
    expect(currentKeySentence({ expiresAt, now })).toBe(says);
  });

  it('decides about the advice: once the key has expired, a person must put a new one', () => {
    const advice = (now: number) => adviceFor('a/b', 'Wait.', { expiresAt: 1_795_449_600, now });

    expect(advice(1_795_449_599)).toBe(' Wait.');
    expect(advice(1_795_449_600)).toBe(
      ' Do not wait. Put a new key from the Momento console into the secret: npm run seed -- a/b --file momento-key.json',
    );
  });

  it('is not what failed where the refresh itself was done', () => {
    const failure = refreshFailure('a/b', new WakeUpError('scheduler-unavailable', BOOKING), {
      isRefreshed: true,
    });
    expect(failure.message).toMatch(
      /^Secret "a\/b" was refreshed, but what comes after it failed\. EventBridge Scheduler did not book x-1 /,
    );
  });
});

describe('what may be reported', () => {
  it('are our own errors, in words', () => {
    const error = new SecretAccessError('secret-deleted', READ, {
      cause: new ServiceCallError('A', 'B', 'c'),
    });

    expect(toReportable(error)).toBe(error);
  });

  it('of others is where they happened, and nothing that they say', () => {
    const reportable = toReportable(new RangeError('the-key is out of range'));

    expect(reportable).toBeInstanceOf(UnexpectedError);
    expect(reportable).toBeInstanceOf(RefresherError);
    expect(reportable.name).toBe('UnexpectedError');
    expect(reportable.message).toBe('unexpected RangeError');
    expect(reportable.cause).toBeUndefined();
    expect(reportable.stack).toMatch(/^UnexpectedError: unexpected RangeError\n\s+at .*failure\.test\.ts/);
    expect(reportable.stack).not.toContain('the-key');
  });

  it('of others is no line of their message that looks like a place', () => {
    const reportable = toReportable(new Error('boom\n    at the-key (file:1:1)'));
    expect(reportable.stack).not.toContain('the-key');
    expect(reportable.stack).toMatch(/at .*failure\.test\.ts/);
  });

  it('of others is nothing of a stack that does not belong to their message', () => {
    const error = new Error('what it says');
    error.stack = 'Error: b\n    at the-key (file:1:1)';
    expect(toReportable(error).stack).toBe('UnexpectedError: unexpected Error');
  });

  it('of others is no line of their message, even one that says where', () => {
    expect(toReportable(new Error('look at the-key')).stack).not.toContain('the-key');
  });

  it.each([
    { sentence: 'a string', thrown: 'the-key', message: 'unexpected string' },
    { sentence: 'an object', thrown: { apiKey: 'the-key' }, message: 'unexpected object' },
    { sentence: 'nothing', thrown: undefined, message: 'unexpected undefined' },
  ])('of $sentence that was thrown is its kind', ({ thrown, message }) => {
    const reportable = toReportable(thrown);

    expect(reportable.message).toBe(message);
    expect(inspect(reportable, { depth: null, showHidden: true })).not.toContain('the-key');
  });

  it('of an error without a stack is its kind', () => {
    const thrown = new Error('the-key');
    delete thrown.stack;

    expect(toReportable(thrown).message).toBe('unexpected Error');
    expect(toReportable(thrown).stack).not.toContain('the-key');
  });

  it('of a failed call are operation, code and what the service said where that may be quoted', () => {
    expect(new ServiceCallError('GetSecretValue', 'AccessDeniedException').message).toBe(
      'GetSecretValue failed with AccessDeniedException',
    );
    expect(new ServiceCallError('GetSecretValue', 'AccessDeniedException', 'denied')).toMatchObject({
      message: 'GetSecretValue failed with AccessDeniedException: denied',
      operation: 'GetSecretValue',
      code: 'AccessDeniedException',
    });
  });
});
