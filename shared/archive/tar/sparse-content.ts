import type { SparseRegion } from './sparse-map.ts';

interface SparseSink {
  content(chunk: Buffer): void;
  /** So many bytes are zero. */
  hole(bytes: number): void;
}

/** Turns what is stored of a sparse file into its content and the holes between. */
export class SparseContent {
  readonly #regions: readonly SparseRegion[];
  readonly #size: number;
  readonly #sink: SparseSink;
  #at = 0;
  #position = 0;

  /** @param regions as `checkRegions` lets them pass */
  constructor(regions: readonly SparseRegion[], size: number, sink: SparseSink) {
    this.#regions = regions.filter(({ length }) => length > 0);
    this.#size = size;
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const region = this.#regions[this.#at];
      if (region === undefined) return;
      this.#skipTo(region.offset);
      const end = region.offset + region.length;
      const bytes = Math.min(chunk.length - at, end - this.#position);
      this.#sink.content(chunk.subarray(at, at + bytes));
      this.#position += bytes;
      at += bytes;
      if (this.#position === end) this.#at += 1;
    }
  }

  end(): void {
    this.#skipTo(this.#size);
  }

  #skipTo(position: number): void {
    if (position > this.#position) this.#sink.hole(position - this.#position);
    this.#position = Math.max(position, this.#position);
  }
}
