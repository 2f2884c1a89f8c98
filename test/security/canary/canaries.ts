/** Canaries: made-up keys and tokens of which no part may appear in any output. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import { jwt, v1Key } from '../../worlds/keys.ts';

/** So many characters of a key in a row count as a part of it. Fewer could match by chance. */
const PART_LENGTH = 8;

/** The characters of keys, without vowels, so that a canary does not resemble a word of a message. */
const body = fc.string({
  unit: fc.constantFrom(...'BCDFGHJKLMNPQRSTVWXZbcdfghjkmnpqrstvwxz23456789+/='),
  minLength: 16,
  maxLength: 48,
});

/** A plain token, a v1 key as Momento's console gives it, or a v2 key. */
export const canary: fc.Arbitrary<string> = body.chain((token) =>
  fc.constantFrom(
    token,
    v1Key('cell-1.example.com', token),
    jwt({ t: 'g', jti: token }),
    jwt({ sub: token }),
  ),
);

/** A canary alone or somewhere in a longer text. */
export const textWithCanary: fc.Arbitrary<{ text: string; canary: string }> = fc
  .record({ canary, before: fc.string({ maxLength: 6 }), after: fc.string({ maxLength: 6 }) })
  .map(({ canary, before, after }) => ({ canary, text: before + canary + after }));

/** A value as text. Of an error also its message, stack, causes and own fields. */
export function everythingSaid(...values: unknown[]): string {
  return inspect(values, {
    depth: null,
    showHidden: true,
    maxArrayLength: null,
    maxStringLength: null,
    breakLength: Number.POSITIVE_INFINITY,
  });
}

export function expectNoPartOf(canaries: readonly string[], said: string): void {
  for (const secret of canaries) {
    for (let start = 0; start + PART_LENGTH <= secret.length; start++) {
      const part = secret.slice(start, start + PART_LENGTH);
      if (said.includes(part)) expect.fail(`"${part}", a part of "${secret}", was said in: ${said}`);
    }
  }
}
