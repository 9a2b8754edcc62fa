/** The bytes of a layer's tar, whatever it is compressed with. */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { Descriptor, Store } from '../../store/store.ts';
import { Decompression, decoderFor } from './decompression.ts';

/** The first bytes of a blob, which tell how it is compressed. */
const HEAD_BYTES = 4;

interface LayerStreamOptions {
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
    if (head.length < HEAD_BYTES) return undefined;
    sink = newSink(head, options);
    return sink.write(head);
  };
  try {
    await store.readBlob(layer, take, undefined, signal);
    // A blob that is shorter than any head is no good tar either, and whoever takes it says so.
    if (sink === undefined) options.onTar(head);
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
  const newDecoder = decoderFor(head);
  return newDecoder === undefined
    ? { write: tar, end: () => Promise.resolve(), destroy: () => {} }
    : new Decompression(newDecoder, tar);
}
