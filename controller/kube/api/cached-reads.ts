import { steadyNow } from '../pace/steady-clock.ts';

export interface CachedReadsOptions {
  /** How old an answer may be. */
  readonly ttlMs: number;
  /** More answers than these are not kept. */
  readonly max: number;
  readonly now?: () => number;
}

/** Reads that many callers share: the API server is asked once in `ttlMs`. Failures, and what does not exist, are asked for anew. */
export class CachedReads<T> {
  /** The answers by their keys, in the order in which they were asked for. */
  readonly #answers = new Map<string, { readonly answer: Promise<T | undefined>; readonly until: number }>();
  readonly #options: CachedReadsOptions;

  constructor(options: CachedReadsOptions) {
    this.#options = options;
  }

  async get(key: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    const { ttlMs, max, now = steadyNow } = this.#options;
    const known = this.#answers.get(key);
    if (known && known.until > now()) return await known.answer;
    const answer = read();
    const entry = { answer, until: now() + ttlMs };
    this.#answers.delete(key);
    this.#answers.set(key, entry);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > max && oldest !== undefined) this.#answers.delete(oldest);
    const forget = (): void => {
      if (this.#answers.get(key) === entry) this.#answers.delete(key);
    };
    answer.then((found) => found === undefined && forget(), forget);
    return await answer;
  }
}
