import { describe, expect, it } from 'vitest';
import {
  isSuccessorLabel,
  succession,
  successorLabel,
  successorVersionId,
} from '../../handlers/rules/succession.ts';
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
      sentence: 'differs for each id that was found taken',
      given: { currentVersionId: CURRENT_ID, tries: 1 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-efdd30d1dda5',
    },
    {
      sentence: 'differs for each id that was found taken, again',
      given: { currentVersionId: CURRENT_ID, tries: 2 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-9024aff747b0',
    },
    {
      sentence: 'differs where it replaces a pending version',
      given: { currentVersionId: CURRENT_ID, pendingVersionId: PENDING_ID, tries: 0 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-8421ac21f1d2',
    },
    {
      sentence: 'differs where it replaces a pending version and was taken',
      given: { currentVersionId: CURRENT_ID, pendingVersionId: PENDING_ID, tries: 1 },
      expected: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-8356db8e6d40',
    },
    {
      sentence: 'differs for another version',
      given: { currentVersionId: PENDING_ID, tries: 0 },
      expected: 'f6222a1106eefe4f6b25302a9d963cfaba14bedf-c7757c0896cb',
    },
  ])('$sentence', ({ given, expected }) => {
    expect(successorVersionId(given)).toBe(expected);
  });

  it('is as long as Secrets Manager wants a ClientRequestToken: 32 to 64 characters', () => {
    expect(successorVersionId({ currentVersionId: 'v', tries: 0 })).toMatch(/^[0-9a-f-]{53}$/);
  });
});

describe('the succession', () => {
  it.each([
    { sentence: "the successor's id names its predecessor", versionId: SUCCESSOR_ID, expected: 'successor' },
    {
      sentence: 'so does that of a second successor',
      versionId: 'bd7662a5eeb41614e720d477abfcb2272e19a8a7-000000000000',
      expected: 'successor',
    },
    {
      sentence: 'the successor of another version is a stranger',
      versionId: STRANGER_ID,
      expected: 'stranger',
    },
    { sentence: 'a UUID tells nothing', versionId: OTHER_ID, expected: 'unknown' },
    { sentence: 'nor does the current id itself', versionId: CURRENT_ID, expected: 'unknown' },
    { sentence: 'nor does an id with more before it', versionId: `0${SUCCESSOR_ID}`, expected: 'unknown' },
    { sentence: 'nor does an id with more after it', versionId: `${SUCCESSOR_ID}0`, expected: 'unknown' },
    {
      sentence: 'nor does an id in capitals',
      versionId: 'BD7662A5EEB41614E720D477ABFCB2272E19A8A7-C7757C0896CB',
      expected: 'unknown',
    },
  ])('$sentence', ({ versionId, expected }) => {
    expect(succession({ versionId }, CURRENT_ID)).toBe(expected);
  });

  it.each([
    {
      sentence: 'a label makes the same claim for an id that says nothing',
      labels: ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7'],
      expected: 'successor',
    },
    {
      sentence: 'or names another predecessor',
      labels: ['successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf'],
      expected: 'stranger',
    },
    {
      sentence: 'or says both, as where a rotation was repeated after somebody put a key',
      labels: [
        'successor-of-f6222a1106eefe4f6b25302a9d963cfaba14bedf',
        'successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7',
      ],
      expected: 'successor',
    },
    { sentence: 'no label claims anything', labels: [], expected: 'unknown' },
    {
      sentence: 'a label with more after the claim is not the claim',
      labels: ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a70'],
      expected: 'stranger',
    },
    { sentence: 'other labels claim nothing', labels: ['AWSPENDING', 'blue'], expected: 'unknown' },
  ])('$sentence', ({ labels, expected }) => {
    expect(succession({ versionId: OTHER_ID, labels }, CURRENT_ID)).toBe(expected);
  });

  it('what our own id says stands above any label', () => {
    const labels = ['successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7'];
    expect(succession({ versionId: STRANGER_ID, labels }, CURRENT_ID)).toBe('stranger');
  });
});

describe('the label of a successor', () => {
  it('names its predecessor, in the characters and the length that a label may have', () => {
    expect(successorLabel(CURRENT_ID)).toBe('successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7');
  });

  it.each([
    { label: 'successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7', expected: true },
    { label: 'AWSPENDING', expected: false },
    { label: 'no-successor-of-bd7662a5eeb41614e720d477abfcb2272e19a8a7', expected: false },
    { label: 'successor', expected: false },
  ])('is told from others: $label', ({ label, expected }) => {
    expect(isSuccessorLabel(label)).toBe(expected);
  });
});
