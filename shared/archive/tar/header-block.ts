/** The fields of a header block that anybody may have written: v7, ustar, GNU, star. Whatever is not well formed is `InvalidImage`. */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { CHECKSUM_AT, PREFIX_AT, PREFIX_BYTES, TAR_BLOCK } from './ustar-block.ts';

const CHECKSUM_BYTES = 8;
/** star has times where ustar has the rest of the prefix, and this at the end of the block. */
const STAR_PREFIX_BYTES = 131;
const STAR = 'tar\0';

/** Throws unless the block has its checksum; old tools summed signed bytes. */
export function checkSum(block: Buffer): void {
  let sum = 0;
  let signed = 0;
  for (let i = 0; i < TAR_BLOCK; i++) {
    const own = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES;
    const byte = own ? 0x20 : (block[i] ?? 0);
    sum += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const stored = numberField(block, CHECKSUM_AT, CHECKSUM_BYTES, 'checksum');
  if (stored !== sum && stored !== signed) invalidTar('a header does not have its checksum');
}

/** Octal digits, or base 256 when the first bit is set. */
export function numberField(block: Buffer, at: number, length: number, what: string): number {
  const first = block[at] ?? 0;
  if (first >= 0x80) {
    let value = first === 0xff ? -1 : first & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0);
    const allowed = Number.isSafeInteger(value) && (value >= 0 || what === 'time');
    return allowed ? value : invalidTar(`a ${what} is out of range`);
  }
  const field = block.toString('latin1', at, at + length);
  // A field that overflowed into the next one has left a NUL there, before the digits.
  const text = upToNul(field.replace(/^[ \0]+/, '')).trim();
  // GNU tar and bsdtar end at further ones, and Go's tar reads on: the content would be another one for each.
  if (what === 'size' && text !== '' && field.startsWith('\0\0')) invalidTar('a size has NULs before its digits');
  if (!/^[0-7]*$/.test(text)) invalidTar(`a ${what} is not a number`);
  return text === '' ? 0 : Number.parseInt(text, 8);
}

export function headerPath(block: Buffer): string {
  const name = textField(block, 0, 100);
  // GNU tar has other things where POSIX has the prefix.
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const star = block.toString('latin1', TAR_BLOCK - STAR.length, TAR_BLOCK) === STAR;
  const prefix = posix ? textField(block, PREFIX_AT, star ? STAR_PREFIX_BYTES : PREFIX_BYTES) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

export function textField(block: Buffer, at: number, length: number): string {
  return upToNul(block.toString('latin1', at, at + length));
}

export function upToNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

export function invalidTar(problem: string): never {
  throw new CacheError(ERROR_CODES.InvalidImage, `A layer of the image is no good tar: ${problem}.`);
}
