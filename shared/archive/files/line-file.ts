/**
 * A file of JSON values, one a line, for lists that may be too long for memory. Strings in it are byte strings (path.ts) and
 * stand there byte by byte.
 */
import * as fs from 'node:fs';
import { fsPath } from '../paths/path.ts';
import { openOwnFile } from './own-file.ts';

const BUFFER_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export class LineWriter {
  readonly #fd: number;
  #pending: string[] = [];
  #size = 0;

  constructor(path: string) {
    this.#fd = fs.openSync(fsPath(path), 'wx', 0o600);
  }

  write(value: readonly unknown[]): void {
    const line = JSON.stringify(value);
    this.#pending.push(line, '\n');
    this.#size += line.length + 1;
    if (this.#size >= BUFFER_BYTES) this.#flush();
  }

  close(): void {
    this.#end(() => {});
  }

  /** The lines are on the disk then, not just in the kernel. */
  closeDurably(): void {
    this.#end(() => fs.fdatasyncSync(this.#fd));
  }

  /** Closes the file without the lines that are still in memory. */
  abandon(): void {
    fs.closeSync(this.#fd);
  }

  #end(last: () => void): void {
    try {
      this.#flush();
      last();
    } finally {
      fs.closeSync(this.#fd);
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(''), 'latin1');
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#fd, bytes, at);
    this.#pending = [];
    this.#size = 0;
  }
}

/** The values in the order in which they were written. */
export function* readLines(path: string): IterableIterator<unknown> {
  const fd = openOwnFile(fsPath(path));
  try {
    const buffer = Buffer.alloc(BUFFER_BYTES);
    let rest = '';
    for (;;) {
      const read = fs.readSync(fd, buffer);
      if (read === 0) break;
      const lines = (rest + buffer.toString('latin1', 0, read)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line);
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** The values from the last to the first. */
export function* readLinesBackward(path: string): IterableIterator<unknown> {
  const fd = openOwnFile(fsPath(path));
  try {
    const buffer = Buffer.alloc(BUFFER_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    for (let end = fs.fstatSync(fd).size; end > 0;) {
      const start = Math.max(0, end - BUFFER_BYTES);
      const read = fs.readSync(fd, buffer, 0, end - start, start);
      let chunk = Buffer.concat([buffer.subarray(0, read), rest]);
      end = start;
      for (;;) {
        // The newline that ends the line before the last one of the chunk.
        const before = chunk.length < 2 ? -1 : chunk.lastIndexOf(NEWLINE, chunk.length - 2);
        if (before < 0) break;
        yield JSON.parse(chunk.toString('latin1', before + 1));
        chunk = chunk.subarray(0, before + 1);
      }
      rest = chunk;
    }
    if (rest.length > 0) yield JSON.parse(rest.toString('latin1'));
  } finally {
    fs.closeSync(fd);
  }
}
