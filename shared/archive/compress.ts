/** One frame of a layer, compressed: the same bytes for the same tar. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from './format.ts';
import { releaseMemory } from './frame-memory.ts';

/** The default of the zstd and gzip programs. */
const ZSTD_LEVEL = 3;
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
      ? zstdCompressSync(tar, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } })
      : gzipSync(tar, { chunkSize, level: GZIP_LEVEL });
  // A copy of its own size: the output would keep the whole piece alive until it is sent.
  const copy = new Uint8Array(compressed);
  releaseMemory(compressed);
  return copy;
}
