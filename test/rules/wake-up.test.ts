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
import { epoch, SECRET_ARN, SECRET_NAME } from '../worlds/observations.ts';

const LONGEST_NAME = 'a/b'.repeat(171).slice(0, 512);

describe('the name of a wake-up', () => {
  it('says secret, hash of its ARN and epoch second', () => {
    expect(wakeUpName(SECRET_NAME, SECRET_ARN, epoch('2026-11-23T16:00:00Z'))).toBe(
      'momento-authentication-token-8583d9de-1795449600',
    );
  });

  it('begins the same for all entries of one secret', () => {
    expect(wakeUpNamePrefix(SECRET_NAME, SECRET_ARN)).toBe('momento-authentication-token-8583d9de-');
  });

  it('differs for secrets of one slug by their ARNs', () => {
    expect(
      wakeUpNamePrefix(
        'momento-authentication-token',
        'arn:aws:secretsmanager:eu-west-1:123456789012:secret:momento/other-GhIjKl',
      ),
    ).toBe('momento-authentication-token-dacba1fe-');
  });

  it('has 64 characters at most, those that the Scheduler allows', () => {
    const name = wakeUpName(LONGEST_NAME, SECRET_ARN, 9_999_999_999);

    expect(name).toBe('a-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba-ba--8583d9de-9999999999');
    expect(name).toHaveLength(64);
  });

  it.each([
    { sentence: 'letters, digits, dot, hyphen and underscore stay', name: 'aZ09._-', slug: 'aZ09._-' },
    { sentence: 'all others become hyphens', name: 'a/b+c=d@e f\u00e9', slug: 'a-b-c-d-e-f-' },
    {
      sentence: '44 characters stay',
      name: '12345678901234567890123456789012345678901234',
      slug: '12345678901234567890123456789012345678901234',
    },
    {
      sentence: 'the 45th is cut off',
      name: '123456789012345678901234567890123456789012345',
      slug: '12345678901234567890123456789012345678901234',
    },
  ])('$sentence', ({ name, slug }) => {
    expect(wakeUpSlug(name)).toBe(slug);
  });
});

describe('reading the name of a wake-up', () => {
  it('gives its parts', () => {
    expect(parseWakeUpName('momento-authentication-token-8583d9de-1795449600')).toEqual({
      slug: 'momento-authentication-token',
      prefix: 'momento-authentication-token-8583d9de-',
      at: 1_795_449_600,
    });
  });

  it('takes the last hash where the slug looks like one', () => {
    expect(parseWakeUpName('a-0123abcd-1111111111-8583d9de-1795449600')).toEqual({
      slug: 'a-0123abcd-1111111111',
      prefix: 'a-0123abcd-1111111111-8583d9de-',
      at: 1_795_449_600,
    });
  });

  it.each([
    { sentence: 'the sweep', name: 'momento-key-refresher-sweep' },
    { sentence: 'nothing', name: '' },
    { sentence: 'no slug', name: '-8583d9de-1795449600' },
    { sentence: 'no hash', name: 'momento-1795449600' },
    { sentence: 'a hash of seven digits', name: 'momento-8583d9d-1795449600' },
    { sentence: 'a hash of nine digits', name: 'momento-8583d9de0-1795449600' },
    { sentence: 'a hash in capitals', name: 'momento-8583D9DE-1795449600' },
    { sentence: 'an instant of nine digits', name: 'momento-8583d9de-179544960' },
    { sentence: 'an instant of eleven digits', name: 'momento-8583d9de-17954496000' },
    { sentence: 'something after the instant', name: 'momento-8583d9de-1795449600-x' },
    { sentence: 'a line before it', name: '\nmomento-8583d9de-1795449600' },
  ])('does not take for ours: $sentence', ({ name }) => {
    expect(parseWakeUpName(name)).toBeUndefined();
  });
});

it('delivers the event that says what it was booked for', () => {
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

it('writes instants in whole seconds of UTC', () => {
  expect(isoInstant(1_795_449_600)).toBe('2026-11-23T16:00:00Z');
  expect(isoInstant(0)).toBe('1970-01-01T00:00:00Z');
});

describe('the bookings by secret', () => {
  it('are found by the start of their names, and names that are not ours are left out', () => {
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

  it('keep two secrets of one slug apart', () => {
    expect([...bookingsBySecret(['a-0123abcd-1795449600', 'a-89abcdef-1795449600']).keys()]).toEqual([
      'a-0123abcd-',
      'a-89abcdef-',
    ]);
  });
});
