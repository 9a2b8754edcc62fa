/** Frames of what cannot be compressed: photographs, archives, ciphertext. Trying costs as much as two digests of it. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from '../format.ts';

/** A frame that keeps more than this of its size was not worth compressing. */
const WORTHLESS = 0.98;
/** A smaller frame costs little either way. */
const MIN_BYTES = 1024 * 1024;
const SAMPLES = 4;
const SAMPLE_BYTES = 32 * 1024;

/** RFC 8878: magic number; a size of four bytes, no checksum; a window of 2 MiB, in which nothing is looked for. */
const FRAME_HEAD = [0x28, 0xb5, 0x2f, 0xfd, 0x80, 0x58];
const FRAME_HEAD_BYTES = FRAME_HEAD.length + 4;
const BLOCK_HEAD_BYTES = 3;
const BLOCK_BYTES = 128 * 1024;

export function isWorthless(tarBytes: number, compressedBytes: number): boolean {
  return tarBytes >= MIN_BYTES && compressedBytes > tarBytes * WORTHLESS;
}

/** Compresses samples from all over the frame. The same tar always has the same answer, so a layer that is packed again has the same bytes. */
export function seemsIncompressible(tar: Buffer): boolean {
  if (tar.length < MIN_BYTES) return false;
  const step = Math.floor((tar.length - SAMPLE_BYTES) / (SAMPLES - 1));
  const samples = Array.from({ length: SAMPLES }, (_, n) => tar.subarray(n * step, n * step + SAMPLE_BYTES));
  const sample = Buffer.concat(samples);
  const compressed = zstdCompressSync(sample, {
    chunkSize: 2 * sample.length,
    pledgedSrcSize: sample.length,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
  return compressed.length > sample.length * WORTHLESS;
}

/** A frame that every decoder reads, and that holds the tar as it is. */
export function storeFrame(tar: Buffer, compression: Compression): Uint8Array<ArrayBuffer> {
  return compression === 'zstd' ? storeZstd(tar) : new Uint8Array(gzipSync(tar, { level: 0 }));
}

function storeZstd(tar: Buffer): Uint8Array<ArrayBuffer> {
  const blocks = Math.max(Math.ceil(tar.length / BLOCK_BYTES), 1);
  const frame = Buffer.allocUnsafeSlow(FRAME_HEAD_BYTES + blocks * BLOCK_HEAD_BYTES + tar.length);
  frame.set(FRAME_HEAD);
  let at = frame.writeUInt32LE(tar.length, FRAME_HEAD.length);
  for (let block = 0; block < blocks; block++) {
    const bytes = tar.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
    // Bit 0: the last block; type 0 in bits 1 and 2: raw.
    at = frame.writeUIntLE(bytes.length * 8 + (block === blocks - 1 ? 1 : 0), at, BLOCK_HEAD_BYTES);
    frame.set(bytes, at);
    at += bytes.length;
  }
  return frame;
}
