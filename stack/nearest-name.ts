/** Finds the name that a misspelt name probably means. */

/** With more typing errors it is a different word. */
const MAX_ERRORS = 4;

/** The candidate with the fewest typing errors, letter case and hyphens aside; undefined if half of the word would differ. */
export function nearestName<T extends string>(misspelt: string, candidates: readonly T[]): T | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, errors: countErrors(plain(misspelt), plain(candidate)) }))
    .sort((a, b) => a.errors - b.errors);
  const [best] = ranked;
  return best !== undefined && best.errors <= Math.min(MAX_ERRORS, misspelt.length / 2)
    ? best.candidate
    : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** The Levenshtein distance: letters added, left out or replaced. */
function countErrors(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      const putIn = (next[column] ?? 0) + 1;
      const leftOut = (row[column + 1] ?? 0) + 1;
      next.push(Math.min(replaced, putIn, leftOut));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
