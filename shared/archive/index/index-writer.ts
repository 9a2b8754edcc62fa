/** Writes the data of an index (docs/format.md, section 3). */
import { constants, zstdCompressSync } from 'node:zlib';
import { ByteWriter } from '../entries/byte-writer.ts';
import { encodeEntry } from '../entries/entry-codec.ts';
import { WRITTEN_BLOCK_BYTES, FORMAT_VERSION } from '../format.ts';
import type { IndexEntry, LayerFrames } from '../entries/tree-entry.ts';

export const INDEX_MAGIC = 'TCIX';
export const INDEX_KINDS = { base: 0, delta: 1 } as const;
export type IndexKind = keyof typeof INDEX_KINDS;

/** A block with its lengths before it. */
export interface Block {
  readonly data: Buffer;
  /** Entries in it. */
  readonly count: number;
}

/** Gathers entries, given in path order, into compressed blocks. Blocks whose entries follow each other may be joined. */
export class BlockWriter {
  readonly #raw = new ByteWriter();
  readonly #blocks: Block[] = [];
  #previous = '';
  #count = 0;
  /** Entries in finished blocks. */
  #flushed = 0;

  /** Entries so far. */
  get count(): number {
    return this.#count;
  }

  add(entry: IndexEntry): void {
    const before = this.#raw.length;
    encodeEntry(this.#raw, entry, this.#previous);
    if (this.#raw.length > WRITTEN_BLOCK_BYTES) {
      this.#raw.truncate(before);
      this.#flush(this.#count);
      encodeEntry(this.#raw, entry, '');
    }
    this.#previous = entry.path;
    this.#count++;
  }

  /** A whole block, written before. */
  addBlock(block: Block): void {
    this.#flush(this.#count);
    this.#blocks.push(block);
    this.#count += block.count;
    this.#flushed = this.#count;
  }

  finish(): readonly Block[] {
    this.#flush(this.#count);
    return this.#blocks;
  }

  #flush(count: number): void {
    if (this.#raw.length > 0) {
      this.#blocks.push({ data: compressBlock(this.#raw.view()), count: count - this.#flushed });
      this.#flushed = count;
      this.#raw.clear();
    }
    this.#previous = '';
  }
}

function compressBlock(raw: Buffer): Buffer {
  const data = zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32LE(data.length, 0);
  head.writeUInt32LE(raw.length, 4);
  return Buffer.concat([head, data]);
}

export interface IndexParts {
  readonly kind: IndexKind;
  readonly layers: readonly LayerFrames[];
  /** The blocks, with their entries in path order. */
  readonly blocks: readonly Block[];
}

export function writeIndex(parts: IndexParts): Buffer {
  return Buffer.concat(indexPieces(parts));
}

/** The same in pieces, which are copied once and not again for what is around them. */
export function indexPieces({ kind, layers, blocks }: IndexParts): readonly Buffer[] {
  const head = new ByteWriter();
  head.text(INDEX_MAGIC);
  head.u8(FORMAT_VERSION);
  head.u8(INDEX_KINDS[kind]);
  head.varint(layers.length);
  for (const layer of layers) {
    head.varint(layer.id);
    head.varint(layer.frames.length);
    for (const frame of layer.frames) {
      head.varint(frame.size);
      head.varint(frame.tarSize);
      head.hex(frame.digest);
    }
  }
  head.varint(blocks.reduce((sum, block) => sum + block.count, 0));
  return [head.view(), ...blocks.map((block) => block.data)];
}
