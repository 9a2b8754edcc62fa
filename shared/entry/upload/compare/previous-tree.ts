/** Finds what a workspace is compared with before an upload: the local record, or the index of an entry. */
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import type { Compression } from '../../../archive/entries/format.ts';
import type { LocalRecord } from '../../../archive/stat-cache/stat-cache.ts';
import { loadBase } from '../base-entry.ts';
import type { BaseEntry } from '../base-entry.ts';
import type { KnownEntry } from './compare-tree.ts';
import type { EntryUpload } from '../../entry.ts';
import { readLiveTree } from '../../manifest/live-tree.ts';

export interface KnownTree {
  readonly base: BaseEntry;
  /** The record, when the comparison is with it. */
  readonly record: LocalRecord | undefined;
  entries(): Iterator<KnownEntry>;
}

export interface KnownSources {
  readonly compression: Compression;
  readonly record: LocalRecord | undefined;
  /** The entry that the target is now. */
  readonly current: BaseEntry | undefined;
}

/** The record counts only with its entry: that is where the unchanged files are. */
export async function findKnown(request: EntryUpload, sources: KnownSources): Promise<KnownTree | undefined> {
  const { store, base: other, signal } = request;
  const { compression, record, current } = sources;
  if (record !== undefined) {
    const base =
      (current?.descriptor.digest === record.digest ? current : undefined) ??
      (await loadBase(store, record.digest, compression, signal)) ??
      (other === undefined ? undefined : await loadBase(other.store, record.digest, compression, signal));
    if (base !== undefined) return { base, record, entries: () => record.entries() };
  }
  const base =
    current ?? (other === undefined ? undefined : await loadBase(other.store, other.reference, compression, signal));
  return base === undefined ? undefined : readKnown(base, signal);
}

/** Nothing when the entry is not whole: better found now than in the middle. */
async function readKnown(base: BaseEntry, signal: AbortSignal | undefined): Promise<KnownTree | undefined> {
  try {
    const tree = await readLiveTree(base.store, base.manifest, { signal });
    const entries = tree.entries();
    while (entries.next().done !== true);
    return { base, record: undefined, entries: () => tree.entries() };
  } catch (error) {
    const broken: readonly string[] = [ERROR_CODES.InvalidImage, ERROR_CODES.DigestMismatch, ERROR_CODES.NotFound];
    if (error instanceof CacheError && broken.includes(error.code)) return undefined;
    throw error;
  }
}
