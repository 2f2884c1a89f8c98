/** The construct for a CDK author's own stack: wires the function to the secrets, schedules, events and alarms that it needs. */
import { Duration, Fn, Stack, Token } from 'aws-cdk-lib';
import { type Alarm, type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEFAULT_SECRET_NAME, ENVIRONMENT, FLAGS, type Flag, METRICS } from '../../handlers/names.ts';
import { acknowledge } from './acknowledgements.ts';
import { nameInCommands, seedCommand } from './commands.ts';
import { RefresherFunction } from './function.ts';
import { checkGivenResources, warnIfNobodyListens, warnOfLostGrant } from './given-resources.ts';
import { addLabelRule, newCurrentVersion } from './label-rule.ts';
import { ALARM_NAMES, flagPeriod } from './monitoring/alarm-definitions.ts';
import { createAlarmTopic } from './monitoring/alarm-topic.ts';
import { Alarms } from './monitoring/alarms.ts';
import { addDashboard } from './monitoring/dashboard.ts';
import { type OwnMetricName, RefresherMetrics } from './monitoring/metrics.ts';
import { checkProps, type KeyRefreshedOptions, type MomentoKeyRefresherProps, shown } from './props.ts';
import { addNativeRotation } from './rotation.ts';
import { Schedules } from './schedules.ts';
import { KeySecrets, type ManagedSecret } from './secrets.ts';
import { DEFAULT_ROTATION_DAYS, DEFAULT_SWEEP_MINUTES, propRefusal, SettingsError } from './settings.ts';

/** Keeps the Momento API keys in Secrets Manager from expiring: a function refreshes each key shortly before its expiry. */
export class MomentoKeyRefresher extends Construct {
  /** The names of all managed secrets: those of `secretNames`, then those of `secrets`. */
  readonly secretNames: string[];
  /** The function that refreshes the keys. It can be changed, for example to add a layer or an environment variable. */
  readonly function: LambdaFunction;
  /** Where the function writes its log, as JSON: the log group that was passed in, or the one that was created. */
  readonly logGroup: ILogGroup;
  /** The rule that starts the function when a secret has a new current version. */
  readonly labelRule: Rule;
  /** Keeps events for 14 days: those that could not be delivered, and those that failed three times. */
  readonly deadLetterQueue: Queue;
  /**
   * The alarms by name: `key-unusable`, `key-unrefreshable`, `half-lead-used`, `secret-unattended` and `sweep-silent` are urgent.
   * `refresh-failing`, `key-unproven` and `delivery-failed` can wait until working hours.
   */
  readonly alarms: Record<string, Alarm>;
  /** The topic of the alarms that can wait until working hours. */
  readonly alarmTopic: ITopic;
  /** The topic of the urgent alarms: that of the prop `urgentAlarmTopic`, or else `alarmTopic`. */
  readonly urgentAlarmTopic: ITopic;
  readonly #functionName: string | undefined;
  readonly #secrets: KeySecrets;
  readonly #managementSecret: ManagedSecret | undefined;
  readonly #metrics: RefresherMetrics;
  readonly #sweepEvery: Duration;

  /** @throws an error named SettingsError if a prop is not accepted */
  constructor(scope: Construct, id: string, props: MomentoKeyRefresherProps = {}) {
    super(scope, id);
    checkProps(props);
    const { functionName, encryptionKey, alarmEmail, alarmTopic, urgentAlarmTopic } = props;
    const { refreshBefore, momentoHosts } = props;
    const { managementSecretName, runbookUrl } = props;
    const {
      secrets = [],
      secretNames = secrets.length === 0 ? [DEFAULT_SECRET_NAME] : [],
      createSecrets = true,
      sweepEvery = Duration.minutes(DEFAULT_SWEEP_MINUTES),
      nativeRotationEvery = Duration.days(DEFAULT_ROTATION_DAYS),
    } = props;

    const { logGroup } = props;
    checkGivenResources(this, { encryptionKey, secrets, alarmTopic, urgentAlarmTopic, logGroup });

    this.#secrets = new KeySecrets(this, 'Secrets', { secretNames, createSecrets, secrets, encryptionKey });
    this.secretNames = this.#secrets.all.map(({ name }) => name);
    this.#managementSecret =
      managementSecretName === undefined ? undefined : this.#secrets.find(managementSecretName);
    if (managementSecretName !== undefined && this.#managementSecret === undefined) {
      throw new SettingsError(propRefusal('managementSecretName', `is ${shown(managementSecretName)}`));
    }
    this.#functionName = functionName;
    this.#refuseSecondRefresher();
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
    const schedules = new Schedules(this, 'Schedules', {
      groupName: functionName,
      role: props.schedulerRole,
    });

    const topic = alarmTopic ?? createAlarmTopic(this, 'AlarmTopic', alarmEmail);
    const urgentTopic = urgentAlarmTopic ?? topic;
    warnIfNobodyListens(this, topic, urgentTopic);
    const refresher = new RefresherFunction(this, 'Refresher', {
      functionName,
      role: props.role,
      logGroup,
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
        // Not join(), because the list may be a parameter of the stack.
        ...(momentoHosts && { [ENVIRONMENT.momentoHosts]: Fn.join(',', momentoHosts) }),
        ...(this.#managementSecret && { [ENVIRONMENT.managementSecretName]: this.#managementSecret.name }),
      },
    });
    this.function = refresher.function;
    this.logGroup = refresher.logGroup;
    this.#secrets.grantRefresh(refresher.policy);
    if (props.nativeRotation ?? false) {
      addNativeRotation(this, 'NativeRotation', {
        secrets: this.#secrets.all,
        target: this.function,
        policy: refresher.policy,
        every: nativeRotationEvery,
      });
    }
    schedules.grantBook(refresher.policy);
    refresher.policy.attach();
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
    this.#sweepEvery = sweepEvery;
    const alarms = new Alarms(this, 'Alarms', {
      ...observed,
      topic,
      urgentTopic,
      secretName: nameInCommands(this.secretNames),
      runbookUrl,
      sweepEvery,
    });
    this.alarms = alarms.byName;
    this.alarmTopic = topic;
    this.urgentAlarmTopic = urgentTopic;
    if (props.dashboard ?? true) {
      addDashboard(this, 'Dashboard', {
        ...observed,
        alarms: ALARM_NAMES.map((name) => alarms.byName[name]),
        runbookUrl,
      });
    }
  }

