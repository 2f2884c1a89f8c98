/** The commands in outputs, alarms and the dashboard, ready to paste. */
import { Token } from 'aws-cdk-lib';

export { putKeyCommand, RESTORE } from '../../handlers/names.ts';

/** Stands for the name that a person fills in: with several secrets any real one would be the wrong one for somebody. */
export const SECRET_NAME_BLANK = 'SECRET_NAME';

/** The secret in a command: its name if it is the only one, and known at synth. A mail with a name of any length could be too long. */
export function nameInCommands(secretNames: readonly string[]): string {
  const [only = SECRET_NAME_BLANK, ...others] = secretNames;
  return others.length === 0 && !Token.isUnresolved(only) ? only : SECRET_NAME_BLANK;
}

/** The function that a command calls. */
export interface Target {
  readonly functionName: string;
  readonly region: string;
}

/** One of this project's commands, for people with a clone of it. */
export function npmCommand(
  { functionName, region }: Target,
  script: string,
  ...args: readonly string[]
): string {
  return ['npm run', script, '--', ...args, '--region', region, '--function-name', functionName].join(' ');
}

/** Refreshes a secret's key now, due or not. It is the first call after a key was put, and it repairs a failed refresh. */
export function seedCommand(target: Target, secretName: string): string {
  return invokeCommand(target, { momento_auth_token_secret_name: secretName });
}

/** Reads the state of every secret and changes nothing. */
export function statusCommand(target: Target): string {
  return invokeCommand(target, { action: 'status' });
}

/**
 * Sends the function an event and prints its answer. The event is read from fileb://, because both versions of the CLI send that
 * unchanged. The answer goes through a pipe, because writing to /dev/stdout would empty a log file that standard output goes to.
 */
export function invokeCommand(
  { functionName, region }: Target,
  event: Readonly<Record<string, string>>,
): string {
  return (
    `echo '${JSON.stringify(event)}' | aws lambda invoke --region ${region} --function-name ${functionName} ` +
    '--cli-read-timeout 300 --payload fileb:///dev/stdin /dev/stdout | cat'
  );
}
