/**
 * Entries in path order with the states of their files: each block has both, encoded for the index and for the stat cache. Packing threads
 * hand over what they packed as blocks. A block is small (about 60 bytes an entry), so that all are kept until the index is written.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ByteReader } from '../entries/byte-reader.ts';
import { UNKNOWN, type FileState } from '../files/state/file-state.ts';
import { readBlock } from './index-reader.ts';
import { BlockWriter } from './index-writer.ts';
import type { Block } from './index-writer.ts';
import type { DeletedEntry, IndexEntry, TreeEntry } from '../entries/tree-entry.ts';

/** A live entry and the state that its file had when it was read, or restored. */
export type StatedEntry = TreeEntry & { readonly state: FileState };
export type StatedChange = StatedEntry | (DeletedEntry & { readonly state?: undefined });

export interface EntryBlock extends Block {
  /** A state for each entry of the block, compressed. */
  readonly states: Buffer;
}

const NUMBERS = 4;

export class EntryBlockWriter {
  readonly #blocks = new BlockWriter();
  #states = new Float64Array(1024 * NUMBERS);

  get count(): number {
    return this.#blocks.count;
  }

  add(entry: IndexEntry, state: FileState | undefined): void {
    const at = this.#blocks.count * NUMBERS;
    if (at === this.#states.length) {
      const larger = new Float64Array(at * 2);
      larger.set(this.#states);
      this.#states = larger;
    }
    const { dev, ino, mtimeMs, ctimeMs } = state ?? UNKNOWN;
    this.#states[at] = dev;
    this.#states[at + 1] = ino;
    this.#states[at + 2] = mtimeMs;
    this.#states[at + 3] = ctimeMs;
    this.#blocks.add(entry);
  }

  finish(): EntryBlock[] {
    let first = 0;
    return this.#blocks.finish().map(({ data, count }) => {
      const states = this.#states.subarray(first * NUMBERS, (first + count) * NUMBERS);
      first += count;
      return { data, count, states: compressStates(states) };
    });
  }
}

export function* readEntryBlocks(blocks: Iterable<EntryBlock>): IterableIterator<StatedChange> {
  for (const block of blocks) {
    const states = decompressStates(block);
    let number = 0;
    for (const entry of readBlock(new ByteReader(block.data, 'A block of entries'))) {
      const state = stateAt(states, number++);
      yield entry.type === 'deleted' ? entry : Object.assign(entry, { state });
    }
  }
}

/** Rows of device, inode, mtime and ctime, column by column: inodes and times of one directory are near each other. */
export function compressStates(rows: Float64Array): Buffer {
  const count = rows.length / NUMBERS;
  const columns = new Float64Array(rows.length);
  for (let n = 0; n < NUMBERS; n++) for (let i = 0; i < count; i++) columns[n * count + i] = rows[i * NUMBERS + n] ?? 0;
  return zstdCompressSync(Buffer.from(columns.buffer), { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

/** Columns, for `stateAt`. */
export function decompressStates({ states, count }: EntryBlock): Float64Array {
  const bytes = zstdDecompressSync(states, { maxOutputLength: count * NUMBERS * 8 });
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export function inodeAt(columns: Float64Array, number: number): number {
  return columns[columns.length / NUMBERS + number] ?? 0;
}

export function stateAt(columns: Float64Array, number: number): FileState {
  const count = columns.length / NUMBERS;
  return {
    dev: columns[number] ?? 0,
    ino: inodeAt(columns, number),
    mtimeMs: columns[2 * count + number] ?? 0,
    ctimeMs: columns[3 * count + number] ?? 0,
  };
}
