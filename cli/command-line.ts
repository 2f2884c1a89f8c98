/** What the operator's commands have in common: options, clients' settings and exit codes. Each command says the rest. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The exit codes that a script can go by. */
export const EXIT = { allWell: 0, needsAttention: 1, couldNotTell: 2 } as const;

export interface CommandOptions {
  readonly functionName: string;
  readonly logGroupName: string;
  readonly json: boolean;
  /** For the AWS SDK's clients; what is absent they take from the environment and the shared configuration, as the AWS CLI does. */
  readonly client: { readonly region?: string; readonly endpoint?: string };
}

const DEFAULT_FUNCTION_NAME = 'momento-key-refresher';

const OPTIONS = {
  'function-name': { type: 'string', default: DEFAULT_FUNCTION_NAME },
  'log-group': { type: 'string' },
  'endpoint-url': { type: 'string' },
  region: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options'];

export const OPTIONS_TEXT = `  --function-name NAME   the function, or its ARN (default: ${DEFAULT_FUNCTION_NAME})
  --log-group NAME       its log group (default: /aws/lambda/ and the function's name)
  --endpoint-url URL     where AWS is, such as the local run's endpoint (default: AWS_ENDPOINT_URL, or AWS itself)
  --region REGION        (default: AWS_REGION, or the shared configuration)
  --json                 print JSON
  --help                 this text

Exit codes: 0 all is well, 1 something needs attention, 2 it could not be found out.`;

/** @throws {TypeError} with a message for the person who typed it */
export function parseOptions(args: readonly string[]): CommandOptions | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return 'help';
  const { 'function-name': functionName, 'endpoint-url': endpoint, region, json } = values;
  const plainName = functionName.split(':').at(-1) ?? functionName;
  return {
    functionName,
    logGroupName: values['log-group'] ?? `/aws/lambda/${plainName}`,
    json,
    client: { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) },
  };
}

/**
 * Runs a command to its end: prints what it has to say, sets the exit code, and never shows a stack trace.
 * @param command gives the text to print and the exit code
 */
export async function runCommand(
  usage: string,
  command: (options: CommandOptions) => Promise<{ text: string; exitCode: number }>,
): Promise<void> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === 'help') {
      console.log(usage);
      return;
    }
    const { text, exitCode } = await command(options);
    console.log(text);
    process.exitCode = exitCode;
  } catch (error) {
    console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    process.exitCode = EXIT.couldNotTell;
  }
}
