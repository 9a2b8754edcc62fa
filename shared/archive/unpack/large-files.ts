/**
 * The digests of files that come in parts, computed while further parts are on their way. Parts are written in any order; a file is read
 * back in order, as far as it is written: what was written just now is still in memory.
 */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { FilePart } from './extract-frame.ts';
import type { SumTask } from './file-sums.ts';
import { finishFile } from './file-writer.ts';
import { at } from '../files/attributes.ts';
import { printable } from '../paths/path.ts';
import type { FileEntry } from '../entries/tree-entry.ts';

/** Reads what a task tells of; tasks of a file come in order. `done` gets its digest with the last one. */
type SumFile = (task: SumTask, done: (digest: string | undefined) => void) => void;

interface LargeFile {
  /** Bytes from the file's beginning that are summed, or will be. */
  summed: number;
  digest: string | undefined;
  /** Parts behind these that are written: where they begin, and their lengths. */
  readonly ahead: Map<number, number>;
}

/** A file is not what the index says: a frame of it is damaged, or the index is wrong. */
export class WrongLargeFile extends CacheError {
  constructor({ path }: FileEntry) {
    super(ERROR_CODES.InvalidImage, `The image is invalid: ${printable(path)} does not have its digest.`);
  }
}

export class LargeFiles {
  readonly #tree: string;
  readonly #sum: SumFile;
  readonly #files = new Map<string, LargeFile>();

  /** @param tree the directory that paths are relative to; a byte string */
  constructor(tree: string, sum: SumFile) {
    this.#tree = tree;
    this.#sum = sum;
  }

  /** A part has its content. */
  written({ entry, position, length }: FilePart): void {
    const file = this.#file(entry);
    file.ahead.set(position, length);
    const from = file.summed;
    for (let next = file.ahead.get(from); next !== undefined && next > 0; next = file.ahead.get(file.summed)) {
      file.ahead.delete(file.summed);
      file.summed += next;
    }
    if (file.summed === from) return;
    const last = file.summed === entry.size;
    this.#sum({ file: `${this.#tree}/${entry.path}`, from, to: file.summed, last }, (digest) => {
      file.digest = digest;
    });
  }

  /**
   * Called when all of the file is summed: checks the file, and sets its mode and time.
   *
   * @throws WrongLargeFile
   */
  finish(entry: FileEntry): void {
    if (this.#file(entry).digest !== entry.digest) throw new WrongLargeFile(entry);
    const fd = fs.openSync(at(this.#tree, entry.path), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    try {
      finishFile(fd, entry);
    } finally {
      fs.closeSync(fd);
    }
  }

  #file({ path }: FileEntry): LargeFile {
    const file = this.#files.get(path) ?? { summed: 0, digest: undefined, ahead: new Map<number, number>() };
    this.#files.set(path, file);
    return file;
  }
}
