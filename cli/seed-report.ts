/** Formats the answer to a seed call. */
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { StatusResult } from '../handlers/flow/status.ts';
import type { RefreshResult } from '../handlers/reporting/result.ts';
import { CommandError, explain } from './advice.ts';
import { type CommandLine, EXIT } from './command-line.ts';
import { invoke } from './invocation.ts';
import { type Held, heldIn, isWithoutEndpoint, namesIn } from './put-plan.ts';

export type SeedAnswer = RefreshResult;

/** @returns the one secret that the function manages. @throws {CommandError} it manages several */
export async function chooseSecret(
  client: Pick<LambdaClient, 'send'>,
  functionName: string,
  commandFor: (secretName: string) => string,
): Promise<string> {
  const { secrets } = await invoke<StatusResult>(client, functionName, { action: 'status' });
  const names = secrets.map(({ secretName }) => secretName);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw new CommandError(
    'UsageError',
    `${functionName} manages ${names.length} secrets: ${names.join(', ')}.`,
    `Name one of them, for example: ${commandFor(only ?? 'SECRET_NAME')}`,
  );
}

/** What to print besides the answer. */
export interface SeedNotes {
  /** The file with the key, if this command has put it. */
  readonly file?: string | undefined;
  /** The id of the v2 key that was current before. */
  readonly replaced?: string | undefined;
  /** The command that adds the endpoint, if the key that was put has none. */
  readonly addEndpoint?: string | undefined;
}

export function seedText(answer: SeedAnswer, { file, replaced, addEndpoint }: SeedNotes = {}): string {
  return [
    ...whatHappened(answer),
    ...(replaced === undefined || !(isRefreshed(answer) || file !== undefined)
      ? []
      : [`The key before it has the id ${replaced}, and works until it expires or is revoked.`]),
    ...(addEndpoint === undefined
      ? []
      : [`The secret names no endpoint, which readers of a v2 key need. If it has readers: ${addEndpoint}`]),
    ...(file === undefined ? [] : [`Delete ${file} now: rm ${file}`]),
  ].join('\n');
}

/** The last sentence of an error of the function. Another command beside it could contradict it. */
const ENDS_IN_COMMAND = /: (npm run|npx|aws|curl|\(umask) .+$/;

/** Adds to the error of a failed call that the key of the file is in the secret, and the next command if the message has none. */
export function seedFailure(
  error: unknown,
  {
    secretName,
    file,
    commandLine,
  }: { secretName: string; file: string | undefined; commandLine: CommandLine },
): CommandError {
  const { name, message, advice } = explain(error);
  const stored = file === undefined ? [] : [`The key in ${file} is in secret "${secretName}" now.`];
  const next =
    advice ||
    (ENDS_IN_COMMAND.test(message) ? [] : [`To refresh it again: ${commandLine('seed', secretName)}`]);
  const remember = file === undefined ? [] : [`Delete ${file} when the refresh has worked: rm ${file}`];
  return new CommandError(name, [message, ...stored].join('\n'), [next, remember].flat().join('\n'));
}

/** The changes that a seed would make. */
export interface DryRun {
  readonly secretName: string;
  readonly holds: Held;
  /** The names of the fields that would be stored; empty if nothing would. */
  readonly stores: readonly string[];
  /** Of these, the names that the secret does not have. */
  readonly adds: readonly string[];
  /** The names that the secret would lose. */
  readonly removes: readonly string[];
  /** Whether a v2 key would be stored without the endpoint that its readers need. */
  readonly lacksEndpoint: boolean;
}

/**
 * @param current the text of the secret
 * @param stored the text that would replace it
 */
export function dryRunOf({
  secretName,
  current,
  stored,
}: {
  readonly secretName: string;
  readonly current: string | undefined;
  readonly stored: string | undefined;
}): DryRun {
  const [before, after] = [namesIn(current), namesIn(stored)];
  return {
    secretName,
    holds: heldIn(current),
    stores: after,
    adds: after.filter((name) => !before.includes(name)),
    removes: stored === undefined ? [] : before.filter((name) => !after.includes(name)),
    lacksEndpoint: stored !== undefined && isWithoutEndpoint(stored),
  };
}

export function dryRunText({ secretName, holds, stores, adds, removes, lacksEndpoint }: DryRun): string {
  const { kind, endpoint, keyId } = holds;
  const where = kind === 'a v1 key' ? 'The endpoint in it' : 'The endpoint beside it';
  const line = (text: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${text}: ${names.join(', ')}`];
  return [
    `Secret "${secretName}" holds ${kind}.`,
    ...(endpoint === undefined ? [] : [`${where}: ${endpoint}`]),
    ...(keyId === undefined ? [] : [`Its id: ${keyId}`]),
    ...line('The secret would have the fields', stores),
    ...line('Added', adds),
    ...line('Removed', removes),
    ...(lacksEndpoint ? ['Readers of a v2 key need an endpoint. Add one with --endpoint HOST'] : []),
    'Nothing was changed.',
  ].join('\n');
}

export function seedExitCode(answer: SeedAnswer): number {
  return isRefreshed(answer) || answer.outcome === 'never-expires' ? EXIT.allWell : EXIT.needsAttention;
}

function isRefreshed({ outcome }: SeedAnswer): boolean {
  return outcome === 'refresh' || outcome === 'resume';
}

function whatHappened(answer: SeedAnswer): string[] {
  const { outcome, secretName, validUntil, nextRefreshAt, nextStep } = answer;
  const expiry = validUntil === null ? '' : `valid until ${validUntil}`;
  const next = nextRefreshAt === null ? [] : [`Next run: ${nextRefreshAt}`];
  switch (outcome) {
    case 'refresh':
    case 'resume':
      return [`The key in secret "${secretName}" was refreshed. The new key is ${expiry}.`, ...next];
    case 'never-expires':
      return [`The key in secret "${secretName}" never expires. There is nothing to refresh.`];
    case 'wait':
      return [`The key in secret "${secretName}" was not refreshed now. It is ${expiry}.`, ...next];
    default:
      return [
        `Secret "${secretName}" holds no key that can be refreshed (${outcome}).`,
        ...(nextStep === undefined ? [] : [nextStep]),
      ];
  }
}
