/**
 * The checks of the preflight that need the operator's permissions: the sweep, the label rule, the roles, what IAM allows
 * them, and who gets the alarms. The function does not have these permissions. Reads and simulates only.
 */
import { GetRoleCommand, type IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { CheckResult } from '../handlers/flow/check.ts';
import { explain } from './advice.ts';
import { type Deployment, RESTORE, readDeployment } from './deployment.ts';
import { checkSafetyNets, type SafetyNetCheck, type SafetyNetClients } from './safety-nets.ts';

export interface OperatorCheck {
  readonly check:
    | SafetyNetCheck['check']
    | 'function'
    | 'scheduler role'
    | 'permission'
    | 'alarm topic'
    | 'urgent topic';
  readonly subject: string;
  readonly result: CheckResult;
  readonly detail: string;
}

export interface OperatorClients extends SafetyNetClients {
  readonly lambda: Pick<LambdaClient, 'send'>;
  readonly iam: Pick<IAMClient, 'send'>;
  readonly sns: Pick<SNSClient, 'send'>;
}

interface Permission {
  readonly roleArn: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly context?: { readonly key: string; readonly value: string };
}

const SCHEDULER = 'scheduler.amazonaws.com';
const REDEPLOY = `restore it: ${RESTORE}`;

/** @param secretArns of the secrets that the function could read */
export async function operatorChecks(
  clients: OperatorClients,
  functionName: string,
  secretArns: readonly string[],
): Promise<OperatorCheck[]> {
  let deployment: Deployment;
  try {
    deployment = await readDeployment(clients.lambda, functionName);
  } catch (error) {
    const detail = `its configuration cannot be read (${explain(error).message}): roles, permissions and alarm topic were not checked`;
    return [{ check: 'function', subject: functionName, result: 'unknown', detail }];
  }
  const safetyNets = checkSafetyNets(clients, deployment);
  const checks = await Promise.all([
    checkSchedulerRole(clients, deployment),
    ...permissionsOf(deployment, secretArns).map((permission) => checkPermission(clients, permission)),
    ...topicsOf(deployment).map(([check, topicArn]) => checkTopic(clients, check, topicArn)),
  ]);
  return [...(await safetyNets), ...checks];
}

async function checkSchedulerRole(
  { iam }: OperatorClients,
  { schedulerRoleArn }: Deployment,
): Promise<OperatorCheck> {
  const about = { check: 'scheduler role', subject: roleName(schedulerRoleArn) } as const;
  try {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: roleName(schedulerRoleArn) }));
    const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
    return trust.includes(SCHEDULER)
      ? { ...about, result: 'passed', detail: 'in place, and EventBridge Scheduler may assume it' }
      : { ...about, result: 'failed', detail: `EventBridge Scheduler may not assume it: ${REDEPLOY}` };
  } catch (error) {
    const missing = error instanceof Error && error.name === 'NoSuchEntityException';
    return missing
      ? { ...about, result: 'failed', detail: `it does not exist: ${REDEPLOY}` }
      : { ...about, result: 'unknown', detail: explain(error).message };
  }
}

function permissionsOf(deployment: Deployment, secretArns: readonly string[]): Permission[] {
  const { functionArn, functionRoleArn, schedulerRoleArn, deadLetterQueueArn, scheduleGroupName } =
    deployment;
  const [, partition, , region, account] = functionArn.split(':');
  return [
    {
      roleArn: functionRoleArn,
      actions: ['iam:PassRole'],
      resources: [schedulerRoleArn],
      context: { key: 'iam:PassedToService', value: SCHEDULER },
    },
    {
      roleArn: functionRoleArn,
      actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:GetSchedule'],
      resources: [`arn:${partition}:scheduler:${region}:${account}:schedule/${scheduleGroupName}/preflight`],
    },
    ...(secretArns.length === 0
      ? []
      : [
          {
            roleArn: functionRoleArn,
            actions: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
            resources: secretArns,
          },
        ]),
    { roleArn: functionRoleArn, actions: ['sqs:SendMessage'], resources: [deadLetterQueueArn] },
    { roleArn: schedulerRoleArn, actions: ['lambda:InvokeFunction'], resources: [functionArn] },
    { roleArn: schedulerRoleArn, actions: ['sqs:SendMessage'], resources: [deadLetterQueueArn] },
  ];
}

async function checkPermission({ iam }: OperatorClients, permission: Permission): Promise<OperatorCheck> {
  const { roleArn, actions, resources, context } = permission;
  const about = { check: 'permission', subject: roleName(roleArn) } as const;
  try {
    const { EvaluationResults = [] } = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: roleArn,
        ActionNames: [...actions],
        ResourceArns: [...resources],
        ...(context && {
          ContextEntries: [
            { ContextKeyName: context.key, ContextKeyType: 'string', ContextKeyValues: [context.value] },
          ],
        }),
      }),
    );
    const denied = EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed');
    if (EvaluationResults.length > 0 && denied.length === 0) {
      return { ...about, result: 'passed', detail: actions.join(', ') };
    }
    const what = denied.map((result) => `${result.EvalActionName} on ${result.EvalResourceName}`).join(', ');
    return { ...about, result: 'failed', detail: `IAM denies ${what || actions.join(', ')}: ${REDEPLOY}` };
  } catch (error) {
    return { ...about, result: 'unknown', detail: `${actions.join(', ')}: ${explain(error).message}` };
  }
}

type TopicCheck = 'alarm topic' | 'urgent topic';

function topicsOf({ alarmTopicArn, urgentAlarmTopicArn }: Deployment): [TopicCheck, string][] {
  const urgent: [TopicCheck, string][] = [['urgent topic', urgentAlarmTopicArn]];
  return [['alarm topic', alarmTopicArn], ...(urgentAlarmTopicArn === alarmTopicArn ? [] : urgent)];
}

async function checkTopic(
  { sns }: OperatorClients,
  check: TopicCheck,
  TopicArn: string,
): Promise<OperatorCheck> {
  const [, , , region, , name] = TopicArn.split(':');
  const about = { check, subject: name ?? TopicArn } as const;
  try {
    const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    // An unconfirmed subscription has the word PendingConfirmation instead of an ARN.
    const confirmed = Subscriptions.filter(({ SubscriptionArn }) => SubscriptionArn?.startsWith('arn:'));
    if (confirmed.length > 0) {
      return { ...about, result: 'passed', detail: `confirmed subscriptions: ${confirmed.length}` };
    }
    const detail =
      Subscriptions.length === 0
        ? `nobody gets its alarms. Subscribe, and confirm the mail that comes: aws sns subscribe --region ${region} --topic-arn ${TopicArn} --protocol email --notification-endpoint you@example.com`
        : 'nobody has confirmed: open the mail "AWS Notification - Subscription Confirmation" and follow its link';
    return { ...about, result: 'failed', detail };
  } catch (error) {
    return { ...about, result: 'unknown', detail: explain(error).message };
  }
}

function roleName(roleArn: string): string {
  return roleArn.split('/').at(-1) ?? roleArn;
}
