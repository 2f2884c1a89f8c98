/** The command `npm run seed`: puts a key into a secret if a file is given, and has the function refresh it at once. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { OPTIONS_TEXT, runCommand } from './command-line.ts';
import { invoke } from './invocation.ts';
import { putKeyFile, readKeyFile } from './key-file.ts';
import { chooseSecret, type SeedAnswer, seedExitCode, seedFailure, seedText } from './seed-report.ts';

const USAGE = `Usage: npm run seed -- [SECRET_NAME] [--file momento-key.json] [options]

Refreshes the key in a secret now, due or not. With --file it first puts the key in the file into the secret.
The name can be left out if the function manages one secret only.

  --file FILE            the key as downloaded from the Momento console
${OPTIONS_TEXT}`;

const SYNTAX = {
  usage: USAGE,
  options: { file: { type: 'string' } },
  mostNames: 1,
  safety: 'The current key stays until a new one is proved.',
} as const;

await runCommand(
  SYNTAX,
  async ({ functionName, json, client, names: [name], own: { file }, commandLine }) => {
    const path = typeof file === 'string' ? file : undefined;
    const text = path === undefined ? undefined : readKeyFile(path);
    const lambda = new LambdaClient(client);
    const secretName =
      name ?? (await chooseSecret(lambda, functionName, (secret) => commandLine('seed', secret)));
    if (text !== undefined) await putKeyFile(new SecretsManagerClient(client), secretName, text, commandLine);
    const event = { momento_auth_token_secret_name: secretName };
    const answer = await invoke<SeedAnswer>(lambda, functionName, event).catch((error) => {
      throw seedFailure(error, { secretName, file: path, commandLine });
    });
    return {
      text: json ? JSON.stringify(answer, undefined, 2) : seedText(answer, path),
      exitCode: seedExitCode(answer),
    };
  },
);
