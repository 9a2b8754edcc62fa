/**
 * The blob of one layer, sent while it is packed. A layer of one frame is a blob whose bytes are at hand; a longer one is
 * streamed. A store that has to see the bytes again gets them from a second packing, which has to give the same.
 */
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { releaseMemory } from '../../../archive/frame-memory.ts';
import { FramePacker } from '../../../archive/pack/frame-packer.ts';
import { keptTask } from '../../../archive/pack/pack-task.ts';
import type { PackResult, PackSettings, PackTask } from '../../../archive/pack/pack-task.ts';
import type { Frame } from '../../../archive/entries/tree-entry.ts';
import type { BlobWrite, Descriptor, Store } from '../../../store/store.ts';
import { LAYER_TYPES } from '../../manifest/manifest.ts';

export interface SentLayer {
  readonly descriptor: Descriptor;
  readonly frames: readonly Frame[];
  /** `sha256:` and 64 hex digits, of the tar. */
  readonly diffId: string;
  readonly bytesSent: number;
  /**
   * Packs and sends the layer once more, for a store that has lost it. Gives the bytes sent. @throws CacheError `Unreadable` when files have
   * changed
   */
  readonly resend: () => Promise<number>;
}

interface Piece {
  readonly compressed: Uint8Array;
  readonly taken: () => void;
}

export class LayerBlob {
  readonly #store: Store;
  readonly #settings: PackSettings;
  readonly #signal: AbortSignal | undefined;
  readonly #frames: Frame[] = [];
  /** What the frames were packed from: kept for a second packing. */
  readonly #tasks: Uint8Array[] = [];
  #pieces: Piece[] = [];
  #ended = false;
  #wake: () => void = () => undefined;
  #upload: Promise<Descriptor> | undefined;
  #diffId = '';
  #failure: { readonly reason: unknown } | undefined;

  constructor(store: Store, settings: PackSettings, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Number of the next frame. */
  get nextFrame(): number {
    return this.#frames.length;
  }

  /**
   * Settles when the frame's memory is free, and the layer is sent if it was the last.
   *
   * @param taken told when the wire has taken the frame. What an ended layer takes then is the store's time
   * @throws what the upload failed with, then and ever after
   */
  async add(
    task: PackTask,
    { frame, compressed, diffId, kept }: PackResult,
    taken: () => void,
  ): Promise<SentLayer | undefined> {
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (frame.tarSize > 0) this.#frames.push(frame);
    if (task.last) this.#diffId = `sha256:${diffId ?? ''}`;
    if (frame.tarSize > 0) this.#tasks.push(kept);
    if (task.last && this.#upload === undefined) return this.#sendWhole(compressed, taken);
    if (frame.tarSize > 0) await this.#stream(compressed);
    taken();
    if (!task.last || this.#upload === undefined) return undefined;
    this.#ended = true;
    this.#wake();
    const descriptor = await this.#upload;
    return this.#sent(descriptor, descriptor.size);
  }

  /** Ends an upload that is under way, because something else failed. */
  async abandon(reason: unknown): Promise<void> {
    this.#fail(reason);
    await this.#upload?.catch(() => undefined);
  }

  /** The upload takes no frame any more: what waits for that goes on. */
  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#pieces = [];
    this.#wake();
  }

  async #sendWhole(compressed: Uint8Array, taken: () => void): Promise<SentLayer> {
    const [frame] = this.#frames;
    if (frame === undefined) throw new CacheError(ERROR_CODES.Internal, 'A layer has no frame.');
    const digest = `sha256:${frame.digest}`;
    const sent = await this.#store.putBlob(digest, compressed, this.#signal, taken);
    releaseMemory(compressed);
    const descriptor = { mediaType: LAYER_TYPES[this.#settings.compression], digest, size: frame.size };
    return this.#sent(descriptor, sent ? frame.size : 0);
  }

  #sent(descriptor: Descriptor, bytesSent: number): SentLayer {
    const resend = (): Promise<number> => this.#resend(descriptor);
    return { descriptor, frames: this.#frames, diffId: this.#diffId, bytesSent, resend };
  }

  async #resend({ mediaType, digest, size }: Descriptor): Promise<number> {
    const pack = (write: BlobWrite): Promise<void> => this.#again(this.#frames.length, write);
    if (this.#frames.length > 1) {
      await this.#store.writeBlob(mediaType, pack, this.#signal);
      return size;
    }
    let sent = false;
    await pack(async (compressed) => {
      sent = await this.#store.putBlob(digest, compressed, this.#signal);
    });
    return sent ? size : 0;
  }

  async #stream(compressed: Uint8Array): Promise<void> {
    const taken = new Promise<void>((resolve) => this.#pieces.push({ compressed, taken: resolve }));
    if (this.#upload === undefined) {
      this.#upload = this.#begin();
      this.#upload.catch((error: unknown) => this.#fail(error));
    }
    this.#wake();
    // An upload that fails takes nothing any more.
    await Promise.race([taken, this.#upload]);
  }

  #begin(): Promise<Descriptor> {
    /** Frames that were taken out of the queue: of these a further pass needs a second packing. */
    let sent = 0;
    let passes = 0;
    return this.#store.writeBlob(
      LAYER_TYPES[this.#settings.compression],
      async (write) => {
        if (passes++ > 0) await this.#again(sent, write);
        for (;;) {
          const piece = await this.#next();
          if (piece === undefined) return;
          sent++;
          try {
            await write(piece.compressed, () => releaseMemory(piece.compressed));
          } finally {
            // A further pass packs the frame again.
            piece.taken();
          }
        }
      },
      this.#signal,
    );
  }

  async #next(): Promise<Piece | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      const piece = this.#pieces.shift();
      if (piece !== undefined || this.#ended) return piece;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Packs the first frames once more. */
  async #again(frames: number, write: BlobWrite): Promise<void> {
    const packer = new FramePacker(this.#settings);
    try {
      for (const [number, task] of this.#tasks.slice(0, frames).entries()) {
        const packed = packer.pack(keptTask(task));
        if (packed.frame.digest !== this.#frames[number]?.digest) {
          throw new CacheError(
            ERROR_CODES.Unreadable,
            'Files changed between two readings of them, which this registry needed: upload when nothing writes to the cache.',
          );
        }
        await write(packed.compressed, () => releaseMemory(packed.compressed));
      }
    } finally {
      packer.close();
    }
  }
}
