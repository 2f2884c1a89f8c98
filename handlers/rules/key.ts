/** A key as Momento issues it. Types only. */

export interface IssuedKey {
  readonly apiKey: string;
  readonly refreshToken: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}
