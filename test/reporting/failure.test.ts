import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  EventError,
  KeyIssueError,
  KeyLapsedError,
  KeyProofError,
  KeyRegistryError,
  RefresherError,
  RefreshFailedError,
  RotationError,
  RotationStateError,
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
import { PLACE } from '../worlds/names.ts';

const NAME = 'momento/authentication-token';
const READ = { secretName: NAME, task: 'read', awsCode: 'InvalidRequestException' } as const;
const BOOKING = { task: 'book', name: 'x-1', groupName: 'g', awsCode: 'ThrottlingException' } as const;
const RETRY = { at: 1_795_449_600 };
const EXPIRES_AT = 1_795_456_800;

it('refreshFailure returns a KeyLapsedError unchanged, whatever was booked', () => {
  const error = new KeyLapsedError('key-lapsed', { secretName: NAME, expiresAt: EXPIRES_AT });

  expect(refreshFailure(PLACE, NAME, error, { retry: RETRY, expiresAt: EXPIRES_AT })).toBe(error);
});

describe('refreshFailure', () => {
  it('says what happened, until when the current key works, and when the next try is', () => {
    const cause = new KeyIssueError('issue-unanswered', { secretName: NAME, detail: 'TIMEOUT_ERROR' });
    const failure = refreshFailure(PLACE, NAME, cause, { retry: RETRY, expiresAt: EXPIRES_AT });

    expect(failure).toBeInstanceOf(RefreshFailedError);
    expect(failure.name).toBe('RefreshFailedError');
    expect(failure.message).toBe(
      'The refresh of secret "momento/authentication-token" failed. Momento issued no new key (TIMEOUT_ERROR). ' +
        'The current key works until 2026-11-23T18:00:00Z. The next try is booked for 2026-11-23T16:00:00Z. ' +
        'This usually passes. To try at once: npm run seed -- momento/authentication-token --region us-east-1',
    );
    expect(failure.cause).toBe(cause);
  });

  it('says that the sweep tries again if no retry could be booked', () => {
    const cause = new WakeUpError('scheduler-unavailable', BOOKING);

    expect(refreshFailure(PLACE, NAME, cause, { expiresAt: EXPIRES_AT }).message).toBe(
      'The refresh of secret "momento/authentication-token" failed. EventBridge Scheduler did not book x-1 (ThrottlingException). ' +
        'It gave no usable answer. This usually passes. ' +
        'The current key works until 2026-11-23T18:00:00Z. No retry could be booked: the sweep will try again. See whether it has: npm run status -- --region us-east-1',
    );
  });

  it('says nothing about the current key if its expiry is not known', () => {
    const cause = new WakeUpError('scheduler-unavailable', BOOKING);

    expect(refreshFailure(PLACE, NAME, cause, { retry: undefined, expiresAt: undefined }).message).toBe(
      'The refresh of secret "momento/authentication-token" failed. EventBridge Scheduler did not book x-1 (ThrottlingException). ' +
        'It gave no usable answer. This usually passes. ' +
        'No retry could be booked: the sweep will try again. See whether it has: npm run status -- --region us-east-1',
    );
  });

  it.each([
    ['that cannot be read', new SecretAccessError('secret-deleted', READ)],
    ['that holds no key', new SecretContentError('not-a-key', { secretName: NAME, fault: 'it is binary' })],
  ])('returns the error of a secret %s unchanged if nothing was booked', (_, error) => {
    expect(refreshFailure(PLACE, NAME, error, {})).toBe(error);
    expect(refreshFailure(PLACE, NAME, error, { retry: undefined, expiresAt: EXPIRES_AT })).toBe(error);
  });

  it('says when the next try is if the secret became unreadable during the run', () => {
    const error = new SecretAccessError('secret-deleted', READ);
    const failure = refreshFailure(PLACE, NAME, error, { retry: RETRY });

    expect(failure).toBeInstanceOf(RefreshFailedError);
    expect(failure.cause).toBe(error);
    expect(failure.message).toBe(
      'The refresh of secret "momento/authentication-token" failed. ' +
        'Secret "momento/authentication-token" cannot be read (InvalidRequestException). It is scheduled for deletion. ' +
        'The next try is booked for 2026-11-23T16:00:00Z. ' +
        'Restore it: aws secretsmanager restore-secret --region us-east-1 --secret-id momento/authentication-token',
    );
  });

  it('keeps only the class of an unexpected error', () => {
    const failure = refreshFailure(PLACE, NAME, new TypeError('cannot read "the-key"'), { retry: RETRY });

    expect(failure.message).toContain('failed. A fault in this program stopped the run (TypeError).');
    expect(failure.cause).toBeInstanceOf(UnexpectedError);
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('the-key');
  });

  it('says that the secret was refreshed if only a later step failed', () => {
    const failure = refreshFailure(PLACE, 'a/b', new WakeUpError('scheduler-unavailable', BOOKING), {
      isRefreshed: true,
    });
    expect(failure.message).toMatch(
      /^Secret "a\/b" was refreshed, but what comes after it failed\. EventBridge Scheduler did not book x-1 /,
    );
  });
});

