import { elapsedMs } from '../../../shared/clock.ts';

interface CachedReadsOptions {
  /** How old an answer may be. */
  readonly ttlMs: number;
  /** More answers than these are not kept. */
  readonly max: number;
  /** What is asked for near the end of its time is read again in the background, and nobody waits. */
  readonly isRenewed?: boolean;
  readonly now?: () => number;
  /** Between 0 and 1. */
  readonly random?: () => number;
}

interface Entry<T> {
  readonly answer: Promise<T | undefined>;
  readonly until: number;
  /** From then on it is read again. Undefined where it is not, or that is under way. */
  renewAt: number | undefined;
}

/** The part of its time after which an answer is renewed: at random, so that what was asked for together is not renewed together. */
const [RENEW_FIRST, RENEW_LAST] = [0.5, 0.9];

/** Reads that many callers share: the API server is asked once in `ttlMs`. Failures, and what does not exist, are asked for anew. */
export class CachedReads<T> {
  /** The answers by their keys, in the order in which they were asked for. */
  readonly #answers = new Map<string, Entry<T>>();
  readonly #options: CachedReadsOptions;

  constructor(options: CachedReadsOptions) {
    this.#options = options;
  }

  async get(key: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    const { now = elapsedMs } = this.#options;
    const known = this.#answers.get(key);
    const at = now();
    if (known === undefined || known.until <= at) return await this.#ask(key, read).answer;
    if (known.renewAt !== undefined && known.renewAt <= at) {
      known.renewAt = undefined;
      void this.#renew(key, known, read);
    }
    return await known.answer;
  }

  #ask(key: string, read: () => Promise<T | undefined>): Entry<T> {
    const entry = this.#entryOf(read);
    this.#answers.delete(key);
    this.#answers.set(key, entry);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > this.#options.max && oldest !== undefined) this.#answers.delete(oldest);
    const forget = (): void => {
      if (this.#answers.get(key) === entry) this.#answers.delete(key);
    };
    entry.answer.then((found) => found === undefined && forget(), forget);
    return entry;
  }

  /** The known answer is given until the new one is there. After a failure it may be tried again, until the time of the known one is over. */
  async #renew(key: string, known: Entry<T>, read: () => Promise<T | undefined>): Promise<void> {
    const entry = this.#entryOf(read);
    const found = await entry.answer.then(
      (value) => ({ value }),
      () => undefined,
    );
    if (this.#answers.get(key) !== known) return;
    if (found === undefined) {
      known.renewAt = 0;
      return;
    }
    this.#answers.delete(key);
    if (found.value !== undefined) this.#answers.set(key, entry);
  }

  #entryOf(read: () => Promise<T | undefined>): Entry<T> {
    const { ttlMs, isRenewed = false, now = elapsedMs, random = Math.random } = this.#options;
    const at = now();
    const part = RENEW_FIRST + random() * (RENEW_LAST - RENEW_FIRST);
    return { answer: read(), until: at + ttlMs, renewAt: isRenewed ? at + part * ttlMs : undefined };
  }
}
