/** The command `npm run seed`: puts the key of a file into a secret, if a file is given, and refreshes the secret at once. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { EXIT, OPTIONS_TEXT, runCommand } from './command-line.ts';
import { invoke } from './invocation.ts';
import { putKey, readKeyFile, readSecret } from './key-file.ts';
import { heldIn, isWithoutEndpoint, plannedText } from './put-plan.ts';
import {
  chooseSecret,
  dryRunOf,
  dryRunText,
  type SeedAnswer,
  seedExitCode,
  seedFailure,
  seedText,
} from './seed-report.ts';

const USAGE = `Usage: npm run seed -- [SECRET_NAME] [--file momento-key.json] [options]

Refreshes the key in a secret now, due or not. The new key becomes current only after Momento has accepted it.
With --file it first makes the key in the file the current one, before Momento was asked about it. Only the key and what belongs to
it are replaced: the other fields of the secret and the names of its fields stay.
The name can be left out if the function manages one secret only.

  --file FILE            the key as downloaded from the Momento console, or as Momento's API answered it
  --endpoint HOST        for a v2 key: the host that its readers connect to, such as cell-4-us-west-2-1.prod.a.momentohq.com
                         (default: the one in the file, or in the secret)
  --dry-run              change nothing: print what the secret holds, and what would be stored
${OPTIONS_TEXT}`;

const SYNTAX = {
  usage: USAGE,
  options: {
    file: { type: 'string' },
    endpoint: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
  mostNames: 1,
  safety: 'The refresh makes no key current that Momento has not accepted.',
} as const;

await runCommand(SYNTAX, async ({ functionName, json, client, names: [name], own, commandLine }) => {
  const file = typeof own.file === 'string' ? own.file : undefined;
  const endpoint = typeof own.endpoint === 'string' ? own.endpoint : undefined;
  const text = file === undefined ? undefined : readKeyFile(file);
  const lambda = new LambdaClient(client);
  const secretName =
    name ?? (await chooseSecret(lambda, functionName, (secret) => commandLine('seed', secret)));
  const secrets = new SecretsManagerClient(client);
  const isDryRun = own['dry-run'] === true;
  const read = readSecret(secrets, secretName);
  const mustRead = isDryRun || text !== undefined || endpoint !== undefined;
  // A plain refresh needs no permission to read the secret. It only tells less then.
  const current = await (mustRead ? read : read.catch(() => undefined));
  const stored = plannedText({ text, endpoint, current });
  if (isDryRun) {
    const plan = dryRunOf({ secretName, current, stored });
    return { text: json ? JSON.stringify(plan, undefined, 2) : dryRunText(plan), exitCode: EXIT.allWell };
  }
  if (stored !== undefined) await putKey(secrets, secretName, stored, commandLine);
  const event = { momento_auth_token_secret_name: secretName };
  const answer = await invoke<SeedAnswer>(lambda, functionName, event).catch((error) => {
    throw seedFailure(error, { secretName, file, commandLine });
  });
  const replaced = heldIn(current).keyId;
  const needsEndpoint = stored !== undefined && isWithoutEndpoint(stored);
  const addEndpoint = needsEndpoint ? commandLine('seed', secretName, '--endpoint', 'HOST') : undefined;
  return {
    text: json ? JSON.stringify(answer, undefined, 2) : seedText(answer, { file, replaced, addEndpoint }),
    exitCode: seedExitCode(answer),
  };
});
