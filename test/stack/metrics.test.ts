/** The metrics that the construct offers for alarms and dashboards of the app. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { expect, test } from 'vitest';
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

const DEPLOYMENT = { name: 'Deployment', value: FUNCTION };
const OF_DEPLOYMENT = { dimensions: [DEPLOYMENT], period: 3600 };
/** With the period of its alarm. */
const OF_SECRET = { dimensions: [DEPLOYMENT, { name: 'SecretName', value: 'a' }], period: 4200 };

test.each<[string, (refresher: MomentoKeyRefresher) => Metric, string, object]>([
  ['RefreshesSucceeded', (keys) => keys.metricRefreshesSucceeded(), 'Sum', OF_DEPLOYMENT],
  ['RefreshesFailed', (keys) => keys.metricRefreshesFailed(), 'Sum', OF_DEPLOYMENT],
  ['RefreshesResumed', (keys) => keys.metricRefreshesResumed(), 'Sum', OF_DEPLOYMENT],
  ['RefreshDuration', (keys) => keys.metricRefreshDuration(), 'Maximum', OF_DEPLOYMENT],
  ['SecondsUntilExpiry', (keys) => keys.metricSecondsUntilExpiry(), 'Minimum', OF_DEPLOYMENT],
  ['Sweeps', (keys) => keys.metricSweeps(), 'Sum', OF_DEPLOYMENT],
  ['SecretsManaged', (keys) => keys.metricSecretsManaged(), 'Maximum', OF_DEPLOYMENT],
  ['SecretsUnseeded', (keys) => keys.metricSecretsUnseeded(), 'Maximum', OF_DEPLOYMENT],
  ['SecretsUnreadable', (keys) => keys.metricSecretsUnreadable(), 'Maximum', OF_DEPLOYMENT],
  ['LabelRuleMissed', (keys) => keys.metricLabelRuleMissed(), 'Sum', OF_DEPLOYMENT],
  ['KeyUnusable', (keys) => keys.metricKeyUnusable('a'), 'Minimum', OF_SECRET],
  ['KeyUnrefreshable', (keys) => keys.metricKeyUnrefreshable('a'), 'Minimum', OF_SECRET],
  ['HalfLeadUsed', (keys) => keys.metricHalfLeadUsed('a'), 'Minimum', OF_SECRET],
  ['SecretUnattended', (keys) => keys.metricSecretUnattended('a'), 'Minimum', OF_SECRET],
  ['RefreshFailing', (keys) => keys.metricRefreshFailing('a'), 'Minimum', OF_SECRET],
  ['KeyUnproven', (keys) => keys.metricKeyUnproven('a'), 'Minimum', OF_SECRET],
])(
  'the metric %s has a method, with a statistic and a period that suit it',
  (metricName, metricOf, statistic, rest) => {
    const { stack, refresher } = build();
    const { metricStat } = metricOf(refresher).toMetricConfig();
    expect(stack.resolve({ ...metricStat, period: metricStat?.period.toSeconds() })).toEqual({
      namespace: 'MomentoKeyRefresher',
      metricName,
      statistic,
      account: '111122223333',
      region: 'eu-west-1',
      ...rest,
    });
  },
);

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
