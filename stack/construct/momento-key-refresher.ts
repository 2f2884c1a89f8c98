/** The construct for a CDK author's own stack: wires the function to the secrets, schedules, events and alarms that it needs. */
import { Duration } from 'aws-cdk-lib';
import type { Rule } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../../handlers/names.ts';
import { acknowledge } from './acknowledgements.ts';
import { nameInCommands } from './commands.ts';
import { RefresherFunction } from './function.ts';
import { addLabelRule } from './label-rule.ts';
import { ALARM_NAMES } from './monitoring/alarm-definitions.ts';
import { createAlarmTopic } from './monitoring/alarm-topic.ts';
import { Alarms } from './monitoring/alarms.ts';
import { addDashboard } from './monitoring/dashboard.ts';
import { addNativeRotation } from './rotation.ts';
import { Schedules } from './schedules.ts';
import { KeySecrets } from './secrets.ts';
import {
  areMomentoHosts,
  DEFAULT_ROTATION_EVERY,
  DEFAULT_SECRET_NAME,
  DEFAULT_SWEEP_EVERY,
  FUNCTION_NAME_RANGE,
  isFunctionName,
  isRefreshBefore,
  isRotationInterval,
  isSweepInterval,
  MOMENTO_HOSTS_RANGE,
  REFRESH_BEFORE_DURATION_RANGE,
  REFRESH_BEFORE_PERCENTAGE_RANGE,
  type RefreshBefore,
  ROTATION_EVERY_RANGE,
  SWEEP_EVERY_RANGE,
  secretNamesProblem,
} from './settings.ts';

export type { RefreshBefore };

export interface MomentoKeyRefresherProps {
  /**
   * The secrets whose keys are refreshed, by name; 1 to 30, and no tokens.
   * @default - `momento/authentication-token`
   */
  readonly secretNames?: readonly string[] | undefined;
  /**
   * Whether the secrets are created, with a placeholder for a value that a person replaces. They outlive the stack.
   * @default true; false: they exist already
   */
  readonly createSecrets?: boolean | undefined;
  /**
   * The customer-managed key of the secrets. The key's own policy must let IAM policies of this account grant its use.
   * @default - the AWS-managed key of Secrets Manager
   */
  readonly encryptionKey?: IKey | undefined;
  /**
   * How long before its expiry a key is refreshed: 5 minutes to 365 days, or 1 to 50 percent of its lifetime.
   * Never more than half of the lifetime, whatever is set.
   * @default - 10 percent of the lifetime, at least 5 minutes, at most 3 days
   */
  readonly refreshBefore?: RefreshBefore | undefined;
  /**
   * How often all secrets are checked: whole minutes, 5 minutes to 1 day.
   * @default Duration.hours(1)
   */
  readonly sweepEvery?: Duration | undefined;
  /**
   * Gets every alarm, after confirming the subscription. Not together with `alarmTopic`.
   * @default - nobody; subscribe to `alarms.topic`
   */
  readonly alarmEmail?: string | undefined;
  /**
   * An existing topic for the alarms. It must let CloudWatch publish, and must not be encrypted with the AWS-managed key.
   * @default - one is created
   */
  readonly alarmTopic?: ITopic | undefined;
  /**
   * Whether there is a CloudWatch dashboard.
   * @default true
   */
  readonly dashboard?: boolean | undefined;
  /**
   * Whether Secrets Manager's own rotation is attached too: for "Rotate secret immediately" and for rules that want rotation
   * enabled. Nothing is rotated at deployment.
   * @default false
   */
  readonly nativeRotation?: boolean | undefined;
  /**
   * How long after a key's last refresh Secrets Manager rotates by itself: whole days, 1 to 1000. Longer than the keys live
   * means never, since refreshes count; shorter means refreshes before their time.
   * @default Duration.days(90)
   */
  readonly nativeRotationEvery?: Duration | undefined;
  /**
   * Hosts beside Momento's that keys and refresh tokens may be sent to, those below them included, where a key names them as
   * its endpoint: 1 to 10.
   * @default - none
   */
  readonly momentoHosts?: readonly string[] | undefined;
  /**
   * The name of the function and of the schedule group, and the start of the names of the sweep and the alarms:
   * 1 to 58 letters, digits, hyphens and underscores, unique in the account and region.
   * @default - names that CloudFormation and CDK give
   */
  readonly functionName?: string | undefined;
}

/** Keeps Momento API keys in Secrets Manager fresh: each is refreshed shortly before it expires. */
export class MomentoKeyRefresher extends Construct {
  readonly secretNames: readonly string[];
  readonly secrets: KeySecrets;
  readonly function: IFunction;
  readonly schedules: Schedules;
  readonly labelRule: Rule;
  /** Holds what could not be delivered, and the events whose three tries all failed; for 14 days. */
  readonly deadLetterQueue: Queue;
  readonly alarms: Alarms;

