/**
 * Tar headers as docs/format.md, section 2 wants them: POSIX ustar, with PAX records only where a field is too small.
 * Names are byte strings and are written byte by byte.
 */
import type { TreeEntry } from '../entries/tree-entry.ts';
import { decimalTime, paxRecord, writePax } from './pax-header.ts';
import { escapes, tarPath, whiteoutPath } from './tar-path.ts';
import {
  MAX_OCTAL_SIZE,
  MAX_OCTAL_TIME,
  NAME_BYTES,
  padded,
  splitName,
  TAR_BLOCK,
  TYPE_FLAGS,
  writeBlock,
} from './ustar-block.ts';

/** Holds any header. */
const SCRATCH = Buffer.alloc(64 * 1024);

/** What a header is written from: an entry whose place is not known yet. */
export interface TarMember {
  readonly type: TreeEntry['type'];
  readonly path: string;
  readonly mode: number;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Target of a link, else empty. For a hard link a path of the entry, not escaped. */
  readonly target: string;
}

/** An upper bound of the bytes that `writeHeader` writes. */
export function headerBound(member: TarMember): number {
  return (
    4 * TAR_BLOCK +
    2 * (member.path.length + member.target.length) +
    256 +
    escapes(member.path) +
    escapes(member.target)
  );
}

/**
 * Bytes of a file's header, where the path and the size need no PAX record; else undefined. Of the time, only it matters whether it is one of whole
 * seconds.
 */
export function plainHeaderBytes(file: Pick<TarMember, 'path' | 'size' | 'mtimeSec' | 'mtimeNs'>): number | undefined {
  if (file.size > MAX_OCTAL_SIZE || splitName(tarPath(file.path)) === undefined) return undefined;
  return needsExactTime(file) ? 3 * TAR_BLOCK : TAR_BLOCK;
}

/** Writes the header of a member, PAX header included; gives the position after it. */
export function writeHeader(buffer: Buffer, at: number, member: TarMember): number {
  const path = tarPath(member.path) + (member.type === 'directory' ? '/' : '');
  const target = member.type === 'hardlink' ? tarPath(member.target) : member.target;
  return writeNamed(buffer, at, { ...member, path, target });
}

/** Writes a whiteout of `path`, an empty file; gives the position after it. */
export function writeWhiteout(buffer: Buffer, at: number, path: string): number {
  const member = {
    type: 'file',
    path: whiteoutPath(path),
    mode: 0,
    mtimeSec: 0,
    mtimeNs: 0,
    size: 0,
    target: '',
  } as const;
  return writeNamed(buffer, at, member);
}

function writeNamed(buffer: Buffer, at: number, member: TarMember): number {
  const split = splitName(member.path);
  const records: string[] = [];
  if (split === undefined) records.push(paxRecord('path', member.path));
  if (member.target.length > NAME_BYTES) records.push(paxRecord('linkpath', member.target));
  if (member.size > MAX_OCTAL_SIZE) records.push(paxRecord('size', String(member.size)));
  if (needsExactTime(member)) records.push(paxRecord('mtime', decimalTime(member.mtimeSec, member.mtimeNs)));
  if (records.length > 0) at = writePax(buffer, at, records.join(''));
  const flag = TYPE_FLAGS[member.type];
  const name = split ?? { name: member.path.slice(0, NAME_BYTES), prefix: '' };
  const size = member.size > MAX_OCTAL_SIZE ? 0 : member.size;
  const mtime = Math.min(Math.max(member.mtimeSec, 0), MAX_OCTAL_TIME);
  return writeBlock(buffer, at, {
    ...name,
    mode: member.mode,
    size,
    mtime,
    flag,
    link: member.target.slice(0, NAME_BYTES),
  });
}

/** Does the time field hold less than the time? */
function needsExactTime({ mtimeSec, mtimeNs }: Pick<TarMember, 'mtimeSec' | 'mtimeNs'>): boolean {
  return mtimeNs !== 0 || mtimeSec < 0 || mtimeSec > MAX_OCTAL_TIME;
}

/** Bytes that a member takes in a tar: header, PAX header and content, without what stands around it. */
export function memberSize(entry: TreeEntry): number {
  if (entry.type === 'file') {
    const plain = plainHeaderBytes(entry);
    if (plain !== undefined) return plain + padded(entry.size);
  }
  const member = {
    ...entry,
    size: entry.type === 'file' ? entry.size : 0,
    target: 'target' in entry ? entry.target : '',
  };
  return writeHeader(SCRATCH, 0, member) + padded(member.size);
}
