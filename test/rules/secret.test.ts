import { describe, expect, it } from 'vitest';
import {
  isSuccessorLabel,
  succession,
  successorLabel,
  successorVersionId,
} from '../../handlers/rules/secret.ts';
import { CURRENT_ID, OTHER_ID, STRANGER_ID, SUCCESSOR_ID } from '../worlds/observations.ts';

const PENDING_ID = '33333333-3333-4333-8333-333333333333';

describe('the id of a successor', () => {
  it.each([
    [
      'begins with the hash of the version that it succeeds',
      { currentVersionId: CURRENT_ID, tries: 0 },
      'bd7662a5eeb41614e720d477abfcb2272e19a8a7-c7757c0896cb',
    ],
    [
      'differs if one id is taken',
      { currentVersionId: CURRENT_ID, tries: 1 },
      'bd7662a5eeb41614e720d477abfcb2272e19a8a7-efdd30d1dda5',
    ],
    [
      'differs again if two ids are taken',
      { currentVersionId: CURRENT_ID, tries: 2 },
      'bd7662a5eeb41614e720d477abfcb2272e19a8a7-9024aff747b0',
    ],
    [
      'differs if it replaces a pending version',
      { currentVersionId: CURRENT_ID, pendingVersionId: PENDING_ID, tries: 0 },
      'bd7662a5eeb41614e720d477abfcb2272e19a8a7-8421ac21f1d2',
    ],
    [
      'differs again if it replaces a pending version and one id is taken',
      { currentVersionId: CURRENT_ID, pendingVersionId: PENDING_ID, tries: 1 },
      'bd7662a5eeb41614e720d477abfcb2272e19a8a7-8356db8e6d40',
    ],
    [
      'differs for another current version',
      { currentVersionId: PENDING_ID, tries: 0 },
      'f6222a1106eefe4f6b25302a9d963cfaba14bedf-c7757c0896cb',
    ],
  ])('%s', (_, given, expected) => {
    expect(successorVersionId(given)).toBe(expected);
  });

  it('has a length that Secrets Manager accepts: 32 to 64 characters', () => {
    expect(successorVersionId({ currentVersionId: 'v', tries: 0 })).toMatch(/^[0-9a-f-]{53}$/);
  });
});

describe('succession', () => {
  it.each([
    ['successor', 'an id that names the current version', SUCCESSOR_ID],
    [
      'successor',
      'another id that names the current version',
      'bd7662a5eeb41614e720d477abfcb2272e19a8a7-000000000000',
    ],
    ['stranger', 'an id that names another version', STRANGER_ID],
    ['unknown', 'a UUID', OTHER_ID],
    ['unknown', 'the current id itself', CURRENT_ID],
    ['unknown', 'an id with a character before it', `0${SUCCESSOR_ID}`],
    ['unknown', 'an id with a character after it', `${SUCCESSOR_ID}0`],
    ['unknown', 'an id in capitals', 'BD7662A5EEB41614E720D477ABFCB2272E19A8A7-C7757C0896CB'],
  ])('answers %s for %s', (expected, _, versionId) => {
    expect(succession({ versionId }, CURRENT_ID)).toBe(expected);
  });

  it.each([
    [
      'successor',
      'a label that names the current version',
      ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7'],
    ],
    [
      'stranger',
      'a label that names another version',
      ['successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf'],
    ],
    [
      'successor',
      'two labels of which one names the current version',
      [
        'successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf',
        'successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7',
      ],
    ],
    ['unknown', 'no labels', []],
    [
      'stranger',
      'a label with a character after the hash',
      ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a70'],
    ],
    ['unknown', 'labels of other programs', ['AWSPENDING', 'blue']],
  ])('answers %s for a UUID with %s', (expected, _, labels) => {
    expect(succession({ versionId: OTHER_ID, labels }, CURRENT_ID)).toBe(expected);
  });

  it('believes the id before any label', () => {
    const labels = ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7'];
    expect(succession({ versionId: STRANGER_ID, labels }, CURRENT_ID)).toBe('stranger');
  });
});

describe('the label of a successor', () => {
  it('names its predecessor by a hash', () => {
    expect(successorLabel(CURRENT_ID)).toBe('successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7');
  });

  it.each([
    { label: 'successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7', expected: true },
    { label: 'AWSPENDING', expected: false },
    { label: 'no-successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7', expected: false },
    { label: 'successor', expected: false },
  ])('is recognised in $label: $expected', ({ label, expected }) => {
    expect(isSuccessorLabel(label)).toBe(expected);
  });
});
