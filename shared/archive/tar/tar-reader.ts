/**
 * Reads the tar of a layer that anybody may have made: ustar, PAX, and the GNU extensions for long names and sparse files. Names stay
 * byte strings, times are exact. Whatever is not well formed is `InvalidImage`, and nothing else is ever thrown.
 */
import { checkSum, invalidTar, numberField } from './header-block.ts';
import { isExtension, MemberExtensions, OLD_SPARSE } from './member-extensions.ts';
import type { TarMemberRead } from './member-extensions.ts';
import type { PaxRecords } from './pax.ts';
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
import { padded, TAR_BLOCK } from './ustar-block.ts';

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
  readonly #extensions = new MemberExtensions();
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
    if (isExtension(flag)) this.#extension(flag, size);
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
    this.#extensions.add(flag, text);
    this.#section = HEADER;
  }

  #member(block: Buffer, flag: string, headerSize: number): void {
    const records = this.#extensions.records;
    const member = this.#extensions.member(block, flag, headerSize);
    if (flag === OLD_SPARSE) this.#oldSparse(member, block);
    else if (member.type === 'file') this.#perhapsSparse(member, records);
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
