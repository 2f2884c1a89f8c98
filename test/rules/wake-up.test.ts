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
    ['keeps letters, digits, dots, hyphens and underscores', 'aZ09._-', 'aZ09._-'],
    ['replaces all other characters by hyphens', 'a/b+c=d@e f\u00e9', 'a-b-c-d-e-f-'],
    [
      'keeps 44 characters',
      '12345678901234567890123456789012345678901234',
      '12345678901234567890123456789012345678901234',
    ],
    [
      'cuts off the 45th character',
      '123456789012345678901234567890123456789012345',
      '12345678901234567890123456789012345678901234',
    ],
  ])('%s', (_, name, slug) => {
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
    ['the name of the sweep', 'momento-key-refresher-sweep'],
    ['an empty name', ''],
    ['a name without a slug', '-8583d9de-1795449600'],
    ['a name without a hash', 'momento-1795449600'],
    ['a hash of seven digits', 'momento-8583d9d-1795449600'],
    ['a hash of nine digits', 'momento-8583d9de0-1795449600'],
    ['a hash in capitals', 'momento-8583D9DE-1795449600'],
    ['an instant of nine digits', 'momento-8583d9de-179544960'],
    ['an instant of eleven digits', 'momento-8583d9de-17954496000'],
    ['a name with a text after the instant', 'momento-8583d9de-1795449600-x'],
    ['a name after a line break', '\nmomento-8583d9de-1795449600'],
  ])('answers undefined for %s', (_, name) => {
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
  const booked = (name: string) => ({ name, createdAt: 1_795_000_000 });

  it('groups entries by the prefix of their names and leaves out names that are not ours', () => {
    const names = ['sweep', 'a-b-0123abcd-1795449600', 'c-89abcdef-1795456800', 'a-b-0123abcd-1795449660'];

    expect([...bookingsBySecret(names.map(booked))]).toEqual([
      [
        'a-b-0123abcd-',
        [
          { name: 'a-b-0123abcd-1795449600', createdAt: 1_795_000_000, at: 1_795_449_600 },
          { name: 'a-b-0123abcd-1795449660', createdAt: 1_795_000_000, at: 1_795_449_660 },
        ],
      ],
      ['c-89abcdef-', [{ name: 'c-89abcdef-1795456800', createdAt: 1_795_000_000, at: 1_795_456_800 }]],
    ]);
  });

  it('keeps two secrets of one slug apart', () => {
    const names = ['a-0123abcd-1795449600', 'a-89abcdef-1795449600'];
    expect([...bookingsBySecret(names.map(booked)).keys()]).toEqual(['a-0123abcd-', 'a-89abcdef-']);
  });
});
