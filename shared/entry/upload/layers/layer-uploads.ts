/**
 * Packs units into new layers and sends them, one layer a slot at a time. Units come in path order and fall on the slots as these
 * get free; so every layer has its files in path order, and memory is a few frames a slot.
 */
import { elapsedMs } from '../../../clock.ts';
import type { PackPool } from '../../../archive/pack/pack-pool.ts';
import type { PackFailure, PackItem, PackResult, PackSettings, PackTask } from '../../../archive/pack/pack-task.ts';
import type { EntryBlock } from '../../../archive/index/entry-block.ts';
import { PACKED_FRAME_BYTES } from '../../../archive/format.ts';
import { partsOf } from '../../../archive/pack/frame-planner.ts';
import type { Unit } from '../../../archive/pack/frame-planner.ts';
import type { Store } from '../../../store/store.ts';
import { LayerBlob } from './layer-blob.ts';
import type { SentLayer } from './layer-blob.ts';
import { nextEffort } from './effort.ts';
import { framesOfLayer } from './layer-schedule.ts';
import { Slots } from './slots.ts';
import type { OpenLayer, Slot } from './slots.ts';

export interface NewLayer extends SentLayer {
  readonly id: number;
  /** Bytes of its tar that belong to live entries. */
  readonly live: number;
  /** Set where the layer hides something of those before it. */
  readonly hides: boolean;
}

export interface LayerUploadsOptions {
  readonly store: Store;
  readonly pool: PackPool;
  readonly settings: PackSettings;
  /** Bytes of a layer; a layer of a single frame, or of a single large file, may have more. */
  readonly maxBlobBytes: number;
  /** Gives the id of a new layer. */
  readonly takeId: () => number;
  /** Set while all units go into one layer, as the names of one file have to. */
  readonly oneLayer: boolean;
  readonly hides: boolean;
  readonly onProgress: () => void;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since any time. */
  readonly clock?: () => number;
}

/** Ends the layer with this frame: when it has its frames, not yet, or in any case. */
type LayerEnd = 'full' | 'never' | 'now';

export class LayerUploads {
  readonly layers: NewLayer[] = [];
  readonly failures: PackFailure[] = [];
  /** Live entries and content bytes that were packed. */
  files = 0;
  bytes = 0;
  bytesSent = 0;
  readonly #options: LayerUploadsOptions;
  readonly #slots: Slots;
  readonly #clock: () => number;
  readonly #efforts: number[] = [];
  /** The blocks by the number of their unit. */
  #blocks: (readonly EntryBlock[])[] = [];
  #units = 0;
  #opened = 0;
  /** How long this thread was held by its own packing. */
  #heldMs = 0;

  constructor(options: LayerUploadsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? elapsedMs;
    this.#slots = new Slots(options.oneLayer ? 1 : options.pool.slots);
  }

  /** Frames by the effort they were compressed with. */
  get efforts(): readonly number[] {
    return this.#efforts;
  }

  /** Settles when another unit may come. @throws what any unit so far failed with */
  async add(unit: Unit): Promise<void> {
    await this.#options.pool.rest();
    const slot = await this.#slots.free();
    this.#slots.occupy(slot, this.#unit(slot, this.#units++, unit));
  }

