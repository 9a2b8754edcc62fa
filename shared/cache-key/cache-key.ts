/**
 * The key of a cache: what `{{hash}}` stands for. docs/interface.md defines it and has test vectors.
 */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { posix } from 'node:path';
import { cachedFilter } from './cached-files.ts';
import type { CachedFiles } from './cached-files.ts';
import { digestFile } from './digest-file.ts';
import type { FileDigest } from './digest-file.ts';
import { encodePath } from './file-names.ts';
import { findFiles } from './find-files.ts';
import { Pace } from '../pace.ts';
import { readFiles } from './read-files.ts';
import { unreadable } from './unreadable.ts';

interface KeyedFile extends FileDigest {
  /** Relative to the source; names that are not UTF-8 as `decodePath` gives them. */
  readonly path: string;
}

interface CacheKey {
  /** 64 hex digits. */
  readonly hash: string;
  readonly files: readonly KeyedFile[];
  /** Globs that no file counts for, in normal form. */
  readonly without: readonly string[];
}

interface CacheKeyOptions {
  /** Absolute directory. */
  readonly source: string;
  /** Globs below it; `!` excludes. */
  readonly files: readonly string[];
  /** What never counts, although a glob matches it. */
  readonly cached?: readonly CachedFiles[];
  readonly signal?: AbortSignal;
}

/**
 * SHA-256 over `path NUL size NUL sha256hex(content) LF` of every matched file, in byte order of the paths.
 * Returns undefined when no file matches: the hash of nothing would be one key for every project without a lockfile.
 *
 * Throws InvalidParams for a glob that could leave `source`, Unreadable for what matches and cannot be read.
 */
export async function computeKey({
  source,
  files,
  cached = [],
  signal,
}: CacheKeyOptions): Promise<CacheKey | undefined> {
  const globs = readFiles(files);
  try {
    const root = await realpath(source);
    const keyed: KeyedFile[] = [];
    const unmatched = new Set(globs.filter(({ excludes }) => !excludes));
    const isCached = await cachedFilter(root, cached, signal);
    for (const { path, globs: matching } of await findFiles(root, globs, signal)) {
      if (await isCached(path)) continue;
      keyed.push({ path, ...(await digestFile(posix.join(root, path), signal)) });
      for (const glob of matching) unmatched.delete(glob);
    }
    if (keyed.length === 0) return undefined;
    const hash = await keyOf(keyed, new Pace(() => signal?.throwIfAborted()));
    return { hash, files: keyed, without: [...unmatched].map(({ text }) => text) };
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : unreadable(error);
  }
}

/** The definition itself, of files in byte order. */
export async function keyOf(files: readonly KeyedFile[], pace: Pace): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, size, sha256 } of files) {
    hash.update(encodePath(path)).update(`\0${size}\0${sha256}\n`);
    if (pace.isDue) await pace.rest();
  }
  return hash.digest('hex');
}
