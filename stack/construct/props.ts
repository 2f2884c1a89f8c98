/** The props of the construct, and what is refused at synth. Creates nothing. */
import { type Duration, Token } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { OnEventOptions } from 'aws-cdk-lib/aws-events';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { RefreshBefore } from './refresh-before.ts';
import { nameOf } from './secrets.ts';
import { faultsIn, isName, propRefusal, SettingsError, type SettingValues } from './settings.ts';

/** All props are optional. Without any, the construct creates one secret and refreshes its key. */
export interface MomentoKeyRefresherProps {
  /**
   * The names of the secrets that hold the keys: 1 to 30 names of letters, digits and /_+=.@-, at most 1200 characters
   * together, none twice. They must be known at synth.
   * @default - momento/authentication-token
   */
  readonly secretNames?: string[] | undefined;
  /**
   * Secrets that exist or that your app creates. They are refreshed beside those of `secretNames`, which has no default then.
   * They must be in the account and the region of the stack. The stack grants access by the name and a pattern, or by the ARN if
   * CloudFormation gives the name. Import an existing secret with `Secret.fromSecretNameV2()`. If it has a customer-managed
   * key, import it with `Secret.fromSecretAttributes()`, which takes the key as `encryptionKey`.
   * @default - none
   */
  readonly secrets?: ISecret[] | undefined;
  /**
   * Whether the stack creates the secrets. `false` if they exist already. They outlive the stack.
   * This is about `secretNames`, and refused if that is empty. A new secret holds a placeholder until you put a key.
   * @default - true
   */
  readonly createSecrets?: boolean | undefined;
  /**
   * The customer-managed KMS key that encrypts the secrets, in the same region. This is about `secretNames`, and
   * refused if that is empty: those of `secrets` have keys of their own. An alias is refused, because IAM grants on keys only. The key policy must let IAM policies of
   * this account allow its use.
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
   * @default - nobody is told, unless you subscribe to the attribute `alarmTopic`
   */
  readonly alarmEmail?: string | undefined;
  /**
   * An existing SNS topic for the alarms, in the same region. Not together with `alarmEmail`. Not a FIFO topic.
   * If your app creates the topic and its KMS key, their policies are changed so that the alarms arrive. Of any other topic, the
   * policy must let CloudWatch publish, and that of a customer-managed key must let CloudWatch use `kms:Decrypt` and
   * `kms:GenerateDataKey*`. A topic that is encrypted with the AWS-managed key gets no alarms.
   * @default - the stack creates one
   */
  readonly alarmTopic?: ITopic | undefined;
  /**
   * An existing SNS topic for the alarms whose names start with URGENT, in the same region. Not a FIFO topic.
   * The same holds for its policies as for `alarmTopic`.
   * @default - the topic of the other alarms
   */
  readonly urgentAlarmTopic?: ITopic | undefined;
  /**
   * Where you publish the runbook, docs/RUNBOOK.md. Alarms and the dashboard link to its sections.
   * An https URL without a section: at most 100 characters.
   * @default - alarms and the dashboard name docs/RUNBOOK.md
   */
  readonly runbookUrl?: string | undefined;
  /**
   * Whether there is a CloudWatch dashboard.
   * @default - true
   */
  readonly dashboard?: boolean | undefined;
  /**
   * Whether Secrets Manager's own rotation is attached too. Nothing is rotated at deployment.
   * It is for "Rotate secret immediately" in the console, and for audit rules that require rotation.
   * @default - false
   */
  readonly nativeRotation?: boolean | undefined;
  /**
   * How long after the last refresh Secrets Manager rotates by itself. Needs `nativeRotation`. 1 to 1000 whole days.
   * Each refresh counts as a rotation. So Secrets Manager never rotates by itself if this is longer than the keys live.
   * @default - P90D
   */
  readonly nativeRotationEvery?: Duration | undefined;
  /**
   * Hosts that keys may be sent to beside Momento's, with the hosts below them: 1 to 10 host names in small letters.
   * A key is sent to such a host only if the host is the endpoint in the key.
   * @default - none
   */
  readonly momentoHosts?: string[] | undefined;
  /**
   * The secret whose v2 key replaces keys that cannot be refreshed. It is one of `secretNames`, or the `secretName` of one of
   * `secrets`. The role of its key must have `auth_management`.
   * @default - none, and a person replaces such keys
   */
  readonly managementSecretName?: string | undefined;
  /**
   * The VPC that the function runs in. From there it must reach these hosts on port 443: `secretsmanager` and `scheduler` of the
   * region, for which VPC endpoints do, and through a NAT gateway the hosts of Momento: `mga.registry.prod.a.momentohq.com`, and the
   * endpoint of each key with `control.` before it.
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
   * The role of the function, which Lambda must be allowed to assume. The construct adds the permissions. If CDK cannot change
   * the role, a warning names the actions that you have to allow.
   * @default - one is created
   */
  readonly role?: IRole | undefined;
  /**
   * The role of the schedules. Its trust policy must let `scheduler.amazonaws.com` assume it: if it can, only for the account
   * (`aws:SourceAccount`) and the schedule group (`aws:SourceArn`). The construct adds the permissions, and warns as with `role`.
   * @default - one is created
   */
  readonly schedulerRole?: IRole | undefined;
  /**
   * The log group of the function, in the account and the region of the stack. The log is JSON.
   * @default - one is created that keeps the log for three months
   */
  readonly logGroup?: ILogGroup | undefined;
  /**
   * The name of the function and the schedule group. The names of the log group, the sweep, the dashboard and the alarms have it in them.
   * 1 to 58 letters, digits and hyphens, a letter first, unique in the account and region. It must be known at synth.
   * @default - names that CloudFormation and CDK give
   */
  readonly functionName?: string | undefined;
}

