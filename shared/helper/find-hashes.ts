import type { CacheDirectory, CacheRequest } from '../request/protocol.ts';
import { pathsOf } from './cache/cache-work.ts';
import { findHash } from './hash/find-hash.ts';
import type { HashOutcome } from './hash/find-hash.ts';
import { keepHashes, readHashes } from './kept-hashes.ts';

const NONE: ReadonlyMap<string, string> = new Map();

/** The hash of a cache, or why it has none; nothing where it needs none. */
type HashOf = (cache: CacheDirectory) => HashOutcome | undefined;

/** Computes the hash of each list of `files` once, for the caches that need one. An upload goes by what the fetch of its Task has left. */
export async function findHashes(
  request: CacheRequest,
  needsHash: (cache: CacheDirectory) => boolean,
  signal?: AbortSignal,
): Promise<HashOf> {
  const filesOf = (cache: CacheDirectory): readonly string[] => cache.files ?? request.files;
  const keyOf = (cache: CacheDirectory): string => JSON.stringify(filesOf(cache));
  const cached = request.caches.map((cache) => ({ dir: cache.dir, paths: pathsOf(request, cache) }));
  const hashes = new Map<string, HashOutcome | undefined>();
  const kept = request.verb === 'upload' && request.hashes !== undefined ? readHashes(request.hashes) : NONE;
  const ofFetch = new Map([...kept].map(([name, hash]) => [name, { hash, lines: [`hash ${hash} (of the fetch)`] }]));
  for (const cache of request.caches) {
    if (!needsHash(cache) || ofFetch.has(cache.name) || hashes.has(keyOf(cache))) continue;
    const ofPreset = request.files.length === 0;
    hashes.set(keyOf(cache), await findHash({ ...request, files: filesOf(cache), cached, ofPreset }, signal));
  }
  const hashOf = (cache: CacheDirectory): HashOutcome | undefined =>
    ofFetch.get(cache.name) ?? hashes.get(keyOf(cache));
  if (request.verb === 'fetch' && request.hashes !== undefined) {
    const found = request.caches.flatMap((cache) => {
      const hash = hashOf(cache)?.hash;
      return hash === undefined ? [] : [[cache.name, hash] as const];
    });
    await keepHashes(request.hashes, new Map(found));
  }
  return hashOf;
}
