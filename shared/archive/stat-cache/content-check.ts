/** Tells whether a file holds certain content: by the stat cache where that knows, else by reading. */
import { createHash, hash } from 'node:crypto';
import * as fs from 'node:fs';
import { at } from '../files/attributes.ts';
import { openOwnFile } from '../files/own-file.ts';
import { comparePaths } from '../paths/path.ts';
import { InvalidStatCache, type StatCache } from './stat-cache.ts';
import type { EntryCursor } from '../index/entry-cursor.ts';
import type { FileEntry } from '../entries/tree-entry.ts';
import type { WalkItem } from '../files/walk/walk.ts';
import type { Steps } from '../../pace.ts';

const READ_BYTES = 1024 * 1024;

export class ContentCheck {
  readonly #root: string;
  readonly #takenAt: number;
  #cursor: EntryCursor | undefined;
  #buffer: Buffer | undefined;

  constructor(root: string, statCache: StatCache | undefined) {
    this.#root = root;
    this.#takenAt = statCache?.takenAt ?? 0;
    this.#cursor = statCache === undefined ? undefined : orNone(() => statCache.cursor());
  }

  /** Files come in path order; the sizes are equal. */
  *isSame(found: WalkItem, entry: FileEntry): Steps<boolean> {
    const cached = this.#cachedAt(found.path);
    const untouched =
      cached?.type === 'file' && cached.size === found.stats.size && cached.isAsCached(found.stats, this.#takenAt);
    return (untouched ? cached.digest : yield* this.digest(found)) === entry.digest;
  }

  /** The stat cache where it tells of the path. */
  #cachedAt(path: string): EntryCursor | undefined {
    const cursor = this.#cursor;
    if (cursor === undefined) return undefined;
    this.#cursor = orNone(() => {
      while (!cursor.done && comparePaths(cursor.path, path) < 0) cursor.advance();
      return cursor;
    });
    return this.#cursor?.done === false && cursor.path === path ? cursor : undefined;
  }

  target({ path }: Pick<WalkItem, 'path'>): string {
    return fs.readlinkSync(at(this.#root, path), { encoding: 'latin1' });
  }

  /**
   * Returns undefined when the file cannot be read: then it is not known to be the same. Others may work in the workspace, and a link or a pipe that
   * has come in the place of the file is neither followed nor waited for.
   */
  *digest({ path }: Pick<WalkItem, 'path'>): Steps<string | undefined> {
    let file: number | undefined;
    try {
      file = openOwnFile(at(this.#root, path));
      return fs.fstatSync(file).isFile() ? yield* this.#digestOpen(file) : undefined;
    } catch {
      return undefined;
    } finally {
      if (file !== undefined) fs.closeSync(file);
    }
  }

  *#digestOpen(file: number): Steps<string> {
    const buffer = (this.#buffer ??= Buffer.allocUnsafe(READ_BYTES));
    const first = fill(buffer, file);
    if (first < buffer.length) return hash('sha256', buffer.subarray(0, first), 'hex');
    const sum = createHash('sha256').update(buffer);
    for (let read = first; read === buffer.length;) {
      yield;
      read = fill(buffer, file);
      sum.update(buffer.subarray(0, read));
    }
    return sum.digest('hex');
  }
}

/** Reads on from where the file is; gives less bytes than the buffer holds only at the end of the file. */
function fill(buffer: Buffer, file: number): number {
  let filled = 0;
  for (let read = 1; read > 0 && filled < buffer.length; filled += read) {
    read = fs.readSync(file, buffer, filled, buffer.length - filled, null);
  }
  return filled;
}

/** A broken stat cache is none. */
function orNone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidStatCache) return undefined;
    throw error;
  }
}
