/** The local stack kept up for a person to play with: says where it is and which commands to type, until it is interrupted. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { LOCAL_CREDENTIALS, type LocalStack } from './local-stack.ts';

const KEY_FILE = 'momento-key.json';
/** Two hours on the local clock are two minutes on the wall's. */
const KEY_LIFETIME_SECONDS = 2 * 3600;

/** @param speed how many local seconds a real one lasts */
export async function serve(stack: LocalStack, speed: number): Promise<void> {
  const ownKeyFile = provideKeyFile(stack);
  console.log(`
The local stack is up${speed === 1 ? '' : `; its clock runs ${speed} times as fast as yours`}. In another terminal:

${Object.entries(cliEnvironment(stack))
  .map(([name, value]) => `  export ${name}=${value}`)
  .join('\n')}

${commands(stack)
  .map((command) => `  ${command}`)
  .join('\n')}

${ownKeyFile ? `${KEY_FILE} holds a fresh key of the local Momento; it goes when this ends. ` : ''}Ctrl-C ends it.`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  if (ownKeyFile) rmSync(KEY_FILE, { force: true });
}

/** What both major versions of the AWS CLI go by. */
function cliEnvironment({ awsEndpointUrl }: LocalStack): Record<string, string> {
  const { AWS_REGION, ...credentials } = LOCAL_CREDENTIALS;
  return { ...credentials, AWS_DEFAULT_REGION: AWS_REGION, AWS_ENDPOINT_URL: awsEndpointUrl };
}

function commands({ template, secretName, groupName }: LocalStack): string[] {
  const { PutKeyCommand = '', SeedCommand = '', StatusCommand = '' } = template.outputs();
  return [
    PutKeyCommand,
    SeedCommand,
    `aws secretsmanager get-secret-value --secret-id ${secretName}`,
    `aws scheduler list-schedules --group-name ${groupName}`,
    StatusCommand,
  ];
}

/** A key for `put-secret-value`, unless a file of that name is there already: it may be somebody's real one. */
function provideKeyFile({ momento }: LocalStack): boolean {
  if (existsSync(KEY_FILE)) return false;
  const key = momento.generateKey({ lifetimeSeconds: KEY_LIFETIME_SECONDS });
  writeFileSync(KEY_FILE, `${JSON.stringify(key)}\n`, { mode: 0o600 });
  return true;
}
