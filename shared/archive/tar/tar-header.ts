/**
 * Tar headers as docs/format.md, section 2 wants them: POSIX ustar, with PAX records only where a field is too small.
 * Names are byte strings and are written byte by byte.
 */
import type { TreeEntry } from '../entries/tree-entry.ts';

export const TAR_BLOCK = 512;
/** Two zero blocks end an archive. */
export const TAR_END_BYTES = 2 * TAR_BLOCK;

const TYPE_FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
const WHITEOUT_PREFIX = '.wh.';
const ESCAPE_PREFIX = '.tekton-cache.esc.';
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const SIZE_AT = 124;
const SIZE_BYTES = 12;
const MODE_AT = 100;
const TYPE_AT = 156;
const LINK_AT = 157;
const MAGIC_AT = 257;
const USTAR = 'ustar\0';
const PREFIX_AT = 345;
const CHECKSUM_AT = 148;
/** Twelve bytes after the last field. */
const UNUSED_AT = 500;
const MAX_OCTAL_SIZE = 0o77777777777;
const MAX_OCTAL_TIME = 0o77777777777;
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

/** The path as ordinary tools see it: components that they would take for whiteouts are escaped. */
export function tarPath(path: string): string {
  if (!path.includes(WHITEOUT_PREFIX) && !path.includes(ESCAPE_PREFIX)) return path;
  return path
    .split('/')
    .map((name) => (name.startsWith(WHITEOUT_PREFIX) || name.startsWith(ESCAPE_PREFIX) ? ESCAPE_PREFIX + name : name))
    .join('/');
}

/** The path of the whiteout that removes `path` in the layers below. */
export function whiteoutPath(path: string): string {
  const name = tarPath(path);
  const start = name.lastIndexOf('/') + 1;
  return name.slice(0, start) + WHITEOUT_PREFIX + name.slice(start);
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

/** How long the header of a file is, where it is one that most files have; a time is told by whether it is one of whole seconds. */
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

/**
 * Writes a variant into the bytes of a header block that no field of ustar has, so that the same members make another archive. An
 * end of archive has no header, and stays as it is.
 *
 * @param variant up to 48 bits
 */
export function markVariant(tar: Buffer, variant: number): void {
  if (tar[0] === 0) return;
  tar.writeUIntBE(variant, UNUSED_AT, 6);
  tar.write(NO_CHECKSUM, CHECKSUM_AT, 'latin1');
  const sum = tar.subarray(0, TAR_BLOCK).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT, 'latin1');
}

/** What a reader holds an index to. */
export interface HeaderFacts {
  readonly type: TreeEntry['type'];
  readonly path: string;
  /** Bytes of content; files only. */
  readonly size?: number;
}

/** Does the header that ends at `contentAt` say what the index says? Sizes past the field are in PAX records and pass as 0. */
export function headerAgrees(tar: Buffer, contentAt: number, entry: HeaderFacts): boolean {
  const at = contentAt - TAR_BLOCK;
  if (at < 0 || contentAt > tar.length) return false;
  const path = tarPath(entry.path) + (entry.type === 'directory' ? '/' : '');
  const { name, prefix } = splitName(path) ?? { name: path.slice(0, NAME_BYTES), prefix: '' };
  const known = entry.type === 'file' ? (entry.size ?? 0) : 0;
  const size = known <= MAX_OCTAL_SIZE ? known : 0;
  const header = tar.toString('latin1', at, contentAt);
  return (
    header[TYPE_AT] === TYPE_FLAGS[entry.type] &&
    header.startsWith(USTAR, MAGIC_AT) &&
    holdsField(header, 0, NAME_BYTES, name) &&
    holdsField(header, PREFIX_AT, PREFIX_BYTES, prefix) &&
    header.startsWith(octal(size, SIZE_BYTES), SIZE_AT)
  );
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

/** Header blocks of PAX records by the bytes of these: nothing else is in them, and nearly every file needs one. */
const paxBlocks = new Map<number, Buffer>();

function paxBlock(size: number): Buffer {
  let block = paxBlocks.get(size);
  if (block === undefined) {
    block = Buffer.alloc(TAR_BLOCK);
    writeBlock(block, 0, { name: 'PaxHeader', prefix: '', mode: 0o644, size, mtime: 0, flag: 'x', link: '' });
    paxBlocks.set(size, block);
  }
  return block;
}

function writePax(buffer: Buffer, at: number, body: string): number {
  buffer.set(paxBlock(body.length), at);
  at += TAR_BLOCK;
  const end = at + padded(body.length);
  buffer.fill(0, at + body.length, end);
  buffer.write(body, at, 'latin1');
  return end;
}

interface Block {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly flag: string;
  readonly link: string;
}

const OWNER = '0000000\0';
/** What the checksum counts for itself. */
const NO_CHECKSUM = '        ';
const MAGIC = `${USTAR}00`;
const FIXED_SUM = sumOf(NO_CHECKSUM) + sumOf(MAGIC);

function writeBlock(buffer: Buffer, at: number, block: Block): number {
  const numbers = octal(block.mode, 8) + OWNER + OWNER + octal(block.size, 12) + octal(block.mtime, 12);
  buffer.fill(0, at, at + TAR_BLOCK);
  write(buffer, block.name, at);
  const sum =
    FIXED_SUM + sumOf(block.name) + sumOf(numbers) + sumOf(block.flag) + sumOf(block.link) + sumOf(block.prefix);
  write(buffer, `${numbers}${sum.toString(8).padStart(6, '0')}\0 ${block.flag}`, at + MODE_AT);
  if (block.link !== '') write(buffer, block.link, at + LINK_AT);
  write(buffer, MAGIC, at + MAGIC_AT);
  if (block.prefix !== '') write(buffer, block.prefix, at + PREFIX_AT);
  return at + TAR_BLOCK;
}

function write(buffer: Buffer, bytes: string, at: number): void {
  buffer.write(bytes, at, 'latin1');
}

function sumOf(bytes: string): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes.charCodeAt(i);
  return sum;
}

/** The bytes with the padding to a whole block. */
export function padded(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}

/** `name` and `prefix` of ustar, or nothing when the path does not fit in them. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (path.length <= NAME_BYTES) return { name: path, prefix: '' };
  if (path.length > PREFIX_BYTES + 1 + NAME_BYTES) return undefined;
  const slash = path.indexOf('/', path.length - NAME_BYTES - 1);
  if (slash <= 0 || slash > PREFIX_BYTES || slash === path.length - 1) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

/** `LENGTH KEY=VALUE LF`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return length + rest;
}

function decimalTime(seconds: number, nanoseconds: number): string {
  if (seconds >= 0 || nanoseconds === 0) {
    return nanoseconds === 0 ? String(seconds) : `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
  }
  // -1 s + 0.25 s is written as -0.75.
  return `-${-seconds - 1}.${String(1e9 - nanoseconds).padStart(9, '0')}`;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** A field ends with a NUL, or where the next one begins. */
function holdsField(header: string, at: number, length: number, value: string): boolean {
  return header.startsWith(value, at) && (value.length === length || header.charCodeAt(at + value.length) === 0);
}

function escapes(path: string): number {
  return path.length === tarPath(path).length ? 0 : path.split('/').length * ESCAPE_PREFIX.length;
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
