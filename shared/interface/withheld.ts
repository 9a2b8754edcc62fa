/**
 * Why the token service of an installation keeps back pushes that policy would grant: words in the field `withheld` of its answer.
 *
 * - `quota`: the registry, or a namespace of it, holds as much as it may
 * - `collection`: the registry collects its garbage, or nobody knows yet whether it does
 */
const WITHHELD_FOR = ['quota', 'collection'] as const;
export type WithheldFor = (typeof WITHHELD_FOR)[number];

/**
 * For so long at most an installation keeps back pushes as its registry collects: the housekeeper's window, from the last push token to its end, is
 * shorter. Milliseconds.
 */
export const LONGEST_COLLECTION_MS = 35 * 60_000;

/** The words of an answer that are known; another version may have more. */
export function withheldIn(value: unknown): readonly WithheldFor[] {
  const words: readonly unknown[] = Array.isArray(value) ? value : [];
  return WITHHELD_FOR.filter((known) => words.includes(known));
}
