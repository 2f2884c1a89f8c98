/** The commands that the stack hands to a person, ready to paste; it runs none of them. */

export { putKeyCommand } from '../../handlers/names.ts';

/** Stands for the name that a person fills in: with several secrets any real one would be the wrong one for somebody. */
export const SECRET_NAME_BLANK = 'SECRET_NAME';

/** What commands call the secret: by its name if it is the only one. */
export function nameInCommands(secretNames: readonly string[]): string {
  const [only = SECRET_NAME_BLANK, ...others] = secretNames;
  return others.length === 0 ? only : SECRET_NAME_BLANK;
}

/** Refreshes a secret's key now, due or not: the first call after a key was put, and the one that mends a failure. */
export function seedCommand(functionName: string, secretName: string): string {
  return invokeCommand(functionName, { momento_auth_token_secret_name: secretName });
}

/** Reads the state of every secret and changes nothing. */
export function statusCommand(functionName: string): string {
  return invokeCommand(functionName, { action: 'status' });
}

/** Sends the function an event and prints its answer. It goes through fileb://, the one form that both versions of the CLI send as it is. */
export function invokeCommand(functionName: string, event: Readonly<Record<string, string>>): string {
  return (
    `echo '${JSON.stringify(event)}' | aws lambda invoke --function-name ${functionName} ` +
    '--cli-read-timeout 300 --payload fileb:///dev/stdin /dev/stdout'
  );
}

/** Prints the function's lines of the last three hours. Version 1 of the CLI has no `logs tail`, and only GNU's date counts hours. */
export function logCommand(logGroupName: string, filterPattern?: string): string {
  const filter = filterPattern === undefined ? '' : `--filter-pattern ${filterPattern} `;
  return (
    `aws logs filter-log-events --log-group-name ${logGroupName} ${filter}` +
    "--start-time $(($(date +%s) - 10800))000 --query 'events[].message' --output text"
  );
}
