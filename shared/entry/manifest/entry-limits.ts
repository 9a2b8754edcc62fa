/**
 * What an entry may be at most: one table, for what a fetch takes and for what an upload makes. A fetch knows the sizes of an entry of ours
 * from its manifest and its index, whose digests are right, before it reads any content; so how much that expands is no matter.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { MAX_LAYERS } from '../../archive/format.ts';
import { printable } from '../../archive/paths/path.ts';
import type { WalkItem, WalkStats } from '../../archive/files/walk/walk.ts';
import type { EntryLimits } from '../entry.ts';
import type { EntryManifest } from './manifest.ts';

const GIB = 1024 ** 3;

/** Where nothing else is asked for. */
export const ENTRY_LIMITS: EntryLimits = {
  maxBytes: 100 * GIB,
  maxFiles: 5_000_000,
  maxBlobBytes: 100 * GIB,
  maxExpansion: 1000,
};

/** Bytes of all indices of an entry: 256 MiB are enough for five million files. */
export const INDEX_BYTES = 256 * 1024 * 1024;

export type EntrySizes = Pick<EntryManifest, 'files' | 'size' | 'content' | 'index' | 'deltas'>;

/** The first limit that an entry passes, in words; nothing when it passes none. */
export function excessOf(limits: EntryLimits, entry: EntrySizes): string | undefined {
  const { files, size, content, index, deltas } = entry;
  const { maxBytes, maxFiles, maxBlobBytes } = limits;
  const indices = [index, ...deltas];
  const blobs = [...content.map(({ descriptor }) => descriptor), ...indices];
  const largest = blobs.reduce((most, blob) => Math.max(most, blob.size), 0);
  const indexBytes = indices.reduce((sum, blob) => sum + blob.size, 0);
  if (files > maxFiles) return `it has ${files} files, and ${maxFiles} are allowed`;
  if (size > maxBytes) return `it has ${size} bytes, and ${maxBytes} are allowed`;
  if (blobs.length > MAX_LAYERS) {
    return `with blobs of ${maxBlobBytes} bytes at most it needs ${blobs.length} layers, and ${MAX_LAYERS} are allowed`;
  }
  if (largest > maxBlobBytes) return `it needs a blob of ${largest} bytes, and a blob may have ${maxBlobBytes}`;
  if (indexBytes > INDEX_BYTES) return `its index has ${indexBytes} bytes, and ${INDEX_BYTES} are allowed`;
  return undefined;
}

/** Counts what a walk gives. What it lets pass may still be too large: see `excessOf`. @throws CacheError `TooLarge` as soon as stat tells */
export class LimitCounter {
  readonly #limits: EntryLimits;
  #files = 0;
  #bytes = 0;

  constructor(limits: EntryLimits) {
    this.#limits = limits;
  }

  add(path: string, type: WalkItem['type'], stats: WalkStats): void {
    const { maxFiles, maxBytes, maxBlobBytes } = this.#limits;
    if (++this.#files > maxFiles) cacheTooLarge(`it has more than ${maxFiles} files`);
    if (type !== 'file') return;
    // A lower bound: how many of the file's names are in the workspace is known at the end only.
    this.#bytes += stats.size / stats.nlink;
    if (stats.size > maxBlobBytes)
      cacheTooLarge(`${printable(path)} has ${stats.size} bytes, and a blob may have ${maxBlobBytes}`);
    if (this.#bytes > maxBytes) cacheTooLarge(`it has more than ${maxBytes} bytes`);
  }
}

/** @throws CacheError `TooLarge`, in the words of whoever uploads */
export function cacheTooLarge(excess: string): never {
  throw new CacheError(
    ERROR_CODES.TooLarge,
    `The cache is too large: ${excess}. Exclude what need not be kept, or raise the limit in the configuration.`,
  );
}

/** @throws CacheError `TooLarge`, in the words of whoever fetches */
export function imageTooLarge(excess: string): never {
  throw new CacheError(ERROR_CODES.TooLarge, `The image is too large: ${excess}.`);
}
