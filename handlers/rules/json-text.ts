/** The JSON text of a secret: reads it past what people paste along unseen, and edits it in place. */

/** What is wrong with a value, in words that hold nothing of it. */
export class Fault extends Error {}

/** @throws {Fault} */
export function parseObject(value: string): Record<string, unknown> {
  const trimmedValue = trimInvisible(value);
  let json: unknown;
  try {
    json = JSON.parse(trimmedValue);
  } catch {
    // The parser's message quotes the text, so it is dropped.
    throw new Fault(`it is not JSON${reasonNotJson(trimmedValue)}`);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  throw new Fault('it is not a JSON object');
}

function reasonNotJson(value: string): string {
  if (value === '') return ': it is empty';
  if (/[\u201C\u201D\u2018\u2019]/.test(value)) return ': it has a curly quotation mark in it';
  const found = /[^\S \t\r\n]|[\0\u200B-\u200D\u2060]/.exec(value)?.[0];
  return found === undefined ? '' : `: it has ${characterName(found)} in it`;
}

interface Member {
  readonly name: string;
  /** Where its value begins and ends in the text. */
  readonly start: number;
  readonly end: number;
}

/** The members of a JSON object in a text that JSON.parse accepts, in their order, duplicates included. */
export function membersOf(json: string): readonly Member[] {
  const spans = spansOf(json);
  return spans.flatMap((name, at) => {
    const value = spans[at + 1];
    if (at % 2 !== 0 || value === undefined) return [];
    return [{ ...value, name: JSON.parse(json.slice(name.start, name.end)) as string }];
  });
}

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * Where the names and the values of an object stand, in turn.
 * It does not recurse: a secret may hold values that are nested ten thousand deep.
 */
function spansOf(json: string): { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of json.matchAll(JSON_TOKEN)) {
    if (token === ':' || token === ',') continue;
    if (token === '}' || token === ']') depth--;
    else if (depth === 1) start = index;
    if (token === '{' || token === '[') depth++;
    else if (depth === 1) spans.push({ start, end: index + token.length });
  }
  return spans;
}

/**
 * Replaces values of a JSON object's members in its text; every other byte stays as it was.
 * @param values new values by name; those whose member is missing are left out
 * @param added what is put behind the last member if it is missing
 */
export function withValues(
  json: string,
  values: Readonly<Record<string, unknown>>,
  added: Readonly<Record<string, unknown>> = {},
): string {
  const members = membersOf(json);
  const names = new Set(members.map(({ name }) => name));
  const last = members.at(-1)?.end ?? 0;
  const missing = Object.entries(added).filter(([name]) => !names.has(name));
  const insertion = missing
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join('');
  const known = { ...values, ...added };
  let edited = json.slice(0, last) + insertion + json.slice(last);
  // From the end on, so that the offsets of the members before stay right.
  for (const { name, start, end } of members.toReversed()) {
    if (Object.hasOwn(known, name))
      edited = edited.slice(0, start) + JSON.stringify(known[name]) + edited.slice(end);
  }
  return edited;
}

/** White space of any kind, characters without width, and byte order marks: what is copied along unseen. */
const INVISIBLE = /[\s\0\u200B-\u200D\u2060]/;

export function trimInvisible(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && INVISIBLE.test(value.charAt(start))) start++;
  while (end > start && INVISIBLE.test(value.charAt(end - 1))) end--;
  return value.slice(start, end);
}

/** @returns the first such character in a text, by name; undefined if there is none */
export function invisibleIn(value: string): string | undefined {
  const found = INVISIBLE.exec(value)?.[0];
  return found === undefined ? undefined : characterName(found);
}

function characterName(character: string): string {
  switch (character) {
    case ' ':
      return 'a blank';
    case '\t':
      return 'a tab';
    case '\n':
    case '\r':
      return 'a line break';
    case '\uFEFF':
      return 'a byte order mark';
    default:
      return `the invisible character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  }
}
