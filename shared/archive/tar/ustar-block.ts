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
const SIZE_DIGITS = SIZE_BYTES - 1;
const MODE_DIGITS = 7;
const CHECKSUM_DIGITS = 6;
const MTIME_AT = SIZE_AT + SIZE_BYTES;
const DIGIT_0 = 0x30;

/** What all blocks have in common, with spaces for the checksum: the rest of them is zeros until it is written. */
const COMMON = Buffer.alloc(TAR_BLOCK);
COMMON.write(OWNER + OWNER, MODE_AT + OWNER.length, 'latin1');
COMMON.write(NO_CHECKSUM, CHECKSUM_AT, 'latin1');
COMMON.write(`${USTAR}00`, MAGIC_AT, 'latin1');
const COMMON_SUM = COMMON.reduce((sum, byte) => sum + byte, 0);

/** Writes a header block; gives the position after it. Each file has one or two: a byte of a few is written quicker here than by a call. */
export function writeBlock(buffer: Buffer, at: number, block: UstarBlock): number {
  buffer.set(COMMON, at);
  const sum =
    COMMON_SUM +
    writeText(buffer, at, block.name) +
    writeOctal(buffer, at + MODE_AT, MODE_DIGITS, block.mode) +
    writeOctal(buffer, at + SIZE_AT, SIZE_DIGITS, block.size) +
    writeOctal(buffer, at + MTIME_AT, SIZE_DIGITS, block.mtime) +
    writeText(buffer, at + TYPE_AT, block.flag) +
    writeText(buffer, at + LINK_AT, block.link) +
    writeText(buffer, at + PREFIX_AT, block.prefix);
  writeOctal(buffer, at + CHECKSUM_AT, CHECKSUM_DIGITS, sum);
  buffer[at + CHECKSUM_AT + CHECKSUM_DIGITS] = 0;
  return at + TAR_BLOCK;
}

/** Writes a byte string; gives the sum of its bytes. */
export function writeText(buffer: Buffer, at: number, bytes: string): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    buffer[at + i] = byte;
    sum += byte;
  }
  return sum;
}

/** Writes so many octal digits; gives the sum of their bytes. */
function writeOctal(buffer: Buffer, at: number, digits: number, value: number): number {
  let sum = 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const rest = Math.floor(value / 8);
    const digit = DIGIT_0 + value - 8 * rest;
    buffer[i] = digit;
    sum += digit;
    value = rest;
  }
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
