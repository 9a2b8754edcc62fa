/** One frame of a layer, compressed: the same bytes for the same tar. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from './format.ts';

/** The default of the zstd and gzip programs. */
const ZSTD_LEVEL = 3;
const GZIP_LEVEL = 6;

export function compressFrame(tar: Buffer, compression: Compression): Uint8Array<ArrayBuffer> {
  // Output in few pieces: many small ones cost a third more, and one for the worst case is memory that most frames do not need.
  const chunkSize = Math.max(64 * 1024, Math.ceil(tar.length / 3));
  const compressed =
    compression === 'zstd'
      ? zstdCompressSync(tar, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } })
      : gzipSync(tar, { chunkSize, level: GZIP_LEVEL });
  // A copy of its own size: the output would keep the whole piece alive until it is sent.
  return new Uint8Array(compressed);
}