  /**
   * Lets the grantee read a secret, and decrypt it if it has a customer-managed key. The value holds the refresh token too.
   * A principal of another account, or an AWS service, gets nothing, and a warning says so.
   * @param grantee A principal of this account
   * @param secretName One of `secretNames`. Without it the grantee can read all of them but `managementSecretName`
   * @throws an error named SettingsError if the secret is not managed
   */
  grantRead(grantee: IGrantable, secretName?: string): Grant {
    const grant = this.#secrets.grantRead(
      grantee,
      this.#forReaders(secretName === undefined ? undefined : [secretName]),
    );
    warnOfLostGrant(this, grantee, grant);
    return grant;
  }

  /**
   * Starts the target when one of the secrets has a new current version: after each refresh, and when a person has put a key.
   * It is for readers that keep a copy of the key, such as ECS tasks.
   * @param id The id of the rule, unique among the rules of this refresher
   * @param options The target, and which secrets it is for
   * @throws an error named SettingsError if one of the secrets is not managed
   */
  onKeyRefreshed(id: string, options: KeyRefreshedOptions = {}): Rule {
    const { secretNames, target, ...rest } = options;
    const readers = this.node.tryFindChild('KeyRefreshed') ?? new Construct(this, 'KeyRefreshed');
    const rule = new Rule(readers, id, { description: 'A Momento key has changed', ...rest });
    rule.addEventPattern(newCurrentVersion(this.#forReaders(secretNames).map(({ name }) => name)));
    rule.addTarget(target);
    return rule;
  }

  /**
   * The command that refreshes the key of this secret now, with the AWS CLI. It is the first call after a person has put a key.
   * @param secretName One of `secretNames`
   * @throws an error named SettingsError if the secret is not managed
   */
  seedCommand(secretName: string): string {
    return seedCommand(
      { functionName: this.function.functionName, region: Stack.of(this).region },
      this.#managedName(secretName),
    );
  }

  /**
   * How many refreshes ended with a new current key, resumed ones included. By default the sum of an hour.
   */
  metricRefreshesSucceeded(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.refreshesSucceeded, Stats.SUM, options);
  }

  /**
   * How many runs for a secret failed. By default the sum of an hour.
   */
  metricRefreshesFailed(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.refreshesFailed, Stats.SUM, options);
  }

  /**
   * How many refreshes went on with a key that an earlier run had stored. By default the sum of an hour.
   */
  metricRefreshesResumed(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.refreshesResumed, Stats.SUM, options);
  }

  /**
   * How long refreshes took, in seconds. By default the maximum of an hour.
   */
  metricRefreshDuration(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.refreshDuration, Stats.MAXIMUM, options);
  }

  /**
   * Seconds until the first key expires. 0 or less if a key has lapsed. By default the minimum of an hour.
   */
  metricSecondsUntilExpiry(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.secondsUntilExpiry, Stats.MINIMUM, options);
  }

  /**
   * How many sweeps went through all secrets. No data means that the function does not run. By default the sum of an hour.
   */
  metricSweeps(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.sweeps, Stats.SUM, options);
  }

  /**
   * How many secrets are managed. Sent by each sweep. By default the maximum of an hour.
   */
  metricSecretsManaged(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.secretsManaged, Stats.MAXIMUM, options);
  }

  /**
   * How many secrets hold no key yet. Sent by each sweep. By default the maximum of an hour.
   */
  metricSecretsUnseeded(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.secretsUnseeded, Stats.MAXIMUM, options);
  }

  /**
   * How many secrets a sweep could not read or understand. Sent by each sweep. By default the maximum of an hour.
   */
  metricSecretsUnreadable(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.secretsUnreadable, Stats.MAXIMUM, options);
  }

  /**
   * How many keys a person put that no event announced. By default the sum of an hour.
   */
  metricLabelRuleMissed(options: MetricOptions = {}): Metric {
    return this.#ownMetric(METRICS.labelRuleMissed, Stats.SUM, options);
  }

  /**
   * 1 while the key of this secret has lapsed or Momento rejects it. No data means that nothing is wrong.
   * By default the minimum of the period of the alarm on it.
   * @param secretName One of `secretNames`
   * @throws an error named SettingsError if the secret is not managed
   */
  metricKeyUnusable(secretName: string, options: MetricOptions = {}): Metric {
    return this.#flagMetric(FLAGS.keyUnusable, secretName, options);
  }

  /**
   * 1 while the key of this secret works but only a person can replace it. No data means that nothing is wrong.
   * By default the minimum of the period of the alarm on it.
   * @param secretName One of `secretNames`
   * @throws an error named SettingsError if the secret is not managed
   */
  metricKeyUnrefreshable(secretName: string, options: MetricOptions = {}): Metric {
    return this.#flagMetric(FLAGS.keyUnrefreshable, secretName, options);
  }

  /**
   * 1 while more than half of the time from the planned refresh to the expiry of this secret's key is over.
   * No data means that nothing is wrong. By default the minimum of the period of the alarm on it.
   * @param secretName One of `secretNames`
   * @throws an error named SettingsError if the secret is not managed
   */
  metricHalfLeadUsed(secretName: string, options: MetricOptions = {}): Metric {
    return this.#flagMetric(FLAGS.halfLeadUsed, secretName, options);
  }

  /**
   * 1 while this secret cannot be read, or holds no Momento key. No data means that nothing is wrong.
   * By default the minimum of the period of the alarm on it.
   * @param secretName One of `secretNames`
   * @throws an error named SettingsError if the secret is not managed
   */
  metricSecretUnattended(secretName: string, options: MetricOptions = {}): Metric {
    return this.#flagMetric(FLAGS.secretUnattended, secretName, options);
  }

  /**
   * 1 while the refresh of this secret's key fails or is late. No data means that nothing is wrong.
   * By default the minimum of the period of the alarm on it.
   * @param secretName One of `secretNames`
   * @throws an error named SettingsError if the secret is not managed
   */
  metricRefreshFailing(secretName: string, options: MetricOptions = {}): Metric {
    return this.#flagMetric(FLAGS.refreshFailing, secretName, options);
  }

  /**
   * 1 if a key of this secret was made current although it could not be proved. It is sent once.
   * By default the minimum of the period of the alarm on it.
   * @param secretName One of `secretNames`
   * @throws an error named SettingsError if the secret is not managed
   */
  metricKeyUnproven(secretName: string, options: MetricOptions = {}): Metric {
    return this.#flagMetric(FLAGS.keyUnproven, secretName, options);
  }

  #ownMetric(name: OwnMetricName, statistic: string, options: MetricOptions): Metric {
    return this.#metrics.own(name, statistic, Duration.hours(1)).with(options).attachTo(this);
  }

  #flagMetric(flag: Flag, secretName: string, options: MetricOptions): Metric {
    const period = flagPeriod(this.#sweepEvery);
    return this.#metrics.flagOf(flag, this.#managedName(secretName), period).with(options).attachTo(this);
  }

  /** A name that is known only at deployment is taken as it is. */
  #managedName(secretName: string): string {
    const { secretNames } = this;
    const found = this.#secrets.find(secretName);
    if (found === undefined && ![secretName, ...secretNames].some(Token.isUnresolved)) {
      throw notManaged(secretName, secretNames);
    }
    return found?.name ?? secretName;
  }

  /** @param names default: all secrets but the one with the management key, which can do more than read and write */
  #forReaders(names: readonly string[] | undefined): readonly ManagedSecret[] {
    const secrets = names?.map((name) => {
      const secret = this.#secrets.find(name);
      if (secret === undefined) throw notManaged(name, this.secretNames);
      return secret;
    });
    const read = secrets ?? this.#secrets.all.filter((secret) => secret !== this.#managementSecret);
    if (read.length > 0) return read;
    throw new SettingsError(
      'There is no secret to read: name the one with the management key if a reader needs it.',
    );
  }

  /** Two refreshers of one secret would each issue keys for it. */
  #refuseSecondRefresher(): void {
    for (const other of Stack.of(this).node.findAll()) {
      if (!(other instanceof MomentoKeyRefresher) || other === this) continue;
      const name = this.secretNames.find((secretName) => other.secretNames.includes(secretName));
      if (name !== undefined) {
        throw new SettingsError(`${other.node.path} refreshes the secret ${shown(name)} already.`);
      }
      if (this.#functionName !== undefined && this.#functionName === other.#functionName) {
        throw new SettingsError(`${other.node.path} has the functionName "${this.#functionName}" already.`);
      }
    }
  }
}

function notManaged(secretName: string, managed: readonly string[]): SettingsError {
  return new SettingsError(
    `${shown(secretName)} is not one of the secrets that are managed here: ${managed.map(shown).join(', ')}.`,
  );
}
