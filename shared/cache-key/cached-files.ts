import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { readGlobs } from '../glob/glob.ts';
import { decodePath, encodePath } from './file-names.ts';
import { findMatches } from './find-matches.ts';

/** A cached directory, or the parts of it that are cached. */
export interface CachedFiles {
  /** Absolute. */
  readonly dir: string;
  /** Globs below it, `!` excludes; empty: all of it. */
  readonly paths: readonly string[];
}

/**
 * Whether a file below `root` is in what is cached. Goes by devices and inodes: a claim that is mounted for the sources and for the
 * cache has two paths, and no name tells that one lies within the other. A cache that is all of `root` leaves out nothing.
 */
export async function cachedFilter(
  root: string,
  cached: readonly CachedFiles[],
  signal?: AbortSignal,
): Promise<(path: string) => Promise<boolean>> {
  const places = (await Promise.all(cached.map((files) => placesOf(files, signal)))).flat();
  const ids = new Set((await Promise.all(places.map(identify))).filter((id) => id !== undefined));
  ids.delete((await identify(root)) ?? '');
  if (ids.size === 0) return async () => false;

  const known = new Map<string, Promise<boolean>>();
  const isCached = async (path: string): Promise<boolean> => {
    const id = await identify(posix.join(root, path));
    if (id !== undefined && ids.has(id)) return true;
    const parent = posix.dirname(path);
    if (parent === '.') return false;
    const above = known.get(parent) ?? isCached(parent);
    known.set(parent, above);
    return await above;
  };
  return isCached;
}

/**
 * The directories and files that are cached, as far as they exist. A path that a `!` takes out of a cached directory does not count for the hash
 * either: it comes and goes with the others.
 */
async function placesOf({ dir, paths }: CachedFiles, signal: AbortSignal | undefined): Promise<string[]> {
  const found = paths.filter((path) => !path.startsWith('!'));
  // A cache of all but some paths counts as all of the directory here.
  if (paths.length === 0 || found.includes('**')) return [dir];
  const globs = readGlobs('paths', found);
  const plain = globs.filter(({ isPlain }) => isPlain).map(({ text }) => text);
  const dynamic = globs.filter(({ isPlain }) => !isPlain);
  const matched = dynamic.length === 0 ? [] : await findMatches(dir, dynamic, () => signal?.throwIfAborted());
  return [...plain, ...matched.map(({ path }) => decodePath(path))].map((path) => posix.join(dir, path));
}

/** Exactly: numbers of inodes may be past what a JavaScript number holds, and many directories would look like one. */
async function identify(path: string): Promise<string | undefined> {
  const found = await stat(encodePath(path), { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}
