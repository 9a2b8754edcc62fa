import { elapsedMs } from '../../../shared/clock.ts';

/** A limit over all: `perSecond` in the long run, and `burst` at once. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  /** May be below zero: taken in advance. */
  #tokens: number;
  #at: number;

  constructor(options: { readonly perSecond: number; readonly burst: number; readonly now?: () => number }) {
    this.#perMs = options.perSecond / 1000;
    this.#burst = options.burst;
    this.#now = options.now ?? elapsedMs;
    this.#tokens = options.burst;
    this.#at = this.#now();
  }

  /** Takes a token; milliseconds until it is there. */
  take(): number {
    this.#fill();
    this.#tokens -= 1;
    return Math.max(0, -this.#tokens / this.#perMs);
  }

  /** Takes a token if there is one, and returns 0; else takes none, and returns the milliseconds until there is one. */
  tryTake(): number {
    this.#fill();
    if (this.#tokens < 1) return (1 - this.#tokens) / this.#perMs;
    this.#tokens -= 1;
    return 0;
  }

  #fill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
