import { StatCacheWriter } from '../../archive/stat-cache/stat-cache-writer.ts';
import type { StatCacheFacts } from '../../archive/stat-cache/stat-cache-writer.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import type { EntryUpload } from '../entry.ts';

/** The stat cache that an upload attempt writes beside the one before. There is none in a workspace that cannot be written. */
export class NextStatCache {
  readonly #request: EntryUpload;
  readonly #selection: Selection;
  #writer: StatCacheWriter | undefined;

  constructor(request: EntryUpload, selection: Selection) {
    this.#request = request;
    this.#selection = selection;
  }

  /** Undefined before `open`, and after `commit`. */
  get writer(): StatCacheWriter | undefined {
    return this.#writer;
  }

  /** Must come before the first state is taken that the stat cache gets. A second call changes nothing. */
  open(): void {
    const { dir, readOnly } = this.#request;
    if (readOnly !== true) this.#writer ??= StatCacheWriter.open(dir, this.#selection);
  }

  /** Puts the stat cache in the place of the one before. */
  commit(facts: Omit<StatCacheFacts, 'takenAt'>): void {
    this.#writer?.commit({ ...facts, takenAt: this.#writer.openedAt });
    this.#writer = undefined;
  }

  /** Removes what was written, unless it was committed. */
  discard(): void {
    this.#writer?.discard();
  }
}
