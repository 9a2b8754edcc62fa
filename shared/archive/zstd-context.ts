/**
 * zstd with one context for many frames, into memory of the caller. `node:zlib` makes a context, a stream around it and the output anew for
 * each call; the pages of an output of 16 MiB alone cost as much as decompressing into them.
 *
 * The context is the handle behind a stream of `node:zlib`, which is no documented interface. Where it does not look as it does in
 * Node 24, the documented calls do the same work.
 */
import {
  constants,
  createZstdCompress,
  createZstdDecompress,
  zstdCompressSync,
  zstdDecompressSync,
  type ZstdOptions,
} from 'node:zlib';

/** Node's handle of zstd; it calls its `onerror` when a call fails. */
interface Handle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputBytes: number,
    output: Uint8Array,
    outputAt: number,
    outputBytes: number,
  ): void;
}

interface KeptContext {
  readonly handle: Handle;
  /** Bytes that the last call has left of the output and of the input. */
  readonly left: Uint32Array;
  /** What the last call failed with. */
  failure: string | undefined;
}

type OpenStream = (options: ZstdOptions) => object;

export class ZstdContext {
  readonly #open: () => object;
  readonly #once: (input: Uint8Array, room: number) => Uint8Array;
  #kept: KeptContext | undefined;

  private constructor(open: () => object, once: (input: Uint8Array, room: number) => Uint8Array) {
    this.#open = open;
    this.#once = once;
  }

  /**
   * The same input has the same output, whatever was compressed before.
   *
   * @param open makes the stream whose context is used
   */
  static compressor(params: NonNullable<ZstdOptions['params']>, open: OpenStream = createZstdCompress): ZstdContext {
    return new ZstdContext(
      () => open({ params }),
      (input, chunkSize) => zstdCompressSync(input, { params, chunkSize }),
    );
  }

  static decompressor(open: OpenStream = createZstdDecompress): ZstdContext {
    return new ZstdContext(
      () => open({}),
      (input, room) =>
        zstdDecompressSync(input, { chunkSize: Math.max(room, constants.Z_MIN_CHUNK), maxOutputLength: room }),
    );
  }

  /**
   * @returns bytes of the output; nothing when it is too small, or just full
   * @throws Error for what is no good zstd data
   */
  run(input: Uint8Array, output: Uint8Array): number | undefined {
    const kept = (this.#kept ??= keptContext(this.#open()));
    if (kept === undefined) return this.#runOnce(input, output);
    kept.failure = undefined;
    kept.handle.writeSync(constants.ZSTD_e_end, input, 0, input.length, output, 0, output.length);
    const [room = 0] = kept.left;
    if (kept.failure === undefined && room > 0) return output.length - room;
    // The context stands in the middle of a frame.
    this.#kept = undefined;
    if (kept.failure !== undefined) throw new Error(kept.failure);
    return undefined;
  }

  #runOnce(input: Uint8Array, output: Uint8Array): number | undefined {
    const made = this.#once(input, output.length);
    if (made.length >= output.length) return undefined;
    output.set(made);
    return made.length;
  }
}

function keptContext(stream: object): KeptContext | undefined {
  if (!('_handle' in stream && '_writeState' in stream)) return undefined;
  const { _handle: handle, _writeState: left } = stream;
  if (!isHandle(handle) || !(left instanceof Uint32Array) || left.length !== 2) return undefined;
  const kept: KeptContext = { handle, left, failure: undefined };
  Object.assign(handle, {
    onerror: (message: string) => {
      kept.failure = message;
    },
  });
  return kept;
}

function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'writeSync' in value && typeof value.writeSync === 'function';
}
