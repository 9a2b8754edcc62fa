/**
 * Where the content of a sparse file lies: the forms of GNU tar (old headers, PAX 0.0, 0.1 and 1.0),
 * https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html
 */
import { invalidTar, numberField } from './header-block.ts';

/** Bytes of a file that are stored; all others are zero. */
export interface SparseRegion {
  readonly offset: number;
  readonly length: number;
}

/** The bytes of a region in a header of the old form, and in the blocks that go on with it. */
const REGION_BYTES = 24;
const REGIONS_AT = 386;
const REGIONS_IN_HEADER = 4;
const HEADER_CONTINUES_AT = 482;
const REAL_SIZE_AT = 483;
const REGIONS_IN_BLOCK = 21;
const BLOCK_CONTINUES_AT = 504;
const FIELD_BYTES = 12;
const MAX_REGIONS = 100_000;
/** Bytes of the text of a map, with numbers of at most fifteen digits. */
const MAX_MAP_BYTES = MAX_REGIONS * 2 * 16;

/** A map of the old form, as far as it is read. */
interface OldSparseMap {
  readonly regions: SparseRegion[];
  /** Size of the file with its holes. */
  readonly size: number;
  /** Another block of it follows. */
  continues: boolean;
}

export function oldSparseMap(header: Buffer): OldSparseMap {
  return {
    regions: regionsOf(header, REGIONS_AT, REGIONS_IN_HEADER),
    size: numberField(header, REAL_SIZE_AT, FIELD_BYTES, 'size'),
    continues: header[HEADER_CONTINUES_AT] !== 0,
  };
}

export function continueSparseMap(map: OldSparseMap, block: Buffer): void {
  map.regions.push(...regionsOf(block, 0, REGIONS_IN_BLOCK));
  if (map.regions.length > MAX_REGIONS) invalidTar('a sparse file has too many parts');
  map.continues = block[BLOCK_CONTINUES_AT] !== 0;
}

function regionsOf(block: Buffer, at: number, count: number): SparseRegion[] {
  const regions: SparseRegion[] = [];
  for (let i = 0; i < count; i++, at += REGION_BYTES) {
    if (block[at] === 0) break;
    const offset = numberField(block, at, FIELD_BYTES, 'place in a sparse file');
    regions.push({ offset, length: numberField(block, at + FIELD_BYTES, FIELD_BYTES, 'size') });
  }
  return regions;
}

/** The map of PAX 0.0 and 0.1: offsets and lengths, one after the other. */
export function regionsOfNumbers(numbers: readonly string[]): SparseRegion[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_REGIONS) invalidTar('a sparse file has a broken map');
  const values = numbers.map(decimal);
  return values.flatMap((offset, i) => (i % 2 === 0 ? [{ offset, length: values[i + 1] ?? 0 }] : []));
}

/** The map of PAX 1.0, which stands in front of the content: lines of numbers, their count first, padded to whole blocks. */
export class MapBeforeContent {
  #text = '';
  #lines = 0;
  #wanted: number | undefined;

  /** Takes one block of the content; the map when that was its last one. */
  push(block: Buffer): SparseRegion[] | undefined {
    const text = block.toString('latin1');
    this.#text += text;
    this.#lines += text.split('\n').length - 1;
    if (this.#lines === 0 || this.#text.length > MAX_MAP_BYTES) invalidTar('a sparse file has a broken map');
    this.#wanted ??= 1 + 2 * this.#count();
    if (this.#lines < this.#wanted) return undefined;
    return regionsOfNumbers(this.#text.split('\n').slice(1, this.#wanted));
  }

  #count(): number {
    const count = decimal(this.#text.slice(0, this.#text.indexOf('\n')));
    return count <= MAX_REGIONS ? count : invalidTar('a sparse file has too many parts');
  }
}

/** Throws unless the regions follow each other, lie in the file, and hold all that is stored. */
export function checkRegions(regions: readonly SparseRegion[], size: number, stored: number): void {
  let end = 0;
  let sum = 0;
  for (const { offset, length } of regions) {
    if (offset < end || offset + length > size) invalidTar('a sparse file has a broken map');
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) invalidTar('a sparse file does not have the size of its parts');
}

/** A number that a map or a PAX record says. */
export function decimal(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : invalidTar('a size is not a number');
}
