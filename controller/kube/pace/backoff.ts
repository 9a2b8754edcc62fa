/** Waits that double from `firstMs` to `maxMs`, each shortened by up to a fifth so that many do not come back at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor(options: { readonly firstMs: number; readonly maxMs: number }) {
    this.#firstMs = options.firstMs;
    this.#maxMs = options.maxMs;
  }

  /** The wait after one more failure. */
  nextMs(): number {
    const wait = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return wait * (1 - Math.random() / 5);
  }

  reset(): void {
    this.#failures = 0;
  }
}
