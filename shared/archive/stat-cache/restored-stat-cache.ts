/** The stat cache of a directory that was restored (stat-cache.ts): is the directory still that, and writing it anew. */
import * as fs from 'node:fs';
import { ContentCheck } from './content-check.ts';
import { sameState, stateOf, UNKNOWN, type FileState } from '../files/state/file-state.ts';
import type { Block } from '../index/index-writer.ts';
import type { Sums } from '../index/live-sums.ts';
import { at } from '../files/attributes.ts';
import type { Pace, Steps } from '../../pace.ts';
import { isAscii, toByteString } from '../paths/path.ts';
import { givenOf, isAsGiven, type FoundItem, type Given } from './restored-item.ts';
import { InvalidStatCache, type StatCache } from './stat-cache.ts';
import { StatCacheWriter } from './stat-cache-writer.ts';
import { compressStates, type StatedChange } from '../index/entry-block.ts';
import type { Selection } from '../paths/selection.ts';
import type { StateTable } from '../files/state/state-table.ts';
import type { TreeEntry } from '../entries/tree-entry.ts';
import { holdsExcluded } from '../files/walk/excluded.ts';
import { lookAt, walk, type WalkItem } from '../files/walk/walk.ts';

/** So many need some megabytes. */
const MAX_OPEN_STATES = 50_000;

export interface RestoredDirectory {
  readonly dir: string;
  /** How many entries there are of it, those outside of the selection among them. */
  readonly files: number;
  /** What the entry does not have must not be there either. */
  readonly clean: boolean;
}

/**
 * Has nothing been touched since the stat cache was taken? Reads only what was changed just before that. A stat cache of fewer entries than it should
 * have proves nothing.
 */
export async function equalsStatCache(
  statCache: StatCache,
  directory: RestoredDirectory,
  selection: Selection,
  pace: Pace,
): Promise<boolean> {
  try {
    return (
      (await holdsCachedStates(statCache, directory, pace)) &&
      !(directory.clean && (await hasMore(statCache, directory.dir, selection, pace)))
    );
  } catch (error) {
    if (error instanceof InvalidStatCache) return false;
    throw error;
  }
}

/** Is everything there as it was? What else is there does not matter, so no directory is listed. */
async function holdsCachedStates(
  statCache: StatCache,
  { dir, files }: RestoredDirectory,
  pace: Pace,
): Promise<boolean> {
  const root = toByteString(dir);
  const asciiRoot = isAscii(root);
  const content = new ContentCheck(root, undefined);
  let count = 0;
  for (const known = statCache.cursor(); !known.done; known.advance()) {
    if (pace.isDue) await pace.rest();
    count += 1;
    if (known.isLeftOut) continue;
    const { path } = known;
    const absolute = `${root}/${path}`;
    const stats = lookAt({ absolute, relative: path, ascii: asciiRoot && known.ascii });
    if (stats === undefined) return false;
    // After a crash of the node a file may have its times and not its content.
    if (known.type === 'file' && known.size !== stats.size) return false;
    if (
      !known.isAsCached(stats, statCache.takenAt) &&
      !(await pace.run(holds(content, { path, stats }, known.entry())))
    )
      return false;
  }
  return count === files;
}

async function hasMore(statCache: StatCache, dir: string, selection: Selection, pace: Pace): Promise<boolean> {
  const root = toByteString(dir);
  const known = statCache.cursor();
  for (const item of walk(dir, selection, { special: 0 })) {
    if (item !== undefined) {
      for (; !known.done && known.isLeftOut; known.advance()) if (pace.isDue) await pace.rest();
      if (!known.done && known.path === item.path) known.advance();
      // A directory above what is chosen need not lead to anything.
      else if (selection.relation(item.path) === 'inside' && !(await pace.run(mustStay(root, item, selection))))
        return true;
    }
    if (pace.isDue) await pace.rest();
  }
  return false;
}

/** A directory that the entry does not have stays for what is excluded in it. */
function* mustStay(root: string, { path, type }: WalkItem, selection: Selection): Steps<boolean> {
  return selection.hasExceptions && type === 'directory' && (yield* holdsExcluded(root, path, selection));
}

