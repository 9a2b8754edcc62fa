/**
 * What a fetch has to restore, collected in one pass over the index. Up to a number of files it is kept in memory; past
 * that only a bit for each entry is, and a second pass over the index gives the groups again.
 */
import { FrameGrouper, type FrameGroup } from './frame-grouper.ts';
import type { FileEntry, LayerFrames, TreeEntry } from './tree-entry.ts';

const FILES_IN_MEMORY = 60_000;

export interface FrameReference {
  readonly layer: number;
  readonly frame: number;
}

export class MissingFiles {
  /** Frames in the order in which `groups` gives them. */
  readonly order: FrameReference[] = [];
  /** Files over more than one frame. */
  readonly large: FileEntry[] = [];
  readonly #layers: ReadonlyMap<number, LayerFrames>;
  readonly #grouper: FrameGrouper;
  #groups: FrameGroup[] | undefined = [];
  #bits = new Uint8Array(16 * 1024);
  #count = 0;
  readonly #capacity: number;

  constructor(layers: ReadonlyMap<number, LayerFrames>, capacity = FILES_IN_MEMORY) {
    this.#layers = layers;
    this.#capacity = capacity;
    this.#grouper = new FrameGrouper(layers, (group) => {
      this.order.push({ layer: group.layer, frame: group.frame });
      this.#groups?.push(group);
    });
  }

  /** @param number the entry's number in the index, from 0 */
  add(number: number, entry: FileEntry): void {
    this.#set(number);
    if (++this.#count > this.#capacity) this.#groups = undefined;
    if (this.#grouper.add(number, entry)) this.large.push(entry);
  }

  finish(): void {
    this.#grouper.finish();
  }

  /** @param entries the same entries as before, from the first on */
  *groups(entries: () => Iterable<TreeEntry>): IterableIterator<FrameGroup> {
    if (this.#groups !== undefined) {
      yield* this.#groups;
      return;
    }
    let ready: FrameGroup[] = [];
    const grouper = new FrameGrouper(this.#layers, (group) => ready.push(group));
    let number = 0;
    for (const entry of entries()) {
      if (entry.type === 'file' && this.#has(number)) grouper.add(number, entry);
      number += 1;
      if (ready.length === 0) continue;
      yield* ready;
      ready = [];
    }
    grouper.finish();
    yield* ready;
  }

  #set(number: number): void {
    const byte = number >>> 3;
    if (byte >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(byte + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[byte] = (this.#bits[byte] ?? 0) | (1 << (number & 7));
  }

  #has(number: number): boolean {
    return ((this.#bits[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }
}
