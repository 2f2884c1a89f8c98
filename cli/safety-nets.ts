/** Checks that the sweep's schedule and the label rule exist and are enabled. Reads with the operator's permissions. */
import {
  DescribeRuleCommand,
  type EventBridgeClient,
  ListRuleNamesByTargetCommand,
} from '@aws-sdk/client-eventbridge';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { ListSchedulesCommand, type SchedulerClient, type ScheduleSummary } from '@aws-sdk/client-scheduler';
import type { CheckResult } from '../handlers/flow/check.ts';
import { explain } from './advice.ts';
import { type Deployment, RESTORE, readDeployment } from './deployment.ts';

export interface SafetyNetCheck {
  readonly check: 'sweep' | 'label rule';
  /** The name of the schedule or the rule. If it is missing, the name of the group or the function. */
  readonly subject: string;
  readonly result: CheckResult;
  readonly detail: string;
}

export interface SafetyNetClients {
  readonly scheduler: Pick<SchedulerClient, 'send'>;
  readonly events: Pick<EventBridgeClient, 'send'>;
}

type Finding = Omit<SafetyNetCheck, 'check'>;

/** Does not throw: a check that cannot be made is `unknown`. */
export async function checkSafetyNets(
  { scheduler, events }: SafetyNetClients,
  { scheduleGroupName, functionArn }: Pick<Deployment, 'scheduleGroupName' | 'functionArn'>,
): Promise<SafetyNetCheck[]> {
  const [sweep, rule] = await Promise.all([
    findOut(scheduleGroupName, () => checkSweep(scheduler, scheduleGroupName)),
    findOut(functionArn, () => checkLabelRule(events, functionArn)),
  ]);
  return [
    { check: 'sweep', ...sweep },
    { check: 'label rule', ...rule },
  ];
}

/** Like `checkSafetyNets`, for the deployment of a function. Does not throw. */
export async function checkSafetyNetsOf(
  functionName: string,
  clients: SafetyNetClients & { readonly lambda: Pick<LambdaClient, 'send'> },
): Promise<SafetyNetCheck[]> {
  try {
    return await checkSafetyNets(clients, await readDeployment(clients.lambda, functionName));
  } catch (error) {
    const finding = { subject: functionName, result: 'unknown', detail: explain(error).message } as const;
    return [
      { check: 'sweep', ...finding },
      { check: 'label rule', ...finding },
    ];
  }
}

async function findOut(subject: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { subject, result: 'unknown', detail: explain(error).message };
  }
}

async function checkSweep(scheduler: Pick<SchedulerClient, 'send'>, groupName: string): Promise<Finding> {
  const sweep = await findSweep(scheduler, groupName);
  if (sweep === undefined) {
    return {
      subject: groupName,
      result: 'failed',
      detail: `The schedule of the sweep is missing. Only booked wake-ups refresh keys. Restore it: ${RESTORE}`,
    };
  }
  const subject = sweep.Name ?? groupName;
  if (sweep.State !== 'ENABLED') {
    return {
      subject,
      result: 'failed',
      detail: `The schedule of the sweep is disabled. Only booked wake-ups refresh keys. Restore it: ${RESTORE}`,
    };
  }
  return { subject, result: 'passed', detail: 'its schedule is enabled' };
}

/** The schedule of the sweep is in the group of the wake-ups, and its name ends in "-sweep". */
async function findSweep(
  scheduler: Pick<SchedulerClient, 'send'>,
  groupName: string,
): Promise<ScheduleSummary | undefined> {
  let nextToken: string | undefined;
  do {
    const page = await scheduler.send(
      new ListSchedulesCommand({
        GroupName: groupName,
        MaxResults: 100,
        ...(nextToken !== undefined && { NextToken: nextToken }),
      }),
    );
    const sweep = page.Schedules?.find(({ Name }) => Name?.endsWith('-sweep'));
    if (sweep !== undefined) return sweep;
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return undefined;
}

async function checkLabelRule(
  events: Pick<EventBridgeClient, 'send'>,
  functionArn: string,
): Promise<Finding> {
  const { RuleNames = [] } = await events.send(new ListRuleNamesByTargetCommand({ TargetArn: functionArn }));
  const rules = await Promise.all(RuleNames.map((Name) => events.send(new DescribeRuleCommand({ Name }))));
  const rule = rules.find(({ EventPattern }) => EventPattern?.includes('Secret Label Updated'));
  if (rule === undefined) {
    return {
      subject: functionArn.split(':').at(-1) ?? functionArn,
      result: 'failed',
      detail: `The label rule is missing. A key that a person puts waits for the next sweep. Restore it: ${RESTORE}`,
    };
  }
  const subject = rule.Name ?? functionArn;
  const region = functionArn.split(':')[3];
  if (rule.State !== 'ENABLED') {
    return {
      subject,
      result: 'failed',
      detail:
        'The label rule is disabled. A key that a person puts waits for the next sweep. Enable it: ' +
        `aws events enable-rule --region ${region} --name ${subject}`,
    };
  }
  return { subject, result: 'passed', detail: 'the rule is enabled' };
}
