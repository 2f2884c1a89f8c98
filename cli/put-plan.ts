/** How the key in a file is to be stored: in place of the key that the secret holds, so that its other fields and names stay. */
import { keyIdsIn } from '../handlers/rules/key.ts';
import {
  API_KEY_NAMES,
  inTheTypeOf,
  isAnswer,
  parseSecretContent,
  type SecretContent,
  withValues,
} from '../handlers/rules/secret-value.ts';
import { CommandError } from './advice.ts';

type Fields = Readonly<Record<string, unknown>>;
type Content = Exclude<SecretContent, { kind: 'placeholder' }>;

/** What a secret holds. It has no part of a key. */
export interface Held {
  readonly kind: 'no key' | 'a v1 key' | 'a v2 key';
  /** Inside a v1 key, beside a v2 key. */
  readonly endpoint: string | undefined;
  /** Of a v2 key. */
  readonly keyId: string | undefined;
}

export function heldIn(secretText = ''): Held {
  const fields = fieldsOf(secretText);
  const key = fields[API_KEY_NAMES.find((name) => Object.hasOwn(fields, name)) ?? 'api_key'];
  const [keyId] = keyIdsIn(secretText);
  if (typeof key !== 'string') return { kind: 'no key', endpoint: undefined, keyId: undefined };
  if (!key.includes('.')) return { kind: 'a v1 key', endpoint: endpointIn(key), keyId: undefined };
  return { kind: 'a v2 key', endpoint: text(fields.endpoint), keyId };
}

/**
 * A v2 key is stored with an endpoint if one is known: the one that is given, or that of the file, or that of the secret.
 * @param fileText holds a key
 * @returns the text to store
 */
export function textToStore(fileText: string, secretText = '', given?: string): string {
  const content = contentOf(fileText);
  if (content === undefined) return fileText;
  const endpoint = given ?? text(fieldsOf(fileText).endpoint) ?? heldIn(secretText).endpoint;
  const named = content.key.kind === 'v1' || endpoint === undefined ? {} : { endpoint };
  const candidates = [inPlace(fileText, content, { secretText, named }), withValues(fileText, {}, named)];
  // An old value with a fault in it cannot be edited.
  return candidates.find((candidate = '') => contentOf(candidate) !== undefined) ?? fileText;
}

/**
 * @param plan `text`: that of the file; `current`: that of the secret
 * @returns the text to put into the secret; undefined if neither a file nor an endpoint is given
 * @throws {CommandError} the endpoint is no host name, or there is no v2 key that could have one
 */
export function plannedText({ text, endpoint, current }: Plan): string | undefined {
  if (endpoint === undefined) return text === undefined ? undefined : textToStore(text, current);
  const key = text ?? current ?? '';
  const planned =
    text === undefined ? withValues(key, {}, { endpoint }) : textToStore(text, current, endpoint);
  const isStored = contentOf(key)?.key.kind === 'v2' && contentOf(planned)?.key.endpoint === endpoint;
  if (isStored) return planned;
  throw new CommandError(
    'EndpointError',
    `--endpoint ${endpoint} cannot be stored. Nothing was changed.`,
    'It must be a host name such as cell-4-us-west-2-1.prod.a.momentohq.com, for a v2 key in the file or in the secret.',
  );
}

interface Plan {
  readonly text: string | undefined;
  readonly endpoint: string | undefined;
  readonly current: string | undefined;
}

export function isWithoutEndpoint(stored: string): boolean {
  const { kind, endpoint } = heldIn(stored);
  return kind === 'a v2 key' && endpoint === undefined;
}

/** @returns undefined if the text is not that of a key */
function contentOf(secretText: string): Content | undefined {
  try {
    const content = parseSecretContent('', secretText);
    return content.kind === 'placeholder' ? undefined : content;
  } catch {
    return undefined;
  }
}

/** The names in a JSON object, for a person to see what would be stored. */
export function namesIn(json = ''): string[] {
  return Object.keys(fieldsOf(json));
}

/** @returns undefined if the names of the file are to be stored */
function inPlace(
  fileText: string,
  content: Content,
  { secretText, named }: { readonly secretText: string; readonly named: Fields },
): string | undefined {
  const { key } = content;
  const { apiKey, refreshToken } = key;
  const [file, secret] = [fieldsOf(fileText), fieldsOf(secretText)];
  const expiresAt = content.kind === 'expiring' ? content.expiresAt : 0;
  const token = (name: string) => (refreshToken === undefined ? {} : { [name]: refreshToken });
  const { kind, keyId } = heldIn(secretText);
  const ours = {
    ...named,
    ...token('refreshToken'),
    validUntil: inTheTypeOf(secret.validUntil, expiresAt),
    ...(key.kind === 'v2' && { keyId: key.keyId }),
  };
  if (isAnswer(secret)) {
    if (!isAnswer(file)) return undefined;
    const replaced = {
      api_key: apiKey,
      refresh_token: '',
      key_info: file.key_info,
      previous_key_id: keyId ?? '',
    };
    return withValues(secretText, replaced, { ...named, ...token('refresh_token') });
  }
  // The endpoint beside a v2 key would mislead the readers of a v1 key.
  if (kind === 'a v1 key' || (kind === 'a v2 key' && key.kind === 'v2')) {
    const names = Object.fromEntries(API_KEY_NAMES.map((name) => [name, apiKey]));
    return withValues(secretText, { ...names, refreshToken: '' }, ours);
  }
  // Readers use the field names of our shape.
  return isAnswer(file) && 'endpoint' in named ? JSON.stringify({ apiKey, ...ours }) : undefined;
}

function endpointIn(v1Key: string): string | undefined {
  return text(fieldsOf(Buffer.from(v1Key, 'base64').toString('utf8')).endpoint);
}

/** Empty for what is no JSON object. */
function fieldsOf(json: string): Fields {
  try {
    return Object(JSON.parse(json)) as Fields;
  } catch {
    return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
