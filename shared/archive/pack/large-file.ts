/** A file that is larger than a frame, from its first part to its last. It stays open meanwhile, as the parts are in frames that follow each other. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import type { Place } from './frame-tar.ts';
import { isRegular, isUnchanged, readFully } from './source-file.ts';
import type { SourceStats } from './source-file.ts';

interface LargeFileOptions {
  readonly path: string;
  /** An open file; `end` or `close` closes it. */
  readonly file: number;
  /** What the header says: all parts together. */
  readonly size: number;
  /** The file's stats before the first part is read. */
  readonly before: SourceStats;
  /** Where the content begins. */
  readonly place: Place;
}

export class LargeFile {
  readonly path: string;
  readonly size: number;
  readonly before: SourceStats;
  readonly place: Place;
  readonly #file: number;
  readonly #sum = createHash('sha256');
  #isSpoiled: boolean;

  constructor({ path, file, size, before, place }: LargeFileOptions) {
    this.path = path;
    this.size = size;
    this.before = before;
    this.place = place;
    this.#file = file;
    this.#isSpoiled = before.size !== size || !isRegular(before);
  }

  /** Reads the next part to a place of the buffer. Zeros stand for what the file has no more. */
  read(buffer: Buffer, at: number, length: number): void {
    const read = this.#isSpoiled ? 0 : readFully({ file: this.#file, path: this.path, into: buffer, at, length });
    if (read < length) this.#isSpoiled = true;
    buffer.fill(0, at + read, at + length);
    this.#sum.update(buffer.subarray(at, at + length));
  }

  /** Closes the file. Gives the digest, or nothing when the parts are not one state of the file. */
  end(): string | undefined {
    const isWhole = !this.#isSpoiled && isUnchanged(this.#file, this.before);
    this.close();
    return isWhole ? this.#sum.digest('hex') : undefined;
  }

  close(): void {
    fs.closeSync(this.#file);
  }
}
