import { expect, it } from 'vitest';
import { findMissing } from './measure-table.ts';
import { MEASURES } from './measures.ts';

/** Enough to find another seed where the one that was noted has come to mean another life. */
const MAX_SEEDS = 300;

it.each(MEASURES)('without $measure, invariant $invariant is seen broken', async (measure) => {
  const finding = await findMissing(measure, MAX_SEEDS);
  expect(finding?.invariant).toBe(measure.invariant);
});
