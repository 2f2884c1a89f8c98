/** How the key in a file is to be stored: as the file has it, or with the endpoint and the names that the secret's readers know. */

/** The names that a reader may know a key by; Momento's API has another one. */
const KEY_NAMES = ['apiKey', 'authToken', 'apiToken'] as const;

type Fields = Readonly<Record<string, unknown>>;

/** What a secret holds. It has no part of a key. */
export interface Held {
  readonly kind: 'no key' | 'a v1 key' | 'a v2 key';
  /** Inside a v1 key, beside a v2 key. */
  readonly endpoint: string | undefined;
}

export function heldIn(secretText: string | undefined): Held {
  const fields = fieldsOf(secretText);
  const key = fields[nameOfKey(fields) ?? 'api_key'];
  if (typeof key !== 'string') return { kind: 'no key', endpoint: undefined };
  if (!key.includes('.')) return { kind: 'a v1 key', endpoint: endpointIn(key) };
  return { kind: 'a v2 key', endpoint: text(fields.endpoint) };
}

/**
 * Only Momento's own answer is changed: it names no endpoint, and readers of a secret that has `apiKey` do not know its names.
 * @param fileText a JSON object
 * @returns the text to store
 */
export function textToStore(fileText: string, secretText: string | undefined): string {
  const file = fieldsOf(fileText);
  const current = fieldsOf(secretText);
  const { api_key, refresh_token, key_info } = file;
  if (!isAnswer(fileText)) return fileText;
  const { endpoint } = heldIn(secretText);
  const name = nameOfKey(current);
  if (name === undefined) {
    return endpoint === undefined || 'endpoint' in file ? fileText : JSON.stringify({ ...file, endpoint });
  }
  const { expires_at_epoch_seconds, key_id } = Object(key_info) as Fields;
  return JSON.stringify({
    [name]: api_key,
    endpoint: file.endpoint ?? endpoint,
    refreshToken: refresh_token,
    validUntil: expires_at_epoch_seconds,
    keyId: key_id,
  });
}

/** Whether it is an answer of Momento's API, as it came. */
export function isAnswer(json: string): boolean {
  const fields = fieldsOf(json);
  return Object.hasOwn(fields, 'api_key') && nameOfKey(fields) === undefined;
}

/** The names in a JSON object, for a person to see what would be stored. */
export function namesIn(json: string): string[] {
  return Object.keys(fieldsOf(json));
}

function nameOfKey(fields: Fields): string | undefined {
  return KEY_NAMES.find((name) => Object.hasOwn(fields, name));
}

function endpointIn(v1Key: string): string | undefined {
  return text(fieldsOf(Buffer.from(v1Key, 'base64').toString('utf8')).endpoint);
}

/** Empty for what is no JSON object. */
function fieldsOf(json: string | undefined): Fields {
  try {
    return Object(JSON.parse(json ?? '')) as Fields;
  } catch {
    return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
