/** Finds what a workspace is compared with before an upload: the stat cache, or the index of an entry. */
import { BlobError, CacheError, ERROR_CODES } from '../../../errors.ts';
import type { Pace } from '../../../pace.ts';
import type { StatCache } from '../../../archive/stat-cache/stat-cache.ts';
import { loadBase } from '../base/base-entry.ts';
import type { BaseEntry, BaseOptions } from '../base/base-entry.ts';
import type { KnownEntry } from './compare-tree.ts';
import type { BaseReference, EntryUpload } from '../../entry.ts';
import { readLiveTree } from '../../manifest/live-tree.ts';

export interface PreviousTree {
  readonly base: BaseEntry;
  /** The stat cache, when the comparison is with it. */
  readonly statCache: StatCache | undefined;
  entries(): Iterator<KnownEntry>;
}

interface PreviousTreeSources extends BaseOptions {
  readonly statCache: StatCache | undefined;
  /** The entry that the target is now. */
  readonly current: BaseEntry | undefined;
  readonly pace: Pace;
}

/** The stat cache counts only with its entry: that is where the unchanged files are. */
export async function findPreviousTree(
  { store, bases = [] }: EntryUpload,
  sources: PreviousTreeSources,
): Promise<PreviousTree | undefined> {
  const { statCache, current } = sources;
  if (statCache !== undefined) {
    const { digest } = statCache;
    const stores = new Set([store, ...bases.map((other) => other.store)]);
    const isCurrent = current?.descriptor.digest === digest;
    const base = isCurrent
      ? current
      : await firstBase(
          [...stores].map((each) => ({ store: each, reference: digest })),
          sources,
        );
    if (base !== undefined) return { base, statCache, entries: () => statCache.entries() };
  }
  const base = current ?? (await firstBase(bases, sources));
  return base === undefined ? undefined : readKnown(base, sources);
}

async function firstBase(references: readonly BaseReference[], options: BaseOptions): Promise<BaseEntry | undefined> {
  for (const { store, reference } of references) {
    const base = reference === undefined ? undefined : await loadBase(store, reference, options);
    if (base !== undefined) return base;
  }
  return undefined;
}

/** Returns undefined when the entry is not whole: better found now than in the middle of an upload. */
async function readKnown(
  base: BaseEntry,
  { broken, signal, pace }: PreviousTreeSources,
): Promise<PreviousTree | undefined> {
  try {
    const tree = await readLiveTree(base.store, base.manifest, { signal });
    const entries = tree.entries();
    while (entries.next().done !== true) if (pace.isDue) await pace.rest();
    return { base, statCache: undefined, entries: () => tree.entries() };
  } catch (error) {
    if (error instanceof BlobError) broken.add(error.digest);
    else if (!(error instanceof CacheError && error.code === ERROR_CODES.InvalidImage)) throw error;
    return undefined;
  }
}
