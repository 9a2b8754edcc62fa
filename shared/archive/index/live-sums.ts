/** The numbers that a manifest has of the live tree, kept up with changes to it. */
import { memberSize } from '../tar/tar-header.ts';
import type { TreeEntry } from '../entries/tree-entry.ts';

export interface Sums {
  /** Live entries, and bytes of content, every inode once. */
  readonly files: number;
  readonly size: number;
  /** Tar bytes of live entries by id of the layer; absent ids have none. */
  readonly live: ReadonlyMap<number, number>;
}

export class LiveSums implements Sums {
  #files: number;
  #size: number;
  readonly #live: Map<number, number>;

  constructor(before: Sums = { files: 0, size: 0, live: new Map() }) {
    this.#files = before.files;
    this.#size = before.size;
    this.#live = new Map(before.live);
  }

  add(entry: TreeEntry): void {
    this.#count(entry, 1);
  }

  remove(entry: TreeEntry): void {
    this.#count(entry, -1);
  }

  get files(): number {
    return this.#files;
  }

  get size(): number {
    return this.#size;
  }

  get live(): ReadonlyMap<number, number> {
    return this.#live;
  }

  #count(entry: TreeEntry, times: 1 | -1): void {
    this.#files += times;
    if (entry.type === 'file') this.#size += times * entry.size;
    this.#live.set(entry.layer, (this.#live.get(entry.layer) ?? 0) + times * memberSize(entry));
  }
}
