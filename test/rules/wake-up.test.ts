import { describe, expect, it } from 'vitest';
import {
  bookingsBySecret,
  isoInstant,
  parseWakeUpName,
  wakeUpEvent,
  wakeUpName,
  wakeUpNamePrefix,
  wakeUpSlug,
} from '../../handlers/rules/wake-up.ts';
import { SECRET } from '../worlds/names.ts';
import { epoch, SECRET_ARN } from '../worlds/observations.ts';

const LONGEST_NAME = 'a/b'.repeat(171).slice(0, 512);

describe('the name of a wake-up', () => {
  it('holds the secret, a hash of its ARN and the epoch second', () => {
    expect(wakeUpName(SECRET, SECRET_ARN, epoch('2026-11-23T16:00:00Z'))).toBe(
      'momento-authentication-token-8583d9de-1795449600',
    );
  });

  it('begins with the same prefix for all entries of one secret', () => {
    expect(wakeUpNamePrefix(SECRET, SECRET_ARN)).toBe('momento-authentication-token-8583d9de-');
  });

  it('differs for two secrets of one slug because their ARNs differ', () => {
    expect(
      wakeUpNamePrefix(
        'momento-authentication-token',
        'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/other-GhIjKl',
      ),
    ).toBe('momento-authentication-token-dacba1fe-');
  });

  it('has at most 64 characters, as the Scheduler allows', () => {
    const name = wakeUpName(LONGEST_NAME, SECRET_ARN, 9_999_999_999);

    expect(name).toBe('a-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba--8583d9de-9999999999');
    expect(name).toHaveLength(64);
  });

  it.each([
    { sentence: 'keeps letters, digits, dots, hyphens and underscores', name: 'aZ09._-', slug: 'aZ09._-' },
    { sentence: 'replaces all other characters by hyphens', name: 'a/b+c=d@e f\u00e9', slug: 'a-b-c-d-e-f-' },
    {
      sentence: 'keeps 44 characters',
      name: '12345678901234567890123456789012345678901234',
      slug: '12345678901234567890123456789012345678901234',
    },
    {
      sentence: 'cuts off the 45th character',
      name: '123456789012345678901234567890123456789012345',
      slug: '12345678901234567890123456789012345678901234',
    },
  ])('$sentence', ({ name, slug }) => {
    expect(wakeUpSlug(name)).toBe(slug);
  });
});

describe('parseWakeUpName', () => {
  it('gives slug, prefix and instant', () => {
    expect(parseWakeUpName('momento-authentication-token-8583d9de-1795449600')).toEqual({
      slug: 'momento-authentication-token',
      prefix: 'momento-authentication-token-8583d9de-',
      at: 1_795_449_600,
    });
  });

  it('takes the last hash if the slug looks like a name', () => {
    expect(parseWakeUpName('a-0123abcd-1111111111-8583d9de-1795449600')).toEqual({
      slug: 'a-0123abcd-1111111111',
      prefix: 'a-0123abcd-1111111111-8583d9de-',
      at: 1_795_449_600,
    });
  });

  it.each([
    { sentence: 'the name of the sweep', name: 'momento-key-refresher-sweep' },
    { sentence: 'an empty name', name: '' },
    { sentence: 'a name without a slug', name: '-8583d9de-1795449600' },
    { sentence: 'a name without a hash', name: 'momento-1795449600' },
    { sentence: 'a hash of seven digits', name: 'momento-8583d9d-1795449600' },
    { sentence: 'a hash of nine digits', name: 'momento-8583d9de0-1795449600' },
    { sentence: 'a hash in capitals', name: 'momento-8583D9DE-1795449600' },
    { sentence: 'an instant of nine digits', name: 'momento-8583d9de-179544960' },
    { sentence: 'an instant of eleven digits', name: 'momento-8583d9de-17954496000' },
    { sentence: 'a name with a text after the instant', name: 'momento-8583d9de-1795449600-x' },
    { sentence: 'a name after a line break', name: '\nmomento-8583d9de-1795449600' },
  ])('answers undefined for $sentence', ({ name }) => {
    expect(parseWakeUpName(name)).toBeUndefined();
  });
});

it('wakeUpEvent says what the wake-up was booked for', () => {
  expect(
    wakeUpEvent({
      name: 'momento-authentication-token-8583d9de-1795449600',
      at: 1_795_449_600,
      secretName: 'momento/authentication-token',
      versionId: '11111111-1111-4111-8111-111111111111',
      attempt: 3,
      demand: 'now',
    }),
  ).toEqual({
    momento_auth_token_secret_name: 'momento/authentication-token',
    trigger: 'schedule',
    bookedFor: {
      wakeUp: 'momento-authentication-token-8583d9de-1795449600',
      at: '2026-11-23T16:00:00Z',
      versionId: '11111111-1111-4111-8111-111111111111',
      attempt: 3,
      demand: 'now',
    },
  });
});

it('isoInstant writes whole seconds in UTC', () => {
  expect(isoInstant(1_795_449_600)).toBe('2026-11-23T16:00:00Z');
  expect(isoInstant(0)).toBe('1970-01-01T00:00:00Z');
});

describe('bookingsBySecret', () => {
  it('groups entries by the prefix of their names and leaves out names that are not ours', () => {
    const names = ['sweep', 'a-b-0123abcd-1795449600', 'c-89abcdef-1795456800', 'a-b-0123abcd-1795449660'];

    expect([...bookingsBySecret(names)]).toEqual([
      [
        'a-b-0123abcd-',
        [
          { name: 'a-b-0123abcd-1795449600', at: 1_795_449_600 },
          { name: 'a-b-0123abcd-1795449660', at: 1_795_449_660 },
        ],
      ],
      ['c-89abcdef-', [{ name: 'c-89abcdef-1795456800', at: 1_795_456_800 }]],
    ]);
  });

  it('keeps two secrets of one slug apart', () => {
    expect([...bookingsBySecret(['a-0123abcd-1795449600', 'a-89abcdef-1795449600']).keys()]).toEqual([
      'a-0123abcd-',
      'a-89abcdef-',
    ]);
  });
});
