/**
 * Reads the data of an index, one block at a time. The digest of the blob was verified, but anybody may have written it. So the reader
 * throws `InvalidImage` for all that docs/format.md does not allow, and it throws nothing else.
 */
import { zstdDecompressSync } from 'node:zlib';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { ByteReader } from '../entries/byte-reader.ts';
import { decodeEntry } from '../entries/entry-codec.ts';
import { BLOCK_BYTES, FORMAT_VERSION, FRAME_BYTES } from '../format.ts';
import { INDEX_KINDS, INDEX_MAGIC } from './index-writer.ts';
import type { Block, IndexKind } from './index-writer.ts';
import { comparePaths, isBelow, printable } from '../paths/path.ts';
import type { Frame, IndexEntry, LayerFrames } from '../entries/tree-entry.ts';

const FRAME_RECORD_BYTES = 34;
/** What zstd or gzip may add to bytes that they cannot make smaller. */
const COMPRESSION_OVERHEAD = 128 * 1024;

export interface IndexReader {
  readonly kind: IndexKind;
  readonly layers: readonly LayerFrames[];
  /** Entries that `entries` gives. */
  readonly count: number;
  /** All entries in path order, each checked as it comes. The iteration may be run more than once. */
  entries(): IterableIterator<IndexEntry>;
  /** The blocks as they are, once `entries` was run to its end. */
  blocks(): readonly Block[];
}

export function readIndex(data: Uint8Array): IndexReader {
  const reader = new ByteReader(data, 'The index of the image');
  if (reader.text(4) !== INDEX_MAGIC) reader.fail('it does not begin with its magic number');
  const version = reader.u8();
  if (version !== FORMAT_VERSION) reader.fail(`it has version ${version}; this program reads ${FORMAT_VERSION}`);
  const kind = readKind(reader);
  const layers = readLayers(reader);
  const count = reader.varint();
  const blocks = data.subarray(reader.position);
  const cut = new BlockCutter(blocks);
  return { kind, layers, count, entries: () => readBlocks(cut, kind, count), blocks: () => cut.blocks() };
}

function readKind(reader: ByteReader): IndexKind {
  const code = reader.u8();
  if (code === INDEX_KINDS.base) return 'base';
  if (code === INDEX_KINDS.delta) return 'delta';
  return reader.fail(`there is no kind ${code}`);
}

function readLayers(reader: ByteReader): LayerFrames[] {
  const number = reader.varint();
  if (number > reader.left) reader.fail('it describes more layers than it has bytes');
  const layers: LayerFrames[] = [];
  const ids = new Set<number>();
  for (let i = 0; i < number; i++) {
    const id = reader.varint();
    if (ids.has(id)) reader.fail(`it describes layer ${id} twice`);
    ids.add(id);
    const frameCount = reader.varint();
    if (frameCount > reader.left / FRAME_RECORD_BYTES) reader.fail('it describes more frames than it has bytes');
    const frames: Frame[] = [];
    for (let n = 0; n < frameCount; n++) frames.push(readFrame(reader));
    layers.push({ id, frames });
  }
  return layers;
}

function readFrame(reader: ByteReader): Frame {
  const size = reader.varint();
  const tarSize = reader.varint();
  if (tarSize === 0 || tarSize > FRAME_BYTES || tarSize % 512 !== 0) reader.fail(`a frame has ${tarSize} bytes of tar`);
  if (size === 0 || size > tarSize + COMPRESSION_OVERHEAD) reader.fail(`a frame has ${size} compressed bytes`);
  return { size, tarSize, digest: reader.hex(32) };
}

/** Remembers where a pass over the entries found the blocks to begin, and how many entries each has. */
class BlockCutter {
  readonly data: Uint8Array;
  #blocks: Block[] = [];
  #from = 0;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  begin(): void {
    this.#blocks = [];
    this.#from = 0;
  }

  end(position: number, count: number): void {
    const { buffer, byteOffset } = this.data;
    const data = Buffer.from(buffer, byteOffset + this.#from, position - this.#from);
    this.#blocks.push({ data, count });
    this.#from = position;
  }

  blocks(): readonly Block[] {
    return this.#blocks;
  }
}

function* readBlocks(cut: BlockCutter, kind: IndexKind, count: number): IterableIterator<IndexEntry> {
  const outer = new ByteReader(cut.data, 'The index of the image');
  cut.begin();
  let seen = 0;
  let last: IndexEntry | undefined;
  while (outer.left > 0) {
    const before = seen;
    for (const entry of readBlock(outer)) {
      if (++seen > count) outer.fail('it has more entries than it says');
      if (kind === 'base' && entry.type === 'deleted') outer.fail('a base holds a deletion');
      checkAfter(entry, last);
      last = entry;
      yield entry;
    }
    cut.end(outer.position, seen - before);
  }
  if (seen !== count) outer.fail(`it has ${seen} entries and says ${count}`);
}

/** The entries of the block where the reader stands; their order is not checked. */
export function* readBlock(outer: ByteReader): IterableIterator<IndexEntry> {
  const block = openBlock(outer);
  let previous = '';
  while (block.left > 0) {
    const entry = decodeEntry(block, previous);
    previous = entry.path;
    yield entry;
  }
}

/** The raw block where the reader stands. */
export function openBlock(outer: ByteReader): ByteReader {
  const compressed = outer.u32();
  const rawLength = outer.u32();
  if (rawLength === 0 || rawLength > BLOCK_BYTES) outer.fail(`a block has ${rawLength} bytes`);
  return new ByteReader(decompressBlock(outer.raw(compressed), rawLength), 'The index of the image');
}

function decompressBlock(data: Buffer, rawLength: number): Buffer {
  let raw: Buffer;
  try {
    raw = zstdDecompressSync(data, { maxOutputLength: rawLength });
  } catch (error) {
    throw new CacheError(
      ERROR_CODES.InvalidImage,
      'The index of the image is invalid: a block is not good zstd data.',
      {
        cause: error,
      },
    );
  }
  if (raw.length !== rawLength) {
    throw new CacheError(ERROR_CODES.InvalidImage, 'The index of the image is invalid: a block has not its length.');
  }
  return raw;
}

/** Children come directly after their parent, so the entry before is enough to see a path through what is no directory. */
function checkAfter(entry: IndexEntry, last: IndexEntry | undefined): void {
  if (last === undefined) return;
  const order = comparePaths(last.path, entry.path);
  if (order >= 0) {
    const problem = order === 0 ? 'twice' : `after ${printable(last.path)}, out of order`;
    throw new CacheError(
      ERROR_CODES.InvalidImage,
      `The index of the image is invalid: it has ${printable(entry.path)} ${problem}.`,
    );
  }
  if (last.type !== 'directory' && isBelow(entry.path, last.path)) {
    throw new CacheError(
      ERROR_CODES.InvalidImage,
      `The index of the image is invalid: ${printable(entry.path)} is below what is not a directory.`,
    );
  }
}
