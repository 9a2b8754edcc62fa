import { setTimeout as sleep } from 'node:timers/promises';
import { isTransient, retryDelay } from './retry-policy.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** The tries that one piece of work has. */
export class RetryBudget {
  readonly #policy: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;

  constructor(policy: RetryPolicy, signal?: AbortSignal) {
    this.#policy = policy;
    this.#signal = signal;
  }

  /** Waits before the next try, or throws the error when there is none left or it would not help. */
  async spend(error: unknown): Promise<void> {
    // An error that no try would mend says more than that the time is up.
    if (!isTransient(error)) throw error;
    this.#signal?.throwIfAborted();
    this.#failures++;
    const delay = retryDelay(error, this.#failures, this.#policy, Math.random());
    if (delay === undefined) throw error;
    try {
      await sleep(delay, undefined, this.#signal ? { signal: this.#signal } : {});
    } catch (aborted) {
      this.#signal?.throwIfAborted();
      throw aborted;
    }
  }

  /** After progress all tries are there again. */
  refill(): void {
    this.#failures = 0;
  }

  /** Does a piece of work, again as long as there are tries and another one may help. */
  async run<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        await this.spend(error);
      }
    }
  }
}
