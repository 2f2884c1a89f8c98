/** The command `npm run revoke-previous`: makes the function revoke the previous key at Momento, at once. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { RevokeResult } from '../handlers/flow/revoke.ts';
import { EXIT, OPTIONS_TEXT, runCommand } from './command-line.ts';
import { invoke } from './invocation.ts';
import { chooseSecret } from './seed-report.ts';

const USAGE = `Usage: npm run revoke-previous -- [SECRET_NAME] [--key-id ID] [options]

Revokes the v2 key under AWSPREVIOUS at Momento, at once and for good: for a key that leaked.
Refresh the secret first (npm run seed), and let every reader move to the new key. A second refresh moves AWSPREVIOUS, so name the
key that leaked: npm run seed prints its id.
The name can be left out if the function manages one secret only.

  --key-id ID            revoke the key only if it has this id
${OPTIONS_TEXT}`;

const SYNTAX = {
  usage: USAGE,
  options: { 'key-id': { type: 'string' } },
  mostNames: 1,
  safety: 'The current key is not affected.',
} as const;

await runCommand(SYNTAX, async ({ functionName, json, client, names: [name], own, commandLine }) => {
  const lambda = new LambdaClient(client);
  const secretName =
    name ?? (await chooseSecret(lambda, functionName, (secret) => commandLine('revoke-previous', secret)));
  const answer = await invoke<RevokeResult>(lambda, functionName, {
    action: 'revoke-previous',
    momento_auth_token_secret_name: secretName,
    keyId: own['key-id'],
  });
  const what = answer.reason === 'requested' ? 'is revoked' : 'was gone already';
  const text =
    `The key before the current one of secret "${secretName}" ${what} (key ${answer.keyId}). ` +
    'You can no longer roll back to AWSPREVIOUS.';
  return { text: json ? JSON.stringify(answer, undefined, 2) : text, exitCode: EXIT.allWell };
});
