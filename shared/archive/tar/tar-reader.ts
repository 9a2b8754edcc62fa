/**
 * Reads the tar of a layer that anybody may have made: ustar, PAX, and the GNU extensions for long names. Names stay byte strings,
 * times are exact. Whatever is not well formed is `InvalidImage`, and nothing else is ever thrown.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { paxTime, readPax } from './pax.ts';
import { printable } from '../paths/path.ts';
import { padded, TAR_BLOCK } from './tar-header.ts';

export interface TarMemberRead {
  /** `special`: devices and pipes. */
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'special';
  /** As it stands in the tar. */
  readonly path: string;
  /** Of links, else empty. */
  readonly target: string;
  /** Bytes of content that follow; 0 for all but files. */
  readonly size: number;
  readonly mode: number;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
}

export interface TarHandler {
  member(member: TarMemberRead): void;
  /** The next bytes of the content; valid during the call. */
  content(chunk: Buffer): void;
  /** The content of the member is complete. */
  end(): void;
}

const MAX_EXTENSION_BYTES = 1024 * 1024;
const TYPES: Readonly<Record<string, TarMemberRead['type']>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'special',
  '4': 'special',
  '5': 'directory',
  '6': 'special',
  '7': 'file',
};

/** What the next bytes are. */
type Section =
  | { readonly kind: 'header' }
  | { readonly kind: 'content'; left: number }
  | { readonly kind: 'padding'; left: number }
  | { readonly kind: 'extension'; readonly flag: string; readonly body: Buffer; filled: number }
  | { readonly kind: 'end' };

export class TarReader {
  readonly #handler: TarHandler;
  readonly #block = Buffer.alloc(TAR_BLOCK);
  #filled = 0;
  #section: Section = { kind: 'header' };
  #zeroBlocks = 0;
  /** Records of global and of local extensions, the latter for the next member alone. */
  readonly #global = new Map<string, string>();
  #local = new Map<string, string>();
  /** Of the extension that is being read, without its padding. */
  #extensionBytes = 0;
  /** Behind the content of the current member. */
  #padding = 0;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#section.kind !== 'end') at += this.#take(chunk.subarray(at));
  }

  /** Throws when the archive ends within a member. */
  finish(): void {
    const whole = this.#section.kind === 'end' || (this.#section.kind === 'header' && this.#filled === 0);
    if (!whole) invalid('it ends too early');
  }

  /** How many bytes were taken. */
  #take(bytes: Buffer): number {
    const section = this.#section;
    switch (section.kind) {
      case 'header':
        return this.#takeHeader(bytes);
      case 'content': {
        const taken = Math.min(bytes.length, section.left);
        this.#handler.content(bytes.subarray(0, taken));
        section.left -= taken;
        if (section.left === 0) this.#endContent();
        return taken;
      }
      case 'padding': {
        const taken = Math.min(bytes.length, section.left);
        section.left -= taken;
        if (section.left === 0) this.#section = { kind: 'header' };
        return taken;
      }
      case 'extension': {
        const taken = bytes.copy(section.body, section.filled);
        section.filled += taken;
        if (section.filled === section.body.length) this.#endExtension(section.flag, section.body);
        return taken;
      }
      case 'end':
        break;
    }
    return bytes.length;
  }

  #takeHeader(bytes: Buffer): number {
    const taken = bytes.copy(this.#block, this.#filled);
    this.#filled += taken;
    if (this.#filled < TAR_BLOCK) return taken;
    this.#filled = 0;
    if (this.#block.every((byte) => byte === 0)) {
      if (++this.#zeroBlocks === 2) this.#section = { kind: 'end' };
      return taken;
    }
    this.#zeroBlocks = 0;
    this.#header(this.#block);
    return taken;
  }

  #header(block: Buffer): void {
    checkSum(block);
    const flag = String.fromCharCode(block[156] ?? 0);
    const size = number(block, 124, 12, 'size');
    if (['x', 'g', 'L', 'K'].includes(flag)) {
      if (size > MAX_EXTENSION_BYTES) invalid(`an extended header has ${size} bytes`);
      this.#section = { kind: 'extension', flag, body: Buffer.alloc(padded(size)), filled: 0 };
      this.#extensionBytes = size;
      if (size === 0) this.#section = { kind: 'header' };
      return;
    }
    this.#member(block, flag, size);
  }

  #endExtension(flag: string, body: Buffer): void {
    const text = body.toString('latin1', 0, this.#extensionBytes);
    if (flag === 'L') this.#local.set('path', upToNul(text));
    else if (flag === 'K') this.#local.set('linkpath', upToNul(text));
    else for (const [key, value] of readPax(text)) (flag === 'g' ? this.#global : this.#local).set(key, value);
    this.#section = { kind: 'header' };
  }

  #member(block: Buffer, flag: string, headerSize: number): void {
    const extended = new Map([...this.#global, ...this.#local]);
    this.#local = new Map();
    if ([...extended.keys()].some((key) => key.startsWith('GNU.sparse.'))) invalid('it has a sparse file in GNU form');
    const path = extended.get('path') ?? headerPath(block);
    let type = TYPES[flag];
    if (type === undefined) return invalid(`${printable(path)} is of an unknown kind`);
    if (type === 'file' && path.endsWith('/')) type = 'directory';
    const size = type === 'file' ? (paxSize(extended.get('size')) ?? headerSize) : 0;
    const time = extended.get('mtime');
    this.#handler.member({
      type,
      path,
      target: extended.get('linkpath') ?? field(block, 157, 100),
      size,
      mode: number(block, 100, 8, 'mode') & 0o7777,
      ...(time === undefined ? { mtimeSec: number(block, 136, 12, 'time'), mtimeNs: 0 } : paxTime(time)),
    });
    this.#padding = padded(size) - size;
    if (size > 0) this.#section = { kind: 'content', left: size };
    else this.#handler.end();
  }

  #endContent(): void {
    this.#handler.end();
    this.#section = this.#padding > 0 ? { kind: 'padding', left: this.#padding } : { kind: 'header' };
  }
}

function checkSum(block: Buffer): void {
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0);
  if (sum !== number(block, 148, 8, 'checksum')) invalid('a header does not have its checksum');
}

/** Octal digits, or base 256 when the first bit is set. */
function number(block: Buffer, at: number, length: number, what: string): number {
  const first = block[at] ?? 0;
  if (first >= 0x80) {
    let value = first === 0xff ? -1 : first & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0);
    const allowed = Number.isSafeInteger(value) && (value >= 0 || what === 'time');
    return allowed ? value : invalid(`a ${what} is out of range`);
  }
  const text = upToNul(block.toString('latin1', at, at + length)).trim();
  if (!/^[0-7]*$/.test(text)) invalid(`a ${what} is not a number`);
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function headerPath(block: Buffer): string {
  const name = field(block, 0, 100);
  // GNU tar has other things where POSIX has the prefix.
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posix ? field(block, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function paxSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) invalid('a size is not a number');
  return Number(text);
}

function field(block: Buffer, at: number, length: number): string {
  return upToNul(block.toString('latin1', at, at + length));
}

function upToNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function invalid(problem: string): never {
  throw new CacheError(ERROR_CODES.InvalidImage, `A layer of the image is no good tar: ${problem}.`);
}
