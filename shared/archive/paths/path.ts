/**
 * Paths as byte strings: each character is one byte (latin1), so that any name that a file system takes comes through.
 *
 * `fs.readdirSync(dir, { encoding: 'latin1' })` gives such names; `fsPath` turns a path back into what `fs` understands.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from '../format.ts';

const SLASH = 0x2f;

/** The order of docs/format.md: component by component, as if `/` were the byte 0. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return (x === SLASH ? 0 : x) - (y === SLASH ? 0 : y);
  }
  return a.length - b.length;
}

/** Is `path` below the directory `parent`? */
export function isBelow(path: string, parent: string): boolean {
  return path.length > parent.length && path.charCodeAt(parent.length) === SLASH && path.startsWith(parent);
}

/** The path of the parent, or the empty string at the top. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** What `fs` takes for a byte string: itself, or its bytes where UTF-8 would change them. */
export function fsPath(path: string, ascii: boolean = isAscii(path)): string | Buffer {
  return ascii ? path : Buffer.from(path, 'latin1');
}

export function isAscii(text: string, from = 0): boolean {
  for (let i = from; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** A name of the outside world (UTF-16) as a byte string. */
export function toByteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A byte string for people: UTF-8 where it is that, else with replacement characters. */
export function printable(path: string): string {
  return JSON.stringify(Buffer.from(path, 'latin1').toString('utf8'));
}

/** Why a path cannot stand in an entry, or nothing when it can. */
export function pathProblem(path: string): string | undefined {
  if (path.length === 0) return 'is empty';
  if (path.length > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.includes('\0')) return 'holds a NUL';
  let start = 0;
  for (;;) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    const length = end - start;
    if (length === 0) return path.startsWith('/') ? 'is absolute' : 'has an empty component';
    if (length > MAX_NAME_BYTES) return `has a component of more than ${MAX_NAME_BYTES} bytes`;
    if (length <= 2 && path.charCodeAt(start) === 0x2e && path.charCodeAt(end - 1) === 0x2e) {
      return 'has a component "." or ".."';
    }
    if (slash < 0) return undefined;
    start = slash + 1;
  }
}

/** Throws when a path of an image cannot stand in an entry. */
export function checkPath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) {
    throw new CacheError(
      ERROR_CODES.InvalidImage,
      `The path ${printable(path.slice(0, 200))} in the image ${problem}.`,
    );
  }
}
