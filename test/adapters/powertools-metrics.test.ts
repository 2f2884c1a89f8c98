import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PowertoolsMetrics } from '../../handlers/adapters/powertools-metrics.ts';
import { KeyIssueError, KeyLapsedError, RefreshFailedError } from '../../handlers/errors.ts';
import { METRIC_NAMESPACE } from '../../handlers/names.ts';
import { type ReportEntry, reportToAll } from '../../handlers/reporting/report.ts';

const NOW = 1_767_225_600;
const SUBJECT = { secretName: 'a', trigger: 'sweep', attempt: 1 } as const;
const lines: string[] = [];

/** What the function prints for these entries, as Powertools prints it to the standard output. */
function printed(...entries: ReportEntry[]): unknown[] {
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  const context = { deployment: 'momento-key-refresher', clock: () => NOW * 1000 };
  const measured = new PowertoolsMetrics(metrics, context);
  for (const entry of entries) measured.report(entry);
  measured.flush();
  return lines.map((line) => JSON.parse(line));
}

function state(secretName: string, told: Partial<Extract<ReportEntry, { kind: 'state' }>>): ReportEntry {
  return { kind: 'state', ...SUBJECT, secretName, state: 'healthy', troubles: [], flags: {}, ...told };
}

/** The line of one flag of one secret. */
function flagLine(SecretName: string, flag: string, value: 0 | 1): object {
  return {
    _aws: {
      Timestamp: 1_767_225_600_000,
      CloudWatchMetrics: [
        {
          Namespace: 'MomentoKeyRefresher',
          Dimensions: [['Deployment', 'SecretName']],
          Metrics: [{ Name: flag, Unit: 'Count' }],
        },
      ],
    },
    Deployment: 'momento-key-refresher',
    SecretName,
    [flag]: value,
  };
}

beforeEach(() => {
  lines.splice(0);
  // As in Lambda, where these lines go to the standard output and not through the console that Lambda has replaced.
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(...String(text).trim().split('\n'));
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(`"${String(text)}"`);
    return true;
  });
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('PowertoolsMetrics', () => {
  test('prints the heartbeat, the counts and the times until expiry of a sweep in one line', () => {
    expect(
      printed(
        state('a', { expiresAt: NOW + 2000 }),
        state('b', { expiresAt: NOW - 100 }),
        state('c', { state: 'unseeded' }),
        { kind: 'sweep', managed: 3, unseeded: 1, unreadable: 2, failed: 2, cancelled: 0 },
      ),
    ).toEqual([
      {
        _aws: {
          Timestamp: 1_767_225_600_000,
          CloudWatchMetrics: [
            {
              Namespace: 'MomentoKeyRefresher',
              Dimensions: [['Deployment']],
              Metrics: [
                { Name: 'Sweeps', Unit: 'Count' },
                { Name: 'SecretsManaged', Unit: 'Count' },
                { Name: 'SecretsUnseeded', Unit: 'Count' },
                { Name: 'SecretsUnreadable', Unit: 'Count' },
                { Name: 'SecondsUntilExpiry', Unit: 'Seconds' },
              ],
            },
          ],
        },
        Deployment: 'momento-key-refresher',
        Sweeps: 1,
        SecretsManaged: 3,
        SecretsUnseeded: 1,
        SecretsUnreadable: 2,
        SecondsUntilExpiry: [2000, -100],
      },
    ]);
  });

  test('prints each flag of a secret at once in a line of its own', () => {
    const measured = printed(
      state('a', { state: 'lapsed', flags: { KeyUnusable: 1, HalfLeadUsed: 0 }, expiresAt: NOW }),
      { kind: 'sweep', managed: 1, unseeded: 0, unreadable: 0, failed: 0, cancelled: 0 },
    );
    expect(measured.slice(0, 2)).toEqual([flagLine('a', 'KeyUnusable', 1), flagLine('a', 'HalfLeadUsed', 0)]);
    expect(measured).toHaveLength(3);
    expect(measured[2]).toMatchObject({ Sweeps: 1 });
    expect(measured[2]).not.toHaveProperty('SecretName');
  });

  test.each([
    ['key-promoted-unproven', flagLine('a', 'KeyUnproven', 1)],
    ['rejection-cleared', flagLine('a', 'KeyUnusable', 0)],
    [
      'label-rule-missed',
      expect.objectContaining({ LabelRuleMissed: 1, Deployment: 'momento-key-refresher' }),
    ],
  ] as const)('prints the metric of the effect %s', (effect, line) => {
    expect(printed({ kind: 'effect', ...SUBJECT, effect })).toEqual([line]);
  });

  test('prints the time until expiry of the new key after a refresh', () => {
    expect(
      printed(state('a', { expiresAt: NOW + 100 }), state('a', { expiresAt: NOW + 10_000 }), {
        kind: 'refreshed',
        ...SUBJECT,
        decision: { outcome: 'resume', reason: 'pending-key' },
        durationSeconds: 1.5,
      }),
    ).toEqual([
      expect.objectContaining({
        RefreshesSucceeded: 1,
        RefreshesResumed: 1,
        RefreshDuration: 1.5,
        SecondsUntilExpiry: 10_000,
      }),
    ]);
  });

  test('prints each failure by its reason in a line of its own and all failures in a total', () => {
    const stopped = new RefreshFailedError('stopped', {
      cause: new KeyIssueError('expiry-unusable', { secretName: 'a' }),
    });
    const [byReason, other, total] = printed(
      { kind: 'failure', ...SUBJECT, error: stopped },
      {
        kind: 'failure',
        ...SUBJECT,
        secretName: 'b',
        error: new KeyLapsedError('key-lapsed', { secretName: 'b' }),
      },
    );
    expect(byReason).toEqual({
      _aws: {
        Timestamp: 1_767_225_600_000,
        CloudWatchMetrics: [
          {
            Namespace: 'MomentoKeyRefresher',
            Dimensions: [['Deployment', 'Reason']],
            Metrics: [{ Name: 'RefreshesFailed', Unit: 'Count' }],
          },
        ],
      },
      Deployment: 'momento-key-refresher',
      Reason: 'KeyIssueError',
      RefreshesFailed: 1,
    });
    expect(other).toMatchObject({ Reason: 'KeyLapsedError', RefreshesFailed: 1 });
    expect(total).toMatchObject({ RefreshesFailed: [1, 1] });
    expect(total).not.toHaveProperty('Reason');
  });

  test('prints no line and no warning for an effect without a metric', () => {
    expect(printed({ kind: 'effect', ...SUBJECT, effect: 'key-promoted' })).toEqual([]);
  });
});

test('reportToAll calls each report in order', () => {
  const told: string[] = [];
  const report = reportToAll(
    () => told.push('one'),
    () => told.push('other'),
  );
  report({ kind: 'sweep', managed: 1, unseeded: 0, unreadable: 0, failed: 0, cancelled: 0 });
  expect(told).toEqual(['one', 'other']);
});
