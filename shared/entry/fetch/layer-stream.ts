/** The bytes of a layer's tar, whatever it is compressed with. */
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { Descriptor, Store } from '../../store/store.ts';

const CHUNK_BYTES = 256 * 1024;

export interface LayerStreamOptions {
  readonly store: Store;
  readonly layer: Descriptor;
  /** Bytes of tar that are allowed. */
  readonly maxBytes: number;
  readonly onReceived: (bytes: number) => void;
  /** Takes the tar; the chunk may be kept. */
  readonly onTar: (chunk: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Settles when the whole blob has been read and its digest found right. Only what came before may have been used, in staging. */
export async function readLayer(options: LayerStreamOptions): Promise<void> {
  const { store, layer, signal } = options;
  let head: Buffer = Buffer.alloc(0);
  let sink: TarSink | undefined;
  const take = (chunk: Uint8Array): void | Promise<void> => {
    options.onReceived(chunk.length);
    if (sink !== undefined) return sink.write(Buffer.from(chunk));
    head = Buffer.concat([head, chunk]);
    if (head.length < 4) return undefined;
    sink = newSink(head, options);
    return sink.write(head);
  };
  try {
    await store.readBlob(layer, take, undefined, signal);
    await sink?.end();
  } finally {
    sink?.destroy();
  }
}

interface TarSink {
  write(chunk: Buffer): void | Promise<void>;
  end(): Promise<void>;
  destroy(): void;
}

function newSink(head: Buffer, options: LayerStreamOptions): TarSink {
  let bytes = 0;
  const tar = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > options.maxBytes) {
      throw new CacheError(
        ERROR_CODES.TooLarge,
        `A layer of the image expands to more than ${options.maxBytes} bytes.`,
      );
    }
    options.onTar(chunk);
  };
  const decoder = decoderFor(head);
  return decoder === undefined
    ? { write: tar, end: () => Promise.resolve(), destroy: () => {} }
    : decoded(decoder, tar);
}

function decoderFor(head: Buffer): Transform | undefined {
  const magic = head.readUInt32LE(0);
  if ((magic & 0xffff) === 0x8b1f) return createGunzip({ chunkSize: CHUNK_BYTES });
  // A frame, or one that is skipped.
  if (magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5) return createZstdDecompress({ chunkSize: CHUNK_BYTES });
  return undefined;
}

function decoded(decoder: Transform, tar: (chunk: Buffer) => void): TarSink {
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    decoder.destroy();
  };
  decoder.on('data', (chunk: Buffer) => {
    if (failure !== undefined) return;
    try {
      tar(chunk);
    } catch (error) {
      fail(error);
    }
  });
  decoder.on('error', (cause) => {
    fail(new CacheError(ERROR_CODES.InvalidImage, 'A layer of the image cannot be decompressed.', { cause }));
  });
  const closed = once(decoder, 'close');
  // A failure comes as 'error' too, and is kept there.
  closed.catch(() => {});
  const check = (): void => {
    if (failure !== undefined) throw failure.error;
  };
  return {
    async write(chunk) {
      check();
      if (!decoder.write(chunk)) await settled(Promise.race([once(decoder, 'drain'), closed]));
      check();
    },
    async end() {
      check();
      decoder.end();
      await settled(closed);
      check();
    },
    destroy: () => void decoder.destroy(),
  };
}

/** Waits without failing: who waits looks for the failure that was kept. */
async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}
