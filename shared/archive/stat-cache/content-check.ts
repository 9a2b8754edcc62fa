/** Tells whether a file holds certain content: by the stat cache where that knows, else by reading. */
import { createHash, hash } from 'node:crypto';
import * as fs from 'node:fs';
import { at } from '../files/attributes.ts';
import { comparePaths } from '../paths/path.ts';
import { InvalidStatCache, type StatCache } from './stat-cache.ts';
import type { EntryCursor } from '../index/entry-cursor.ts';
import type { FileEntry } from '../entries/tree-entry.ts';
import type { WalkItem } from '../files/walk/walk.ts';
import type { Steps } from '../../pace.ts';

const ONE_READ_BYTES = 1024 * 1024;

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

  /** Returns undefined when the file cannot be read: then it is not known to be the same. */
  *digest({ path, stats }: Pick<WalkItem, 'path' | 'stats'>): Steps<string | undefined> {
    try {
      const name = at(this.#root, path);
      return stats.size <= ONE_READ_BYTES
        ? hash('sha256', fs.readFileSync(name), 'hex')
        : yield* this.#digestLarge(name);
    } catch {
      return undefined;
    }
  }

  *#digestLarge(name: string | Buffer): Steps<string> {
    this.#buffer ??= Buffer.allocUnsafe(ONE_READ_BYTES);
    const fd = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    try {
      const digest = createHash('sha256');
      for (let read = 1; read > 0;) {
        read = fs.readSync(fd, this.#buffer);
        digest.update(this.#buffer.subarray(0, read));
        yield;
      }
      return digest.digest('hex');
    } finally {
      fs.closeSync(fd);
    }
  }
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
