/**
 * Decompresses a blob that is one compressed frame (zstd) or member (gzip) after another, to its last byte. Node's decoders may stop
 * at the end of a frame and drop what follows, so each such end gets a new decoder for the rest.
 */
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { CacheError, ERROR_CODES } from '../../errors.ts';

const CHUNK_BYTES = 64 * 1024;
const GZIP_MAGIC = 0x8b1f;
const ZSTD_MAGIC = 0xfd2fb528;
/** The magic number without its lowest four bits, which may be any. */
const SKIPPABLE_MAGIC = 0x184d2a5;

type Decoder = Gunzip | ZstdDecompress;

/** How a blob is compressed, by its first four bytes; nothing when it is not. */
export function decoderFor(head: Buffer): (() => Decoder) | undefined {
  if (head.length < 4) return undefined;
  const magic = head.readUInt32LE(0);
  if ((magic & 0xffff) === GZIP_MAGIC) return () => createGunzip({ chunkSize: CHUNK_BYTES });
  if (magic !== ZSTD_MAGIC && magic >>> 4 !== SKIPPABLE_MAGIC) return undefined;
  return () => createZstdDecompress({ chunkSize: CHUNK_BYTES });
}

interface OpenFrame {
  readonly decoder: Decoder;
  /** Settles when all content of the frame was given, or it failed. */
  readonly ended: Promise<void>;
}

export class Decompression {
  readonly #newDecoder: () => Decoder;
  readonly #sink: (content: Buffer) => void;
  #frame: OpenFrame | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param sink takes the content; what it throws is thrown by `write` or `end` */
  constructor(newDecoder: () => Decoder, sink: (content: Buffer) => void) {
    this.#newDecoder = newDecoder;
    this.#sink = sink;
  }

  async write(chunk: Buffer): Promise<void> {
    for (let rest = chunk; rest.length > 0;) {
      const frame = (this.#frame ??= this.#open());
      const before = frame.decoder.bytesWritten;
      await this.#taken(frame, rest);
      this.#check();
      rest = rest.subarray(frame.decoder.bytesWritten - before);
      if (rest.length === 0) break;
      await frame.ended;
      this.#check();
      this.destroy();
    }
  }

  /** Throws when the blob ended within a frame. */
  async end(): Promise<void> {
    this.#frame?.decoder.end();
    await this.#frame?.ended;
    this.#check();
    this.destroy();
  }

  destroy(): void {
    this.#frame?.decoder.destroy();
    this.#frame = undefined;
  }

  /** A decoder that fails does not call back. */
  async #taken({ decoder, ended }: OpenFrame, bytes: Buffer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    decoder.write(bytes, () => resolve());
    await Promise.race([promise, ended]);
  }

  #open(): OpenFrame {
    const decoder = this.#newDecoder();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const fail = (error: unknown): void => {
      this.#failure ??= { error };
      decoder.destroy();
    };
    decoder.on('data', (content: Buffer) => {
      if (this.#failure !== undefined) return;
      try {
        this.#sink(content);
      } catch (error) {
        fail(error);
      }
    });
    decoder.on('error', (cause) => {
      fail(new CacheError(ERROR_CODES.InvalidImage, 'A layer of the image cannot be decompressed.', { cause }));
    });
    decoder.on('end', resolve);
    decoder.on('close', resolve);
    return { decoder, ended };
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
