/**
 * Goes through blocks of entries without making an object of every entry: most of what a stat cache tells is only compared with the
 * workspace, and is as it was.
 */
import { isAscii } from '../paths/path.ts';
import { ByteReader } from '../entries/byte-reader.ts';
import { DIGEST_BYTES, decodeEntry, skimEntry } from '../entries/entry-codec.ts';
import type { EntrySkim } from '../entries/entry-codec.ts';
import { isSettled, LEFT_OUT, sameState } from '../files/state/file-state.ts';
import type { FileState } from '../files/state/file-state.ts';
import { openBlock } from './index-reader.ts';
import { decompressStates, inodeAt, stateAt } from './entry-block.ts';
import type { EntryBlock, StatedChange } from './entry-block.ts';

export class EntryCursor implements EntrySkim {
  /** The path of the entry where the cursor stands. */
  path = '';
  type: EntrySkim['type'] = 'deleted';
  layer = 0;
  mode = 0;
  size = 0;
  /** The path is the same in UTF-8. */
  ascii = true;
  /** True when there is no further entry. */
  done = false;
  readonly #blocks: Iterator<EntryBlock>;
  #reader: ByteReader | undefined;
  #states: Float64Array = new Float64Array(0);
  /** Number of the entry in its block. */
  #number = -1;
  /** Where the entry begins, and the path before it. */
  #start = 0;
  #previous = '';

  /** Stands at the first entry. */
  constructor(blocks: Iterator<EntryBlock>) {
    this.#blocks = blocks;
    this.advance();
  }

  advance(): void {
    while (this.#reader === undefined || this.#reader.left === 0) {
      const next = this.#blocks.next();
      if (next.done === true) {
        this.done = true;
        return;
      }
      this.#reader = openBlock(new ByteReader(next.value.data, 'A block of entries'));
      this.#states = decompressStates(next.value);
      this.#number = -1;
      this.path = '';
      this.ascii = true;
    }
    this.#number++;
    this.#start = this.#reader.position;
    this.#previous = this.path;
    const shared = skimEntry(this.#reader, this.#previous, this);
    this.ascii = (this.ascii || isAscii(this.path.slice(0, shared))) && isAscii(this.path, shared);
  }

  /** True when the stat cache has this state for the entry, and the state is old enough to prove that the file has not changed. */
  isAsCached(stats: FileState, takenAt: number): boolean {
    const state = stateAt(this.#states, this.#number);
    return sameState(state, stats) && isSettled(state, takenAt);
  }

  /** Is the entry outside of the selection? */
  get isLeftOut(): boolean {
    return inodeAt(this.#states, this.#number) === LEFT_OUT.ino;
  }

  /** The digest of a file's content. */
  get digest(): string {
    return this.#reader?.hexBefore(DIGEST_BYTES) ?? '';
  }

  entry(): StatedChange {
    const reader = this.#reader;
    if (reader === undefined) throw new RangeError('the blocks have no further entry');
    const entry = decodeEntry(reader.from(this.#start), this.#previous);
    return entry.type === 'deleted' ? entry : { ...entry, state: stateAt(this.#states, this.#number) };
  }
}
