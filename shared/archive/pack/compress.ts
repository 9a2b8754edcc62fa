/** One frame of a layer, compressed. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from '../format.ts';
import { releaseMemory } from '../frame-memory.ts';

const WINDOW_LOG = 23;

/**
 * Level 3 of the zstd program with another search (ADR 36): one hash table instead of two, for matches of 7 bytes and more, and these in the
 * last 8 MiB instead of 2, which every decoder has to have room for (RFC 8878, 3.1.1.1.2).
 */
const QUICK = {
  [constants.ZSTD_c_compressionLevel]: 3,
  [constants.ZSTD_c_windowLog]: WINDOW_LOG,
  [constants.ZSTD_c_strategy]: constants.ZSTD_fast,
  [constants.ZSTD_c_hashLog]: 18,
  [constants.ZSTD_c_minMatch]: 7,
};
function levelOf(level: number): Readonly<Record<number, number>> {
  return { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: WINDOW_LOG };
}

/** How hard zstd looks for matches: a place in `EFFORTS`. */
export type Effort = number;

export const LEAST_EFFORT = 0;

/** From the quickest to the one with the fewest bytes. `cost`: processor time of zstd, against the first (ADR 61). */
export const EFFORTS = [
  { name: 'level 3', cost: 1, params: QUICK },
  { name: 'level 5', cost: 2.2, params: levelOf(5) },
  { name: 'level 6', cost: 2.7, params: levelOf(6) },
  { name: 'level 7', cost: 3.4, params: levelOf(7) },
] as const;

/** The default of the gzip program. */
const GZIP_LEVEL = 6;

/**
 * The room for the worst case. With it zstd compresses from the frame itself; with less it copies all into a window of its own, which is
 * slower to search. Pages that nothing is written to are no memory.
 */
function compressedBound(bytes: number): number {
  return bytes + (bytes >>> 8) + 1024;
}

/** gzip has one. */
export function hasEfforts(compression: Compression): boolean {
  return compression === 'zstd';
}

/** The same bytes for the same tar and effort. */
export function compressFrame(tar: Buffer, compression: Compression, effort: Effort): Uint8Array<ArrayBuffer> {
  const chunkSize = compressedBound(tar.length);
  const compressed =
    compression === 'zstd'
      ? zstdCompressSync(tar, { chunkSize, params: (EFFORTS[effort] ?? EFFORTS[LEAST_EFFORT]).params })
      : gzipSync(tar, { chunkSize, level: GZIP_LEVEL });
  // A copy of its own size: the output would keep the whole piece alive until it is sent.
  const copy = new Uint8Array(compressed);
  releaseMemory(compressed);
  return copy;
}
