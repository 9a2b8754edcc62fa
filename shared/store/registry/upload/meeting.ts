/**
 * Two sides of one piece of work wait here for each other. Each checks its condition again whenever the other has changed something. Both end when
 * one of them fails or the work is aborted.
 */
export class Meeting {
  readonly #signal: AbortSignal;
  #failure: { readonly error: unknown } | undefined;
  #change = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.tell(), { once: true });
  }

  /** Waits until the condition holds. Throws the failure of the other side, and the signal's reason. */
  async until(condition: () => boolean): Promise<void> {
    for (this.check(); !condition(); this.check()) await this.#change.promise;
  }

  /** Throws where the work has failed or is aborted. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
    this.#signal.throwIfAborted();
  }

  /** Wakes the side that waits, as something has changed. */
  tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.tell();
  }
}
