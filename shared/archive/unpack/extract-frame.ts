/** Restores what one frame of a content layer holds (docs/format.md, sections 2 and 5), in whatever thread. */
import { hash } from 'node:crypto';
import { BlobError, CacheError, ERROR_CODES } from '../../errors.ts';
import { writeFile, writePart } from './file-writer.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { readFrameFiles, type FrameFiles } from './frame-files.ts';
import type { Compression } from '../format.ts';
import { at } from '../files/attributes.ts';
import { printable } from '../paths/path.ts';
import { packState, STATE_NUMBERS } from '../files/state/state-table.ts';
import { headerAgrees } from '../tar/header-agreement.ts';
import type { FileEntry, Frame } from '../entries/tree-entry.ts';

/** The piece of a file over several frames that lies in this one. */
export interface FilePart {
  readonly entry: FileEntry;
  /** Byte in the frame's tar. */
  readonly offset: number;
  readonly length: number;
  /** Byte in the file. */
  readonly position: number;
}

export interface FrameTask {
  readonly frame: Frame;
  /** Digest of the layer that it is in. */
  readonly blob: string;
  readonly compression: Compression;
  /** The directory that paths are relative to; a byte string. */
  readonly tree: string;
  /** The files that lie wholly in this frame. */
  readonly files: FrameFiles;
  readonly parts: readonly FilePart[];
  /** True where all content of this task is of one file whose sum is checked before anything of it is visible. */
  readonly isSummed: boolean;
  /** Files may have the headers of others, whose further names they were: headers are not asked for names. */
  readonly hasFreed: boolean;
}

export interface ExtractedFrame {
  /** The states of the task's files, as `packState` packs them. */
  readonly states: Float64Array<ArrayBuffer>;
  /** The memory of the compressed frame, which is free again. */
  readonly memory: ArrayBuffer;
}

export class FrameExtractor {
  readonly #decoder = new FrameDecoder();

  /**
   * Restores what a frame holds. It verifies the frame before it writes anything, unless the content is summed anyhow: to sum a file of 1 GiB once
   * instead of twice takes 0.68 of the time. If restoring fails, it checks the digest all the same, so that a damaged blob is known for one.
   */
  extract(task: FrameTask, compressed: Uint8Array<ArrayBuffer>): ExtractedFrame {
    if (!task.isSummed) verify(task, compressed);
    try {
      const tar = this.#decoder.decode(compressed, task.frame.tarSize, task.compression);
      return { states: restore(task, tar), memory: compressed.buffer };
    } catch (error) {
      if (task.isSummed) verify(task, compressed);
      throw error;
    }
  }

  /** Gives the memory of a frame back. */
  release(): void {
    this.#decoder.release();
  }
}

function verify({ frame, blob }: FrameTask, compressed: Uint8Array): void {
  if (hash('sha256', compressed, 'hex') === frame.digest) return;
  const message = `The image is damaged: a frame of its layer ${blob} does not have its digest.`;
  throw new BlobError(ERROR_CODES.InvalidImage, message, blob);
}

function restore(task: FrameTask, tar: Buffer): Float64Array<ArrayBuffer> {
  const states = new Float64Array(task.files.count * STATE_NUMBERS);
  let row = 0;
  for (const entry of readFrameFiles(task.files)) {
    if (!headerAgrees(tar, entry.offset, entry, task.hasFreed)) disagree(entry);
    const content = tar.subarray(entry.offset, entry.offset + entry.size);
    // Later work believes the stat cache about this file, also for another entry. So the file itself is checked.
    if (hash('sha256', content) !== entry.digest) disagree(entry);
    packState(states, row++, writeFile(at(task.tree, entry.path), content, entry));
  }
  for (const { entry, offset, length, position } of task.parts) {
    // A continuation begins at byte 0, where no content of a first part can be.
    if (offset !== 0 && !headerAgrees(tar, offset, entry, task.hasFreed)) disagree(entry);
    writePart(at(task.tree, entry.path), tar.subarray(offset, offset + length), position);
  }
  return states;
}

function disagree({ path }: { readonly path: string }): never {
  invalid(`index and layer disagree about ${printable(path)}`);
}

function invalid(problem: string): never {
  throw new CacheError(ERROR_CODES.InvalidImage, `The image is invalid: ${problem}.`);
}
