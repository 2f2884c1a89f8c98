/** Guesses which name a misspelt one stands for; it decides nothing. */

/** As many slips as this still look like the same word. */
const MOST_SLIPS = 4;

/** The candidate that is the fewest typing slips away, letter case and hyphens aside; undefined where none is near. */
export function nearestName<T extends string>(misspelt: string, candidates: readonly T[]): T | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, slips: countSlips(plain(misspelt), plain(candidate)) }))
    .sort((a, b) => a.slips - b.slips);
  const [best] = ranked;
  return best !== undefined && best.slips <= MOST_SLIPS ? best.candidate : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** The Levenshtein distance: letters put in, left out or replaced. */
function countSlips(from: string, to: string): number {
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
