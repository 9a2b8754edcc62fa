/** The slots of an upload: each packs one frame at a time, and sends the one before meanwhile. What fails in one ends them all. */
import { LEAST_EFFORT } from '../../../archive/pack/compress.ts';
import type { Effort } from '../../../archive/pack/compress.ts';
import type { LayerBlob } from './layer-blob.ts';

export interface OpenLayer {
  readonly id: number;
  readonly blob: LayerBlob;
  /** How long the layer may get, in frames. */
  readonly capacity: number;
  /** Compressed, so far. */
  size: number;
  live: number;
}

export interface Slot {
  readonly number: number;
  layer: OpenLayer | undefined;
  busy: Promise<void> | undefined;
  /** The frame before is on its way while this one is packed. */
  sending: Promise<void> | undefined;
  /** When the wire had taken that frame; nothing when it did not have to. */
  taken: number | undefined;
  /** The effort for the next frame. */
  effort: Effort;
}

export class Slots {
  readonly all: readonly Slot[];
  #failure: { readonly error: unknown } | undefined;

  constructor(count: number) {
    this.all = Array.from({ length: count }, (_, number) => ({
      number,
      layer: undefined,
      busy: undefined,
      sending: undefined,
      taken: undefined,
      effort: LEAST_EFFORT,
    }));
  }

  /** Waits for one that is not busy. @throws what any of them failed with */
  async free(): Promise<Slot> {
    for (;;) {
      this.heedFailure();
      const free = this.all.find(({ busy }) => busy === undefined);
      if (free !== undefined) return free;
      await Promise.race(this.#working);
    }
  }

  /** The slot is busy until the work is over. */
  occupy(slot: Slot, work: Promise<unknown>): void {
    const busy: Promise<void> = this.#until(work, () => {
      // Work that waits for this one may have come meanwhile.
      if (slot.busy === busy) slot.busy = undefined;
    });
    slot.busy = busy;
  }

  /** Waits for all work, and for all that is being sent. A frame that was packed is still to be sent: what is packed comes first. */
  async settled(): Promise<void> {
    await Promise.all(this.#working);
    await Promise.all(this.#sending);
  }

  /** Waits for all of it. @throws what any of them failed with */
  async idle(): Promise<void> {
    await this.settled();
    this.heedFailure();
  }

  /** The first failure is the one that counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /** Once anything has failed, nothing more is read, packed or sent. */
  heedFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #until(work: Promise<unknown>, over: () => void): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.fail(error);
    } finally {
      over();
    }
  }

  get #working(): Promise<void>[] {
    return this.all.map(({ busy }) => busy).filter((busy) => busy !== undefined);
  }

  get #sending(): Promise<void>[] {
    return this.all.map(({ sending }) => sending).filter((sending) => sending !== undefined);
  }
}
