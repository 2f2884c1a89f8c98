/** The construct for a CDK author's own stack: wires the function to the secrets, schedules, events and alarms that it needs. */
import { Duration, Stack, Token } from 'aws-cdk-lib';
import { type Alarm, type IMetric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable, IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
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
import type { RefreshBefore } from './refresh-before.ts';
import { addNativeRotation } from './rotation.ts';
import { Schedules } from './schedules.ts';
import { KeySecrets } from './secrets.ts';
import {
  DEFAULT_ROTATION_DAYS,
  DEFAULT_SWEEP_MINUTES,
  faultsIn,
  isName,
  refusal,
  SettingsError,
} from './settings.ts';

export interface MomentoKeyRefresherProps {
  /**
   * The names of the secrets that hold the keys: 1 to 30 names of letters, digits and /_+=.@-, at most 1200 characters
   * together, none twice.
   * @default - momento/authentication-token
   */
  readonly secretNames?: string[] | undefined;
  /**
   * Secrets beside `secretNames`, which exist or which your app creates. If they are given, `secretNames` has no default.
   * The stack grants access by the name and a pattern, or by the ARN if the name is known only at deployment.
   * @default - none
   */
  readonly secrets?: ISecret[] | undefined;
  /**
   * Whether the stack creates the secrets. `false` if they exist already. They outlive the stack.
   * They are created with a placeholder that a person replaces.
   * @default - true
   */
  readonly createSecrets?: boolean | undefined;
  /**
   * The customer-managed KMS key that encrypts the secrets, in the same region. An alias is refused: IAM grants on keys only.
   * The key's own policy must let IAM policies of this account grant its use.
   * @default - the AWS-managed key of Secrets Manager
   */
  readonly encryptionKey?: IKey | undefined;
  /**
   * How long before its expiry a key is refreshed. Never more than half of its life.
   * 6 minutes to 365 days in whole seconds, or 1 to 50 whole percent.
   * @default - 10 % of the key's life, at least 6 minutes, at most 3 days
   */
  readonly refreshBefore?: RefreshBefore | undefined;
  /**
   * How often all secrets are checked: 10 to 60 whole minutes.
   * @default - PT1H
   */
  readonly sweepEvery?: Duration | undefined;
  /**
   * The address that gets the alarms, after a person has confirmed the subscription. Not the urgent ones if they have a
   * topic of their own. Not together with `alarmTopic`.
   * @default - nobody is told; subscribe to the attribute `alarmTopic`
   */
  readonly alarmEmail?: string | undefined;
  /**
   * An existing SNS topic for the alarms, in the same region. Not together with `alarmEmail`.
   * It must let CloudWatch publish, and must not be encrypted with the AWS-managed key.
   * @default - the stack creates one
   */
  readonly alarmTopic?: ITopic | undefined;
  /**
   * An existing SNS topic for the alarms whose names start with URGENT, in the same region. It must let CloudWatch publish, and
   * must not be encrypted with the AWS-managed key.
   * @default - the topic of the other alarms
   */
  readonly urgentAlarmTopic?: ITopic | undefined;
  /**
   * Whether there is a CloudWatch dashboard.
   * @default - true
   */
  readonly dashboard?: boolean | undefined;
  /**
   * Whether Secrets Manager's own rotation is attached too. Nothing is rotated at deployment.
   * It is for "Rotate secret immediately" and for rules that want rotation enabled.
   * @default - false
   */
  readonly nativeRotation?: boolean | undefined;
  /**
   * How long after the last refresh Secrets Manager rotates by itself. Needs `nativeRotation`. 1 to 1000 whole days.
   * If it is longer than the keys live, it never happens, because each refresh counts as a rotation.
   * @default - P90D
   */
  readonly nativeRotationEvery?: Duration | undefined;
  /**
   * Hosts that keys may be sent to beside Momento's, with the hosts below them: 1 to 10 host names in small letters.
   * A key is sent to such a host only if the key names it as its endpoint.
   * @default - none
   */
  readonly momentoHosts?: string[] | undefined;
  /**
   * The secret whose v2 key replaces keys that cannot be refreshed: one of the managed secrets, with a key whose role has
   * `auth_management`.
   * @default - none: a person replaces them
   */
  readonly managementSecretName?: string | undefined;
  /**
   * The VPC that the function runs in. It must reach Momento, Secrets Manager, EventBridge Scheduler and SQS from there.
   * @default - no VPC
   */
  readonly vpc?: IVpc | undefined;
  /**
   * The subnets of the VPC. Needs `vpc`.
   * @default - the private subnets
   */
  readonly vpcSubnets?: SubnetSelection | undefined;
  /**
   * The security groups of the function. Needs `vpc`.
   * @default - one is created
   */
  readonly securityGroups?: ISecurityGroup[] | undefined;
  /**
   * The role of the function. Lambda must be allowed to assume it. A role that CDK cannot change causes a warning that names
   * the actions that it must allow.
   * @default - one is created
   */
  readonly role?: IRole | undefined;
  /**
   * The log group of the function.
   * @default - one is created that keeps its events for three months
   */
  readonly logGroup?: ILogGroup | undefined;
  /**
   * The name of the function and the schedule group, and the start of the names of the sweep and the alarms:
   * 1 to 58 letters, digits and hyphens, a letter first, unique in the account and region.
   * @default - names that CloudFormation and CDK give
   */
  readonly functionName?: string | undefined;
}

export interface KeyRefreshedOptions {
  /** What is started, such as a Lambda function or a Step Functions state machine. */
  readonly target: IRuleTarget;
}

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

function checkProps(props: MomentoKeyRefresherProps): void {
  const { functionName, alarmEmail, alarmTopic, secretNames = [], secrets = [] } = props;
  const given = secretNames.length === 0 && secrets.length > 0 ? undefined : props.secretNames;
  // The name of a secret that the app creates is known at deployment only.
  const known = secrets.map(({ secretName }) => secretName).filter((name) => !Token.isUnresolved(name));
  const together = known.length === 0 ? undefined : [...secretNames, ...known];
  const faults = [
    ...new Set([
      ...faultsIn({ ...props, secretNames: given }),
      ...faultsIn({ secretNames: together, createSecrets: false }),
    ]),
  ];
  if (props.vpc === undefined && (props.vpcSubnets ?? props.securityGroups) !== undefined) {
    faults.push(
      'vpcSubnets or securityGroups are set without vpc: the function would run in no VPC. Set vpc.',
    );
  }
  if (functionName !== undefined && !isName(functionName)) {
    faults.push(refusal('name', `is "${functionName}"`, 'functionName'));
  }
  if (alarmEmail !== undefined && alarmTopic !== undefined) {
    faults.push('alarmEmail is set beside a topic that exists. Subscribe the address to that topic instead.');
  }
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
}
