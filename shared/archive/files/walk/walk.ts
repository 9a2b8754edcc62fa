/**
 * Walks a workspace in path order. Calls are synchronous: a walk is tens of thousands of calls of a microsecond each, and every
 * asynchronous one would cost twenty times that.
 */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { errnoOf, isGone } from '../errno.ts';
import { MAX_PATH_BYTES } from '../../format.ts';
import { fsPath, isAscii, printable, toByteString } from '../../paths/path.ts';
import { statsAt, storable, timesOf, type Attributes } from '../attributes.ts';
import { isOutside } from '../../paths/selection.ts';
import type { Selection } from '../../paths/selection.ts';

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK } = fs.constants;

export interface WalkItem {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink';
  readonly stats: WalkStats;
}

export type WalkStats = Pick<
  fs.Stats,
  'dev' | 'ino' | 'mode' | 'nlink' | 'uid' | 'size' | 'atimeMs' | 'mtimeMs' | 'ctimeMs'
>;

/** What a walk met and left out. */
export interface WalkCounts {
  /** Sockets, devices and pipes. */
  special: number;
}

/** How many names outside of the selection are passed by in one go. */
const PASSED_IN_ONE_GO = 256;

/**
 * Items come directly after their parent, before anything else that sorts after it. What vanishes during the walk is left out. Where the walk passes
 * by many names, it yields undefined now and then: the caller may rest (pace.ts).
 *
 * @throws CacheError `Unreadable` for a directory that cannot be listed and for a path that is too long
 */
export function* walk(dir: string, selection: Selection, counts: WalkCounts): IterableIterator<WalkItem | undefined> {
  const root = toByteString(dir);
  /** The directories that the walk is in, outermost first: one generator is quicker than one for each. */
  const open = [enter({ absolute: root, relative: '', ascii: isAscii(root) })];
  let passed = 0;
  for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
    if (passed++ % PASSED_IN_ONE_GO === PASSED_IN_ONE_GO - 1) yield undefined;
    const name = current.names[current.next++];
    if (name === undefined) {
      open.pop();
      continue;
    }
    const relative = current.relative === '' ? name : `${current.relative}/${name}`;
    const relation = selection.relation(relative);
    if (relation === 'outside') continue;
    const place = placeIn(current, name, relative, selection);
    const stats = lookAt(place);
    if (stats === undefined) continue;
    const kind = stats.mode & S_IFMT;
    if (isOutside(relation, kind === S_IFDIR)) continue;
    if (kind === S_IFDIR) {
      yield { path: relative, type: 'directory', stats };
      open.push(enter(place));
    } else if (kind === S_IFREG) {
      yield { path: relative, type: 'file', stats };
    } else if (kind === S_IFLNK) {
      yield { path: relative, type: 'symlink', stats };
    } else {
      counts.special++;
    }
  }
}

export interface WalkPlace {
  /** Byte string for `fs`. */
  readonly absolute: string;
  readonly relative: string;
  /** `absolute` is the same in UTF-8. */
  readonly ascii: boolean;
}

/** A name in a directory; where it is a link that stands for what it leads to, that. */
export function placeIn(directory: WalkPlace, name: string, relative: string, { links }: Selection): WalkPlace {
  const target = links.size === 0 ? undefined : links.get(relative);
  if (target !== undefined) return { absolute: target, relative, ascii: isAscii(target) };
  return { absolute: `${directory.absolute}/${name}`, relative, ascii: directory.ascii && isAscii(name) };
}

interface OpenDirectory extends WalkPlace {
  readonly names: readonly string[];
  /** Index of the name that comes next. */
  next: number;
}

function enter(directory: WalkPlace): OpenDirectory {
  return { ...directory, names: listNames(directory), next: 0 };
}

/** Sorted. @throws CacheError `Unreadable` */
export function listNames({ absolute, relative, ascii }: WalkPlace): string[] {
  try {
    return fs.readdirSync(fsPath(absolute, ascii), { encoding: 'latin1' }).sort();
  } catch (error) {
    if (isGone(error)) {
      if (relative !== '') return [];
      throw new CacheError(ERROR_CODES.Unreadable, `The directory ${printable(absolute)} does not exist.`, {
        cause: error,
      });
    }
    throw unreadable(relative === '' ? absolute : relative, error);
  }
}

/** Returns undefined when the file is gone, also with a directory above it. @throws CacheError `Unreadable` */
export function lookAt({ absolute, relative, ascii }: WalkPlace): fs.Stats | undefined {
  if (relative.length > MAX_PATH_BYTES) throw tooLong(relative);
  try {
    return statsAt(fsPath(absolute, ascii));
  } catch (error) {
    throw errnoOf(error) === 'ENAMETOOLONG' ? tooLong(relative) : unreadable(relative, error);
  }
}

/** A path that the system's calls do not take. */
function tooLong(path: string): CacheError {
  return new CacheError(
    ERROR_CODES.Unreadable,
    `The path ${printable(path)} is longer than ${MAX_PATH_BYTES} bytes, with the workspace's own: exclude it, or make it shorter.`,
  );
}

/** An upload ends at a path that it cannot read: an entry without that path would look whole. */
export function unreadable(path: string, cause: unknown): CacheError {
  return new CacheError(
    ERROR_CODES.Unreadable,
    `${printable(path)} cannot be read (${errnoOf(cause) ?? 'unknown error'}): exclude it, or run as a user that may read it.`,
    { cause },
  );
}

/** Mode and time as an entry has them, the latter as exact as a double is. */
export function foundAttributes({ stats }: Pick<WalkItem, 'stats'>): Attributes {
  return { mode: stats.mode & 0o7777, ...storable(timesOf(stats.mtimeMs)) };
}
