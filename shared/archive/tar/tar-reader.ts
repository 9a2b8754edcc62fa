/**
 * Reads the tar of a layer that anybody may have made: ustar, PAX, and the GNU extensions for long names and sparse files. Names stay
 * byte strings, times are exact. Whatever is not well formed is `InvalidImage`, and nothing else is ever thrown.
 */
import { checkSum, headerPath, invalidTar, numberField, textField, upToNul } from './header-block.ts';
import { PaxRecords, paxTime } from './pax.ts';
import { printable } from '../paths/path.ts';
import { SparseContent } from './sparse-content.ts';
import {
  checkRegions,
  continueSparseMap,
  decimal,
  MapBeforeContent,
  oldSparseMap,
  regionsOfNumbers,
  type SparseRegion,
} from './sparse-map.ts';
import { padded, TAR_BLOCK } from './tar-header.ts';

export interface TarMemberRead {
  /** `special`: devices and pipes. */
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'special';
  /** As it stands in the tar. */
  readonly path: string;
  /** The target of a link; empty for all other members. */
  readonly target: string;
  /** Bytes of content and holes that follow; 0 for all but files. */
  readonly size: number;
  readonly mode: number;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
}

export interface TarHandler {
  member(member: TarMemberRead): void;
  /** The next bytes of the content; valid during the call. */
  content(chunk: Buffer): void;
  /** The next bytes of the content are so many zeros, which are not stored. */
  hole(bytes: number): void;
  /** The content of the member is complete. */
  end(): void;
}

const MAX_EXTENSION_BYTES = 1024 * 1024;
const OLD_SPARSE = 'S';
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
  [OLD_SPARSE]: 'file',
};

/** What the next bytes are. */
type Section =
  | { readonly kind: 'header' }
  /** A block of the map of a sparse file. */
  | { readonly kind: 'map'; readonly take: (block: Buffer) => void }
  | { readonly kind: 'content'; left: number }
  | { readonly kind: 'padding'; left: number }
  | { readonly kind: 'extension'; readonly flag: string; readonly body: Buffer; filled: number }
  | { readonly kind: 'end' };

const HEADER: Section = { kind: 'header' };

