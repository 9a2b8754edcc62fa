/** What a walk of a workspace says about an entry that is known: one pass over both, in path order. */
import { isSettled, sameState } from '../../../archive/files/state/file-state.ts';
import type { FileState } from '../../../archive/files/state/file-state.ts';
import { comparePaths, isBelow } from '../../../archive/paths/path.ts';
import type { TreeEntry } from '../../../archive/entries/tree-entry.ts';
import type { WalkItem } from '../../../archive/files/walk/walk.ts';

/** A known entry, with its state where that was recorded. */
export type KnownEntry = TreeEntry & { readonly state?: FileState };

export type Comparison =
  /** Unchanged, by its state. */
  | { readonly kind: 'kept'; readonly item: WalkItem; readonly known: KnownEntry }
  /** The type is the same: the content has to be compared. */
  | { readonly kind: 'doubtful'; readonly item: WalkItem; readonly known: KnownEntry }
  /** New, or of another type or size. */
  | { readonly kind: 'new'; readonly item: WalkItem }
  /** A file with several names: what it is shows when all names are known. */
  | { readonly kind: 'linked'; readonly item: WalkItem; readonly known: KnownEntry | undefined; readonly kept: boolean }
  /** Known, and not there any more; `below` what is itself gone, or no directory any more. */
  | { readonly kind: 'gone'; readonly path: string; readonly below: boolean };

/**
 * Compares in path order; yields undefined where the walk does.
 *
 * @param takenAt when the known states were taken (see isSettled)
 */
export function* compareTree(
  items: Iterable<WalkItem | undefined>,
  known: Iterator<KnownEntry>,
  takenAt: number,
): IterableIterator<Comparison | undefined> {
  let next = known.next();
  /** The top of a part that is gone: all that is known below it is gone as well. */
  let top: string | undefined;
  const gone = (path: string): Comparison => {
    const below = top !== undefined && isBelow(path, top);
    if (!below) top = path;
    return { kind: 'gone', path, below };
  };
  for (const item of items) {
    if (item === undefined) {
      yield undefined;
      continue;
    }
    while (!next.done && comparePaths(next.value.path, item.path) < 0) {
      yield gone(next.value.path);
      next = known.next();
    }
    let match: KnownEntry | undefined;
    if (!next.done && next.value.path === item.path) {
      match = next.value;
      next = known.next();
    }
    if (item.type !== 'directory') top = item.path;
    yield compareItem(item, match, takenAt);
  }
  while (!next.done) {
    yield gone(next.value.path);
    next = known.next();
  }
}

export function compareItem(item: WalkItem, known: KnownEntry | undefined, takenAt: number): Comparison {
  const kept =
    known?.state !== undefined &&
    sameState(known.state, item.stats) &&
    isSettled(known.state, takenAt) &&
    fits(item, known);
  if (item.type === 'file' && item.stats.nlink > 1) return { kind: 'linked', item, known, kept };
  if (known?.type !== item.type) return { kind: 'new', item };
  if (kept) return { kind: 'kept', item, known };
  if (known.type === 'file' && known.size !== item.stats.size) return { kind: 'new', item };
  return { kind: 'doubtful', item, known };
}

/** Compares what a state does not hold: a stat cache of another time may have another mode or size. */
function fits({ stats }: WalkItem, known: KnownEntry): boolean {
  return (stats.mode & 0o7777) === known.mode && (known.type !== 'file' || known.size === stats.size);
}
