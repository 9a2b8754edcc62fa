/**
 * The local record of what a workspace held when it was last restored or uploaded: the live entries with the state of each file. With it an
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
import { errnoOf } from './errno.ts';
import { RESERVED_NAME } from './format.ts';
import { fsPath, toByteString } from './path.ts';
import { RunCursor } from './run-cursor.ts';
import { RunWriter, readRun } from './run.ts';
import type { RunBlock, StatedEntry } from './run.ts';
import type { FileState } from './file-state.ts';
import type { Sums } from './live-sums.ts';
import type { Selection } from './selection.ts';
import type { TreeEntry } from './tree-entry.ts';

const MAGIC = 'TCR1';
const BLOCK_HEAD_BYTES = 12;
const END_BYTES = 8;
const MAX_FOOTER_BYTES = 4096;
/** A run of this size is handed to the file. */
const RUN_ENTRIES = 8192;

interface Footer {
  /** Digest of the manifest of the entry. */
  readonly digest: string;
  /** A time of the file system, in ms, before which all states were taken (see isSettled). */
  readonly takenAt: number;
  readonly blocks: number;
  /** All names that are in its directories and are selected are in it too. */
  readonly allNames: boolean;
  /** Counted from its entries. */
  readonly sums: Sums;
}

/** What is said of the entries of a record. */
export interface RecordFacts {
  /** Of the manifest of the entry that the workspace equals now. */
  readonly digest: string;
  readonly sums: Sums;
  /** When the states were taken, a time of the file system in ms; `openedAt` where others may write to the workspace meanwhile. */
  readonly takenAt: number;
  /** Nothing that is in its directories was left out. */
  readonly allNames?: boolean;
}

export interface LocalRecord extends Footer {
  /** In path order. Throws `InvalidRecord` when the file is broken. May be run more than once. */
  entries(): IterableIterator<StatedEntry>;
  /** The same in blocks; see `readRecorded`. */
  runBlocks(): IterableIterator<RunBlock>;
  /** The same, without objects. */
  cursor(): RunCursor;
  close(): void;
}

/** The record is broken: go on without. */
export class InvalidRecord extends Error {}

/** The record of a selection, or nothing. */
export function openRecord(dir: string, selection: Selection): LocalRecord | undefined {
  let file: number;
  try {
    file = fs.openSync(fsPath(recordPath(dir, selection)), 'r');
  } catch {
    return undefined;
  }
  try {
    const { footer, end } = readFooter(file);
    const blocks = (): IterableIterator<RunBlock> => readBlocks(file, footer.blocks, end);
    return {
      ...footer,
      entries: () => readRecorded(blocks()),
      runBlocks: blocks,
      cursor: () => new RunCursor(blocks()),
      close: () => fs.closeSync(file),
    };
  } catch (error) {
    fs.closeSync(file);
    if (error instanceof InvalidRecord) return undefined;
    throw error;
  }
}

/**
 * Writes a record beside the one that there is; `commit` puts it in its place. Once the file system refuses something there will be no
 * new record, and the rest is ignored: what it would have told of is done all the same.
 */
export class RecordWriter {
  /** A time of the file system, in ms, from before anything was added. */
  readonly openedAt: number;
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: number;
  #run = new RunWriter();
  #blocks = 0;
  #isOpen = true;