/** Options of `onKeyRefreshed`. */
export interface KeyRefreshedOptions extends OnEventOptions {
  /**
   * The secrets whose new keys start the target: some of the refresher's `secretNames`.
   * @default - all of them but `managementSecretName`
   */
  readonly secretNames?: string[] | undefined;
}

/** A value in a message. */
export function shown(value: string): string {
  return Token.isUnresolved(value) ? 'a value that is known only at deployment' : `"${value}"`;
}

/** @throws {SettingsError} naming each prop that is not accepted, and what is accepted */
export function checkProps(props: MomentoKeyRefresherProps): void {
  const { functionName, alarmEmail, alarmTopic, runbookUrl, momentoHosts } = props;
  const faults = faultsInSecrets(props);
  faults.push(
    ...faultsInProps({
      ...props,
      secretNames: undefined,
      alarmEmail: known(alarmEmail),
      runbookUrl: known(runbookUrl),
      momentoHosts: known(momentoHosts),
    }),
  );
  if (props.vpc === undefined && (props.vpcSubnets ?? props.securityGroups) !== undefined) {
    faults.push(
      'vpcSubnets or securityGroups are set without vpc: the function would run in no VPC. Set vpc.',
    );
  }
  if (functionName !== undefined && (Token.isUnresolved(functionName) || !isName(functionName))) {
    faults.push(propRefusal('name', `is ${shown(functionName)}`));
  }
  if (alarmEmail !== undefined && alarmTopic !== undefined) {
    faults.push('alarmEmail is set beside a topic that exists. Subscribe the address to that topic instead.');
  }
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
}

function faultsInSecrets(props: MomentoKeyRefresherProps): string[] {
  const { secretNames = [], secrets = [], createSecrets, encryptionKey } = props;
  if (known(secretNames) === undefined) {
    return [
      'secretNames has a name in it that is known only at deployment. Pass Secret.fromSecretNameV2() with that name in secrets.',
    ];
  }
  if (secrets.length === 0) return [...faultsInProps({ secretNames: props.secretNames, createSecrets })];
  const together = faultsInProps({
    secretNames: [...secretNames, ...secrets.map(nameOf)],
    createSecrets: false,
  });
  if (secretNames.length > 0)
    return [...new Set([...faultsInProps({ secretNames, createSecrets }), ...together])];
  if (encryptionKey === undefined && createSecrets === undefined) return [...together];
  return [
    ...together,
    'encryptionKey and createSecrets are about secretNames, which is empty. Leave them out. A secret of the prop secrets has its ' +
      'own key: import it with Secret.fromSecretAttributes() and its encryptionKey.',
  ];
}

function faultsInProps(values: SettingValues): readonly string[] {
  return faultsIn(values, propRefusal);
}

/** Undefined if the value, or a part of it, is known only at deployment. */
function known<T extends string | string[] | undefined>(value: T): T | undefined {
  return [value, ...(Array.isArray(value) ? value : [])].some(Token.isUnresolved) ? undefined : value;
}
