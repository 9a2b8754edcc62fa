/**
 * Packs files into frames, synchronously: it runs in worker threads, and in the main thread where there is little to do. The buffer of
 * a frame is used again for the next one, and so is what belongs to the layers that are not ended yet.
 */
import { createHash, hash } from 'node:crypto';
import { compressFrame, hasEfforts } from './compress.ts';
import type { Effort } from './compress.ts';
import { isWorthless, seemsIncompressible, storeFrame } from './stored-frame.ts';
import { FRAME_BYTES } from '../format.ts';
import { releaseMemory } from '../frame-memory.ts';
import { keepTask, writeTask } from './pack-task.ts';
import type { PackResult, PackSettings, PackTask } from './pack-task.ts';
import { FrameBuilder } from './frame-builder.ts';
import type { OpenLayer } from './frame-builder.ts';
import { Source } from './source.ts';

/** One byte more than a frame: reading past a file's end shows that the file has not grown. */
const BUFFER_BYTES = FRAME_BYTES + 1;

export class FramePacker {
  readonly #settings: PackSettings;
  readonly #source: Source;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #layers = new Map<number, OpenLayer>();

  constructor(settings: PackSettings) {
    this.#settings = settings;
    this.#source = new Source(settings.root);
  }

  /**
   * Tasks of one layer come in the order of their frames.
   *
   * @param text the task as it travels
   * @throws CacheError `Unreadable` with the path
   */
  pack(task: PackTask, text = writeTask(task)): PackResult {
    const layer = this.#layer(task);
    this.#source.renew();
    const from = { source: this.#source, variant: this.#settings.variant };
    const frame = new FrameBuilder(from, task, layer, this.#buffer);
    for (const item of task.items) frame.add(item);
    const { tar, entries, files, bytes, live, failures } = frame.finish();
    const { compressed, effort } = this.#compress(tar, layer, task.effort);
    const diffId = this.#diffId(task, layer, tar);
    return {
      frame: { size: compressed.length, tarSize: tar.length, digest: hash('sha256', compressed) },
      compressed,
      effort,
      blocks: entries.finish(),
      files,
      bytes,
      live,
      failures,
      diffId,
      kept: keepTask(text),
    };
  }

  /** Closes what an upload that failed has left open. Nothing is packed afterwards. */
  close(): void {
    this.#source.close();
    releaseMemory(this.#buffer);
    for (const { large } of this.#layers.values()) large?.close();
    this.#layers.clear();
  }

  #compress(tar: Buffer, layer: OpenLayer, effort: Effort): Pick<PackResult, 'compressed' | 'effort'> {
    const { compression } = this.#settings;
    const store = layer.stored && seemsIncompressible(tar);
    const compressed = store ? storeFrame(tar, compression) : compressFrame(tar, compression, effort);
    layer.stored = isWorthless(tar.length, compressed.length);
    return { compressed, effort: store || !hasEfforts(compression) ? undefined : effort };
  }

  #layer({ layer, frame }: PackTask): OpenLayer {
    if (frame === 0) this.#forget(layer);
    const open = this.#layers.get(layer) ?? {
      sum: createHash('sha256'),
      linked: new Map(),
      large: undefined,
      stored: false,
    };
    this.#layers.set(layer, open);
    return open;
  }

  #diffId({ layer, frame, last }: PackTask, { sum }: OpenLayer, tar: Buffer): string | undefined {
    if (frame === 0 && last) {
      this.#forget(layer);
      return hash('sha256', tar);
    }
    sum.update(tar);
    if (!last) return undefined;
    this.#forget(layer);
    return sum.digest('hex');
  }

  /** Forgets a layer that is ended, or begun again. */
  #forget(layer: number): void {
    this.#layers.get(layer)?.large?.close();
    this.#layers.delete(layer);
  }
}