  private constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.${Date.now().toString(36)}`;
    this.#file = fs.openSync(fsPath(this.#temporary), 'wx', 0o600);
    this.openedAt = fs.fstatSync(this.#file).ctimeMs;
  }

  /** Nothing where the workspace cannot be written: a record is a convenience. */
  static open(dir: string, selection: Selection): RecordWriter | undefined {
    try {
      prepareDirectory(dir);
      removeAbandoned(dir);
      return new RecordWriter(recordPath(dir, selection));
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
    this.#run.add(entry, state);
    if (this.#run.count >= RUN_ENTRIES) this.#flush();
  }

  /** Adds a run that holds no deletions, as it is. */
  addRun(blocks: readonly RunBlock[]): void {
    this.#flush();
    for (const block of blocks) this.#write(block);
  }

  commit({ digest, sums: { files, size, live }, takenAt, allNames = false }: RecordFacts): void {
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
      // Who writes the next record removes it.
    }
  }

  #flush(): void {
    if (this.#run.count === 0) return;
    for (const block of this.#run.finish()) this.#write(block);
    this.#run = new RunWriter();
  }

  #write({ data, states, count }: RunBlock): void {
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

function recordPath(dir: string, selection: Selection): string {
  return `${toByteString(dir)}/${RESERVED_NAME}/record-${selection.key}`;
}

/** The state directory is for nobody else to read, and not for version control either. */
function prepareDirectory(dir: string): void {
  const path = `${toByteString(dir)}/${RESERVED_NAME}`;
  fs.mkdirSync(fsPath(path), { recursive: true, mode: 0o700 });
  const ignore = fsPath(`${path}/.gitignore`);
  if (fs.existsSync(ignore)) return;
  try {
    fs.writeFileSync(ignore, '*\n', { mode: 0o644 });
  } catch (error) {
    // An empty one would stay, and ignore nothing.
    fs.rmSync(ignore, { force: true });
    throw error;
  }
}

/** Half records, and half index blobs beside them, of killed processes: who writes one has the lock of the workspace. */
function removeAbandoned(dir: string): void {
  const state = `${toByteString(dir)}/${RESERVED_NAME}`;
  for (const name of fs.readdirSync(fsPath(state), { encoding: 'latin1' })) {
    if (/^(record|index)-[^.]+\./.test(name)) fs.rmSync(fsPath(`${state}/${name}`), { force: true });
  }
}

function readFooter(file: number): { readonly footer: Footer; readonly end: number } {
  const { size } = fs.fstatSync(file);
  const tail = readAt(file, Math.max(0, size - END_BYTES), END_BYTES);
  const length = tail.readUInt32LE(0);
  if (tail.toString('latin1', 4) !== MAGIC || length > MAX_FOOTER_BYTES) throw new InvalidRecord();
  const end = size - END_BYTES - length;
  if (end < 0) throw new InvalidRecord();
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
    throw new InvalidRecord('', { cause: error });
  }
  throw new InvalidRecord();
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
  throw new InvalidRecord();
}

function isPairs(value: unknown): value is readonly (readonly [number, number])[] {
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((number) => typeof number === 'number');
  return Array.isArray(value) && value.every(isPair);
}

/** @throws InvalidRecord */
export function* readRecorded(blocks: Iterable<RunBlock>): IterableIterator<StatedEntry> {
  for (const entry of readRun(blocks)) {
    if (entry.type === 'deleted') throw new InvalidRecord();
    yield entry;
  }
}

function* readBlocks(file: number, blocks: number, end: number): IterableIterator<RunBlock> {
  let at = 0;
  for (let n = 0; n < blocks; n++) {
    const head = readAt(file, at, BLOCK_HEAD_BYTES + 8);
    const stateBytes = head.readUInt32LE(0);
    const dataBytes = head.readUInt32LE(BLOCK_HEAD_BYTES) + 8;
    const next = at + BLOCK_HEAD_BYTES + dataBytes + stateBytes;
    if (next > end) throw new InvalidRecord();
    const body = readAt(file, at + BLOCK_HEAD_BYTES, dataBytes + stateBytes);
    if (crc32(body, crc32(head.subarray(0, 8))) !== head.readUInt32LE(8)) throw new InvalidRecord();
    at = next;
    yield { data: body.subarray(0, dataBytes), states: body.subarray(dataBytes), count: head.readUInt32LE(4) };
  }
  if (at !== end) throw new InvalidRecord();
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  if (fs.readSync(file, buffer, 0, length, position) !== length) throw new InvalidRecord();
  return buffer;
}
