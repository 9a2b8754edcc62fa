/** What is fuzzed: each target takes any bytes, and throws when the code that reads them does what it never may. */
import { deepStrictEqual, ok } from 'node:assert';
import { zstdCompressSync } from 'node:zlib';
import { ByteReader } from '../../shared/archive/entries/byte-reader.ts';
import { ByteWriter } from '../../shared/archive/entries/byte-writer.ts';
import { encodeEntry } from '../../shared/archive/entries/entry-codec.ts';
import { readBlock, readIndex } from '../../shared/archive/index/index-reader.ts';
import { BlockWriter, writeIndex } from '../../shared/archive/index/index-writer.ts';

import { TarReader } from '../../shared/archive/tar/tar-reader.ts';
import type { TarMemberRead } from '../../shared/archive/tar/member-extensions.ts';
import type { IndexEntry } from '../../shared/archive/entries/tree-entry.ts';
import { CacheError, ERROR_CODES } from '../../shared/errors.ts';
import { paxHeader, rawTar } from '../support/entry/raw-tar.ts';

export interface Target {
  /** @throws anything, when the reader does not just read or refuse the input */
  readonly run: (input: Buffer) => void;
  /** Good inputs, to begin with. */
  readonly seeds: readonly Buffer[];
  /** Bytes of a block of the format, where it has such. */
  readonly unit?: number;
  /** Puts right what a mutation nearly always breaks, and what would hide all code behind it. */
  readonly mend?: (input: Buffer) => void;
}

export type TargetName = 'tar' | 'index' | 'block';

/** Undefined when the input is refused. */
function readOrRefuse<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CacheError && error.code === ERROR_CODES.InvalidImage) return undefined;
    throw error;
  }
}

const BLOCK = 512;

const LONG = [
  paxHeader({ path: 'd/long name', mtime: '1.5', size: '5', linkpath: '../..' }),
  { name: 'x', content: 'hello' },
  { name: '././@LongLink', flag: 'L', content: 'd/gnu\0' },
  { name: 'y', content: 'z'.repeat(600) },
  { name: '././@LongLink', flag: 'K', content: '../../target\0' },
  { name: 'link', flag: '2', link: '../..' },
];

/** The last byte says how long the pieces are in which the tar comes; what is read does not depend on them. */
const tar: Target = {
  run: (input) => {
    const bytes = input.subarray(0, -1);
    deepStrictEqual(readTar(bytes, 1 + (input.at(-1) ?? 0) * 5), readTar(bytes, Math.max(bytes.length, 1)));
  },
  seeds: [
    ...LONG.map((_, n) => LONG.slice(n)),
    [
      { ...paxHeader({ mtime: '-2' }), flag: 'g' },
      { name: 'same', flag: '1', link: 'd/gnu' },
    ],
    [
      { name: 'd/', flag: '5' },
      { name: 'null', flag: '3' },
    ],
    [paxHeader({ 'GNU.sparse.map': '2,3', 'GNU.sparse.size': '10' }), { name: 'sparse', content: 'abc' }],
    [
      paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '10' }),
      { name: 'sparse', content: `1\n2\n3\n${'\0'.repeat(BLOCK - 6)}abc` },
    ],
    [{ name: 'base-256', size: '\x80\0\0\0\0\0\0\0\0\0\0\x05', content: '12345' }],
  ].map((members) => Buffer.concat([rawTar(members), Buffer.from([100])])),
  unit: BLOCK,
  /** The checksum of whatever stands where a header may. */
  mend: (input) => {
    for (let at = 0; at + BLOCK <= input.length; at += BLOCK) {
      if (input.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
      input.fill(' ', at + 148, at + 156);
      const sum = input.subarray(at, at + BLOCK).reduce((total, byte) => total + byte, 0);
      input.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
    }
  },
};

function readTar(bytes: Buffer, piece: number): unknown[] {
  const read: unknown[] = [];
  let [promised, given, holes] = [0, 0, 0];
  const reader = new TarReader({
    member: (member: TarMemberRead) => {
      for (const number of [member.size, member.mode, member.mtimeSec, member.mtimeNs])
        ok(Number.isSafeInteger(number));
      promised += member.size;
      read.push(member);
    },
    content: (content) => (given += content.length),
    hole: (zeros) => (holes += zeros),
    end: () => deepStrictEqual(given + holes, promised),
  });
  const whole = readOrRefuse(() => {
    for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
    reader.finish();
    return true;
  });
  ok(given <= bytes.length);
  return [...read, whole];
}

const PLACE = { layer: 1, frame: 0, offset: 512, mode: 0o644, mtimeSec: 1, mtimeNs: 2 };
const ENTRIES: readonly IndexEntry[] = [
  { ...PLACE, path: 'd', type: 'directory' },
  { ...PLACE, path: 'd/file', type: 'file', size: 3, digest: 'ab'.repeat(32) },
  { ...PLACE, path: 'd/link', type: 'symlink', target: '/x' },
  { ...PLACE, path: 'd/same', type: 'hardlink', target: 'd/file' },
  { path: 'e', type: 'deleted' },
];
const LAYERS = [{ id: 1, frames: [{ size: 100, tarSize: 4096, digest: 'cd'.repeat(32) }] }];

function indexOf(entries: readonly IndexEntry[]): Buffer {
  const blocks = new BlockWriter();
  for (const entry of entries) blocks.add(entry);
  return writeIndex({ kind: 'delta', layers: LAYERS, blocks: blocks.finish() });
}

/** What an index holds, when it is good, can be written and read again. */
function readAgain(data: Buffer): void {
  const entries = readOrRefuse(() => [...readIndex(data).entries()]);
  if (entries === undefined) return;
  for (const { path } of entries) ok(!/^\/|(^|\/)\.\.?(\/|$)|\0/.test(path), path);
  deepStrictEqual([...readIndex(indexOf(entries)).entries()], entries);
}

const index: Target = {
  run: readAgain,
  seeds: [indexOf(ENTRIES), indexOf([])],
};

/** The entries of a block before they are compressed. */
const block: Target = {
  run: (input) => {
    const compressed = zstdCompressSync(input);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(compressed.length, 0);
    head.writeUInt32LE(input.length, 4);
    const data = Buffer.concat([head, compressed]);
    const count = readOrRefuse(() => [...readBlock(new ByteReader(data, 'The index'))].length);
    if (count !== undefined) readAgain(writeIndex({ kind: 'delta', layers: LAYERS, blocks: [{ data, count }] }));
  },
  seeds: [rawBlock()],
};

function rawBlock(): Buffer {
  const writer = new ByteWriter();
  let previous = '';
  for (const entry of ENTRIES) {
    encodeEntry(writer, entry, previous);
    previous = entry.path;
  }
  return Buffer.from(writer.view());
}

export const TARGETS: Readonly<Record<TargetName, Target>> = { tar, index, block };
