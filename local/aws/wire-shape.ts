/** Reads and writes the JSON bodies of AWS's protocols by the shapes of their members. */
import { AwsServiceError } from './service-error.ts';

export type WireShape =
  | 'string'
  | 'number'
  | 'boolean'
  /** Base64 on the wire. */
  | 'blob'
  | readonly [WireShape]
  | { readonly [member: string]: WireShape };

/** @throws SerializationException if the body is not a JSON object or a member has the wrong type */
export function readBody(body: Buffer, shape: WireShape): unknown {
  const text = body.toString('utf8');
  let content: unknown;
  try {
    content = text === '' ? {} : JSON.parse(text);
  } catch {
    throw serialization('The request body is not valid JSON.');
  }
  return read(content, shape, 'The request body');
}

/** Null means absent, and unknown members are ignored, as in the services. */
function read(value: unknown, shape: WireShape, path: string): unknown {
  if (typeof shape === 'string') return readScalar(value, shape, path);
  if (isList(shape)) {
    if (!Array.isArray(value)) throw serialization(`${path} must be a list.`);
    return value.map((member) => read(member, shape[0], path));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw serialization(`${path} must be an object.`);
  }
  const members: Record<string, unknown> = {};
  for (const [name, memberShape] of Object.entries(shape)) {
    const member: unknown = Reflect.get(value, name);
    if (member !== undefined && member !== null) members[name] = read(member, memberShape, name);
  }
  return members;
}

function readScalar(value: unknown, shape: WireShape & string, path: string): unknown {
  if (shape === 'blob') {
    if (typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'));
  } else if (typeof value === shape) return value;
  throw serialization(`${path} must be a ${shape}.`);
}

/** The answer's body. Dates become epoch seconds, bytes become base64. */
export function writeBody(answer: object): string {
  return JSON.stringify(toWire(answer));
}

function toWire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toWire(member)]));
}

function isList(shape: WireShape): shape is readonly [WireShape] {
  return Array.isArray(shape);
}

function serialization(message: string): AwsServiceError {
  return new AwsServiceError('SerializationException', 400, message);
}