  /** @throws {Error} if a prop is out of its range */
  constructor(scope: Construct, id: string, props: MomentoKeyRefresherProps = {}) {
    super(scope, id);
    const { functionName, encryptionKey, alarmEmail, alarmTopic, refreshBefore } = props;
    const {
      secretNames = [DEFAULT_SECRET_NAME],
      createSecrets = true,
      sweepEvery = DEFAULT_SWEEP_EVERY,
      nativeRotationEvery = DEFAULT_ROTATION_EVERY,
    } = props;
    const { momentoHosts } = props;
    checkRanges({
      ...{ functionName, secretNames, createSecrets, sweepEvery, refreshBefore },
      ...{ nativeRotationEvery, momentoHosts },
    });
    if (alarmEmail !== undefined && alarmTopic !== undefined) {
      throw new Error('alarmEmail goes with the topic that is created: subscribe it to alarmTopic yourself.');
    }

    this.secretNames = secretNames;
    this.secrets = new KeySecrets(this, 'Secrets', {
      secretNames,
      createSecrets,
      encryptionKey,
    });
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
    this.schedules = new Schedules(this, 'Schedules', { groupName: functionName });

    const topic = alarmTopic ?? createAlarmTopic(this, 'AlarmTopic', alarmEmail);
    const refresher = new RefresherFunction(this, 'Refresher', {
      functionName,
      deadLetterQueue: this.deadLetterQueue,
      environment: {
        [ENVIRONMENT.secretNames]: secretNames.join(','),
        [ENVIRONMENT.scheduleGroupName]: this.schedules.group.scheduleGroupName,
        [ENVIRONMENT.schedulerRoleArn]: this.schedules.role.roleArn,
        [ENVIRONMENT.deadLetterQueueArn]: this.deadLetterQueue.queueArn,
        // Not for the function: the preflight command asks Lambda for it, and then SNS who listens there.
        ALARM_TOPIC_ARN: topic.topicArn,
        ...(refreshBefore && { [ENVIRONMENT.refreshBefore]: formatRefreshBefore(refreshBefore) }),
        ...(momentoHosts && { [ENVIRONMENT.momentoHosts]: momentoHosts.join(',') }),
      },
    });
    this.function = refresher.function;
    this.secrets.grantRefresh(refresher.role);
    if (props.nativeRotation ?? false) {
      addNativeRotation(this, 'NativeRotation', {
        secretNames,
        secrets: this.secrets,
        target: this.function,
        role: refresher.role,
        every: nativeRotationEvery,
      });
    }
    this.schedules.grantBook(refresher.role);
    this.schedules.connectTo(this.function, { sweepEvery, deadLetterQueue: this.deadLetterQueue });
    this.labelRule = addLabelRule(this, 'LabelRule', {
      secretNames,
      target: this.function,
      deadLetterQueue: this.deadLetterQueue,
    });
    const observed = {
      function: this.function,
      functionName,
      logGroup: refresher.logGroup,
      scheduleGroupName: this.schedules.group.scheduleGroupName,
      deadLetterQueue: this.deadLetterQueue,
    };
    this.alarms = new Alarms(this, 'Alarms', {
      ...observed,
      topic,
      secretName: nameInCommands(secretNames),
      sweepEvery,
      sweep: this.schedules,
    });
    if (props.dashboard ?? true) {
      const alarms = ALARM_NAMES.map((name) => this.alarms.byName[name]);
      addDashboard(this, 'Dashboard', { ...observed, alarms });
    }
  }
}

interface RangedProps {
  readonly functionName: string | undefined;
  readonly secretNames: readonly string[];
  readonly createSecrets: boolean;
  readonly sweepEvery: Duration;
  readonly refreshBefore: RefreshBefore | undefined;
  readonly nativeRotationEvery: Duration;
  readonly momentoHosts: readonly string[] | undefined;
}

function checkRanges({
  functionName,
  secretNames,
  createSecrets,
  sweepEvery,
  refreshBefore,
  nativeRotationEvery,
  momentoHosts,
}: RangedProps): void {
  const namesProblem = secretNamesProblem(secretNames, createSecrets);
  if (namesProblem !== undefined) throw new Error(`secretNames ${namesProblem}.`);
  if (functionName !== undefined && !isFunctionName(functionName)) {
    throw new Error(`functionName must be ${FUNCTION_NAME_RANGE}.`);
  }
  if (!isRotationInterval(nativeRotationEvery)) {
    throw new Error(`nativeRotationEvery must be ${ROTATION_EVERY_RANGE}.`);
  }
  if (momentoHosts !== undefined && !areMomentoHosts(momentoHosts)) {
    throw new Error(`momentoHosts must be ${MOMENTO_HOSTS_RANGE}.`);
  }
  if (!isSweepInterval(sweepEvery)) throw new Error(`sweepEvery must be ${SWEEP_EVERY_RANGE}.`);
  if (refreshBefore !== undefined && !isRefreshBefore(refreshBefore)) {
    throw new Error(
      `refreshBefore must be ${REFRESH_BEFORE_DURATION_RANGE}, or whole percent ${REFRESH_BEFORE_PERCENTAGE_RANGE}.`,
    );
  }
}

/** As the function reads it: seconds or a percentage. */
function formatRefreshBefore(refreshBefore: RefreshBefore): string {
  return 'lifetimePercent' in refreshBefore
    ? `${refreshBefore.lifetimePercent}%`
    : `${refreshBefore.toSeconds()}s`;
}
