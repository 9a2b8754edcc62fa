/**
 * Writes regular files with final content, mode and time, with as few system calls as there can be: many thousands of small
 * files are the common case, and asynchronous calls cost twenty times as much.
 */
import * as fs from 'node:fs';
import { fsTime, type Attributes } from '../files/attributes.ts';
import { UMASK } from '../files/umask.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
const NEW = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const PART = O_WRONLY | O_CREAT | O_NOFOLLOW;
/** Content is looked at in pieces between multiples of this; those that are all zero become holes. */
const HOLE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE_BYTES);
/** Bits that a file does not have after it was made and written. */
const LATER_BITS = 0o7000 | UMASK;

/** Makes a file that must not be there yet; gives its state. */
export function writeFile(path: string | Buffer, content: Buffer, attributes: Attributes): fs.Stats {
  const fd = fs.openSync(path, NEW, attributes.mode & 0o777);
  try {
    writeContent(fd, content, 0);
    // A write takes the setuid bit away, so it comes after.
    if ((attributes.mode & LATER_BITS) !== 0) fs.fchmodSync(fd, attributes.mode);
    setTimes(fd, attributes);
    const stats = fs.fstatSync(fd);
    // Default permissions of the directory (acl(5)) take bits away in the place of the umask.
    if ((attributes.mode & ~stats.mode) === 0) return stats;
    fs.fchmodSync(fd, attributes.mode);
    return fs.fstatSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Writes a part of a file that other threads may be writing at the same time; `finishFile` comes after all parts. */
export function writePart(path: string | Buffer, content: Buffer, position: number): void {
  const fd = fs.openSync(path, PART, 0o600);
  try {
    writeContent(fd, content, position);
  } finally {
    fs.closeSync(fd);
  }
}

/** A file that must not be there yet, whose content comes bit by bit. */
export class NewFile {
  readonly #fd: number;
  #position = 0;
  #open = true;

  constructor(path: string | Buffer, attributes: Attributes) {
    this.#fd = fs.openSync(path, NEW, attributes.mode & 0o777);
  }

  write(chunk: Buffer): void {
    writeContent(this.#fd, chunk, this.#position);
    this.#position += chunk.length;
  }

  /** So many zeros, which take no room. */
  skip(bytes: number): void {
    this.#position += bytes;
    extendTo(this.#fd, this.#position);
  }

  finish(attributes: Attributes): void {
    finishFile(this.#fd, attributes);
    this.close();
  }

  close(): void {
    if (this.#open) fs.closeSync(this.#fd);
    this.#open = false;
  }
}

export function finishFile(fd: number, attributes: Attributes): void {
  fs.fchmodSync(fd, attributes.mode);
  setTimes(fd, attributes);
}

function setTimes(fd: number, attributes: Attributes): void {
  const time = fsTime(attributes);
  fs.futimesSync(fd, time, time);
}

function writeContent(fd: number, content: Buffer, position: number): void {
  if (content.length < HOLE_BYTES) {
    writeAll(fd, content, position);
    return;
  }
  /** Where the bytes begin that are to be written next. */
  let from = 0;
  for (let start = 0, end = 0; start < content.length; start = end) {
    end = Math.min(start + HOLE_BYTES - ((position + start) % HOLE_BYTES), content.length);
    // The first byte decides nearly always.
    if (content[start] !== 0 || !content.subarray(start, end).equals(ZEROS.subarray(0, end - start))) continue;
    writeAll(fd, content.subarray(from, start), position + from);
    from = end;
  }
  writeAll(fd, content.subarray(from), position + from);
  if (from === content.length) extendTo(fd, position + from);
}

/** Another part may lie behind this one already: a file only grows. */
function extendTo(fd: number, end: number): void {
  if (fs.fstatSync(fd).size < end) fs.writeSync(fd, ZEROS, 0, 1, end - 1);
}

function writeAll(fd: number, content: Buffer, position: number): void {
  for (let at = 0; at < content.length;) {
    at += fs.writeSync(fd, content, at, content.length - at, position + at);
  }
}
