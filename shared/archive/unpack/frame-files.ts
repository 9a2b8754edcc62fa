/**
 * Files that lie in one frame wholly, in columns: to copy thousands of objects to another thread takes longer than to write
 * the files.
 */
import type { FileEntry } from '../entries/tree-entry.ts';

export interface FrameFiles {
  readonly count: number;
  /** Byte strings, each ended by a NUL, which no path holds. */
  readonly paths: string;
  /** 64 hex digits each. */
  readonly digests: string;
  /** Rows of offset, size, mode, seconds and nanoseconds of the mtime. */
  readonly numbers: Float64Array<ArrayBuffer>;
}

/** What is needed of an entry to write its file. */
type FrameFile = Omit<FileEntry, 'layer' | 'frame'>;

const COLUMNS = 5;
const DIGEST_DIGITS = 64;

export class FrameFilesBuilder {
  readonly #paths: string[] = [];
  readonly #digests: string[] = [];
  readonly #numbers: number[] = [];

  add({ path, digest, offset, size, mode, mtimeSec, mtimeNs }: FileEntry): void {
    this.#paths.push(path);
    this.#digests.push(digest);
    this.#numbers.push(offset, size, mode, mtimeSec, mtimeNs);
  }

  finish(): FrameFiles {
    const count = this.#numbers.length / COLUMNS;
    // Each list becomes one string. Strings that are added up bit by bit keep all their parts in memory, twice as much, while the frame waits.
    const paths = [...this.#paths, ''].join('\0');
    return { count, paths, digests: this.#digests.join(''), numbers: Float64Array.from(this.#numbers) };
  }
}

export function* readFrameFiles({ count, paths, digests, numbers }: FrameFiles): IterableIterator<FrameFile> {
  let start = 0;
  for (let row = 0; row < count; row++) {
    const end = paths.indexOf('\0', start);
    const at = row * COLUMNS;
    yield {
      type: 'file',
      path: paths.slice(start, end),
      digest: digests.slice(row * DIGEST_DIGITS, (row + 1) * DIGEST_DIGITS),
      offset: numbers[at] ?? 0,
      size: numbers[at + 1] ?? 0,
      mode: numbers[at + 2] ?? 0,
      mtimeSec: numbers[at + 3] ?? 0,
      mtimeNs: numbers[at + 4] ?? 0,
    };
    start = end + 1;
  }
}
