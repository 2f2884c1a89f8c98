/** Runs a task for each item of a list, a few at once. */

/** Enough that one slow call does not delay all others, and few enough for the quotas of AWS and Momento. */
export const AT_ONCE = 5;

/** @returns the results in the order of the items. @throws what the first failing task throws */
export async function severalAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
