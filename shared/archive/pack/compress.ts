/** One frame of a layer, compressed: the same bytes for the same tar. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from '../format.ts';
import { releaseMemory } from '../frame-memory.ts';

/**
 * Level 3 of the zstd program with another search (ADR 36): one hash table instead of two, for matches of 7 bytes and more, and these in the
 * last 8 MiB instead of 2, which every decoder has to have room for (RFC 8878, 3.1.1.1.2).
 */
const ZSTD_PARAMETERS = {
  [constants.ZSTD_c_compressionLevel]: 3,
  [constants.ZSTD_c_windowLog]: 23,
  [constants.ZSTD_c_strategy]: constants.ZSTD_fast,
  [constants.ZSTD_c_hashLog]: 18,
  [constants.ZSTD_c_minMatch]: 7,
};
/** The default of the gzip program. */
const GZIP_LEVEL = 6;

/**
 * With room for the worst case zstd compresses from the frame itself; with less it copies everything into a window of its own and
 * searches that more slowly. Pages that nothing is written to are no memory.
 */
function compressedBound(bytes: number): number {
  return bytes + (bytes >>> 8) + 1024;
}

export function compressFrame(tar: Buffer, compression: Compression): Uint8Array<ArrayBuffer> {
  const chunkSize = compressedBound(tar.length);
  const compressed =
    compression === 'zstd'
      ? zstdCompressSync(tar, { chunkSize, params: ZSTD_PARAMETERS })
      : gzipSync(tar, { chunkSize, level: GZIP_LEVEL });
  // A copy of its own size: the output would keep the whole piece alive until it is sent.
  const copy = new Uint8Array(compressed);
  releaseMemory(compressed);
  return copy;
}
