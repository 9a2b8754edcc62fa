import { CacheError, ERROR_CODES } from '../../errors.ts';
import { MAX_LAYERS } from '../../archive/format.ts';
import { printable } from '../../archive/paths/path.ts';
import type { WalkItem, WalkStats } from '../../archive/files/walk.ts';
import type { EntryLimits } from '../entry.ts';
import type { EntryManifest } from './manifest.ts';

/** Counts what a walk gives. What it lets pass may still be too large: see `checkEntry`. @throws CacheError `TooLarge` as soon as stat tells */
export class LimitCounter {
  readonly #limits: Omit<EntryLimits, 'maxExpansion'>;
  #files = 0;
  #bytes = 0;

  constructor({ maxBytes = Infinity, maxFiles = Infinity, maxBlobBytes = Infinity }: Partial<EntryLimits>) {
    this.#limits = { maxBytes, maxFiles, maxBlobBytes };
  }

  add(path: string, type: WalkItem['type'], stats: WalkStats): void {
    const { maxFiles, maxBytes, maxBlobBytes } = this.#limits;
    if (++this.#files > maxFiles) tooLarge(`it has more than ${maxFiles} files`);
    if (type !== 'file') return;
    // At least: how many of its names are in the workspace shows at the end.
    this.#bytes += stats.size / stats.nlink;
    if (stats.size > maxBlobBytes)
      tooLarge(`${printable(path)} has ${stats.size} bytes, and a blob may have ${maxBlobBytes}`);
    if (this.#bytes > maxBytes) tooLarge(`it has more than ${maxBytes} bytes`);
  }
}

/** Of what a fetch would refuse no entry is made. @throws CacheError `TooLarge` */
export function checkEntry(
  { maxBytes = Infinity, maxFiles = Infinity, maxBlobBytes = Infinity }: Partial<EntryLimits>,
  { files, size, content, index, deltas }: Pick<EntryManifest, 'files' | 'size' | 'content' | 'index' | 'deltas'>,
): void {
  if (files > maxFiles) tooLarge(`it has ${files} files, and ${maxFiles} are allowed`);
  const layers = content.length + deltas.length + 1;
  if (layers > MAX_LAYERS)
    tooLarge(`with blobs of ${maxBlobBytes} bytes at most it needs ${layers} layers, and ${MAX_LAYERS} are allowed`);
  if (size > maxBytes) tooLarge(`it has ${size} bytes, and ${maxBytes} are allowed`);
  const largest = Math.max(
    ...[...content.map(({ descriptor }) => descriptor), index, ...deltas].map((blob) => blob.size),
  );
  if (largest > maxBlobBytes) tooLarge(`it needs a blob of ${largest} bytes, and a blob may have ${maxBlobBytes}`);
}

function tooLarge(problem: string): never {
  throw new CacheError(
    ERROR_CODES.TooLarge,
    `The cache is too large: ${problem}. Exclude what need not be kept, or raise the limit in the configuration.`,
  );
}
