import type { Selection } from '../../../shared/archive/paths/selection.ts';
import { walk, type WalkCounts, type WalkItem } from '../../../shared/archive/files/walk/walk.ts';

/** All items of a walk, without the steps at which it may rest. */
export function* walked(
  dir: string,
  selection: Selection,
  counts: WalkCounts = { special: 0 },
): IterableIterator<WalkItem> {
  for (const item of walk(dir, selection, counts)) if (item !== undefined) yield item;
}