  /** Ends all layers; what comes afterwards is in later ones. Gives the blocks since the last call, in path order. */
  async flush(): Promise<readonly EntryBlock[]> {
    for (const slot of this.#slots.all) this.#slots.occupy(slot, this.#end(slot, slot.busy));
    await this.#slots.idle();
    const blocks = this.#blocks.flat();
    this.#blocks = [];
    this.#units = 0;
    return blocks;
  }

  /** Takes back what is under way. */
  async abandon(reason: unknown): Promise<void> {
    this.#slots.fail(reason);
    for (const { layer } of this.#slots.all) await layer?.blob.abandon(reason);
    await this.#slots.settled();
  }

  async #unit(slot: Slot, number: number, unit: Unit): Promise<void> {
    if (unit.kind === 'frame') {
      this.#blocks[number] = (await this.#frame(slot, unit.items, 'full')).blocks;
      return;
    }
    const all: EntryBlock[] = [];
    const parts = [...partsOf(unit.path, unit.size, unit.ancestors)];
    if (slot.layer !== undefined && !this.#hasRoom(slot.layer, parts.length)) await this.#frame(slot, [], 'now');
    for (const [n, items] of parts.entries()) {
      const { blocks, failures } = await this.#frame(slot, items, n < parts.length - 1 ? 'never' : 'full');
      all.push(...blocks);
      if (failures.length > 0) break;
    }
    this.#blocks[number] = all;
  }

  /** Ends the layer of a slot after what the slot does now: the store makes a blob of it while other slots still pack. */
  async #end(slot: Slot, before: Promise<void> | undefined): Promise<void> {
    await before;
    // The end of the archive alone is a frame too.
    if (slot.layer !== undefined) await this.#frame(slot, [], 'now');
  }

  async #frame(slot: Slot, items: readonly PackItem[], end: LayerEnd): Promise<PackResult> {
    this.#options.signal?.throwIfAborted();
    this.#slots.heedFailure();
    const layer = (slot.layer ??= this.#open());
    const frame = layer.blob.nextFrame;
    const isFull = frame + 1 >= layer.capacity || !this.#hasRoom(layer, 2);
    const last = end === 'now' || (end === 'full' && isFull);
    const task = { layer: layer.id, frame, items, last, effort: slot.effort };
    const begun = this.#clock();
    const packing = this.#options.pool.pack(slot.number, task);
    this.#heldMs += this.#clock() - begun;
    const result = await packing;
    const packedMs = this.#clock() - begun;
    const packed = this.#freeMs;
    layer.live += result.live;
    layer.size += result.frame.size;
    this.#count(result);
    await slot.sending;
    // Until here the layer is the slot's, so that it is abandoned with the others.
    this.#slots.heedFailure();
    if (last) slot.layer = undefined;
    const { effort } = result;
    if (effort !== undefined) this.#efforts[effort] = (this.#efforts[effort] ?? 0) + 1;
    // The end of an archive alone tells nothing of the wire.
    if (effort !== undefined && items.length > 0) {
      slot.effort = nextEffort(effort, {
        packed: packedMs,
        waited: Math.max((slot.taken ?? packed) - packed, 0),
      });
    }
    slot.sending = this.#send(slot, layer, task, result);
    return result;
  }

  async #send(slot: Slot, layer: OpenLayer, task: PackTask, result: PackResult): Promise<void> {
    slot.taken = undefined;
    const taken = (): void => {
      slot.taken = this.#freeMs;
    };
    try {
      const sent = await layer.blob.add(task, result, taken);
      if (sent !== undefined) this.#sent(layer, sent);
    } catch (error) {
      this.#slots.fail(error);
    }
  }

  /** A clock that stands while this thread packs: what the wire takes then shows only afterwards, and was not waited for. */
  get #freeMs(): number {
    return this.#clock() - this.#heldMs;
  }

  #open(): OpenLayer {
    const { store, settings, signal } = this.#options;
    const capacity = this.#options.oneLayer ? Infinity : framesOfLayer(this.#opened++);
    return { id: this.#options.takeId(), blob: new LayerBlob(store, settings, signal), capacity, size: 0, live: 0 };
  }

  #hasRoom({ size }: OpenLayer, frames: number): boolean {
    return this.#options.oneLayer || size + frames * PACKED_FRAME_BYTES <= this.#options.maxBlobBytes;
  }

  #count({ files, bytes, failures }: PackResult): void {
    this.files += files;
    this.bytes += bytes;
    this.failures.push(...failures);
    this.#options.onProgress();
  }

  #sent({ id, live }: OpenLayer, layer: SentLayer): void {
    this.bytesSent += layer.bytesSent;
    this.layers.push({ ...layer, id, live, hides: this.#options.hides });
    this.#options.onProgress();
  }
}
