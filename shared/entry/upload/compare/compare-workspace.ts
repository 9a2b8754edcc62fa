/** A workspace against what is known of it: its stat cache, else the index of an entry, else nothing. */
import { walk } from '../../../archive/files/walk/walk.ts';
import type { WalkCounts, WalkItem, WalkStats } from '../../../archive/files/walk/walk.ts';
import type { Selection } from '../../../archive/paths/selection.ts';
import { compareStatCache } from './compare-stat-cache.ts';
import { compareTree } from './compare-tree.ts';
import type { Comparison } from './compare-tree.ts';
import type { PreviousTree } from './previous-tree.ts';

type OnItem = (path: string, type: WalkItem['type'], stats: WalkStats) => void;

interface WorkspaceComparison {
  readonly dir: string;
  readonly selection: Selection;
  readonly known: PreviousTree | undefined;
  /** Layers whose content is packed again although it is as it was. */
  readonly moving: ReadonlySet<number>;
  readonly counts: WalkCounts;
  /** Told of everything that is there, in order. */
  readonly onItem: OnItem;
}

/** All comparisons in path order. Against a stat cache, what is `kept` where it is has none. Yields undefined where the caller may rest (pace.ts). */
export function compareWorkspace({ known, ...options }: WorkspaceComparison): IterableIterator<Comparison | undefined> {
  if (known?.statCache !== undefined) {
    return compareStatCache({ ...options, statCache: known.statCache, entries: known.base.manifest.files });
  }
  const { dir, selection, counts, onItem } = options;
  return compareTree(watched(walk(dir, selection, counts), onItem), known?.entries() ?? [].values(), 0);
}

/** True when the next stat cache will tell something else of the path than the one before. */
export function changesStatCache(comparison: Comparison, moving: ReadonlySet<number>): boolean {
  if (comparison.kind === 'kept') return moving.has(comparison.known.layer);
  return comparison.kind !== 'linked' || !comparison.kept;
}

function* watched(items: Iterable<WalkItem | undefined>, onItem: OnItem): IterableIterator<WalkItem | undefined> {
  for (const item of items) {
    if (item !== undefined) onItem(item.path, item.type, item.stats);
    yield item;
  }
}
