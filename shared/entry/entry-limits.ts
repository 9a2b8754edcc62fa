import { CacheError, ERROR_CODES } from '../errors.ts';
import { printable } from '../archive/path.ts';
import type { WalkItem, WalkStats } from '../archive/walk.ts';
import type { EntryLimits } from './entry.ts';

/** Counts what a walk gives. @throws CacheError `TooLarge` as soon as stat tells */
export class LimitCounter {
  readonly #limits: EntryLimits;
  #files = 0;
  #bytes = 0;

  constructor({
    maxBytes = Infinity,
    maxFiles = Infinity,
    maxBlobBytes = Infinity,
    maxExpansion = Infinity,
  }: Partial<EntryLimits>) {
    this.#limits = { maxBytes, maxFiles, maxBlobBytes, maxExpansion };
  }

  add(path: string, type: WalkItem['type'], stats: WalkStats): void {
    const { maxFiles, maxBytes, maxBlobBytes } = this.#limits;
    if (++this.#files > maxFiles) tooLarge(`it has more than ${maxFiles} files`);
    if (type !== 'file') return;
    this.#bytes += stats.size / stats.nlink;
    if (stats.size > maxBlobBytes)
      tooLarge(`${printable(path)} has ${stats.size} bytes, and a blob may have ${maxBlobBytes}`);
    if (this.#bytes > maxBytes) tooLarge(`it has more than ${maxBytes} bytes`);
  }
}

function tooLarge(problem: string): never {
  throw new CacheError(
    ERROR_CODES.TooLarge,
    `The cache is too large: ${problem}. Exclude what need not be kept, or raise the limit in the configuration.`,
  );
}