export class TarReader {
  readonly #handler: TarHandler;
  readonly #block = Buffer.alloc(TAR_BLOCK);
  #filled = 0;
  #section: Section = HEADER;
  #afterZeroBlock = false;
  /** Records of global and of local extensions, the latter for the next member alone. */
  readonly #global = new PaxRecords();
  #local = new PaxRecords();
  /** Names of GNU's extensions for the next member. */
  #longName: string | undefined;
  #longLink: string | undefined;
  /** Bytes of the extension that is being read, without its padding. */
  #extensionBytes = 0;
  /** Behind the content of the current member. */
  #padding = 0;
  #sparse: SparseContent | undefined;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.#section.kind !== 'end') at += this.#take(chunk.subarray(at));
  }

  /** Throws when the archive ends within a member; what pads it to whole blocks may be missing. */
  finish(): void {
    const { kind } = this.#section;
    const whole = kind === 'end' || kind === 'padding' || (kind === 'header' && this.#filled === 0);
    if (!whole) invalidTar('it ends too early');
  }

  /** How many bytes were taken. */
  #take(bytes: Buffer): number {
    const section = this.#section;
    switch (section.kind) {
      case 'header':
        return this.#takeBlock(bytes, (block) => this.#header(block));
      case 'map':
        return this.#takeBlock(bytes, section.take);
      case 'content': {
        const taken = Math.min(bytes.length, section.left);
        const content = bytes.subarray(0, taken);
        if (this.#sparse === undefined) this.#handler.content(content);
        else this.#sparse.push(content);
        section.left -= taken;
        if (section.left === 0) this.#endContent();
        return taken;
      }
      case 'padding': {
        const taken = Math.min(bytes.length, section.left);
        section.left -= taken;
        if (section.left === 0) this.#section = HEADER;
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

  #takeBlock(bytes: Buffer, take: (block: Buffer) => void): number {
    const taken = bytes.copy(this.#block, this.#filled);
    this.#filled += taken;
    if (this.#filled < TAR_BLOCK) return taken;
    this.#filled = 0;
    take(this.#block);
    return taken;
  }

  #header(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      if (this.#afterZeroBlock) this.#section = { kind: 'end' };
      this.#afterZeroBlock = true;
      return;
    }
    // Some tools end there, and others read on.
    if (this.#afterZeroBlock) invalidTar('a single block of zeros is in the middle of it');
    checkSum(block);
    const flag = String.fromCharCode(block[156] ?? 0);
    const size = numberField(block, 124, 12, 'size');
    if (['x', 'g', 'L', 'K'].includes(flag)) this.#extension(flag, size);
    else this.#member(block, flag, size);
  }

  #extension(flag: string, size: number): void {
    if (size > MAX_EXTENSION_BYTES) invalidTar(`an extended header has ${size} bytes`);
    const body = Buffer.alloc(padded(size));
    this.#extensionBytes = size;
    if (size === 0) this.#endExtension(flag, body);
    else this.#section = { kind: 'extension', flag, body, filled: 0 };
  }

  #endExtension(flag: string, body: Buffer): void {
    const text = body.toString('latin1', 0, this.#extensionBytes);
    if (flag === 'L') this.#longName = upToNul(text);
    else if (flag === 'K') this.#longLink = upToNul(text);
    else if (flag === 'g') this.#global.addGlobal(text);
    else this.#local = PaxRecords.local(text);
    this.#section = HEADER;
  }

  #member(block: Buffer, flag: string, headerSize: number): void {
    const records = this.#local;
    const named = this.#longName ?? records.get('GNU.sparse.name') ?? records.get('path') ?? headerPath(block);
    const target = this.#longLink ?? records.get('linkpath') ?? textField(block, 157, 100);
    this.#local = new PaxRecords();
    this.#longName = undefined;
    this.#longLink = undefined;
    let type = TYPES[flag];
    if (type === undefined) return invalidTar(`${printable(named)} is of an unknown kind`);
    const size = records.get('size');
    const stored = type === 'file' ? (size === undefined ? headerSize : decimal(size)) : 0;
    if (type === 'file' && named.endsWith('/')) {
      if (stored > 0) invalidTar(`the directory ${printable(named)} has content`);
      type = 'directory';
    }
    const time = records.has('mtime') ? records.get('mtime') : this.#global.get('mtime');
    const times = time === undefined ? { mtimeSec: numberField(block, 136, 12, 'time'), mtimeNs: 0 } : paxTime(time);
    const mode = numberField(block, 100, 8, 'mode') & 0o7777;
    const member: TarMemberRead = { type, path: named, target, size: stored, mode, ...times };
    if (flag === OLD_SPARSE) this.#oldSparse(member, block);
    else if (type === 'file') this.#perhapsSparse(member, records);
    else this.#begin(member, 0);
  }

  #oldSparse(member: TarMemberRead, block: Buffer): void {
    const map = oldSparseMap(block);
    const begin = (): void => this.#begin({ ...member, size: map.size }, member.size, map.regions);
    if (!map.continues) begin();
    else {
      const take = (next: Buffer): void => {
        continueSparseMap(map, next);
        if (!map.continues) begin();
      };
      this.#section = { kind: 'map', take };
    }
  }

  /** The versions 0.0, 0.1 and 1.0 of sparse files in PAX form; the first two did not always say which they are. */
  #perhapsSparse(member: TarMemberRead, records: PaxRecords): void {
    const major = records.get('GNU.sparse.major');
    const version = major === undefined ? undefined : `${major}.${records.get('GNU.sparse.minor') ?? ''}`;
    const map = records.get('GNU.sparse.map');
    const numbers = map === undefined ? records.sparseNumbers : map.split(',');
    const size = records.get('GNU.sparse.size') ?? records.get('GNU.sparse.realsize');
    if (version === undefined && numbers.length === 0 && size === undefined) {
      this.#begin(member, member.size);
      return;
    }
    const whole = { ...member, size: size === undefined ? member.size : decimal(size) };
    if (version === '1.0') this.#sparseWithMap(whole, member.size);
    else if (version === undefined || version === '0.0' || version === '0.1') {
      this.#begin(whole, member.size, regionsOfNumbers(numbers));
    } else invalidTar(`a sparse file is of version ${version}`);
  }

  #sparseWithMap(member: TarMemberRead, stored: number): void {
    const map = new MapBeforeContent();
    let left = stored;
    const take = (block: Buffer): void => {
      left -= TAR_BLOCK;
      if (left < 0) invalidTar('a sparse file has a broken map');
      const regions = map.push(block);
      if (regions !== undefined) this.#begin(member, left, regions);
    };
    this.#section = { kind: 'map', take };
  }

  /** @param stored bytes that follow */
  #begin(member: TarMemberRead, stored: number, regions?: readonly SparseRegion[]): void {
    if (regions !== undefined) checkRegions(regions, member.size, stored);
    this.#sparse = regions === undefined ? undefined : new SparseContent(regions, member.size, this.#handler);
    this.#handler.member(member);
    this.#padding = padded(stored) - stored;
    if (stored > 0) this.#section = { kind: 'content', left: stored };
    else this.#endContent();
  }

  #endContent(): void {
    this.#sparse?.end();
    this.#handler.end();
    this.#section = this.#padding > 0 ? { kind: 'padding', left: this.#padding } : HEADER;
  }
}
