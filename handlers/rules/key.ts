/** Momento's API keys, as a secret holds them and as Momento issues them: types only. */

/** A key that expires, with all that is needed to refresh and to prove it. */
export type Key = V1Key | V2Key;

export interface V1Key {
  readonly kind: 'v1';
  /** As people are given it and the SDK takes it: base64 of {"endpoint","api_key"}. */
  readonly apiKey: string;
  readonly refreshToken: string;
  /** The host inside the key, such as `cell-4-us-west-2-1.prod.a.momentohq.com`. */
  readonly endpoint: string;
}

export interface V2Key {
  readonly kind: 'v2';
  /** A JWT whose claim `t` is `g`. */
  readonly apiKey: string;
  /** Works once, and only while the key lives. Absent if Momento gave none. */
  readonly refreshToken?: string | undefined;
  readonly keyId: string;
  /** The host that the secret names beside the key; a v2 key names none itself. */
  readonly endpoint?: string | undefined;
  /** What Momento said of the key, if the secret holds its answer as it came. */
  readonly info?: KeyInfo | undefined;
}

/** Momento's description of a v2 key, with the names of its API; it may hold more fields. Never the key itself. */
export interface KeyInfo {
  readonly key_id: string;
  readonly description: string;
  readonly role_id: string;
  /** Absent if the key never expires. */
  readonly expires_at_epoch_seconds?: number | undefined;
  readonly issued_at_epoch_seconds: number;
}

/** What Momento answers when it issues a key. */
export interface IssuedKey {
  readonly apiKey: string;
  /** Absent if Momento gave none: such a key cannot be refreshed. */
  readonly refreshToken?: string | undefined;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** v2 only. */
  readonly info?: KeyInfo | undefined;
}

/**
 * How the issuer answered the wish for a new key; `detail` is a code, never a message.
 * - `rejected`: it does not take the refresh token, or the key that the token belongs to was revoked or has expired
 * - `spent`: the token was used before
 * - `locked`: Momento has locked the account; the token is not spent
 * - `refused`: it does not take the request
 * - `unusable`: the key names no host of Momento's, so nothing was sent
 * - `not-offered`: this account has no refresh; the token is not spent
 * - `key-limit`: the account has too many keys; the token is not spent
 * - `throttled`: too many calls; the token is not spent
 * - `unanswered`: no answer, or none that can be read: a key may have been issued, and the token may be spent
 */
export type IssueOutcome =
  | { readonly result: 'issued'; readonly key: IssuedKey }
  | {
      readonly result:
        | 'rejected'
        | 'spent'
        | 'locked'
        | 'refused'
        | 'unusable'
        | 'not-offered'
        | 'key-limit'
        | 'throttled'
        | 'unanswered';
      readonly detail: string;
    };
