/** Tells whether a file holds certain content: by the local record where that knows, else by reading. */
import { createHash, hash } from 'node:crypto';
import * as fs from 'node:fs';
import { isSettled, sameState } from './file-state.ts';
import { at } from './operation.ts';
import { comparePaths } from './path.ts';
import { InvalidRecord, type LocalRecord } from './record.ts';
import type { StatedEntry } from './run.ts';
import type { FileEntry } from './tree-entry.ts';
import type { WalkItem } from './walk.ts';

const ONE_READ_BYTES = 1024 * 1024;

export class ContentCheck {
  readonly #root: string;
  readonly #takenAt: number;
  #recorded: Iterator<StatedEntry> | undefined;
  #next: StatedEntry | undefined;
  #buffer: Buffer | undefined;

  constructor(root: string, record: LocalRecord | undefined) {
    this.#root = root;
    this.#takenAt = record?.takenAt ?? 0;
    this.#recorded = record?.entries();
    this.#advance();
  }

  /** Files come in path order; the sizes are equal. */
  isSame(found: WalkItem, entry: FileEntry): boolean {
    while (this.#next !== undefined && comparePaths(this.#next.path, found.path) < 0) this.#advance();
    const recorded = this.#next;
    if (recorded?.path === found.path && recorded.type === 'file' && recorded.size === found.stats.size) {
      const untouched = sameState(recorded.state, found.stats) && isSettled(recorded.state, this.#takenAt);
      if (untouched) return recorded.digest === entry.digest;
    }
    return this.digest(found) === entry.digest;
  }

  /** A broken record is none. */
  #advance(): void {
    try {
      const next = this.#recorded?.next();
      this.#next = next === undefined || next.done === true ? undefined : next.value;
    } catch (error) {
      if (!(error instanceof InvalidRecord)) throw error;
      this.#recorded = undefined;
      this.#next = undefined;
    }
  }

  target({ path }: Pick<WalkItem, 'path'>): string {
    return fs.readlinkSync(at(this.#root, path), { encoding: 'latin1' });
  }

  /** Nothing when it cannot be read: then it is not known to be the same. */
  digest({ path, stats }: Pick<WalkItem, 'path' | 'stats'>): string | undefined {
    try {
      const name = at(this.#root, path);
      return stats.size <= ONE_READ_BYTES ? hash('sha256', fs.readFileSync(name), 'hex') : this.#digestLarge(name);
    } catch {
      return undefined;
    }
  }

  #digestLarge(name: string | Buffer): string {
    this.#buffer ??= Buffer.allocUnsafe(ONE_READ_BYTES);
    const fd = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    try {
      const digest = createHash('sha256');
      for (let read = 1; read > 0;) {
        read = fs.readSync(fd, this.#buffer);
        digest.update(this.#buffer.subarray(0, read));
      }
      return digest.digest('hex');
    } finally {
      fs.closeSync(fd);
    }
  }
}
