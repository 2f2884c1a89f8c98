/** The key file of a local run: a download of the Momento console. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { toReportable, wordsFor } from '../../handlers/reporting/failure.ts';
import { parseSecretContent } from '../../handlers/rules/secret-value.ts';
import type { Momento } from './momento.ts';

/** Only the part of the words without commands is used. */
const NOWHERE = { region: '', functionName: '' };
const FORM = 'It must be the JSON file that the Momento console offers for download.';

/**
 * @returns the text of the file
 * @throws {TypeError} the file cannot be read or its key cannot be refreshed; the message does not quote the file
 */
export function readSeedFile(path: string): string {
  const text = decode(path, readBytes(path));
  try {
    JSON.parse(text);
  } catch {
    throw new TypeError(`The file ${path} is not JSON. ${FORM}`);
  }
  const content = parse(path, text);
  if (content.kind !== 'expiring') {
    throw new TypeError(`The key in the file ${path} has no expiry, so there is nothing to refresh.`);
  }
  return text;
}

/** Makes the local Momento accept the file's key. @throws {TypeError} it is not a Momento key */
export function adopt(momento: Momento, path: string, text: string): void {
  const content = parse(path, text);
  if (content.kind !== 'expiring') return;
  const { key, expiresAt } = content;
  if (key.kind === 'v2') {
    throw new TypeError(
      `The file ${path} holds a v2 key, and the local Momento takes only v1 keys from a file. To see v2 keys: npm start -- --keys v2`,
    );
  }
  const { apiKey, refreshToken } = key;
  if (!momento.adoptKey({ apiKey, refreshToken, validUntil: expiresAt })) {
    throw new TypeError(`The apiKey in the file ${path} is not a Momento key. ${FORM}`);
  }
}

/** Replaces the file by a rename, so that it is never half written. */
export function writeBack(path: string, text: string): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TypeError(`The file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function decode(path: string, bytes: Buffer): string {
  if (bytes.length === 0) throw new TypeError(`The file ${path} is empty. ${FORM}`);
  const [first, second, third] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || bytes.includes(0)) {
    throw new TypeError(`The file ${path} is in UTF-16. Save it as UTF-8.`);
  }
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    throw new TypeError(
      `The file ${path} begins with a byte order mark (BOM). Save it as UTF-8 without one.`,
    );
  }
  return bytes.toString('utf8');
}

/** The parser's errors name a secret. The thrown error names the file instead. */
function parse(path: string, text: string) {
  try {
    return parseSecretContent(path, text);
  } catch (error) {
    const { what } = wordsFor(toReportable(error, NOWHERE), NOWHERE);
    throw new TypeError(`${what.replace(`secret "${path}"`, `the file ${path}`)}.`);
  }
}
