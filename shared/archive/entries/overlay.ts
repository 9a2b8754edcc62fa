/** Entries laid over earlier ones, both in path order (docs/format.md, section 5). */
import { comparePaths, isBelow } from '../paths/path.ts';
import type { DeletedEntry, IndexEntry, TreeEntry } from './tree-entry.ts';

/**
 * Lays later entries over earlier ones: of equal paths the later wins, and a deletion, or anything that is not a directory,
 * hides what earlier ones have below it.
 *
 * @param replaced told of each earlier entry that is not in the result
 */
export function* overlay<T extends TreeEntry>(
  earlier: Iterator<T>,
  later: Iterable<T | DeletedEntry>,
  replaced?: (entry: T) => void,
): IterableIterator<T> {
  let old = earlier.next();
  for (const entry of later) {
    while (!old.done && comparePaths(old.value.path, entry.path) < 0) {
      yield old.value;
      old = earlier.next();
    }
    while (!old.done && (old.value.path === entry.path || hides(entry, old.value.path))) {
      replaced?.(old.value);
      old = earlier.next();
    }
    if (entry.type !== 'deleted') yield entry;
  }
  while (!old.done) {
    yield old.value;
    old = earlier.next();
  }
}

export function* liveEntries(entries: Iterable<IndexEntry>): IterableIterator<TreeEntry> {
  for (const entry of entries) if (entry.type !== 'deleted') yield entry;
}

/** Does the entry hide an earlier path below it? It does unless it is a directory. */
export function hides(entry: IndexEntry, path: string): boolean {
  return entry.type !== 'directory' && isBelow(path, entry.path);
}
