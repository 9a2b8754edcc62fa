/**
 * Tools that compare times take what they made for fresh when it is newer than its source. That holds on one machine. Here an entry may be of a run that
 * built other sources while this run had its own checked out already: what it made is newer than both, and a change would not be compiled. So what
 * is restored becomes older than the sources, unless it was made of these very files.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { DirectoryRoot } from '../archive/files/directory-root.ts';
import { errnoOf } from '../archive/files/errno.ts';
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

interface Sources {
  /** The oldest time; infinite where there is no file. */
  readonly oldestMs: number;
  readonly digest: string;
}

/** Nothing where the tool compares no times, or the sources cannot be seen. */
export function* sourcesAnnotation(request: EntryDirectory): Steps<Readonly<Record<string, string>>> {
  const sources = request.comparedWith === undefined ? undefined : yield* look(request, request.comparedWith);
  return sources === undefined ? {} : { [SOURCES]: sources.digest };
}

/**
 * Makes files of the directory older than the sources. Returns the sentence for the log: the entry is restored by then, whatever becomes of this.
 *
 * @param annotations of the entry
 */
export function* makeOlderThanSources(
  request: EntryDirectory,
  annotations: Readonly<Record<string, string>>,
): Steps<readonly string[]> {
  const { dir, paths, exclude, comparedWith } = request;
  if (comparedWith === undefined) return [];
  const sources = yield* look(request, comparedWith);
  if (sources !== undefined && sources.digest === annotations[SOURCES]) return [];
  // Sources that nobody sees may be of any time.
  const beforeMs = (sources?.oldestMs ?? 0) - MARGIN_MS;
  try {
    const older = yield* makeOlder(dir, selectionOf(paths, exclude), beforeMs);
    if (older === 0) return [];
    return [
      `${older} files may be newer than these sources, and were not made of them: they have an older time now, so that the tool compiles what is here.`,
    ];
  } catch (error) {
    return [
      `Files that may be newer than these sources, and were not made of them, cannot be given an older time (${whyOf(error)}): the tool may take them for fresh. Run the fetch as their user.`,
    ];
  }
}

/** Undefined where they cannot be seen. */
function* look({ dir }: EntryDirectory, sources: string): Steps<Sources | undefined> {
  if (sources === '') return undefined;
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
    return undefined;
  }
  return { oldestMs, digest: digest.digest('hex') };
}

/** A copy has another inode, and a file that was written another time of change, which nobody can set. */
function lineOf({ path, stats }: WalkItem): string {
  const { ino, size, mtimeMs, ctimeMs } = stats;
  return `${path}\0${ino} ${size} ${mtimeMs} ${ctimeMs}\n`;
}

/** How many files got another time. That of use stays. */
function* makeOlder(dir: string, selection: Selection, beforeMs: number): Steps<number> {
  let older = 0;
  const root = DirectoryRoot.open(toByteString(dir));
  try {
    for (const item of walk(dir, selection, { special: 0 })) {
      yield;
      if (item?.type !== 'file' || item.stats.mtimeMs < beforeMs) continue;
      fs.lutimesSync(root.at(item.path), item.stats.atimeMs / 1000, Math.max(0, beforeMs - 1) / 1000);
      older += 1;
    }
  } finally {
    root.close();
  }
  return older;
}

/** Why the file system, or the walk of it, refuses. Throws any other error again. */
function whyOf(error: unknown): string {
  const errno = errnoOf(error instanceof CacheError ? error.cause : error);
  if (errno !== undefined) return errno;
  if (error instanceof CacheError) return error.code;
  throw error;
}
