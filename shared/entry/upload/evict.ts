/** Keeps a cache within its size: the files that were used longest ago are removed from the directory. */
import * as fs from 'node:fs';
import { DirectoryRoot } from '../../archive/files/directory-root.ts';
import { errnoOf } from '../../archive/files/errno.ts';
import { walk } from '../../archive/files/walk.ts';
import { toByteString } from '../../archive/paths/path.ts';
import type { Steps } from '../../pace.ts';
import type { Selection } from '../../archive/paths/selection.ts';

export interface UsedFile {
  readonly path: string;
  readonly size: number;
  /** When it was used; milliseconds. */
  readonly usedMs: number;
}

export interface Evicted {
  readonly files: number;
  readonly bytes: number;
}

/** The files without which the others have at most `maxSize` bytes: those that were used longest ago, and of two alike the larger one. */
export function leastRecentlyUsed(files: readonly UsedFile[], maxSize: number): UsedFile[] {
  let size = files.reduce((sum, file) => sum + file.size, 0);
  const evicted: UsedFile[] = [];
  if (size <= maxSize) return evicted;
  for (const file of files.toSorted((a, b) => a.usedMs - b.usedMs || b.size - a.size || (a.path < b.path ? -1 : 1))) {
    if (size <= maxSize) break;
    if (file.size === 0) continue;
    evicted.push(file);
    size -= file.size;
  }
  return evicted;
}

/**
 * The time of use is that of the last change, which tools set that keep a cache by use; when a file was read, many volumes do not
 * tell. A file that is gone meanwhile, or that may not be removed, stays out of the count.
 *
 * @throws CacheError `Unreadable` as a walk does
 */
export function* evict(dir: string, selection: Selection, maxSize: number): Steps<Evicted> {
  const files: UsedFile[] = [];
  for (const item of walk(dir, selection, { special: 0 })) {
    if (item?.type === 'file') files.push({ path: item.path, size: item.stats.size, usedMs: item.stats.mtimeMs });
    yield;
  }
  const chosen = leastRecentlyUsed(files, maxSize);
  if (chosen.length === 0) return { files: 0, bytes: 0 };
  // In path order, the handle of the parent is mostly that of the next one.
  const root = DirectoryRoot.open(toByteString(dir));
  try {
    const removed = { files: 0, bytes: 0 };
    for (const { path, size } of chosen.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      yield;
      if (!unlink(root, path)) continue;
      removed.files += 1;
      removed.bytes += size;
    }
    return removed;
  } finally {
    root.close();
  }
}

function unlink(root: DirectoryRoot, path: string): boolean {
  try {
    fs.unlinkSync(root.at(path));
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
