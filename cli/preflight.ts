/** The command `npm run preflight`: checks before the first refresh whether everything is in place. Changes nothing. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SNSClient } from '@aws-sdk/client-sns';
import type { PreflightResult } from '../handlers/flow/preflight.ts';
import { OPTIONS_TEXT, runCommand } from './command-line.ts';
import { invoke } from './invocation.ts';
import { operatorChecks } from './operator-checks.ts';
import { preflightExitCode, preflightTable } from './preflight-report.ts';

const USAGE = `Usage: npm run preflight -- [options]

Tells whether the refresher can do its job. The function checks the secrets and the keys. Your own permissions
(lambda:GetFunctionConfiguration, iam:GetRole, iam:SimulatePrincipalPolicy, scheduler:ListSchedules,
events:ListRuleNamesByTarget, events:DescribeRule, sns:ListSubscriptionsByTopic) are used to check the roles,
the sweep, the label rule and the alarms. Changes nothing.

${OPTIONS_TEXT}`;

await runCommand({ usage: USAGE }, async ({ functionName, json, client }) => {
  const lambda = new LambdaClient(client);
  const { checks, secretArns } = await invoke<PreflightResult>(lambda, functionName, { action: 'preflight' });
  const clients = {
    lambda,
    iam: new IAMClient(client),
    sns: new SNSClient(client),
    scheduler: new SchedulerClient(client),
    events: new EventBridgeClient(client),
  };
  const all = [...checks, ...(await operatorChecks(clients, functionName, secretArns))];
  const text = json
    ? JSON.stringify({ outcome: 'preflight', checks: all }, undefined, 2)
    : preflightTable(all);
  return { text, exitCode: preflightExitCode(all) };
});
