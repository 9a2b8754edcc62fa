/**
 * What a workspace says about its stat cache, as walk.ts and compare-tree.ts together would: but most of a workspace is as it was. So what is
 * kept makes no objects, and a directory that is as it was has the names that the stat cache has.
 */
import * as fs from 'node:fs';
import { isLocal } from '../../../archive/files/local-file-system.ts';
import { comparePaths, fsPath, isAscii, isBelow, toByteString } from '../../../archive/paths/path.ts';
import { InvalidStatCache } from '../../../archive/stat-cache/stat-cache.ts';
import type { StatCache } from '../../../archive/stat-cache/stat-cache.ts';
import type { EntryCursor } from '../../../archive/index/entry-cursor.ts';
import { isOutside } from '../../../archive/paths/selection.ts';
import type { Selection } from '../../../archive/paths/selection.ts';
import { listNames, lookAt, placeIn } from '../../../archive/files/walk/walk.ts';
import type { WalkCounts, WalkItem, WalkPlace } from '../../../archive/files/walk/walk.ts';
import { compareItem } from './compare-tree.ts';
import type { Comparison, KnownEntry } from './compare-tree.ts';

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK } = fs.constants;

interface StatCacheComparison {
  readonly dir: string;
  readonly selection: Selection;
  readonly statCache: StatCache;
  /** How many entries it should have: without one of them a layer that is in use would go. */
  readonly entries: number;
  /** Layers of which nothing is passed over: what is kept and in one of them is told of. */
  readonly moving: ReadonlySet<number>;
  readonly counts: WalkCounts;
  /** Told of everything that is there, in order. */
  readonly onItem: (path: string, type: WalkItem['type'], stats: fs.Stats) => void;
}

interface OpenDirectory extends WalkPlace {
  /** Or its names are those of the stat cache. */
  readonly listed: boolean;
  names: readonly string[] | undefined;
  next: number;
}

/** How many unchanged names are passed by in one go. */
const KEPT_IN_ONE_GO = 256;

/**
 * All comparisons but those that are `kept` where they are; nothing now and then, so that who asks may rest (pace.ts).
 *
 * @throws InvalidStatCache, and what a walk throws
 */
export function* compareStatCache(options: StatCacheComparison): IterableIterator<Comparison | undefined> {
  const walk = new StatCacheWalk(options);
  for (let steps = 1; walk.step(); steps++) {
    if (steps % KEPT_IN_ONE_GO === 0) yield undefined;
    // Given before the next step: the caller may note the time before the names of a directory are listed.
    if (walk.found.length > 0) yield* walk.found.splice(0);
  }
  if (walk.passed !== options.entries) throw new InvalidStatCache();
}

class StatCacheWalk {
  /** What the last step has found. */
  readonly found: Comparison[] = [];
  /** Entries of the stat cache so far. */
  passed = 0;
  readonly #options: StatCacheComparison;
  readonly #known: EntryCursor;
  /** Device of directories whose time tells of their names. */
  readonly #telling: number | undefined;
  readonly #open: OpenDirectory[];
  /** Gone, or no directory any more: all that is known below it is gone as well. */
  #top: string | undefined;

  constructor(options: StatCacheComparison) {
    const { dir, statCache } = options;
    this.#options = options;
    this.#known = statCache.cursor();
    const absolute = toByteString(dir);
    const root = { absolute, relative: '', ascii: isAscii(absolute) };
    this.#open = [{ ...root, listed: true, names: undefined, next: 0 }];
    const telling = statCache.allNames && isLocal(fsPath(absolute));
    this.#telling = telling ? fs.statSync(fsPath(absolute)).dev : undefined;
  }

  /** Compares one name, or ends a directory. False when all is done. */
  step(): boolean {
    const directory = this.#open.at(-1);
    if (directory === undefined) {
      if (this.#known.done) return false;
      this.#gone();
      return true;
    }
    const more = directory.listed ? this.#nextListed(directory) : this.#nextKnown(directory);
    if (!more) this.#open.pop();
    return true;
  }

  #nextListed(directory: OpenDirectory): boolean {
    directory.names ??= listNames(directory);
    const name = directory.names[directory.next++];
    if (name === undefined) return false;
    const relative = directory.relative === '' ? name : `${directory.relative}/${name}`;
    if (this.#options.selection.relation(relative) === 'outside') return true;
    while (!this.#known.done && comparePaths(this.#known.path, relative) < 0) this.#gone();
    this.#look(placeIn(directory, name, relative, this.#options.selection));
    return true;
  }

  #nextKnown({ absolute, relative, ascii }: OpenDirectory): boolean {
    const known = this.#known;
    if (known.done || !isBelow(known.path, relative)) return false;
    if (known.path.indexOf('/', relative.length + 1) >= 0) {
      // The directory that it was in is gone.
      this.#gone();
    } else {
      const name = known.path.slice(relative.length);
      this.#look({ absolute: absolute + name, relative: known.path, ascii: ascii && known.ascii });
    }
    return true;
  }

  #look(place: WalkPlace): void {
    const known = this.#known;
    const isKnown = !known.done && known.path === place.relative;
    const stats = lookAt(place);
    const type = stats === undefined ? undefined : typeOf(stats);
    if (
      stats !== undefined &&
      type !== undefined &&
      this.#isStored(place, type, isKnown && known.type === type && !known.isLeftOut)
    ) {
      this.#options.onItem(place.relative, type, stats);
      const kept = isKnown && this.#isKept(type, stats);
      if (!kept || this.#options.moving.has(known.layer)) {
        if (type !== 'directory') this.#top = place.relative;
        const item = { path: place.relative, type, stats };
        this.found.push(compareItem(item, isKnown ? this.#entry() : undefined, this.#options.statCache.takenAt));
      }
      if (isKnown) this.#pass();
      if (type === 'directory') {
        // In a directory above what is chosen there may be others, which lead to nothing yet and are not known.
        const listed = !kept || stats.dev !== this.#telling || this.#isAbove(place);
        this.#open.push({ ...place, listed, names: undefined, next: 0 });
      }
      return;
    }
    if (stats !== undefined && type === undefined) this.#options.counts.special++;
    if (isKnown) this.#gone();
  }

  #isAbove({ relative }: WalkPlace): boolean {
    return this.#options.selection.relation(relative) === 'above';
  }

  #isStored(place: WalkPlace, type: WalkItem['type'], asKnown: boolean): boolean {
    return asKnown || !isOutside(this.#options.selection.relation(place.relative), type === 'directory');
  }

  #isKept(type: WalkItem['type'], stats: fs.Stats): boolean {
    const known = this.#known;
    return (
      known.type === type &&
      known.mode === (stats.mode & 0o7777) &&
      (type !== 'file' || (known.size === stats.size && stats.nlink === 1)) &&
      known.isAsCached(stats, this.#options.statCache.takenAt)
    );
  }

  #gone(): void {
    const { path } = this.#known;
    const below = this.#top !== undefined && isBelow(path, this.#top);
    if (!below) this.#top = path;
    this.found.push({ kind: 'gone', path, below });
    this.#pass();
  }

  #pass(): void {
    this.passed += 1;
    this.#known.advance();
  }

  #entry(): KnownEntry {
    const entry = this.#known.entry();
    if (entry.type === 'deleted') throw new InvalidStatCache();
    return entry;
  }
}

function typeOf({ mode }: fs.Stats): WalkItem['type'] | undefined {
  const kind = mode & S_IFMT;
  return kind === S_IFREG ? 'file' : kind === S_IFDIR ? 'directory' : kind === S_IFLNK ? 'symlink' : undefined;
}
