/** The key that a local run starts with, where a person brings one: a download of Momento's console, read and taken over. */
import { readFileSync } from 'node:fs';
import { parseSecretContent } from '../../handlers/rules/secret-value.ts';
import type { LocalStack } from '../local-stack.ts';

/**
 * @returns the record as it stands in the file
 * @throws {TypeError} the file cannot be read, or holds no key that can be refreshed; no message quotes it
 */
export function readSeedFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new TypeError(`${path} cannot be read`);
  }
  const content = parseSecretContent(path, text);
  if (content.kind !== 'expiring')
    throw new TypeError(`${path} holds no key with an expiry, so there is nothing to refresh`);
  return JSON.parse(content.text);
}

/** Makes a key that was issued elsewhere known to the local Momento. @throws {TypeError} it is none of Momento's */
export function adopt({ momento }: LocalStack, path: string, record: Record<string, unknown>): void {
  const content = parseSecretContent(path, JSON.stringify(record));
  if (content.kind !== 'expiring') return;
  const { key, expiresAt } = content;
  const { apiKey, refreshToken = '' } = key;
  if (!momento.adoptKey({ apiKey, refreshToken, validUntil: expiresAt })) {
    throw new TypeError(`the apiKey in ${path} is not of the form that Momento's console gives`);
  }
}
