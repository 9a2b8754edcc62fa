/** Writes the stat cache (stat-cache.ts). */
import * as fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { exists } from '../files/attributes.ts';
import { errnoOf } from '../files/errno.ts';
import type { FileState } from '../files/state/file-state.ts';
import { RESERVED_NAME } from '../format.ts';
import type { Sums } from '../index/live-sums.ts';
import { fsPath, toByteString } from '../paths/path.ts';
import { BLOCK_HEAD_BYTES, END_BYTES, MAGIC, statCachePath } from './stat-cache.ts';
import { EntryBlockWriter } from '../index/entry-block.ts';
import type { EntryBlock } from '../index/entry-block.ts';
import type { Selection } from '../paths/selection.ts';
import type { TreeEntry } from '../entries/tree-entry.ts';

/** So many entries are gathered before they are written. */
const GATHERED_ENTRIES = 8192;

/** What is said of the entries of a stat cache. */
export interface StatCacheFacts {
  /** The digest of the manifest of the entry that the workspace equals now. */
  readonly digest: string;
  readonly sums: Sums;
  /** When the states were taken, a time of the file system in ms; `openedAt` where others may write to the workspace meanwhile. */
  readonly takenAt: number;
  /** Set where nothing in the directories was left out. */
  readonly allNames?: boolean;
}

/**
 * Writes a stat cache beside the one that there is; `commit` puts it in its place. Once the file system refuses something there will be no
 * new stat cache, and the rest is ignored: what it would have told of is done all the same.
 */
export class StatCacheWriter {
  /** A time of the file system, in ms, from before anything was added. */
  readonly openedAt: number;
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: number;
  #gathered = new EntryBlockWriter();
  #blocks = 0;
  #isOpen = true;

  private constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.${Date.now().toString(36)}`;
    this.#file = fs.openSync(fsPath(this.#temporary), 'wx', 0o600);
    this.openedAt = fs.fstatSync(this.#file).ctimeMs;
  }

  /** Returns undefined where the workspace cannot be written: a stat cache is a convenience. */
  static open(dir: string, selection: Selection): StatCacheWriter | undefined {
    try {
      prepareDirectory(dir);
      removeAbandoned(dir);
      return new StatCacheWriter(statCachePath(dir, selection));
    } catch {
      return undefined;
    }
  }

  /** The time of the file system, in ms: `takenAt` for who knows that nobody changed anything since its states were taken. */
  now(): number {
    return this.#attempt(() => {
      const now = new Date();
      fs.futimesSync(this.#file, now, now);
      return fs.fstatSync(this.#file).ctimeMs;
    }, this.openedAt);
  }

  /** Entries come in path order. */
  add(entry: TreeEntry, state: FileState): void {
    this.#gathered.add(entry, state);
    if (this.#gathered.count >= GATHERED_ENTRIES) this.#flush();
  }

  /** Adds a block that holds no deletions, as it is; its entries come after all that were added. */
  addBlock(block: EntryBlock): void {
    this.#flush();
    this.#write(block);
  }

  commit({ digest, sums: { files, size, live }, takenAt, allNames = false }: StatCacheFacts): void {
    this.#flush();
    const footer = { digest, takenAt, blocks: this.#blocks, allNames, files, size, live: [...live] };
    const json = Buffer.from(JSON.stringify(footer));
    const end = Buffer.alloc(END_BYTES);
    end.writeUInt32LE(json.length, 0);
    end.write(MAGIC, 4, 'latin1');
    this.#append([json, end]);
    this.#attempt(() => {
      this.#close();
      fs.renameSync(fsPath(this.#temporary), fsPath(this.#path));
    }, undefined);
  }

  discard(): void {
    try {
      fs.rmSync(fsPath(this.#temporary), { force: true });
      this.#close();
    } catch {
      // Whoever writes the next stat cache removes this file.
    }
  }

  #flush(): void {
    if (this.#gathered.count === 0) return;
    for (const block of this.#gathered.finish()) this.#write(block);
    this.#gathered = new EntryBlockWriter();
  }

  #write({ data, states, count }: EntryBlock): void {
    const head = Buffer.alloc(BLOCK_HEAD_BYTES);
    head.writeUInt32LE(states.length, 0);
    head.writeUInt32LE(count, 4);
    head.writeUInt32LE(crc32(states, crc32(data, crc32(head.subarray(0, 8)))), 8);
    this.#append([head, data, states]);
    this.#blocks++;
  }

  #append(pieces: readonly Uint8Array[]): void {
    this.#attempt(() => {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      // A disk that gets full takes a part first.
      if (fs.writevSync(this.#file, pieces) < length) this.discard();
    }, undefined);
  }

  #attempt<T>(work: () => T, otherwise: T): T {
    if (!this.#isOpen) return otherwise;
    try {
      return work();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.discard();
      return otherwise;
    }
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    fs.closeSync(this.#file);
  }
}

/**
 * The state directory is for nobody else to read, and not for version control either. A workspace may come with a link in its place, as from a
 * repository: nothing is written through that.
 */
function prepareDirectory(dir: string): void {
  const path = `${toByteString(dir)}/${RESERVED_NAME}`;
  if (!exists(fsPath(path))) fs.mkdirSync(fsPath(path), { mode: 0o700 });
  if (!fs.lstatSync(fsPath(path)).isDirectory()) throw new Error(`${path} is no directory`);
  const ignore = fsPath(`${path}/.gitignore`);
  if (exists(ignore)) return;
  try {
    fs.writeFileSync(ignore, '*\n', { mode: 0o644, flag: 'wx' });
  } catch (error) {
    // An empty one would stay, and ignore nothing.
    fs.rmSync(ignore, { force: true });
    throw error;
  }
}

/** Removes stat caches, and index blobs beside them, that killed processes left half written. Who writes a stat cache has the lock of the workspace. */
function removeAbandoned(dir: string): void {
  const state = `${toByteString(dir)}/${RESERVED_NAME}`;
  for (const name of fs.readdirSync(fsPath(state), { encoding: 'latin1' })) {
    if (/^(record|index)-[^.]+\./.test(name)) fs.rmSync(fsPath(`${state}/${name}`), { force: true });
  }
}
