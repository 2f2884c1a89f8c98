/** The construct for a CDK author's own stack: wires the function to the secrets, schedules, events and alarms that it needs. */
import { Duration, Stack } from 'aws-cdk-lib';
import { type Alarm, type IMetric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEFAULT_SECRET_NAME, ENVIRONMENT, METRICS } from '../../handlers/names.ts';
import { acknowledge } from './acknowledgements.ts';
import { nameInCommands, seedCommand } from './commands.ts';
import { RefresherFunction } from './function.ts';
import { checkGivenResources, warnIfNobodyListens } from './given-resources.ts';
import { addLabelRule, newCurrentVersion } from './label-rule.ts';
import { ALARM_NAMES } from './monitoring/alarm-definitions.ts';
import { createAlarmTopic } from './monitoring/alarm-topic.ts';
import { Alarms } from './monitoring/alarms.ts';
import { addDashboard } from './monitoring/dashboard.ts';
import { RefresherMetrics } from './monitoring/metrics.ts';
import { checkProps, type KeyRefreshedOptions, type MomentoKeyRefresherProps } from './props.ts';
import { addNativeRotation } from './rotation.ts';
import { Schedules } from './schedules.ts';
import { KeySecrets } from './secrets.ts';
import { DEFAULT_ROTATION_DAYS, DEFAULT_SWEEP_MINUTES, refusal, SettingsError } from './settings.ts';

/** Keeps Momento API keys in Secrets Manager fresh: each is refreshed shortly before it expires. */
export class MomentoKeyRefresher extends Construct {
  /** The names of all managed secrets. */
  readonly secretNames: string[];
  readonly function: LambdaFunction;
  readonly logGroup: ILogGroup;
  readonly labelRule: Rule;
  /** Holds what could not be delivered, and the events whose three tries all failed; for 14 days. */
  readonly deadLetterQueue: Queue;
  /** By name, such as `refresh-failing`: API.md lists them. */
  readonly alarms: Record<string, Alarm>;
  /** Where the alarms are sent that can wait until the morning. */
  readonly alarmTopic: ITopic;
  readonly #secrets: KeySecrets;
  readonly #metrics: RefresherMetrics;

