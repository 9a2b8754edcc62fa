/** The tar of one frame while it is written, with the entries that the index will have of it. */
import type { FileState } from '../files/state/file-state.ts';
import { FRAME_BYTES } from '../format.ts';
import { EntryBlockWriter } from '../index/entry-block.ts';
import type { TreeEntry } from '../entries/tree-entry.ts';
import { memberSize, writeHeader, writeWhiteout, type TarMember } from '../tar/tar-header.ts';
import { TAR_END_BYTES, markVariant, padded } from '../tar/ustar-block.ts';
import type { PackTask } from './pack-task.ts';

/** Where the content of a member begins. */
export interface Place {
  readonly layer: number;
  readonly frame: number;
  readonly offset: number;
}

export interface FinishedTar {
  readonly tar: Buffer;
  /** The entries, in the order in which they came. */
  readonly entries: EntryBlockWriter;
  readonly files: number;
  /** Content bytes of the files. */
  readonly bytes: number;
  /** Bytes of the tar that belong to the entries (memberSize). */
  readonly live: number;
}

export class FrameTar {
  /** Content is read right into it, behind its header. */
  readonly buffer: Buffer;
  readonly #task: PackTask;
  readonly #entries = new EntryBlockWriter();
  #at = 0;
  #files = 0;
  #bytes = 0;
  #live = 0;

  constructor(task: PackTask, buffer: Buffer) {
    this.#task = task;
    this.buffer = buffer;
  }

  /** Where the next header begins, or the next part of a file. */
  get at(): number {
    return this.#at;
  }

  /** Bytes that a header and its content may have. */
  get room(): number {
    return FRAME_BYTES - TAR_END_BYTES - this.#at;
  }

  /** Writes a header; gives the position after it. The next header takes its place, unless `take` keeps it. */
  writeHeader(member: TarMember): number {
    return writeHeader(this.buffer, this.#at, member);
  }

  /** Keeps what was written up to this position, and pads it to a whole block. */
  take(end: number): void {
    this.#at = padded(end);
    this.buffer.fill(0, end, this.#at);
  }

  addWhiteout(path: string): void {
    this.#at = writeWhiteout(this.buffer, this.#at, path);
  }

  placeAt(offset: number): Place {
    return { layer: this.#task.layer, frame: this.#task.frame, offset };
  }

  /** @param state that the file had when it was read */
  addEntry(entry: TreeEntry, state: FileState): void {
    this.#entries.add(entry, state);
    this.#files++;
    this.#live += memberSize(entry);
    if (entry.type === 'file') this.#bytes += entry.size;
  }

  finish(variant: number | undefined): FinishedTar {
    if (this.#task.last) {
      this.buffer.fill(0, this.#at, this.#at + TAR_END_BYTES);
      this.#at += TAR_END_BYTES;
    }
    const tar = this.buffer.subarray(0, this.#at);
    if (variant !== undefined && this.#task.frame === 0) markVariant(tar, variant);
    return { tar, entries: this.#entries, files: this.#files, bytes: this.#bytes, live: this.#live };
  }
}
