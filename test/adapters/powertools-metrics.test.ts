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
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: 'momento-key-refresher' });
  const measured = new PowertoolsMetrics(metrics, () => NOW * 1000);
  for (const entry of entries) measured.report(entry);
  measured.flush();
  return lines.map((line) => JSON.parse(line));
}

function decision(secretName: string, dueAt: number, expiresAt: number): ReportEntry {
  const decided = { outcome: 'wait', reason: 'not-due', until: dueAt, dueAt, expiresAt } as const;
  return { kind: 'decision', ...SUBJECT, secretName, decision: decided };
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

describe('the metrics of an invocation', () => {
  test('a sweep: the heartbeat, the counts, a zero that clears, and the gauges of each expiring key, in one line', () => {
    expect(
      printed(
        decision('a', NOW + 1000, NOW + 2000),
        decision('b', NOW - 300, NOW + 100),
        {
          kind: 'decision',
          ...SUBJECT,
          secretName: 'c',
          decision: { outcome: 'unseeded', reason: 'placeholder' },
        },
        { kind: 'sweep', managed: 3, unseeded: 1, unreadable: 2, failed: 2, cancelled: 0 },
      ),
    ).toEqual([
      {
        _aws: {
          Timestamp: 1_767_225_600_000,
          CloudWatchMetrics: [
            {
              Namespace: 'MomentoKeyRefresher',
              Dimensions: [['service']],
              Metrics: [
                { Name: 'Sweeps', Unit: 'Count' },
                { Name: 'RefreshesFailed', Unit: 'Count' },
                { Name: 'SecretsManaged', Unit: 'Count' },
                { Name: 'SecretsUnseeded', Unit: 'Count' },
                { Name: 'SecretsUnreadable', Unit: 'Count' },
                { Name: 'SecondsUntilExpiry', Unit: 'Seconds' },
                { Name: 'SecondsPastPlannedRefresh', Unit: 'Seconds' },
                { Name: 'LeadUsedPercent', Unit: 'Percent' },
              ],
            },
          ],
        },
        service: 'momento-key-refresher',
        Sweeps: 1,
        RefreshesFailed: 0,
        SecretsManaged: 3,
        SecretsUnseeded: 1,
        SecretsUnreadable: 2,
        SecondsUntilExpiry: [2000, 100],
        SecondsPastPlannedRefresh: [-1000, 300],
        LeadUsedPercent: [0, 75],
      },
    ]);
  });

  test('a refresh: what counts is how the key was left, not how it was found', () => {
    expect(
      printed(
        decision('a', NOW - 300, NOW + 100),
        { kind: 'effect', ...SUBJECT, effect: 'key-promoted-unproven' },
        decision('a', NOW + 9000, NOW + 10_000),
        {
          kind: 'refreshed',
          ...SUBJECT,
          decision: { outcome: 'resume', reason: 'pending-key' },
          durationSeconds: 1.5,
        },
      ),
    ).toEqual([
      expect.objectContaining({
        UnprovenPromotions: 1,
        RefreshesSucceeded: 1,
        RefreshesResumed: 1,
        RefreshDuration: 1.5,
        SecondsUntilExpiry: 10_000,
        SecondsPastPlannedRefresh: -9000,
        LeadUsedPercent: 0,
      }),
    ]);
  });

  test('failures: each by its reason in a line of its own, all in the total', () => {
    const stopped = new RefreshFailedError('stopped', { cause: new KeyIssueError('no key') });
    const [byReason, other, total] = printed(
      { kind: 'failure', ...SUBJECT, error: stopped },
      { kind: 'failure', ...SUBJECT, secretName: 'b', error: new KeyLapsedError('lapsed') },
    );
    expect(byReason).toEqual({
      _aws: {
        Timestamp: 1_767_225_600_000,
        CloudWatchMetrics: [
          {
            Namespace: 'MomentoKeyRefresher',
            Dimensions: [['service', 'Reason']],
            Metrics: [{ Name: 'RefreshesFailed', Unit: 'Count' }],
          },
        ],
      },
      service: 'momento-key-refresher',
      Reason: 'KeyIssueError',
      RefreshesFailed: 1,
    });
    expect(other).toMatchObject({ Reason: 'KeyLapsedError', RefreshesFailed: 1 });
    expect(total).toMatchObject({ RefreshesFailed: [1, 1] });
    expect(total).not.toHaveProperty('Reason');
  });

  test('a key that has lapsed, or does at this second, counts as lapsed and in no figure that others need', () => {
    const [line] = printed(
      decision('a', NOW - 900, NOW - 600),
      decision('b', NOW - 900, NOW),
      decision('c', NOW - 99, NOW + 1),
    );
    expect(line).toMatchObject({
      SecondsUntilExpiry: [-600, 0, 1],
      SecondsPastPlannedRefresh: 99,
      LeadUsedPercent: 99,
    });
  });

  test('a lapsed key alone has only its lapse to tell', () => {
    const [line] = printed(decision('a', NOW - 900, NOW - 600));
    expect(line).toMatchObject({ SecondsUntilExpiry: -600 });
    expect(line).not.toHaveProperty('SecondsPastPlannedRefresh');
    expect(line).not.toHaveProperty('LeadUsedPercent');
  });

  test('nothing to tell: no line, and no warning either', () => {
    expect(printed({ kind: 'effect', ...SUBJECT, effect: 'key-promoted' })).toEqual([]);
  });
});

test('a report of several tells each of them, in order', () => {
  const told: string[] = [];
  const report = reportToAll(
    () => told.push('one'),
    () => told.push('other'),
  );
  report({ kind: 'sweep', managed: 1, unseeded: 0, unreadable: 0, failed: 0, cancelled: 0 });
  expect(told).toEqual(['one', 'other']);
});
