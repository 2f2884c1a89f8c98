import { Logger } from '@aws-lambda-powertools/logger';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { powertoolsReport } from '../../handlers/adapters/powertools-report.ts';
import { KeyIssueError, RefreshFailedError, ServiceCallError, WakeUpError } from '../../handlers/errors.ts';
import type { ReportEntry, Subject } from '../../handlers/reporting/report.ts';

const SUBJECT: Subject = { secretName: 'momento/authentication-token', trigger: 'schedule', attempt: 2 };
const SUBJECT_FIELDS = { secretName: 'momento/authentication-token', trigger: 'schedule', attempt: 2 };
const VERSION = '11111111-1111-4111-8111-111111111111';

beforeEach(() => {
  // Makes the real logger write to the global console, where its lines can be caught.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  return () => vi.unstubAllEnvs();
});

/** The lines that the real Powertools logger writes for an entry, without what it adds to every line. */
function linesOf(entry: ReportEntry): Record<string, unknown>[] {
  const lines: string[] = [];
  for (const method of ['debug', 'info', 'warn', 'error', 'log'] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
  }
  powertoolsReport(new Logger({ serviceName: 'momento-key-refresher', logLevel: 'INFO' }))(entry);
  return lines.map((line) => {
    const { timestamp, service, sampling_rate, ...own } = JSON.parse(line);
    expect(service).toBe('momento-key-refresher');
    expect(timestamp).toMatch(/^\d{4}-/);
    return own;
  });
}

describe('powertoolsReport, for a decision,', () => {
  it('writes one line with the ids, the reason and the instants', () => {
    expect(
      linesOf({
        kind: 'decision',
        ...SUBJECT,
        decision: {
          outcome: 'wait',
          reason: 'not-due',
          until: 1_795_449_600,
          dueAt: 1_795_449_600,
          expiresAt: 1_795_456_800,
        },
        versionId: VERSION,
        pendingVersionId: '22222222-2222-4222-8222-222222222222',
      }),
    ).toEqual([
      {
        level: 'INFO',
        message: 'decision: wait',
        ...SUBJECT_FIELDS,
        outcome: 'wait',
        reason: 'not-due',
        until: '2026-11-23T16:00:00Z',
        versionId: '11111111-1111-4111-8111-111111111111',
        pendingVersionId: '22222222-2222-4222-8222-222222222222',
        validUntil: '2026-11-23T18:00:00Z',
        plannedRefreshAt: '2026-11-23T16:00:00Z',
      },
    ]);
  });

  it('leaves out the fields that the decision does not have', () => {
    expect(
      linesOf({
        kind: 'decision',
        ...SUBJECT,
        decision: { outcome: 'unseeded', reason: 'placeholder' },
        versionId: VERSION,
      }),
    ).toEqual([
      {
        level: 'INFO',
        message: 'decision: unseeded',
        ...SUBJECT_FIELDS,
        outcome: 'unseeded',
        reason: 'placeholder',
        versionId: '11111111-1111-4111-8111-111111111111',
      },
    ]);
  });
});

describe('powertoolsReport, for an effect,', () => {
  it('writes one line with the wake-up and its instant', () => {
    expect(
      linesOf({
        kind: 'effect',
        ...SUBJECT,
        effect: 'wake-up-booked',
        wakeUp: 'momento-authentication-token-8583d9de-1795449600',
        at: 1_795_449_600,
      }),
    ).toEqual([
      {
        level: 'INFO',
        message: 'effect: wake-up-booked',
        ...SUBJECT_FIELDS,
        effect: 'wake-up-booked',
        wakeUp: 'momento-authentication-token-8583d9de-1795449600',
        at: '2026-11-23T16:00:00Z',
      },
    ]);
  });

  it.each([
    ['key-promoted', 'INFO'],
    ['key-promoted-unproven', 'WARN'],
  ] as const)('writes %s as a line of level %s with both versions', (effect, level) => {
    expect(
      linesOf({
        kind: 'effect',
        ...SUBJECT,
        effect,
        versionId: VERSION,
        fromVersionId: '22222222-2222-4222-8222-222222222222',
      }),
    ).toEqual([
      {
        level,
        message: `effect: ${effect}`,
        ...SUBJECT_FIELDS,
        effect,
        versionId: '11111111-1111-4111-8111-111111111111',
        fromVersionId: '22222222-2222-4222-8222-222222222222',
      },
    ]);
  });
});

it('powertoolsReport warns of an effect that failed without harm, with its cause', () => {
  const cause = new ServiceCallError('DeleteSchedule', 'ThrottlingException');
  const error = new WakeUpError('entries-disabled', { at: 0 }, { cause });

  expect(linesOf({ kind: 'leftover', ...SUBJECT, effect: 'wake-up-cancelled', error })).toEqual([
    {
      level: 'WARN',
      message: 'left over: wake-up-cancelled',
      ...SUBJECT_FIELDS,
      effect: 'wake-up-cancelled',
      error: expect.objectContaining({
        name: 'WakeUpError',
        message: 'entries-disabled',
        cause: expect.objectContaining({
          name: 'ServiceCallError',
          message: 'DeleteSchedule failed with ThrottlingException',
        }),
      }),
    },
  ]);
});

describe('powertoolsReport, for a failure,', () => {
  const cause = new KeyIssueError('issue-unanswered', { secretName: 'a', detail: 'TIMEOUT_ERROR' });
  const error = new RefreshFailedError('The refresh failed: Momento issued no new key.', { cause });
  const reported = expect.objectContaining({
    name: 'RefreshFailedError',
    message: 'The refresh failed: Momento issued no new key.',
    cause: expect.objectContaining({ name: 'KeyIssueError' }),
  });

  it('writes an error with its message, its cause and the retry', () => {
    expect(linesOf({ kind: 'failure', ...SUBJECT, error, retryAt: 1_795_449_600 })).toEqual([
      {
        level: 'ERROR',
        message: 'The refresh failed: Momento issued no new key.',
        ...SUBJECT_FIELDS,
        retryAt: '2026-11-23T16:00:00Z',
        error: reported,
      },
    ]);
  });

  it('names no retry if none is booked', () => {
    expect(linesOf({ kind: 'failure', ...SUBJECT, error })).toEqual([
      {
        level: 'ERROR',
        message: 'The refresh failed: Momento issued no new key.',
        ...SUBJECT_FIELDS,
        error: reported,
      },
    ]);
  });
});

it('powertoolsReport writes why a finished refresh ran and how long it took', () => {
  expect(
    linesOf({
      kind: 'refreshed',
      ...SUBJECT,
      decision: { outcome: 'refresh', reason: 'due' },
      durationSeconds: 1.25,
    }),
  ).toEqual([
    {
      level: 'INFO',
      message: 'refreshed',
      ...SUBJECT_FIELDS,
      outcome: 'refresh',
      reason: 'due',
      durationSeconds: 1.25,
    },
  ]);
});

it('powertoolsReport writes the counts of a sweep', () => {
  expect(linesOf({ kind: 'sweep', unreadable: 1, managed: 5, unseeded: 1, failed: 2, cancelled: 3 })).toEqual(
    [{ level: 'INFO', message: 'sweep', unreadable: 1, managed: 5, unseeded: 1, failed: 2, cancelled: 3 }],
  );
});
