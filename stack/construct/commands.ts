/** The commands that the stack hands to a person, ready to paste; it runs none of them. */

export { putKeyCommand, RESTORE } from '../../handlers/names.ts';

/** Stands for the name that a person fills in: with several secrets any real one would be the wrong one for somebody. */
export const SECRET_NAME_BLANK = 'SECRET_NAME';

/** What commands call the secret: by its name if it is the only one. */
export function nameInCommands(secretNames: readonly string[]): string {
  const [only = SECRET_NAME_BLANK, ...others] = secretNames;
  return others.length === 0 ? only : SECRET_NAME_BLANK;
}

/** The function that a command calls. */
export interface Target {
  readonly functionName: string;
  readonly region: string;
}

/** One of this project's commands, for whoever has a clone of it. */
export function npmCommand(
  { functionName, region }: Target,
  script: string,
  ...args: readonly string[]
): string {
  return ['npm run', script, '--', ...args, '--region', region, '--function-name', functionName].join(' ');
}

/** Refreshes a secret's key now, due or not: the first call after a key was put, and the one that mends a failure. */
export function seedCommand(target: Target, secretName: string): string {
  return invokeCommand(target, { momento_auth_token_secret_name: secretName });
}

/** Reads the state of every secret and changes nothing. */
export function statusCommand(target: Target): string {
  return invokeCommand(target, { action: 'status' });
}

/**
 * Sends the function an event and prints its answer. The event goes through fileb://, the one form that both versions of the CLI send
 * as it is. The answer goes through a pipe: /dev/stdout is opened anew, and a log that standard output goes to would be emptied.
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
