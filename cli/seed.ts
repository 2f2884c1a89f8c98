/** The command `npm run seed`: puts the key of a file into a secret, if a file is given, and refreshes the secret at once. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { EXIT, OPTIONS_TEXT, runCommand } from './command-line.ts';
import { invoke } from './invocation.ts';
import { putKey, readKeyFile, readSecret } from './key-file.ts';
import { heldIn, isAnswer, namesIn, textToStore } from './put-plan.ts';
import {
  chooseSecret,
  dryRunText,
  type SeedAnswer,
  seedExitCode,
  seedFailure,
  seedText,
} from './seed-report.ts';

const USAGE = `Usage: npm run seed -- [SECRET_NAME] [--file momento-key.json] [options]

Refreshes the key in a secret now, due or not. With --file it first puts the key in the file into the secret.
The name can be left out if the function manages one secret only. If the file is an answer of Momento's API, and the secret has
apiKey or an endpoint, the key is stored with the same names and the same endpoint.

  --file FILE            the key as downloaded from the Momento console, or as Momento's API answered it
  --dry-run              change nothing: print the endpoint of the key in the secret, and what would be stored
${OPTIONS_TEXT}`;

const SYNTAX = {
  usage: USAGE,
  options: { file: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
  mostNames: 1,
  safety: 'The current key stays until a new one is proved.',
} as const;

await runCommand(SYNTAX, async ({ functionName, json, client, names: [name], own, commandLine }) => {
  const path = typeof own.file === 'string' ? own.file : undefined;
  const text = path === undefined ? undefined : readKeyFile(path);
  const lambda = new LambdaClient(client);
  const secretName =
    name ?? (await chooseSecret(lambda, functionName, (secret) => commandLine('seed', secret)));
  const secrets = new SecretsManagerClient(client);
  const isDryRun = own['dry-run'] === true;
  const mustRead = isDryRun || (text !== undefined && isAnswer(text));
  const current = mustRead ? await readSecret(secrets, secretName) : undefined;
  const stored = text === undefined ? undefined : textToStore(text, current);
  if (isDryRun) {
    const plan = { secretName, holds: heldIn(current), stores: stored === undefined ? [] : namesIn(stored) };
    return { text: json ? JSON.stringify(plan, undefined, 2) : dryRunText(plan), exitCode: EXIT.allWell };
  }
  if (stored !== undefined) await putKey(secrets, secretName, stored, commandLine);
  const event = { momento_auth_token_secret_name: secretName };
  const answer = await invoke<SeedAnswer>(lambda, functionName, event).catch((error) => {
    throw seedFailure(error, { secretName, file: path, commandLine });
  });
  return {
    text: json ? JSON.stringify(answer, undefined, 2) : seedText(answer, path),
    exitCode: seedExitCode(answer),
  };
});
