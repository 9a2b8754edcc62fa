import { printable } from '../paths/path.ts';
import { headerPath, invalidTar, numberField, textField, upToNul } from './header-block.ts';
import { PaxRecords, paxTime } from './pax.ts';
import { decimal } from './sparse-map.ts';

export interface TarMemberRead {
  /** `special`: devices and pipes. */
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'special';
  /** The path as it stands in the tar. */
  readonly path: string;
  /** The target of a link; empty for all other members. */
  readonly target: string;
  /** Bytes of content and holes that follow; 0 for all but files. */
  readonly size: number;
  readonly mode: number;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
}

/** A sparse file in the old form of GNU tar. */
export const OLD_SPARSE = 'S';
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

const EXTENSIONS = ['x', 'g', 'L', 'K'];

/** Is a header of this type about the members that come after it? PAX has two such types, and GNU tar has two for long names. */
export function isExtension(flag: string): boolean {
  return EXTENSIONS.includes(flag);
}

/** What extended headers have said about members to come; a member is what its own header and these say of it. */
export class MemberExtensions {
  /** Records of global and of local extensions, the latter for the next member alone. */
  readonly #global = new PaxRecords();
  #local = new PaxRecords();
  /** Names of GNU's extensions for the next member. */
  #longName: string | undefined;
  #longLink: string | undefined;

  /** The local records for the next member. */
  get records(): PaxRecords {
    return this.#local;
  }

  /** Takes the body of an extended header. */
  add(flag: string, text: string): void {
    if (flag === 'L') this.#longName = upToNul(text);
    else if (flag === 'K') this.#longLink = upToNul(text);
    else if (flag === 'g') this.#global.addGlobal(text);
    else this.#local = PaxRecords.local(text);
  }

  /** The member of a header. What was said for it alone is forgotten. Its size is that of the bytes that follow. */
  member(block: Buffer, flag: string, headerSize: number): TarMemberRead {
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
    return { type, path: named, target, size: stored, mode, ...times };
  }
}
