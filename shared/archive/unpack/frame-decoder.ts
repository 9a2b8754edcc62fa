/**
 * Decompresses frames one after another into the same memory. With memory and a context of its own for each, to restore all frames of
 * `node_modules` takes a sixth more processor time (docs/bench/profile-fetch.md).
 */
import { constants, gunzipSync } from 'node:zlib';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { FRAME_BYTES, type Compression } from '../format.ts';
import { releaseMemory } from '../frame-memory.ts';
import { ZstdContext } from '../zstd-context.ts';

/** One byte more than a frame: a tar that fills it is too long. */
const MEMORY_BYTES = FRAME_BYTES + 1;

export class FrameDecoder {
  readonly #zstd = ZstdContext.decompressor();
  #memory: Buffer | undefined;
  /** The output of the frame before. */
  #gunzipped: Buffer | undefined;

  /**
   * @param size of the tar
   * @returns the tar, until the next call
   * @throws CacheError `InvalidImage`
   */
  decode(compressed: Uint8Array, size: number, compression: Compression): Buffer {
    let tar: Buffer | undefined;
    try {
      tar = compression === 'zstd' ? this.#unzstd(compressed, size) : this.#gunzip(compressed, size);
    } catch (cause) {
      throw new CacheError(ERROR_CODES.InvalidImage, `The image is invalid: a frame is not good ${compression} data.`, {
        cause,
      });
    }
    if (tar?.length === size) return tar;
    throw new CacheError(ERROR_CODES.InvalidImage, 'The image is invalid: a frame does not have its length.');
  }

  /** Gives the memory of the last tar back. */
  release(): void {
    for (const memory of [this.#memory, this.#gunzipped]) if (memory !== undefined) releaseMemory(memory);
    this.#memory = undefined;
    this.#gunzipped = undefined;
  }

  #unzstd(compressed: Uint8Array, size: number): Buffer | undefined {
    const memory = (this.#memory ??= Buffer.allocUnsafeSlow(MEMORY_BYTES)).subarray(0, size + 1);
    const bytes = this.#zstd.run(compressed, memory);
    return bytes === undefined ? undefined : memory.subarray(0, bytes);
  }
  #gunzip(compressed: Uint8Array, size: number): Buffer {
    if (this.#gunzipped !== undefined) releaseMemory(this.#gunzipped);
    // One chunk for all of the output is much faster than many small ones; when it becomes full, Node takes another one.
    const options = { chunkSize: Math.max(size + 1, constants.Z_MIN_CHUNK), maxOutputLength: size };
    return (this.#gunzipped = gunzipSync(compressed, options));
  }
}
