/**
 * Paths that layers of an entry hold and that are not live any more. Ordinary tools must not see them again when a directory of
 * their name comes back: crane does not heed the whiteout of a directory below a layer that has one of that name.
 */
import { BlockWriter } from '../../../archive/index/index-writer.ts';
import type { Block } from '../../../archive/index/index-writer.ts';
import type { IndexReader } from '../../../archive/index/index-reader.ts';
import type { Steps } from '../../../pace.ts';
import { mergeSorted } from '../../../archive/entries/merge-sorted.ts';
import { comparePaths, isBelow, parentOf } from '../../../archive/paths/path.ts';

/** Every path that the indices tell of, live or not, in order. */
export function* pathsEver(indices: readonly IndexReader[]): IterableIterator<string> {
  let last: string | undefined;
  for (const { path } of mergeSorted(indices.map((index) => index.entries()))) {
    if (path !== last) yield path;
    last = path;
  }
}

/**
 * What is hidden in directories that are new: of each path the uppermost part that is not there now.
 *
 * @param fresh new directories
 * @param present paths that are in them now
 */
export function* hiddenBelow(
  ever: Iterable<string>,
  fresh: ReadonlySet<string>,
  present: ReadonlySet<string>,
): Steps<ReadonlySet<string>> {
  const hidden = new Set<string>();
  for (const path of ever) {
    yield;
    for (let part = path; part !== ''; part = parentOf(part)) {
      if (fresh.has(parentOf(part)) && !present.has(part)) hidden.add(part);
    }
  }
  return hidden;
}

/**
 * A new base index forgets what is hidden; a delta of deletions after it remembers. It changes nothing for who reads the
 * live tree. What is below another hidden path stands for both.
 */
export function* rememberHidden(
  ever: Iterable<string>,
  live: Iterator<{ readonly path: string }>,
): Steps<readonly Block[]> {
  const writer = new BlockWriter();
  let next = live.next();
  let pending: string | undefined;
  for (const path of ever) {
    yield;
    while (next.done !== true && comparePaths(next.value.path, path) < 0) next = live.next();
    if (next.done !== true && next.value.path === path) continue;
    if (pending !== undefined && !isBelow(path, pending)) writer.add({ type: 'deleted', path: pending });
    pending = path;
  }
  if (pending !== undefined) writer.add({ type: 'deleted', path: pending });
  return writer.finish();
}
