/** Reads a person's key file and the secret, and writes the secret. No message quotes a value. */
import { readFileSync } from 'node:fs';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SecretContentError } from '../handlers/errors.ts';
import { parseSecretContent } from '../handlers/rules/secret-value.ts';
import { CommandError, errorName } from './advice.ts';
import type { CommandLine } from './command-line.ts';

const FORM =
  "It must be the JSON file that the Momento console offers for download, or an answer of Momento's API.";

/** @throws {CommandError} the file cannot be read, is not in UTF-8, or holds no key that the function would accept */
export function readKeyFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new CommandError('KeyFileError', `The file ${path} cannot be read (${errorName(error)}).`);
  }
  if (bytes.length === 0) throw new CommandError('KeyFileError', `The file ${path} is empty.`, FORM);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new CommandError('KeyFileError', `The file ${path} is in UTF-16.`, 'Save it as UTF-8.');
  }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const fault = faultIn(text);
  if (fault === undefined) return text;
  throw new CommandError('KeyFileError', `The file ${path} holds no Momento key: ${fault}.`, FORM);
}

/** A value that the function would refuse must not become the current one. */
function faultIn(text: string): string | undefined {
  try {
    return parseSecretContent('', text).kind === 'placeholder'
      ? 'it is the placeholder of the stack'
      : undefined;
  } catch (error) {
    if (error instanceof SecretContentError) return error.facts.fault;
    throw error;
  }
}

/** @returns the secret's text; undefined if it is binary, or if there is none */
export async function readSecret(
  client: Pick<SecretsManagerClient, 'send'>,
  secretName: string,
): Promise<string | undefined> {
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: secretName }))).SecretString;
  } catch (error) {
    if (errorName(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** Makes the text the current version of the secret. @throws {CommandError} there is no such secret */
export async function putKey(
  client: Pick<SecretsManagerClient, 'send'>,
  secretName: string,
  text: string,
  commandLine: CommandLine,
): Promise<void> {
  try {
    await client.send(new PutSecretValueCommand({ SecretId: secretName, SecretString: text }));
  } catch (error) {
    if (errorName(error) !== 'ResourceNotFoundException') throw error;
    throw new CommandError(
      'SecretNotFoundError',
      `There is no secret "${secretName}" in this account and region. Nothing was changed.`,
      `Check the name and the region: ${commandLine('status')}`,
    );
  }
}
