import { expect, it } from 'vitest';
import { SecretContentError } from '../../handlers/errors.ts';
import { parseSecretContent } from '../../handlers/rules/secret-value.ts';
import { SECRET_NAME, V1_KEY } from '../worlds/observations.ts';

it.each(['1764547200x', 'x1764547200', '1764547200 ', '-1764547200'])(
  'validUntil %j is no instant, though it has the digits of one',
  (validUntil) => {
    const text = JSON.stringify({ apiKey: V1_KEY, refreshToken: 'the-token', validUntil });
    expect(() => parseSecretContent(SECRET_NAME, text)).toThrow(SecretContentError);
  },
);
