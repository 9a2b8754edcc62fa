import type { TreeEntry } from '../entries/tree-entry.ts';
import { tarPath } from './tar-path.ts';
import {
  MAGIC_AT,
  MAX_OCTAL_SIZE,
  NAME_BYTES,
  octal,
  PREFIX_AT,
  PREFIX_BYTES,
  SIZE_AT,
  SIZE_BYTES,
  splitName,
  TAR_BLOCK,
  TYPE_AT,
  TYPE_FLAGS,
  USTAR,
} from './ustar-block.ts';

/** What an index says of one path, and a header has to say as well. */
interface HeaderFacts {
  readonly type: TreeEntry['type'];
  readonly path: string;
  /** Bytes of content; files only. */
  readonly size?: number;
}

/**
 * Does the header that ends at `contentAt` say what the index says? Sizes past the field are in PAX records and pass as 0.
 *
 * @param anyName the name may be another one
 */
export function headerAgrees(tar: Buffer, contentAt: number, entry: HeaderFacts, anyName = false): boolean {
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
    (anyName || (holdsField(header, 0, NAME_BYTES, name) && holdsField(header, PREFIX_AT, PREFIX_BYTES, prefix))) &&
    header.startsWith(octal(size, SIZE_BYTES), SIZE_AT)
  );
}

/** A field ends with a NUL, or where the next one begins. */
function holdsField(header: string, at: number, length: number, value: string): boolean {
  return header.startsWith(value, at) && (value.length === length || header.charCodeAt(at + value.length) === 0);
}