export interface RestoredTree {
  readonly dir: string;
  readonly selection: Selection;
  readonly entries: Iterable<TreeEntry>;
  /** States that were taken before and still hold, by the number of the entry. */
  readonly known: (number: number, entry: TreeEntry) => FileState | undefined;
  /** Is what no state is known of as it was restored? */
  readonly isAsRestored: (number: number, entry: TreeEntry, found: FoundItem) => boolean;
  /** The digest of the entry's manifest. */
  readonly digest: string;
  readonly sums: Sums;
  /** Throws when others may have changed something since the states were taken. */
  readonly checkLock: () => void;
  readonly pace: Pace;
}

/** Takes the state of every entry, after the last change to any of them. Where no stat cache can be made, there is none. */
export async function writeStatCache(restored: RestoredTree): Promise<void> {
  const { dir, entries, known, isAsRestored, pace } = restored;
  const root = toByteString(dir);
  const look = (number: number, entry: TreeEntry): FileState => {
    const place = at(root, entry.path);
    const stats = fs.lstatSync(place);
    return isAsRestored(number, entry, { place, stats }) ? stateOf(stats) : UNKNOWN;
  };
  await writeWhole(restored, async (statCache) => {
    let number = 0;
    for (const entry of entries) {
      statCache.add(entry, known(number, entry) ?? look(number, entry));
      number += 1;
      if (pace.isDue) await pace.rest();
    }
  });
}

/** A list of entries whose state only the file system knows. */
export class OpenStates {
  readonly #numbers: number[] = [];
  readonly #paths: string[] = [];
  readonly #given: Given[] = [];

  /** Few enough to be kept. */
  get isComplete(): boolean {
    return this.#numbers.length < MAX_OPEN_STATES;
  }

  /** @param entry as it is restored, and no further name of a file */
  add(number: number, entry: TreeEntry): void {
    if (!this.isComplete) return;
    this.#numbers.push(number);
    this.#paths.push(entry.path);
    this.#given.push(givenOf(entry));
  }

  /** @param isMoved the state that is known, if one is, was taken before the last change */
  async resolve(
    root: string,
    states: StateTable,
    { isMoved, pace }: { readonly isMoved: (number: number) => boolean; readonly pace: Pace },
  ): Promise<void> {
    for (const [i, number] of this.#numbers.entries()) {
      if (pace.isDue) await pace.rest();
      const before = states.get(number);
      if (before !== undefined && !isMoved(number)) continue;
      const place = at(root, this.#paths[i] ?? '');
      const stats = fs.lstatSync(place);
      if (isAsGiven({ place, stats }, this.#given[i], before)) states.setOne(number, stats);
      else states.forget(number);
    }
  }
}

/** The same, without a look at each entry: the stat cache takes the blocks of the index as they are. */
export async function copyStatCache(
  restored: Omit<RestoredTree, 'entries' | 'known' | 'isAsRestored'>,
  blocks: readonly Block[],
  states: StateTable,
): Promise<void> {
  const { pace } = restored;
  await writeWhole(restored, async (statCache) => {
    let first = 0;
    for (const { data, count } of blocks) {
      statCache.addBlock({ data, count, states: compressStates(states.rows(first, count)) });
      first += count;
      if (pace.isDue) await pace.rest();
    }
  });
}

type Destination = Pick<RestoredTree, 'dir' | 'selection' | 'digest' | 'sums' | 'checkLock'>;

/** Writes a stat cache by `fill`. It replaces the former one once it is whole; otherwise the former one stays. */
async function writeWhole(
  { dir, selection, digest, sums, checkLock }: Destination,
  fill: (statCache: StatCacheWriter) => Promise<void>,
): Promise<void> {
  const statCache = StatCacheWriter.open(dir, selection);
  if (statCache === undefined) return;
  try {
    await fill(statCache);
    checkLock();
    statCache.commit({ digest, sums, takenAt: statCache.now() });
  } catch (error) {
    statCache.discard();
    throw error;
  }
}

/** The state does not show a change within the grain of the file system's times, so the content is compared then. */
function* holds(content: ContentCheck, found: Pick<WalkItem, 'path' | 'stats'>, entry: StatedChange): Steps<boolean> {
  if (entry.type === 'deleted') throw new InvalidStatCache();
  if (!sameState(entry.state, found.stats)) return false;
  if (entry.type === 'file') return (yield* content.digest(found)) === entry.digest;
  return entry.type !== 'symlink' || content.target(found) === entry.target;
}
