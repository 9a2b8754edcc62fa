import type { CacheDirectory, CacheRequest } from '../request/protocol.ts';
import { pathsOf } from './cache/cache-work.ts';
import { findHash } from './hash/find-hash.ts';
import type { HashOutcome } from './hash/find-hash.ts';

/** The hash of a cache, or why it has none; nothing where it needs none. */
export type HashOf = (cache: CacheDirectory) => HashOutcome | undefined;

/** Computes the hash of each list of `files` once, for the caches that need one. */
export async function findHashes(
  request: CacheRequest,
  needsHash: (cache: CacheDirectory) => boolean,
  signal?: AbortSignal,
): Promise<HashOf> {
  const filesOf = (cache: CacheDirectory): readonly string[] => cache.files ?? request.files;
  const keyOf = (cache: CacheDirectory): string => JSON.stringify(filesOf(cache));
  const cached = request.caches.map((cache) => ({ dir: cache.dir, paths: pathsOf(request, cache) }));
  const hashes = new Map<string, HashOutcome | undefined>();
  for (const cache of request.caches) {
    if (!needsHash(cache) || hashes.has(keyOf(cache))) continue;
    const ofPreset = request.files.length === 0;
    hashes.set(keyOf(cache), await findHash({ ...request, files: filesOf(cache), cached, ofPreset }, signal));
  }
  return (cache) => hashes.get(keyOf(cache));
}
