/**
 * Files that are to be restored, by the frame that holds them. Entries come in path order, which within a layer is the order of
 * its frames: one group a layer is open at a time.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { FilePart } from './extract-frame.ts';
import { FrameFilesBuilder, type FrameFiles } from './frame-files.ts';
import { printable } from '../paths/path.ts';
import type { FileEntry, LayerFrames } from '../entries/tree-entry.ts';

export interface FrameGroup {
  /** Id of the layer. */
  readonly layer: number;
  readonly frame: number;
  /** The files that lie wholly in this frame. */
  readonly files: FrameFiles;
  /** Their numbers in the index. */
  readonly numbers: readonly number[];
  readonly parts: readonly FilePart[];
}

/** Is a part of one file all that the frame is wanted for? */
export function isPartOfFile({ files, parts }: FrameGroup): boolean {
  return files.count === 0 && parts.length === 1;
}

interface OpenGroup extends Omit<FrameGroup, 'files'> {
  readonly files: FrameFilesBuilder;
  readonly numbers: number[];
  readonly parts: FilePart[];
}

export class FrameGrouper {
  readonly #layers: ReadonlyMap<number, LayerFrames>;
  readonly #open = new Map<number, OpenGroup>();
  readonly #complete: (group: FrameGroup) => void;
  readonly #anyOrder: boolean;

  /** @param anyOrder a frame may come again after later ones */
  constructor(layers: ReadonlyMap<number, LayerFrames>, complete: (group: FrameGroup) => void, anyOrder = false) {
    this.#layers = layers;
    this.#complete = complete;
    this.#anyOrder = anyOrder;
  }

  /** True when the file continues in following frames. */
  add(number: number, entry: FileEntry): boolean {
    const left = this.#tarSize(entry, entry.frame) - entry.offset;
    if (entry.size <= left) {
      const group = this.#group(entry, entry.frame);
      group.files.add(entry);
      group.numbers.push(number);
      return false;
    }
    let position = 0;
    for (let frame = entry.frame; position < entry.size; frame++) {
      const offset = frame === entry.frame ? entry.offset : 0;
      const length = Math.min(entry.size - position, this.#tarSize(entry, frame) - offset);
      // A frame may end just behind the header.
      if (length > 0 || frame === entry.frame)
        this.#group(entry, frame).parts.push({ entry, offset, length, position });
      position += length;
    }
    return true;
  }

  finish(): void {
    for (const group of this.#open.values()) this.#close(group);
    this.#open.clear();
  }

  #group(entry: FileEntry, frame: number): OpenGroup {
    const open = this.#open.get(entry.layer);
    if (open?.frame === frame) return open;
    if (open !== undefined) {
      if (open.frame > frame && !this.#anyOrder) invalid(entry);
      this.#close(open);
    }
    const group: OpenGroup = { layer: entry.layer, frame, files: new FrameFilesBuilder(), numbers: [], parts: [] };
    this.#open.set(entry.layer, group);
    return group;
  }

  #close(group: OpenGroup): void {
    this.#complete({ ...group, files: group.files.finish() });
  }

  #tarSize(entry: FileEntry, frame: number): number {
    return this.#layers.get(entry.layer)?.frames[frame]?.tarSize ?? invalid(entry);
  }
}

function invalid(entry: FileEntry): never {
  throw new CacheError(
    ERROR_CODES.InvalidImage,
    `The index of the image is invalid: ${printable(entry.path)} is not where the order of the layer puts it.`,
  );
}