it.each([
  ['EventError', () => new EventError('event-unknown', { fault: '', accepted: [] })],
  ['ConfigurationError', () => new ConfigurationError('environment-invalid', { faults: [] })],
  ['SecretAccessError', () => new SecretAccessError('secret-deleted', READ)],
  ['SecretContentError', () => new SecretContentError('not-a-key', { secretName: NAME, fault: '' })],
  ['SecretWriteError', () => new SecretWriteError('secret-deleted', READ)],
  ['KeyLapsedError', () => new KeyLapsedError('key-lapsed', { secretName: NAME })],
  ['KeyIssueError', () => new KeyIssueError('expiry-unusable', { secretName: NAME })],
  ['KeyProofError', () => new KeyProofError('new-key-unproven', { secretName: NAME, detail: '' })],
  ['WakeUpError', () => new WakeUpError('entries-disabled', { at: 0 })],
  ['RefreshFailedError', () => new RefreshFailedError('')],
  ['RotationError', () => new RotationError('')],
  ['RotationStateError', () => new RotationStateError('rotation-unseeded', { secretName: NAME })],
  ['KeyRegistryError', () => new KeyRegistryError('revoke-v1-key', { secretName: NAME })],
  ['SweepFailedError', () => new SweepFailedError('', [])],
  ['ServiceCallError', () => new ServiceCallError('a', 'b')],
  ['UnexpectedError', () => new UnexpectedError('a')],
])('minifying does not change the name %s, which logs and metrics count by', (name, make) => {
  expect(make().name).toBe(name);
  expect(make()).toBeInstanceOf(RefresherError);
});

describe('currentKeySentence', () => {
  it.each([
    ['is empty if the expiry is not known', undefined, 1_795_449_600, ''],
    [
      'says that the key works until its expiry in the second before it',
      1_795_449_600,
      1_795_449_599,
      ' The current key works until 2026-11-23T16:00:00Z.',
    ],
    [
      'says that the key has expired at its expiry',
      1_795_449_600,
      1_795_449_600,
      ' The current key expired at 2026-11-23T16:00:00Z.',
    ],
  ])('%s', (_, expiresAt, now, says) => {
    expect(currentKeySentence({ expiresAt, now })).toBe(says);
  });
});

it('adviceFor tells a person to put a new key once the key has expired', () => {
  const advice = (now: number) => adviceFor(PLACE, 'a/b', 'Wait.', { expiresAt: 1_795_449_600, now });

  expect(advice(1_795_449_599)).toBe(' Wait.');
  expect(advice(1_795_449_600)).toBe(
    ' Do not wait. Put a new key from the Momento console into the secret: npm run seed -- a/b --file momento-key.json --region us-east-1',
  );
});

describe('toReportable', () => {
  it('returns a RefresherError unchanged', () => {
    const error = new SecretAccessError('secret-deleted', READ, {
      cause: new ServiceCallError('A', 'B', 'c'),
    });

    expect(toReportable(error, PLACE)).toBe(error);
  });

  it('keeps of another error where it happened and nothing of its message', () => {
    const reportable = toReportable(new RangeError('the-key is out of range'), PLACE);

    expect(reportable).toBeInstanceOf(UnexpectedError);
    expect(reportable).toBeInstanceOf(RefresherError);
    expect(reportable.name).toBe('UnexpectedError');
    expect(reportable.message).toBe(
      'A fault in this program stopped the run (RangeError). Keep the line of the log and report it. ' +
        'See how the secrets stand: npm run status -- --region us-east-1',
    );
    expect(reportable.cause).toBeUndefined();
    expect(reportable.stack).toMatch(/^UnexpectedError: RangeError\n\s+at .*failure\.test\.ts/);
    expect(reportable.stack).not.toContain('the-key');
  });

  it('drops a line of the message that looks like a line of the stack', () => {
    const reportable = toReportable(new Error('boom\n    at the-key (file:1:1)'), PLACE);
    expect(reportable.stack).not.toContain('the-key');
    expect(reportable.stack).toMatch(/at .*failure\.test\.ts/);
  });

  it('drops a stack that does not start with the message', () => {
    const error = new Error('what it says');
    error.stack = 'Error: b\n    at the-key (file:1:1)';
    expect(toReportable(error, PLACE).stack).toBe('UnexpectedError: Error');
  });

  it('drops a message with the word "at"', () => {
    expect(toReportable(new Error('look at the-key'), PLACE).stack).not.toContain('the-key');
  });

  it.each([
    ['a string', 'the-key', 'string'],
    ['an object', { apiKey: 'the-key' }, 'object'],
    ['undefined', undefined, 'undefined'],
  ])('keeps only the type of %s that was thrown', (_, thrown, kind) => {
    const reportable = toReportable(thrown, PLACE);

    expect(reportable).toMatchObject({ code: 'unexpected', facts: { kind } });
    expect(inspect(reportable, { depth: null, showHidden: true })).not.toContain('the-key');
  });

  it('keeps only the class of an error without a stack', () => {
    const thrown = new Error('the-key');
    delete thrown.stack;

    expect(toReportable(thrown, PLACE)).toMatchObject({ facts: { kind: 'Error' } });
    expect(toReportable(thrown, PLACE).stack).not.toContain('the-key');
  });

  it('lets a ServiceCallError name the operation, the code and a message that may be quoted', () => {
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