  /** @throws {SettingsError} if a prop is not accepted */
  constructor(scope: Construct, id: string, props: MomentoKeyRefresherProps = {}) {
    super(scope, id);
    checkProps(props);
    const { functionName, encryptionKey, alarmEmail, alarmTopic, urgentAlarmTopic } = props;
    const { refreshBefore, momentoHosts } = props;
    const { managementSecretName } = props;
    const {
      secrets = [],
      secretNames = secrets.length === 0 ? [DEFAULT_SECRET_NAME] : [],
      createSecrets = true,
      sweepEvery = Duration.minutes(DEFAULT_SWEEP_MINUTES),
      nativeRotationEvery = Duration.days(DEFAULT_ROTATION_DAYS),
    } = props;

    checkGivenResources(this, { encryptionKey, alarmTopic, urgentAlarmTopic });

    this.#secrets = new KeySecrets(this, 'Secrets', { secretNames, createSecrets, secrets, encryptionKey });
    this.secretNames = [...this.#secrets.names];
    if (managementSecretName !== undefined && !this.secretNames.includes(managementSecretName)) {
      throw new SettingsError(refusal('managementSecretName', `is "${managementSecretName}"`));
    }
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(
      this.deadLetterQueue,
      'SQS3',
      'It is the dead-letter queue: of the function, the schedules and the rule, which are no queues and so not seen as its sources.',
    );
    const schedules = new Schedules(this, 'Schedules', { groupName: functionName });

    const topic = alarmTopic ?? createAlarmTopic(this, 'AlarmTopic', alarmEmail);
    const urgentTopic = urgentAlarmTopic ?? topic;
    warnIfNobodyListens(this, topic, urgentTopic);
    const refresher = new RefresherFunction(this, 'Refresher', {
      functionName,
      role: props.role,
      logGroup: props.logGroup,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
      deadLetterQueue: this.deadLetterQueue,
      environment: {
        [ENVIRONMENT.secretNames]: this.secretNames.join(','),
        [ENVIRONMENT.scheduleGroupName]: schedules.group.scheduleGroupName,
        [ENVIRONMENT.schedulerRoleArn]: schedules.role.roleArn,
        [ENVIRONMENT.deadLetterQueueArn]: this.deadLetterQueue.queueArn,
        // Not for the function: the preflight command asks Lambda for them, and then SNS who listens there.
        ALARM_TOPIC_ARN: topic.topicArn,
        URGENT_ALARM_TOPIC_ARN: urgentTopic.topicArn,
        [ENVIRONMENT.sweepEvery]: `${sweepEvery.toSeconds()}s`,
        ...(refreshBefore && { [ENVIRONMENT.refreshBefore]: refreshBefore.value }),
        ...(momentoHosts && { [ENVIRONMENT.momentoHosts]: momentoHosts.join(',') }),
        ...(managementSecretName && { [ENVIRONMENT.managementSecretName]: managementSecretName }),
      },
    });
    this.function = refresher.function;
    this.logGroup = refresher.logGroup;
    this.#secrets.grantRefresh(refresher.role);
    if (props.nativeRotation ?? false) {
      addNativeRotation(this, 'NativeRotation', {
        secretNames: this.secretNames,
        secrets: this.#secrets,
        target: this.function,
        role: refresher.role,
        every: nativeRotationEvery,
      });
    }
    schedules.grantBook(refresher.role);
    refresher.role.warnOfRefusedActions();
    schedules.connectTo(this.function, { sweepEvery, deadLetterQueue: this.deadLetterQueue });
    this.labelRule = addLabelRule(this, 'LabelRule', {
      secretNames: this.secretNames,
      target: this.function,
      deadLetterQueue: this.deadLetterQueue,
    });
    const observed = {
      function: this.function,
      functionName,
      logGroup: refresher.logGroup,
      scheduleGroupName: schedules.group.scheduleGroupName,
      deadLetterQueue: this.deadLetterQueue,
      labelRuleName: this.labelRule.ruleName,
    };
    this.#metrics = new RefresherMetrics(observed);
    const alarms = new Alarms(this, 'Alarms', {
      ...observed,
      topic,
      urgentTopic,
      secretName: nameInCommands(this.secretNames),
      sweepEvery,
      madeAfter: [schedules, this.labelRule],
    });
    this.alarms = alarms.byName;
    this.alarmTopic = topic;
    if (props.dashboard ?? true) {
      addDashboard(this, 'Dashboard', {
        ...observed,
        alarms: ALARM_NAMES.map((name) => alarms.byName[name]),
      });
    }
  }

  /** Lets the grantee read the secrets, and decrypt them if they have a customer-managed key. */
  grantRead(grantee: IGrantable): Grant {
    return this.#secrets.grantRead(grantee);
  }

  /**
   * Starts the target when one of the secrets has a new current version: after each refresh, and when a person has put a key.
   * For readers that hold the key until they are restarted, such as ECS tasks.
   */
  onKeyRefreshed(id: string, options: KeyRefreshedOptions): Rule {
    return new Rule(this, id, {
      description: 'A Momento key has changed',
      eventPattern: newCurrentVersion(this.secretNames),
      targets: [options.target],
    });
  }

  /** The command that refreshes the key of this secret now. It is the first call after a person has put a key. */
  seedCommand(secretName: string): string {
    return seedCommand(
      { functionName: this.function.functionName, region: Stack.of(this).region },
      secretName,
    );
  }

  /**
   * How many refreshes ended with a new current key.
   * @default - the sum of an hour
   */
  metricRefreshesSucceeded(options: MetricOptions = {}): IMetric {
    return this.#metrics.own(METRICS.refreshesSucceeded, Stats.SUM, Duration.hours(1)).with(options);
  }

  /**
   * How many runs for a secret failed.
   * @default - the sum of an hour
   */
  metricRefreshesFailed(options: MetricOptions = {}): IMetric {
    return this.#metrics.own(METRICS.refreshesFailed, Stats.SUM, Duration.hours(1)).with(options);
  }

  /**
   * Seconds until the first key expires; 0 or less if one has lapsed.
   * @default - the minimum of an hour
   */
  metricSecondsUntilExpiry(options: MetricOptions = {}): IMetric {
    return this.#metrics.own(METRICS.secondsUntilExpiry, Stats.MINIMUM, Duration.hours(1)).with(options);
  }
}
