/** Prints the e-mail of each alarm as SNS writes it, from the synthesized definitions: `npm run docs:emails`. Sends nothing. */
import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type AlarmDefinition, alarmDefinitions } from '../local/alarm-watch.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION, synthesizeTemplate } from '../local/synthesized-template.ts';

/** An example for each: the datum that raises the alarm. */
const RAISING: Readonly<Record<string, string>> = {
  'rotation-failed': '1.0',
  'refresh-overdue': '3655.0',
  'half-lead-used': '51.0',
  'key-lapsed': '-20.0',
  'secret-unreadable': '1.0',
  'unproven-key': '1.0',
  'function-errors': '1.0',
  'function-throttled': '1.0',
  'delivery-failed': '1.0',
  'dead-letters': '1.0',
};

const COMPARISON: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  LessThanOrEqualToThreshold: 'less than or equal to',
  LessThanThreshold: 'less than',
};

const FUNCTION_NAME = 'momento-key-refresher';
const TOPIC = `arn:aws:sns:${LOCAL_REGION}:${LOCAL_ACCOUNT}:MomentoKeyRefresher-AlarmTopic`;

/** All e-mails, one after the other, with today's definitions. */
export function alarmEmails(): string {
  const template = synthesizeTemplate({}, { bundle: false });
  try {
    return alarmDefinitions(template)
      .map(alarmEmail)
      .join(`\n${'='.repeat(100)}\n\n`);
  } finally {
    rmSync(template.folder, { recursive: true, force: true });
  }
}

function alarmEmail(alarm: AlarmDefinition): string {
  const { AlarmName, AlarmDescription, Threshold, ComparisonOperator, EvaluationPeriods, Period } = alarm;
  const reason = reasonFor(alarm);
  const dimensions = (alarm.Dimensions ?? []).map(({ Name, Value }) => `${Name} = ${Value}`).join(', ');
  return `Subject: ALARM: "${AlarmName}" in US East (N. Virginia)

You are receiving this email because your Amazon CloudWatch Alarm "${AlarmName}" in the US East (N. Virginia) region has entered the ALARM state, because "${reason}" at "Saturday 28 November, 2026 03:00:42 UTC".

View this alarm in the AWS Management Console:
https://${LOCAL_REGION}.console.aws.amazon.com/cloudwatch/deeplink.js?region=${LOCAL_REGION}#alarmsV2:alarm/${AlarmName}

Alarm Details:
- Name:                       ${AlarmName}
- Description:                ${AlarmDescription}
- State Change:               OK -> ALARM
- Reason for State Change:    ${reason}
- Timestamp:                  Saturday 28 November, 2026 03:00:42 UTC
- AWS Account:                ${LOCAL_ACCOUNT}
- Alarm Arn:                  arn:aws:cloudwatch:${LOCAL_REGION}:${LOCAL_ACCOUNT}:alarm:${AlarmName}

Threshold:
- The alarm is in the ALARM state when the metric is ${ComparisonOperator} ${Threshold.toFixed(1)} for at least ${EvaluationPeriods} of the last ${EvaluationPeriods} period(s) of ${Period} seconds.

Monitored Metric:
- MetricNamespace:                     ${alarm.Namespace}
- MetricName:                          ${alarm.MetricName}
- Dimensions:                          [${dimensions}]
- Period:                              ${Period} seconds
- Statistic:                           ${alarm.Statistic}
- Unit:                                not specified
- TreatMissingData:                    ${alarm.TreatMissingData}

State Change Actions:
- OK: [${TOPIC}]
- ALARM: [${TOPIC}]
- INSUFFICIENT_DATA:
`;
}

function reasonFor({ AlarmName, ComparisonOperator, Threshold, EvaluationPeriods }: AlarmDefinition): string {
  const threshold = `${COMPARISON[ComparisonOperator]} the threshold (${Threshold.toFixed(1)})`;
  const datum = RAISING[AlarmName.replace(`${FUNCTION_NAME}-`, '')];
  return datum === undefined
    ? `Threshold Crossed: no datapoints were received for ${EvaluationPeriods} periods and ${EvaluationPeriods} missing datapoints were treated as [Breaching].`
    : `Threshold Crossed: 1 datapoint [${datum} (28/11/26 01:50:00)] was ${threshold}.`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(alarmEmails());
