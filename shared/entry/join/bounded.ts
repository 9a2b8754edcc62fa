/** Requests of one join at a time. A registry counts connections by client, and a join may have hundreds of parts. */
export const MOST_AT_ONCE = 16;

/** Does the work for each item, like `Promise.all`, but for at most `MOST_AT_ONCE` items at a time. */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of left) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, items.length) }, worker));
  return results;
}
