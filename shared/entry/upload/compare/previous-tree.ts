/** Finds what a workspace is compared with before an upload: the stat cache, or the index of an entry. */
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import type { Compression } from '../../../archive/format.ts';
import type { StatCache } from '../../../archive/stat-cache/stat-cache.ts';
import { loadBase } from '../base/base-entry.ts';
import type { BaseEntry } from '../base/base-entry.ts';
import type { KnownEntry } from './compare-tree.ts';
import type { EntryUpload } from '../../entry.ts';
import { readLiveTree } from '../../manifest/live-tree.ts';

export interface PreviousTree {
  readonly base: BaseEntry;
  /** The stat cache, when the comparison is with it. */
  readonly statCache: StatCache | undefined;
  entries(): Iterator<KnownEntry>;
}

export interface PreviousTreeSources {
  readonly compression: Compression;
  readonly statCache: StatCache | undefined;
  /** The entry that the target is now. */
  readonly current: BaseEntry | undefined;
}

/** The stat cache counts only with its entry: that is where the unchanged files are. */
export async function findPreviousTree(
  request: EntryUpload,
  sources: PreviousTreeSources,
): Promise<PreviousTree | undefined> {
  const { store, base: other, signal } = request;
  const { compression, statCache, current } = sources;
  if (statCache !== undefined) {
    const base =
      (current?.descriptor.digest === statCache.digest ? current : undefined) ??
      (await loadBase(store, statCache.digest, compression, signal)) ??
      (other === undefined ? undefined : await loadBase(other.store, statCache.digest, compression, signal));
    if (base !== undefined) return { base, statCache, entries: () => statCache.entries() };
  }
  const base =
    current ?? (other === undefined ? undefined : await loadBase(other.store, other.reference, compression, signal));
  return base === undefined ? undefined : readKnown(base, signal);
}

/** Nothing when the entry is not whole: better found now than in the middle. */
async function readKnown(base: BaseEntry, signal: AbortSignal | undefined): Promise<PreviousTree | undefined> {
  try {
    const tree = await readLiveTree(base.store, base.manifest, { signal });
    const entries = tree.entries();
    while (entries.next().done !== true);
    return { base, statCache: undefined, entries: () => tree.entries() };
  } catch (error) {
    const broken: readonly string[] = [ERROR_CODES.InvalidImage, ERROR_CODES.DigestMismatch, ERROR_CODES.NotFound];
    if (error instanceof CacheError && broken.includes(error.code)) return undefined;
    throw error;
  }
}
