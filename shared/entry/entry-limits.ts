import { CacheError, ERROR_CODES } from '../errors.ts';
import { printable } from '../archive/path.ts';
import type { WalkItem } from '../archive/walk.ts';
import type { EntryLimits } from './entry.ts';

/** Passes on what a walk gives, up to the limits. @throws CacheError `TooLarge` as soon as stat tells */
export function* withinLimits(items: Iterable<WalkItem>, limits: Partial<EntryLimits>): IterableIterator<WalkItem> {
  const { maxBytes = Infinity, maxFiles = Infinity, maxBlobBytes = Infinity } = limits;
  let files = 0;
  let bytes = 0;
  for (const item of items) {
    files++;
    if (item.type === 'file') {
      const { size, nlink } = item.stats;
      bytes += size / nlink;
      if (size > maxBlobBytes)
        tooLarge(`${printable(item.path)} has ${size} bytes, and a blob may have ${maxBlobBytes}`);
    }
    if (files > maxFiles) tooLarge(`it has more than ${maxFiles} files`);
    if (bytes > maxBytes) tooLarge(`it has more than ${maxBytes} bytes`);
    yield item;
  }
}

function tooLarge(problem: string): never {
  throw new CacheError(
    ERROR_CODES.TooLarge,
    `The cache is too large: ${problem}. Exclude what need not be kept, or raise the limit in the configuration.`,
  );
}
