/** Seeded randomness for the local services: the same seed gives the same ids. Not for cryptography. */

/** A number in [0, 1), like `Math.random`. */
export type Random = () => number;

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

export function randomAlphanumeric(random: Random, length: number): string {
  let text = '';
  let drawn = 0;
  for (let i = 0; i < length; i += 1) {
    // One draw has the randomness of five characters: 62 to the fifth is just below two to the thirty-second.
    if (i % 5 === 0) drawn = Math.floor(random() * ALPHANUMERIC.length ** 5);
    text += ALPHANUMERIC[drawn % ALPHANUMERIC.length];
    drawn = Math.floor(drawn / ALPHANUMERIC.length);
  }
  return text;
}

/** `length` lower-case hexadecimal digits. */
export function randomHex(random: Random, length: number): string {
  let text = '';
  while (text.length < length) {
    text += Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  }
  return text.slice(0, length);
}

/** A version 4 UUID. */
export function randomUuid(random: Random): string {
  const hex = randomHex(random, 32);
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
