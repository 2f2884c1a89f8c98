/** The metrics that the construct offers for alarms and dashboards of the app. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, test } from 'vitest';
import { FLAGS, METRICS } from '../../handlers/names.ts';
import { MomentoKeyRefresher } from '../../stack/construct/momento-key-refresher.ts';
import { newApp } from './synthesized.ts';

const ENV = { account: '111122223333', region: 'eu-west-1' };
const FUNCTION = { Ref: expect.stringMatching(/^KeysRefresherFunction/) };

function build() {
  const stack = new Stack(newApp(), 'Author', { env: ENV });
  const refresher = new MomentoKeyRefresher(stack, 'Keys', {
    secretNames: ['a', 'b'],
    sweepEvery: Duration.minutes(30),
    alarmEmail: 'ops@example.com',
  });
  return { stack, refresher };
}

describe('each metric of the deployment has a method that gives it with a statistic and a period that suit it', () => {
  test.each<[string, (refresher: MomentoKeyRefresher) => Metric, string]>([
    ['RefreshesSucceeded', (keys) => keys.metricRefreshesSucceeded(), 'Sum'],
    ['RefreshesFailed', (keys) => keys.metricRefreshesFailed(), 'Sum'],
    ['RefreshesResumed', (keys) => keys.metricRefreshesResumed(), 'Sum'],
    ['RefreshDuration', (keys) => keys.metricRefreshDuration(), 'Maximum'],
    ['SecondsUntilExpiry', (keys) => keys.metricSecondsUntilExpiry(), 'Minimum'],
    ['Sweeps', (keys) => keys.metricSweeps(), 'Sum'],
    ['SecretsManaged', (keys) => keys.metricSecretsManaged(), 'Maximum'],
    ['SecretsUnseeded', (keys) => keys.metricSecretsUnseeded(), 'Maximum'],
    ['SecretsUnreadable', (keys) => keys.metricSecretsUnreadable(), 'Maximum'],
    ['LabelRuleMissed', (keys) => keys.metricLabelRuleMissed(), 'Sum'],
  ])('%s', (metricName, metricOf, statistic) => {
    const { stack, refresher } = build();
    const { metricStat } = metricOf(refresher).toMetricConfig();
    expect(stack.resolve({ ...metricStat, period: metricStat?.period.toSeconds() })).toEqual({
      namespace: 'MomentoKeyRefresher',
      metricName,
      dimensions: [{ name: 'Deployment', value: FUNCTION }],
      statistic,
      period: 3600,
      account: '111122223333',
      region: 'eu-west-1',
    });
  });
});

describe('each metric of one secret has a method that gives it with the period of its alarm', () => {
  test.each<[string, (refresher: MomentoKeyRefresher) => Metric]>([
    ['KeyUnusable', (keys) => keys.metricKeyUnusable('a')],
    ['KeyUnrefreshable', (keys) => keys.metricKeyUnrefreshable('a')],
    ['HalfLeadUsed', (keys) => keys.metricHalfLeadUsed('a')],
    ['SecretUnattended', (keys) => keys.metricSecretUnattended('a')],
    ['RefreshFailing', (keys) => keys.metricRefreshFailing('a')],
    ['KeyUnproven', (keys) => keys.metricKeyUnproven('a')],
  ])('%s', (metricName, metricOf) => {
    const { stack, refresher } = build();
    const { metricStat } = metricOf(refresher).toMetricConfig();
    expect(stack.resolve({ ...metricStat, period: metricStat?.period.toSeconds() })).toEqual({
      namespace: 'MomentoKeyRefresher',
      metricName,
      dimensions: [
        { name: 'Deployment', value: FUNCTION },
        { name: 'SecretName', value: 'a' },
      ],
      statistic: 'Minimum',
      period: 4200,
      account: '111122223333',
      region: 'eu-west-1',
    });
  });
});

test('every metric that the function sends has a method', () => {
  const methods = Object.getOwnPropertyNames(MomentoKeyRefresher.prototype);
  const sent = [...Object.values(METRICS), ...Object.values(FLAGS)];
  expect(methods.filter((name) => name.startsWith('metric')).toSorted()).toEqual(
    sent.map((name) => `metric${name}`).toSorted(),
  );
});

test('the options that are passed in replace those of the metric', () => {
  const { refresher } = build();
  const { metricStat } = refresher
    .metricRefreshesFailed({ statistic: 'Maximum', period: Duration.minutes(5) })
    .toMetricConfig();
  expect([metricStat?.statistic, metricStat?.period.toSeconds()]).toEqual(['Maximum', 300]);
});
