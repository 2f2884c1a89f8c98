/** The command `npm run status`: prints the state of every key and the last failures. Changes nothing. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { StatusResult } from '../handlers/flow/status.ts';
import { OPTIONS_TEXT, runCommand } from './command-line.ts';
import { readFailures } from './failure-log.ts';
import { invoke } from './invocation.ts';
import { checkSafetyNetsOf } from './safety-nets.ts';
import { statusExitCode, statusJson, statusText } from './status-report.ts';

const USAGE = `Usage: npm run status -- [--prove] [options]

Shows how every managed key stands, the most urgent first, and what to do. Changes nothing. Your own permissions
(lambda:GetFunctionConfiguration, scheduler:ListSchedules, events:ListRuleNamesByTarget, events:DescribeRule,
logs:FilterLogEvents) are used to check the sweep and the label rule and to find the last failures.

  --prove                ask Momento about every key that expires and has not expired
${OPTIONS_TEXT}`;

const SYNTAX = { usage: USAGE, options: { prove: { type: 'boolean' } } } as const;

await runCommand(SYNTAX, async ({ functionName, logGroupName, json, client, own, commandLine }) => {
  const lambda = new LambdaClient(client);
  const clients = { lambda, scheduler: new SchedulerClient(client), events: new EventBridgeClient(client) };
  const event = { action: 'status', ...(own.prove === true && { prove: true }) };
  const status = await invoke<StatusResult>(lambda, functionName, event);
  const [safetyNets, log] = await Promise.all([
    checkSafetyNetsOf(functionName, clients),
    // The function's clock, because that of a local run may be ahead.
    readFailures(new CloudWatchLogsClient(client), logGroupName, Date.parse(status.at)),
  ]);
  const report = { status, safetyNets, log };
  const text = json ? statusJson(report) : statusText(report, commandLine);
  return { text, exitCode: statusExitCode(report) };
});
