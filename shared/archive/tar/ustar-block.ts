/**
 * One block of POSIX ustar, written: where its fields are, how numbers and names stand in them, and its checksum.
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 */

export const TAR_BLOCK = 512;
/** Two zero blocks end an archive. */
export const TAR_END_BYTES = 2 * TAR_BLOCK;
export const TYPE_FLAGS = { file: '0', hardlink: '1', symlink: '2', directory: '5' } as const;
export const NAME_BYTES = 100;
export const PREFIX_BYTES = 155;
export const SIZE_AT = 124;
export const SIZE_BYTES = 12;
const MODE_AT = 100;
export const TYPE_AT = 156;
const LINK_AT = 157;
export const MAGIC_AT = 257;
export const USTAR = 'ustar\0';
export const PREFIX_AT = 345;
export const CHECKSUM_AT = 148;
/** Twelve bytes after the last field. */
const UNUSED_AT = 500;
export const MAX_OCTAL_SIZE = 0o77777777777;
export const MAX_OCTAL_TIME = 0o77777777777;

/** The bytes with the padding to a whole block. */
export function padded(size: number): number {
  return Math.ceil(size / TAR_BLOCK) * TAR_BLOCK;
}

/** The fields of a block that differ from member to member. */
export interface UstarBlock {
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

/** Writes a header block; gives the position after it. */
export function writeBlock(buffer: Buffer, at: number, block: UstarBlock): number {
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

/** `name` and `prefix` of ustar, or nothing when the path does not fit in them. */
export function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (path.length <= NAME_BYTES) return { name: path, prefix: '' };
  if (path.length > PREFIX_BYTES + 1 + NAME_BYTES) return undefined;
  const slash = path.indexOf('/', path.length - NAME_BYTES - 1);
  if (slash <= 0 || slash > PREFIX_BYTES || slash === path.length - 1) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

/** An octal number with its NUL, as wide as its field. */
export function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
