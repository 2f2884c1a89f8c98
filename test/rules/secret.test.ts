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
    {
      sentence: 'begins with the hash of the version that it succeeds',
      given: { currentVersionId: CURRENT_ID, tries: 0 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-c7757c0896cb',
    },
    {
      sentence: 'differs if one id is taken',
      given: { currentVersionId: CURRENT_ID, tries: 1 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-efdd30d1dda5',
    },
    {
      sentence: 'differs again if two ids are taken',
      given: { currentVersionId: CURRENT_ID, tries: 2 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-9024aff747b0',
    },
    {
      sentence: 'differs if it replaces a pending version',
      given: { currentVersionId: CURRENT_ID, pendingVersionId: PENDING_ID, tries: 0 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-8421ac21f1d2',
    },
    {
      sentence: 'differs again if it replaces a pending version and one id is taken',
      given: { currentVersionId: CURRENT_ID, pendingVersionId: PENDING_ID, tries: 1 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-8356db8e6d40',
    },
    {
      sentence: 'differs for another current version',
      given: { currentVersionId: PENDING_ID, tries: 0 },
      expected: 'f6222a1106eefe4f6b25302a9d963cfaba14bedf-c7757c0896cb',
    },
  ])('$sentence', ({ given, expected }) => {
    expect(successorVersionId(given)).toBe(expected);
  });

  it('has a length that Secrets Manager accepts: 32 to 64 characters', () => {
    expect(successorVersionId({ currentVersionId: 'v', tries: 0 })).toMatch(/^[0-9a-f-]{53}$/);
  });
});

describe('succession', () => {
  it.each([
    { sentence: 'an id that names the current version', versionId: SUCCESSOR_ID, expected: 'successor' },
    {
      sentence: 'another id that names the current version',
      versionId: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-000000000000',
      expected: 'successor',
    },
    {
      sentence: 'an id that names another version',
      versionId: STRANGER_ID,
      expected: 'stranger',
    },
    { sentence: 'a UUID', versionId: OTHER_ID, expected: 'unknown' },
    { sentence: 'the current id itself', versionId: CURRENT_ID, expected: 'unknown' },
    { sentence: 'an id with a character before it', versionId: `0${SUCCESSOR_ID}`, expected: 'unknown' },
    { sentence: 'an id with a character after it', versionId: `${SUCCESSOR_ID}0`, expected: 'unknown' },
    {
      sentence: 'an id in capitals',
      versionId: 'BD7662A5EEB41614E720D477ABFCB2272E19A8A7-C7757C0896CB',
      expected: 'unknown',
    },
  ])('answers $expected for $sentence', ({ versionId, expected }) => {
    expect(succession({ versionId }, CURRENT_ID)).toBe(expected);
  });

  it.each([
    {
      sentence: 'a label that names the current version',
      labels: ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7'],
      expected: 'successor',
    },
    {
      sentence: 'a label that names another version',
      labels: ['successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf'],
      expected: 'stranger',
    },
    {
      sentence: 'two labels of which one names the current version',
      labels: [
        'successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf',
        'successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7',
      ],
      expected: 'successor',
    },
    { sentence: 'no labels', labels: [], expected: 'unknown' },
    {
      sentence: 'a label with a character after the hash',
      labels: ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a70'],
      expected: 'stranger',
    },
    { sentence: 'labels of other programs', labels: ['AWSPENDING', 'blue'], expected: 'unknown' },
  ])('answers $expected for a UUID with $sentence', ({ labels, expected }) => {
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
