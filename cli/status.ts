/** The command `npm run status`: asks the function how every key stands and its log what failed last, and prints a table. Changes nothing. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { StatusResult } from '../handlers/flow/status.ts';
import { OPTIONS_TEXT, runCommand } from './command-line.ts';
import { readFailures } from './failure-log.ts';
import { invoke } from './invocation.ts';
import { statusExitCode, statusJson, statusTable } from './status-report.ts';

const USAGE = `Usage: npm run status -- [options]

Shows how every managed key stands. Changes nothing.

${OPTIONS_TEXT}`;

await runCommand({ usage: USAGE }, async ({ functionName, logGroupName, json, client }) => {
  const status = await invoke<StatusResult>(new LambdaClient(client), functionName, { action: 'status' });
  // By the function's clock, which the local run may have put ahead.
  const failures = await readFailures(new CloudWatchLogsClient(client), logGroupName, Date.parse(status.at));
  const text = json ? statusJson(status, failures) : statusTable(status, failures);
  return { text, exitCode: statusExitCode(status) };
});
