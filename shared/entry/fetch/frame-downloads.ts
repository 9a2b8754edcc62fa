/**
 * Gets compressed frames in the order in which they are wanted, several ranges at a time: frames that are neighbours, and were wanted
 * before their transfer began, come in one range, and no more bytes are held than the budget allows.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { FrameReference } from '../../archive/unpack/missing-files.ts';
import type { LayerFrames } from '../../archive/entries/tree-entry.ts';
import type { Descriptor, Store } from '../../store/store.ts';
import { MemoryBudget } from './memory-budget.ts';
import { RangeAssembly, type WantedFrame } from './range-assembly.ts';

const CONNECTIONS = 3;
/** A range is not longer, so that several connections share a layer. */
const RANGE_BYTES = 16 * 1024 * 1024;
/** Up to this many unwanted bytes cost less than another request. */
const GAP_BYTES = 64 * 1024;

export interface LayerSource extends LayerFrames {
  readonly descriptor: Descriptor;
}

interface FrameDownloadsOptions {
  readonly store: Store;
  /** Content layers by id. */
  readonly layers: ReadonlyMap<number, LayerSource>;
  /** Bytes of compressed frames in memory, and of memory that is kept for the next ones. */
  readonly budget: number;
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

interface AwaitedFrame extends PromiseWithResolvers<Uint8Array<ArrayBuffer>> {
  readonly size: number;
  isHere: boolean;
}

/** Neighbours of one layer. */
interface Range {
  readonly layer: LayerSource;
  readonly frames: WantedFrame[];
}

export class FrameDownloads {
  readonly #options: FrameDownloadsOptions;
  /** The ranges whose transfer has not begun. */
  readonly #ranges: Range[] = [];
  readonly #frames: AwaitedFrame[] = [];
  readonly #memory: MemoryBudget;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #connections = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: FrameDownloadsOptions) {
    this.#options = options;
    this.#memory = new MemoryBudget(options.budget);
    this.#signal =
      options.signal === undefined ? this.#abort.signal : AbortSignal.any([options.signal, this.#abort.signal]);
  }

  /** The next frame that is wanted; those of a layer come in their order. */
  want(reference: FrameReference): void {
    const layer = this.#options.layers.get(reference.layer);
    const frame = layer?.frames[reference.frame];
    if (layer === undefined || frame === undefined) {
      const { layer: id, frame: missing } = reference;
      throw new CacheError(
        ERROR_CODES.InvalidImage,
        `The image is invalid: it has no frame ${missing} in layer ${id}.`,
      );
    }
    const wanted = { number: this.#frames.length, offset: startOf(layer, reference.frame), frame };
    const deferred = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    deferred.promise.catch(() => {});
    this.#frames.push({ ...deferred, size: frame.size, isHere: false });
    if (this.#failure !== undefined) deferred.reject(this.#failure.error);
    const last = this.#ranges.at(-1);
    if (last !== undefined && joins(last, layer, wanted)) last.frames.push(wanted);
    else this.#ranges.push({ layer, frames: [wanted] });
    if (this.#connections < this.#mostConnections) void this.#work();
  }

  /** True where nobody has to wait for the frame. */
  isHere(number: number): boolean {
    return this.#frames[number]?.isHere === true;
  }

  /** The compressed bytes of a frame; numbers are asked for one after another. */
  async take(number: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#memory.takeNext(number);
    const frame = await this.#frames[number]?.promise;
    if (frame === undefined) throw new CacheError(ERROR_CODES.Internal, `There is no frame ${number}.`);
    return frame;
  }

  /** The memory of a frame is free again. */
  release(number: number, memory: ArrayBuffer): void {
    this.#memory.release(this.#frames[number]?.size ?? 0, memory);
  }

  /** Ends all transfers, and gives back what is kept for further ones. */
  close(): void {
    this.#abort.abort();
    this.#memory.close();
  }

  async #work(): Promise<void> {
    this.#connections += 1;
    try {
      for (let range = this.#next(); range !== undefined; range = this.#next()) await this.#transfer(range);
    } catch (error) {
      this.#failure ??= { error };
      for (const frame of this.#frames) frame.reject(error);
      this.close();
    } finally {
      this.#connections -= 1;
    }
  }

  /** Where each range brings all that is in front of it, one connection reads a layer in one go. */
  get #mostConnections(): number {
    return this.#options.store.ignoresRanges === true ? 1 : CONNECTIONS;
  }

  /** The next range in the order of the queue, so that the frame that is taken next is always under way. */
  #next(): Range | undefined {
    if (this.#connections > this.#mostConnections) return undefined;
    const range = this.#ranges.shift();
    if (range === undefined || this.#options.store.ignoresRanges !== true) return range;
    while (this.#ranges[0]?.layer === range.layer && follows(range, this.#ranges[0])) {
      range.frames.push(...(this.#ranges.shift()?.frames ?? []));
    }
    return range;
  }

  async #transfer({ layer: { descriptor }, frames }: Range): Promise<void> {
    const [first, last] = [frames.at(0), frames.at(-1)];
    if (first === undefined || last === undefined) return;
    const assembly = new RangeAssembly(frames, (wanted, bytes) => this.#arrived(wanted, bytes));
    const sink = (chunk: Uint8Array): void | Promise<void> => {
      this.#options.onBytes(chunk.length);
      return this.#consume(assembly, chunk);
    };
    const range = { offset: first.offset, length: last.offset + last.frame.size - first.offset };
    await this.#options.store.readBlob(descriptor, sink, range, this.#signal);
    if (!assembly.complete) {
      throw new CacheError(ERROR_CODES.InvalidImage, `The layer ${descriptor.digest} is shorter than its frames.`);
    }
  }

  #arrived({ number }: WantedFrame, bytes: Uint8Array<ArrayBuffer>): void {
    const frame = this.#frames[number];
    if (frame === undefined) return;
    frame.isHere = true;
    frame.resolve(bytes);
  }

  #consume(assembly: RangeAssembly, chunk: Uint8Array): void | Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      const next = assembly.needsRoom;
      if (next !== undefined) {
        const memory = this.#memory.tryAllocate(next.number, next.frame.size);
        if (memory === undefined) return this.#consumeLater(assembly, chunk.slice(at), next);
        assembly.open(memory);
      }
      at = assembly.push(chunk, at);
    }
    return undefined;
  }

  async #consumeLater(assembly: RangeAssembly, rest: Uint8Array, next: WantedFrame): Promise<void> {
    assembly.open(await this.#memory.allocate(next.number, next.frame.size));
    await this.#consume(assembly, rest);
  }
}

const starts = new WeakMap<LayerSource, readonly number[]>();

function startOf(layer: LayerSource, frame: number): number {
  let known = starts.get(layer);
  if (known === undefined) {
    let end = 0;
    known = layer.frames.map(({ size }) => (end += size) - size);
    starts.set(layer, known);
  }
  return known[frame] ?? 0;
}

/** Does a range of a layer lie behind another one of it? */
function follows({ frames }: Range, later: Range): boolean {
  return (later.frames[0]?.offset ?? -1) > (frames.at(-1)?.offset ?? 0);
}

/** Does a frame follow so closely that it comes with the range? */
function joins({ layer, frames }: Range, other: LayerSource, { offset, frame }: WantedFrame): boolean {
  const [first, last] = [frames.at(0), frames.at(-1)];
  if (layer !== other || first === undefined || last === undefined) return false;
  const gap = offset - (last.offset + last.frame.size);
  return gap >= 0 && gap <= GAP_BYTES && offset + frame.size - first.offset <= RANGE_BYTES;
}
