/** Digests of files that are read from their beginning on, piece by piece, as they are written. One thread has all of a file. */
import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import { fsPath } from '../paths/path.ts';

const READ_BYTES = 1024 * 1024;

/** Bytes `from` to `to` of a file, where the task before ended; all of them are there. */
export interface SumTask {
  /** A byte string. */
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** The file ends here. */
  readonly last: boolean;
}

export class FileSums {
  readonly #open = new Map<string, Hash>();
  #buffer: Buffer | undefined;

  /** @returns SHA-256 of the file, hex, with its last task; nothing when it is not as long as that */
  add({ file, from, to, last }: SumTask): string | undefined {
    const sum = this.#open.get(file) ?? createHash('sha256');
    this.#open.set(file, sum);
    const fd = fs.openSync(fsPath(file), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    try {
      const read = this.#read(fd, sum, from, to);
      if (!last) return undefined;
      this.#open.delete(file);
      return read === to && fs.fstatSync(fd).size === to ? sum.digest('hex') : undefined;
    } finally {
      fs.closeSync(fd);
    }
  }

  #read(fd: number, sum: Hash, from: number, to: number): number {
    const buffer = (this.#buffer ??= Buffer.allocUnsafeSlow(READ_BYTES));
    let position = from;
    while (position < to) {
      const read = fs.readSync(fd, buffer, 0, Math.min(READ_BYTES, to - position), position);
      if (read === 0) break;
      sum.update(buffer.subarray(0, read));
      position += read;
    }
    return position;
  }
}
