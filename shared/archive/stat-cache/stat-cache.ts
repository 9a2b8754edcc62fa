/**
 * The stat cache of what a workspace held when it was last restored or uploaded: the live entries with the state of each file. With it an
 * upload knows what has not changed without reading, and a fetch what is there already.
 *
 * It lies in the workspace, as a workspace is what travels between pods, in a file for each selection of paths. It may be lost or broken at
 * any time: then there is none, and files are read instead.
 *
 * File: for each block u32 compressed length of the states, u32 entries, u32 CRC-32 of all but itself, the block of the index, the
 * states; then JSON {digest, takenAt, blocks, allNames, files, size, live}, u32 its length, and the magic number.
 */
import * as fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { errnoOf } from '../files/errno.ts';
import { openOwnFile } from '../files/own-file.ts';
import { BLOCK_BYTES, RESERVED_NAME } from '../format.ts';
import { fsPath, toByteString } from '../paths/path.ts';
import { EntryCursor } from '../index/entry-cursor.ts';
import { readEntryBlocks } from '../index/entry-block.ts';
import type { EntryBlock, StatedEntry } from '../index/entry-block.ts';
import type { Sums } from '../index/live-sums.ts';
import type { Selection } from '../paths/selection.ts';

export const MAGIC = 'TCR1';
export const BLOCK_HEAD_BYTES = 12;
export const END_BYTES = 8;
const MAX_FOOTER_BYTES = 4096;

interface Footer {
  /** Digest of the manifest of the entry. */
  readonly digest: string;
  /** A time of the file system, in ms, before which all states were taken (see isSettled). */
  readonly takenAt: number;
  readonly blocks: number;
  /** Set where the stat cache has all names that are in its directories and are selected. */
  readonly allNames: boolean;
  /** Counted from its entries. */
  readonly sums: Sums;
}

export interface StatCache extends Footer {
  /** The entries in path order. Throws `InvalidStatCache` when the file is broken. The iteration may be run more than once. */
  entries(): IterableIterator<StatedEntry>;
  /** The same in blocks, for `readCached`. */
  readBlocks(): IterableIterator<EntryBlock>;
  /** The same, without objects. */
  cursor(): EntryCursor;
  close(): void;
}

/** The stat cache is broken: go on without. */
export class InvalidStatCache extends Error {}

/** The stat cache of a selection, or nothing. */
export function openStatCache(dir: string, selection: Selection): StatCache | undefined {
  let file: number;
  try {
    file = openOwnFile(fsPath(statCachePath(dir, selection)));
  } catch {
    return undefined;
  }
  try {
    const { footer, end } = readFooter(file);
    const blocks = (): IterableIterator<EntryBlock> => readBlocks(file, footer.blocks, end);
    return {
      ...footer,
      entries: () => readCached(blocks()),
      readBlocks: blocks,
      cursor: () => new CachedCursor(blocks()),
      close: () => fs.closeSync(file),
    };
  } catch (error) {
    fs.closeSync(file);
    if (error instanceof InvalidStatCache) return undefined;
    throw error;
  }
}

export function statCachePath(dir: string, selection: Selection): string {
  return `${toByteString(dir)}/${RESERVED_NAME}/record-${selection.key}`;
}

function readFooter(file: number): { readonly footer: Footer; readonly end: number } {
  const stats = ofFile(() => fs.fstatSync(file));
  if (!stats.isFile()) throw new InvalidStatCache();
  const { size } = stats;
  const tail = readAt(file, Math.max(0, size - END_BYTES), END_BYTES);
  const length = tail.readUInt32LE(0);
  if (tail.toString('latin1', 4) !== MAGIC || length > MAX_FOOTER_BYTES) throw new InvalidStatCache();
  const end = size - END_BYTES - length;
  if (end < 0) throw new InvalidStatCache();
  return { footer: parseFooter(readAt(file, end, length).toString('utf8')), end };
}

function parseFooter(json: string): Footer {
  try {
    const footer: unknown = JSON.parse(json);
    if (
      typeof footer === 'object' &&
      footer !== null &&
      'digest' in footer &&
      typeof footer.digest === 'string' &&
      'takenAt' in footer &&
      typeof footer.takenAt === 'number' &&
      'blocks' in footer &&
      typeof footer.blocks === 'number'
    ) {
      const allNames = 'allNames' in footer && footer.allNames === true;
      return { digest: footer.digest, takenAt: footer.takenAt, blocks: footer.blocks, allNames, sums: sumsOf(footer) };
    }
  } catch (error) {
    throw new InvalidStatCache('', { cause: error });
  }
  throw new InvalidStatCache();
}

function sumsOf(footer: object): Sums {
  if (
    'files' in footer &&
    typeof footer.files === 'number' &&
    'size' in footer &&
    typeof footer.size === 'number' &&
    'live' in footer &&
    isPairs(footer.live)
  ) {
    return { files: footer.files, size: footer.size, live: new Map(footer.live) };
  }
  throw new InvalidStatCache();
}

function isPairs(value: unknown): value is readonly (readonly [number, number])[] {
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((number) => typeof number === 'number');
  return Array.isArray(value) && value.every(isPair);
}

/** @throws InvalidStatCache */
export function* readCached(blocks: Iterable<EntryBlock>): IterableIterator<StatedEntry> {
  try {
    for (const entry of readEntryBlocks(blocks)) {
      if (entry.type === 'deleted') throw new InvalidStatCache();
      yield entry;
    }
  } catch (error) {
    throw asInvalid(error);
  }
}

/** The workspace may have come with the file, and a sum is no proof of who wrote it: what cannot be decoded is broken. */
class CachedCursor extends EntryCursor {
  override advance(): void {
    try {
      super.advance();
    } catch (error) {
      throw asInvalid(error);
    }
  }
}

function asInvalid(error: unknown): InvalidStatCache {
  return error instanceof InvalidStatCache ? error : new InvalidStatCache('', { cause: error });
}

function* readBlocks(file: number, blocks: number, end: number): IterableIterator<EntryBlock> {
  let at = 0;
  for (let n = 0; n < blocks; n++) {
    const head = readAt(file, at, BLOCK_HEAD_BYTES + 8);
    const stateBytes = head.readUInt32LE(0);
    const dataBytes = head.readUInt32LE(BLOCK_HEAD_BYTES) + 8;
    const next = at + BLOCK_HEAD_BYTES + dataBytes + stateBytes;
    if (next > end) throw new InvalidStatCache();
    const body = readAt(file, at + BLOCK_HEAD_BYTES, dataBytes + stateBytes);
    if (crc32(body, crc32(head.subarray(0, 8))) !== head.readUInt32LE(8)) throw new InvalidStatCache();
    at = next;
    // Who decodes the states makes room for so many; each entry of a block has some bytes.
    if (head.readUInt32LE(4) > BLOCK_BYTES) throw new InvalidStatCache();
    yield { data: body.subarray(0, dataBytes), states: body.subarray(dataBytes), count: head.readUInt32LE(4) };
  }
  if (at !== end) throw new InvalidStatCache();
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  if (ofFile(() => fs.readSync(file, buffer, 0, length, position)) !== length) throw new InvalidStatCache();
  return buffer;
}

/** What the file system does not give of the file is broken. */
function ofFile<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new InvalidStatCache('', { cause: error });
  }
}
