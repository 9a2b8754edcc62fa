/** One entry of an index as bytes, and back (docs/format.md, section 3). */
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MAX_PATH_BYTES } from '../format.ts';
import { checkPath } from '../paths/path.ts';
import type { IndexEntry } from './tree-entry.ts';

const TYPE_CODES = { deleted: 0, file: 1, directory: 2, symlink: 3, hardlink: 4 } as const;
const TYPES = ['deleted', 'file', 'directory', 'symlink', 'hardlink'] as const;
/** At the end of a file's entry. */
export const DIGEST_BYTES = 32;
/** Later than any time of a file system; twice this is still an exact number. */
const MAX_SECONDS = 2 ** 51;

export function encodeEntry(writer: ByteWriter, entry: IndexEntry, previous: string): void {
  const shared = sharedLength(previous, entry.path);
  writer.varint(shared);
  writer.varint(entry.path.length - shared);
  writer.text(shared === 0 ? entry.path : entry.path.slice(shared));
  writer.u8(TYPE_CODES[entry.type]);
  if (entry.type === 'deleted') return;
  writer.varint(entry.layer);
  writer.varint(entry.frame);
  writer.varint(entry.offset);
  writer.varint(entry.mode);
  writer.zigzag(entry.mtimeSec);
  writer.varint(entry.mtimeNs);
  if (entry.type === 'file') {
    writer.varint(entry.size);
    writer.hex(entry.digest);
  } else if (entry.type !== 'directory') {
    writer.varint(entry.target.length);
    writer.text(entry.target);
  }
}

export function decodeEntry(reader: ByteReader, previous: string): IndexEntry {
  const path = decodePath(reader, previous);
  const code = reader.u8();
  if (code === TYPE_CODES.deleted) return { type: 'deleted', path };
  if (code > TYPE_CODES.hardlink) reader.fail(`there is no entry type ${code}`);
  const layer = reader.varint();
  const frame = reader.varint();
  const offset = reader.varint();
  const mode = reader.varint();
  if (mode > 0o7777) reader.fail('a mode has more than 12 bits');
  const mtimeSec = reader.zigzag();
  if (Math.abs(mtimeSec) > MAX_SECONDS) reader.fail('a time is out of range');
  const mtimeNs = reader.varint();
  if (mtimeNs >= 1e9) reader.fail('nanoseconds are past a second');
  if (code === TYPE_CODES.file) {
    const size = reader.varint();
    const digest = reader.hex(DIGEST_BYTES);
    return { type: 'file', path, layer, frame, offset, mode, mtimeSec, mtimeNs, size, digest };
  }
  if (code === TYPE_CODES.directory) return { type: 'directory', path, layer, frame, offset, mode, mtimeSec, mtimeNs };
  const target = decodeTarget(reader);
  if (code === TYPE_CODES.symlink) {
    return { type: 'symlink', path, layer, frame, offset, mode, mtimeSec, mtimeNs, target };
  }
  checkPath(target);
  return { type: 'hardlink', path, layer, frame, offset, mode, mtimeSec, mtimeNs, target };
}

/** What a comparison with a file system needs of an entry. */
export interface EntrySkim {
  path: string;
  type: IndexEntry['type'];
  layer: number;
  mode: number;
  /** Bytes of a file; 0 for all other types. */
  size: number;
}

/** A quick `decodeEntry` for entries that we wrote ourselves, with the few fields of `EntrySkim`. Returns how many bytes the path shares with `previous`. */
export function skimEntry(reader: ByteReader, previous: string, into: EntrySkim): number {
  const shared = reader.varint();
  into.path = previous.slice(0, shared) + reader.text(reader.varint());
  const code = reader.u8();
  const type = TYPES[code];
  if (type === undefined) return reader.fail(`there is no entry type ${code}`);
  into.type = type;
  into.size = 0;
  if (type === 'deleted') return shared;
  into.layer = reader.varint();
  reader.varint();
  reader.varint();
  into.mode = reader.varint();
  reader.varint();
  reader.varint();
  if (type === 'file') {
    into.size = reader.varint();
    reader.skip(DIGEST_BYTES);
  } else if (type !== 'directory') {
    reader.skip(reader.varint());
  }
  return shared;
}

function decodePath(reader: ByteReader, previous: string): string {
  const shared = reader.varint();
  if (shared > previous.length) reader.fail('a path shares more than there is');
  const rest = reader.varint();
  if (shared + rest > MAX_PATH_BYTES) reader.fail(`a path is longer than ${MAX_PATH_BYTES} bytes`);
  const path = previous.slice(0, shared) + reader.text(rest);
  checkPath(path);
  return path;
}

function decodeTarget(reader: ByteReader): string {
  const length = reader.varint();
  if (length === 0 || length > MAX_PATH_BYTES) reader.fail('a link target is empty or too long');
  const target = reader.text(length);
  if (target.includes('\0')) reader.fail('a link target holds a NUL');
  return target;
}

function sharedLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}
