import { expect, it } from 'vitest';
import { findMissing } from './measure-table.ts';
import { MEASURES } from './measures.ts';

/** Enough to find another seed if the noted one no longer shows it. */
const MAX_SEEDS = 400;

it.each(MEASURES)('invariant $invariant breaks without this measure: $measure', async (measure) => {
  const finding = await findMissing(measure, MAX_SEEDS);
  expect(finding?.invariant).toBe(measure.invariant);
});
