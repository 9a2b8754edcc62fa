/** Files that a fetch has to restore, collected while the index is read. A frame comes out as soon as all wanted files in it are known. */
import { FrameGrouper, type FrameGroup } from './frame-grouper.ts';
import type { FileEntry, LayerFrames } from '../entries/tree-entry.ts';

export interface FrameReference {
  readonly layer: number;
  readonly frame: number;
}

export class MissingFiles {
  /** Files over more than one frame. */
  readonly large: FileEntry[] = [];
  readonly #grouper: FrameGrouper;
  #complete: FrameGroup[] = [];

  /** @param hasFreed files may lie in their layers in any order */
  constructor(layers: ReadonlyMap<number, LayerFrames>, hasFreed = false) {
    this.#grouper = new FrameGrouper(layers, (group) => this.#complete.push(group), hasFreed);
  }

  /**
   * @param number the entry's number in the index, from 0
   * @returns whether the file lies in more than one frame
   */
  add(number: number, entry: FileEntry): boolean {
    const inParts = this.#grouper.add(number, entry);
    if (inParts) this.large.push(entry);
    return inParts;
  }

  finish(): void {
    this.#grouper.finish();
  }

  /** What was completed since the last call. */
  take(): readonly FrameGroup[] {
    const groups = this.#complete;
    if (groups.length > 0) this.#complete = [];
    return groups;
  }
}
