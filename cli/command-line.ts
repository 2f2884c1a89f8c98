/** The options, AWS client settings, exit codes and error output of all commands. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { LambdaClientConfig } from '@aws-sdk/client-lambda';
import { CommandError, explain, type Failure } from './advice.ts';

/** The exit codes that a script can rely on. */
export const EXIT = { allWell: 0, needsAttention: 1, couldNotTell: 2 } as const;

/** The settings of every AWS client. The SDK reads missing ones from the environment and the shared configuration. */
type ClientSettings = Pick<
  LambdaClientConfig,
  'region' | 'profile' | 'endpoint' | 'credentials' | 'requestHandler' | 'maxAttempts'
>;

export interface CommandOptions {
  readonly functionName: string;
  readonly logGroupName: string;
  readonly json: boolean;
  readonly client: ClientSettings;
  /** The arguments that are not options, such as the name of a secret. */
  readonly names: readonly string[];
  /** The command's own options. */
  readonly own: Readonly<Record<string, string | boolean | undefined>>;
  readonly commandLine: CommandLine;
}

/** Writes a command for a person to paste. It has the same function, region and account as the command that prints it. */
export type CommandLine = (script: string, ...args: readonly string[]) => string;

type OptionTable = NonNullable<ParseArgsConfig['options']>;

/** The properties of a command. */
export interface CommandSyntax {
  readonly usage: string;
  readonly options?: OptionTable;
  /** One or more sentences about what is safe if the command fails before it has an answer. Default: the command only reads. */
  readonly safety?: string;
  /** The largest number of names. */
  readonly mostNames?: number;
}

const DEFAULT_FUNCTION_NAME = 'momento-key-refresher';

const SHARED_OPTIONS = {
  'function-name': { type: 'string', default: DEFAULT_FUNCTION_NAME },
  'log-group': { type: 'string' },
  'endpoint-url': { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies OptionTable;
const REPEATED_OPTIONS = ['function-name', 'region', 'profile', 'endpoint-url'] as const;

export const OPTIONS_TEXT = `  --function-name NAME   the function, or its ARN (default: ${DEFAULT_FUNCTION_NAME})
  --log-group NAME       its log group (default: /aws/lambda/ and the function's name)
  --region REGION        (default: the region that the AWS CLI would use)
  --profile PROFILE      (default: the profile that the AWS CLI would use)
  --endpoint-url URL     the endpoint of a local run (default: AWS_ENDPOINT_URL, or AWS itself)
  --json                 print JSON, also for an error. With npm run --silent, npm adds no lines of its own
  --help                 print this text

Exit codes: 0 all is well, 1 something needs a person, 2 it failed, or could not be found out.`;

const CONNECT_SECONDS = 3;
/** A call may wait for the whole time limit of the function, which is five minutes. */
const ANSWER_SECONDS = 310;

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, string | boolean | undefined>>;

/** @throws {CommandError} for an unknown option or an unexpected name; the advice is the usage */
export function parseOptions(
  args: readonly string[],
  syntax: CommandSyntax,
  environment: Environment = process.env,
): CommandOptions | 'help' {
  const { values, positionals } = parse(args, syntax);
  if (values.help === true) return 'help';
  const functionName = String(values['function-name']);
  const plainName = functionName.split(':').at(-1) ?? functionName;
  return {
    functionName,
    logGroupName: String(values['log-group'] ?? `/aws/lambda/${plainName}`),
    json: values.json === true,
    client: clientSettings(values, environment),
    names: positionals,
    own: Object.fromEntries(Object.keys(syntax.options ?? {}).map((name) => [name, values[name]])),
    commandLine: commandLineFor(values),
  };
}

/** Repeats only the given options. Settings from the environment still hold when the command is pasted. */
function commandLineFor(values: Values): CommandLine {
  const repeated = REPEATED_OPTIONS.flatMap((name) => {
    const value = values[name];
    return value === undefined || value === DEFAULT_FUNCTION_NAME ? [] : [`--${name}`, quoted(String(value))];
  });
  return (script, ...args) => {
    const words = [...args.map(quoted), ...repeated];
    return [`npm run ${script}`, ...(words.length > 0 ? ['--', ...words] : [])].join(' ');
  };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function parse(args: readonly string[], { usage, options, mostNames = 0 }: CommandSyntax) {
  let parsed: { values: object; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...SHARED_OPTIONS, ...options },
      allowPositionals: true,
    });
  } catch (error) {
    const [firstSentence = ''] = (error instanceof Error ? error.message : String(error)).split(/\. /);
    throw new CommandError('UsageError', `${firstSentence.replace(/\.$/, '')}.`, usage);
  }
  const excess = parsed.positionals[mostNames];
  if (excess !== undefined) throw new CommandError('UsageError', `Unexpected argument "${excess}".`, usage);
  return { values: parsed.values as Values, positionals: parsed.positionals };
}

/** Chooses region, profile and credentials in the AWS CLI's order of precedence, which differs from the SDK's. */
function clientSettings(values: Values, environment: Environment): ClientSettings {
  const region = values.region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  const profile = values.profile ?? environment.AWS_PROFILE ?? environment.AWS_DEFAULT_PROFILE;
  const endpoint = values['endpoint-url'];
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  const keyId = values.profile === undefined ? AWS_ACCESS_KEY_ID : undefined;
  return {
    ...(region !== undefined && { region: String(region) }),
    ...(profile !== undefined && { profile: String(profile) }),
    ...(endpoint !== undefined && { endpoint: String(endpoint) }),
    // Credentials in the environment come before a profile in the environment, but after --profile.
    ...(keyId !== undefined &&
      AWS_SECRET_ACCESS_KEY !== undefined && {
        credentials: {
          accessKeyId: keyId,
          secretAccessKey: AWS_SECRET_ACCESS_KEY,
          ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
        },
      }),
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: CONNECT_SECONDS * 1000,
      requestTimeout: ANSWER_SECONDS * 1000,
      throwOnRequestTimeout: true,
    },
  };
}

/**
 * Runs a command, prints its text or its error without a stack trace, and sets the exit code.
 * @param command returns the text to print and the exit code
 */
export async function runCommand(
  syntax: CommandSyntax,
  command: (options: CommandOptions) => Promise<{ text: string; exitCode: number }>,
): Promise<void> {
  const args = process.argv.slice(2);
  try {
    const options = parseOptions(args, syntax);
    if (options === 'help') {
      console.log(syntax.usage);
      return;
    }
    const { text, exitCode } = await command(options);
    console.log(text);
    process.exitCode = exitCode;
  } catch (error) {
    const failure = withSafety(explain(error), syntax.safety);
    if (args.includes('--json')) console.log(JSON.stringify({ error: failure }, undefined, 2));
    else console.error([failure.message, failure.advice].filter((line) => line !== '').join('\n'));
    process.exitCode = EXIT.couldNotTell;
  }
}

/** A line of its own, because a message of the function ends in a command. None if the message says itself what was done. */
function withSafety(failure: Failure, safety = 'Nothing was changed. Booked runs go on.'): Failure {
  const saysIt = failure.name === 'UsageError' || /[Nn]othing was (changed|done)/.test(failure.message);
  return saysIt ? failure : { ...failure, message: `${failure.message}\n${safety}` };
}
