import { realpath } from 'node:fs/promises';
import { cachedFilter } from './cached-files.ts';
import type { CachedFiles } from './cached-files.ts';
import { findFiles } from './find-files.ts';
import { readFiles } from './read-files.ts';
import { unreadable } from './unreadable.ts';

/**
 * The names of files below a directory that globs match (`!` excludes) and that are not cached, relative to it, in byte order. No file is
 * read: a link that leads out is one of them. Throws as computeKey does.
 */
export async function listFiles(
  source: string,
  globs: readonly string[],
  cached: readonly CachedFiles[] = [],
  signal?: AbortSignal,
): Promise<string[]> {
  const read = readFiles(globs);
  try {
    const root = await realpath(source);
    const isCached = await cachedFilter(root, cached, signal);
    const paths: string[] = [];
    for (const { path } of await findFiles(root, read, signal, 'named')) if (!(await isCached(path))) paths.push(path);
    return paths;
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : unreadable(error);
  }
}
