/**
 * Tools that compare times take what they made for fresh when it is newer than its source. That holds on one machine. Here an entry may be of a run that
 * built other sources while this run had its own checked out already: what it made is newer than both, and a change would not be compiled. So what
 * is restored becomes older than the sources, unless it was made of these very files.
 *
 * The sources are looked at first, however long that takes. What comes from the entry has its older time before the directory changes, so that a fetch
 * that is killed leaves nothing newer. What was there already is looked at afterwards, and nothing but a lost lock may end that.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { FileEntry, TreeEntry } from '../archive/entries/tree-entry.ts';
import { msOf, setFileTime, timesOf } from '../archive/files/attributes.ts';
import { DirectoryRoot } from '../archive/files/directory-root.ts';
import { errnoOf, isGone } from '../archive/files/errno.ts';
import { groupByInode } from '../archive/files/walk/hard-links.ts';
import { walk } from '../archive/files/walk/walk.ts';
import type { WalkItem } from '../archive/files/walk/walk.ts';
import { toByteString } from '../archive/paths/path.ts';
import { selectionOf } from '../archive/paths/selection.ts';
import type { Selection } from '../archive/paths/selection.ts';
import { CacheError } from '../errors.ts';
import { escapeGlob } from '../glob/glob.ts';
import type { Steps } from '../pace.ts';
import type { EntryDirectory } from './entry.ts';

/** Tells the files that an entry was made of from all others, also from a copy of them. */
const SOURCES = 'cache.tekton.dev/sources';

/** A checkout takes so long, and the clocks of two nodes are no further apart. */
const MARGIN_MS = 60_000;

/** What a fetch knows of the sources before it changes anything. */
export interface SourceTimes {
  /** Infinite where there is no file. */
  readonly oldestMs: number;
  /** Absent where the sources cannot be seen. */
  readonly digest?: string;
}

/** Sources that nobody sees may be of any time. */
const UNSEEN: SourceTimes = { oldestMs: 0 };

/** Nothing where the tool compares no times, or the sources cannot be seen. */
export function* sourcesAnnotation(request: EntryDirectory): Steps<Readonly<Record<string, string>>> {
  const digest = (yield* lookAtSources(request))?.digest;
  return digest === undefined ? {} : { [SOURCES]: digest };
}

/** Undefined where the tool compares no times. */
export function* lookAtSources({ dir, comparedWith: sources }: EntryDirectory): Steps<SourceTimes | undefined> {
  if (sources === undefined) return undefined;
  if (sources === '') return UNSEEN;
  const above = dirname(dir);
  // The caches of all presets lie beside each other.
  const caches = above.startsWith(`${sources}/`) ? [escapeGlob(above.slice(sources.length + 1))] : [];
  const digest = createHash('sha256');
  let oldestMs = Infinity;
  try {
    for (const item of walk(sources, selectionOf([], ['**/.git', ...caches]), { special: 0 })) {
      yield;
      if (item === undefined || item.type === 'directory') continue;
      oldestMs = Math.min(oldestMs, item.stats.mtimeMs);
      digest.update(lineOf(item), 'latin1');
    }
  } catch (error) {
    whyOf(error);
    return UNSEEN;
  }
  return { oldestMs, digest: digest.digest('hex') };
}

/** A copy has another inode, and a file that was written another time of change, which nobody can set. */
function lineOf({ path, stats }: WalkItem): string {
  const { ino, size, mtimeMs, ctimeMs } = stats;
  return `${path}\0${ino} ${size} ${mtimeMs} ${ctimeMs}\n`;
}

/** The times of files that come from an entry: those that may be newer than the sources become older. */
export class OlderTimes {
  readonly beforeMs: number;
  /** How many files of the entry have another time than it says. */
  lowered = 0;

  private constructor(beforeMs: number) {
    this.beforeMs = beforeMs;
  }

