/** The playground: keeps the local stack up, prints commands to try, and prints every invocation and every change. */
import { existsSync } from 'node:fs';
import { SECRET_NAME_BLANK } from '../stack/construct/commands.ts';
import type { Interruption } from './interruption.ts';
import { invocationStory } from './invocation-story.ts';
import type { KeyFiles } from './key-files.ts';
import type { Invocation } from './lambda/lambda.ts';
import { type AwsCall, LOCAL_CREDENTIALS, type LocalStack } from './local-stack.ts';
import type { LocalRunOptions } from './options.ts';
import type { LocalTime } from './serving/local-time.ts';
import type { Timeline } from './timeline.ts';

const KEY_FILE = 'momento-key.json';
const SECRET_CHANGES = /^(Create|Put|Update|Delete|Restore|Rotate)Secret/;
const CHANGES = /^(Create|Put|Update|Delete|Restore|Rotate)/;

export function tellInvocation(timeline: Timeline, invocation: Invocation): void {
  const { mark, who, text } = invocationStory(invocation, 'full');
  timeline.event(mark, who, text);
}

/** Prints changes and refused calls of a person, but not the reads of the function. */
export function tellCall(timeline: Timeline, call: AwsCall): void {
  const { by, operation, subject, error } = call;
  const worthTelling =
    by === 'a person' ? error !== undefined || CHANGES.test(operation) : SECRET_CHANGES.test(operation);
  if (!worthTelling) return;
  const what = subject === undefined ? operation : `${operation} ${subject}`;
  if (error === undefined) timeline.event('note', by, `${what}: done`);
  else timeline.event('failed', by, `${what}: refused: ${error.name}: ${error.message}`);
}

interface Playground {
  readonly time: LocalTime;
  readonly timeline: Timeline;
  readonly interruption: Interruption;
  /** The keys that a person may put. */
  readonly files: KeyFiles;
  /** Their kind. */
  readonly keys: LocalRunOptions['keys'];
}

/** Keeps the stack up until the run is interrupted. */
export async function serve(
  stack: LocalStack,
  { time, timeline, interruption, files, keys }: Playground,
): Promise<void> {
  stack.offerKeys(() => {
    const name = files.write();
    timeline.event('note', 'a person', `asks for another key: ${name}`);
    return name;
  });
  try {
    timeline.text(introduction(stack, time, keyFileSentence(files, stack), keys));
    await interruption.happens();
  } finally {
    files.remove();
  }
}

function keyFileSentence(files: KeyFiles, { momentoEndpoint }: LocalStack): string {
  if (momentoEndpoint === undefined) return 'Keys are refreshed at Momento itself.';
  if (existsSync(KEY_FILE)) {
    return (
      `There is a file ${KEY_FILE} already. It stays as it is. ` +
      'If its key is not of this playground, write another: npm start -- key'
    );
  }
  return `${files.write()} holds a key of the local Momento that stays usable. It is removed at the end.`;
}

function introduction(
  stack: LocalStack,
  { speed }: LocalTime,
  aboutKey: string,
  keys: LocalRunOptions['keys'],
): string {
  const pace = speed === 1 ? 'Its clock is the real one.' : 'On its clock a minute passes each second.';
  return `
The playground is up. ${pace}
${aboutKey}

In another terminal, in this folder:

${Object.entries(clientEnvironment(stack))
  .map(([name, value]) => `  export ${name}=${value}`)
  .join('\n')}

${commands(stack, keys)
  .map((command) => `  ${command}`)
  .join('\n')}

Each invocation and each change is told below. Ctrl-C ends it.
`;
}

/** The variables that the SDKs and both versions of the AWS CLI read. */
function clientEnvironment({ awsEndpointUrl }: LocalStack): Record<string, string> {
  return {
    ...LOCAL_CREDENTIALS,
    AWS_DEFAULT_REGION: LOCAL_CREDENTIALS.AWS_REGION,
    AWS_ENDPOINT_URL: awsEndpointUrl,
  };
}

function commands({ template, secretName, groupName }: LocalStack, keys: LocalRunOptions['keys']): string[] {
  const { SeedWithAwsCli1Put = '', SeedWithAwsCli2Refresh = '' } = template.outputs();
  return [
    `npm run seed -- ${secretName} --file ${KEY_FILE}`,
    'npm run status',
    'npm run preflight',
    ...(keys === 'v2' ? [`npm run revoke-previous -- ${secretName}`] : []),
    'npm start -- key',
    SeedWithAwsCli1Put.replace(SECRET_NAME_BLANK, secretName),
    SeedWithAwsCli2Refresh.replace(SECRET_NAME_BLANK, secretName),
    `aws secretsmanager get-secret-value --secret-id ${secretName}`,
    `aws scheduler list-schedules --group-name ${groupName}`,
  ].filter((command) => command !== '');
}