  /**
   * Undefined where times stay as they are.
   *
   * @param sources as they were before the entry was restored
   * @param annotations of the entry
   */
  static than(sources: SourceTimes | undefined, annotations: Readonly<Record<string, string>>): OlderTimes | undefined {
    if (sources === undefined) return undefined;
    if (sources.digest !== undefined && sources.digest === annotations[SOURCES]) return undefined;
    return new OlderTimes(sources.oldestMs - MARGIN_MS);
  }

  /** The entry as it is to be restored. */
  of(entry: TreeEntry): TreeEntry {
    if (entry.type !== 'file' || msOf(entry) < this.beforeMs) return entry;
    this.lowered += 1;
    return { ...entry, ...timesOf(this.beforeMs - 1) };
  }

  /** The time in ms of a file as it is restored. */
  timeMs(entry: FileEntry): number {
    return Math.min(msOf(entry), this.beforeMs - 1);
  }
}

/**
 * Makes what was in the directory already older, too. Returns sentences for the log: the entry is restored by then, whatever becomes of this.
 *
 * @param older of the entry, which is restored
 */
export function* makeOlderThanSources(
  { dir, paths, exclude }: EntryDirectory,
  older: OlderTimes | undefined,
): Steps<readonly string[]> {
  if (older === undefined) return [];
  const ages = new Ages(dir, older);
  try {
    yield* ages.lower(selectionOf(paths, exclude));
  } catch (error) {
    return [...ages.notes(), refused(whyOf(error))];
  }
  return ages.notes();
}

const refused = (why: string): string =>
  `Files that may be newer than these sources, and were not made of them, cannot be given an older time (${why}): the tool may take them for fresh. Run the fetch as their user.`;

/** Gives the files of a directory an older time. That of use stays. */
class Ages {
  readonly #dir: string;
  readonly #beforeMs: number;
  #lowered: number;
  #elsewhere = 0;
  #refusal: string | undefined;

  constructor(dir: string, { beforeMs, lowered }: OlderTimes) {
    this.#dir = dir;
    this.#beforeMs = beforeMs;
    this.#lowered = lowered;
  }

  *lower(selection: Selection): Steps {
    const linked: { readonly item: WalkItem }[] = [];
    const root = DirectoryRoot.open(toByteString(this.#dir));
    try {
      for (const item of walk(this.#dir, selection, { special: 0 })) {
        yield;
        if (item?.type !== 'file' || item.stats.mtimeMs < this.#beforeMs) continue;
        if (item.stats.nlink === 1) this.#lowerOne(root, item);
        else linked.push({ item });
      }
      // The other names may lie anywhere: only a file all of whose names are in the directory is the tool's alone.
      const { alone, groups } = yield* groupByInode(this.#dir, linked);
      this.#elsewhere += alone.length;
      for (const group of groups) {
        yield;
        const [first] = group;
        if (first?.item.stats.nlink === group.length) this.#lowerOne(root, first.item);
        else this.#elsewhere += 1;
      }
    } finally {
      root.close();
    }
  }

  notes(): string[] {
    const older = `${this.#lowered} files may be newer than these sources, and were not made of them: they have an older time now, so that the tool compiles what is here.`;
    const elsewhere = `${this.#elsewhere} such files have names outside of the directory, too, and keep their time: the tool may take them for fresh. Remove the directory, and they are restored as files of their own.`;
    return [
      ...(this.#lowered > 0 ? [older] : []),
      ...(this.#elsewhere > 0 ? [elsewhere] : []),
      ...(this.#refusal === undefined ? [] : [refused(this.#refusal)]),
    ];
  }

  /** What another has is no reason to leave the rest. */
  #lowerOne(root: DirectoryRoot, { path, stats }: WalkItem): void {
    try {
      if (setFileTime(root.at(path), stats, timesOf(this.#beforeMs - 1))) this.#lowered += 1;
    } catch (error) {
      if (isGone(error)) return;
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      this.#refusal ??= errno;
    }
  }
}

/** Why the file system, or the walk of it, refuses. Throws any other error again. */
function whyOf(error: unknown): string {
  const errno = errnoOf(error instanceof CacheError ? error.cause : error);
  if (errno !== undefined) return errno;
  if (error instanceof CacheError) return error.code;
  throw error;
}
