import { Backoff } from '../pace/backoff.ts';
import { elapsedMs } from '../../../shared/clock.ts';
import { TokenBucket } from '../pace/token-bucket.ts';
import { FairLine } from './fair-line.ts';

interface WorkQueueOptions {
  /** The wait after a key's first failure, and the longest. */
  readonly firstMs?: number;
  readonly maxMs?: number;
  /** Over the failures of all keys, beside the wait of each. */
  readonly bucket?: TokenBucket;
}

/** The limit over all keys that fail, as in client-go: https://pkg.go.dev/k8s.io/client-go/util/workqueue#DefaultControllerRateLimiter */
const BUCKET = { perSecond: 10, burst: 100 };

/** The longest time of a timer, some 24 days; to reconcile sooner than asked for does no harm. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Keys to reconcile, with the semantics of client-go's workqueue. A key waits at most once, and no two workers have it at the same time. A key that
 * is added while a worker has it comes again afterwards. Namespaces take turns.
 */
export class WorkQueue {
  readonly #waiting = new FairLine();
  /** Keys to reconcile: waiting, or added while a worker has them. */
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, Backoff>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #bucket: TokenBucket;
  #shutDown = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#firstMs = options.firstMs ?? 500;
    this.#maxMs = options.maxMs ?? 10_000;
    this.#bucket = options.bucket ?? new TokenBucket(BUCKET);
  }

  /** Keys that wait for a worker. */
  get length(): number {
    return this.#waiting.length;
  }

  add(key: string): void {
    if (this.#shutDown || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#processing.has(key)) return;
    this.#offer(key);
  }

  /** Adds the key later; of several waits for one key, the shortest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#shutDown) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = elapsedMs() + ms;
    const pending = this.#timers.get(key);
    if (pending && pending.at <= at) return;
    clearTimeout(pending?.timer);
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      Math.min(ms, MAX_TIMER_MS),
    );
    this.#timers.set(key, { at, timer });
  }

  /** Adds the key after a wait that doubles with each call, until `forget`, and that grows with the failures of others. At least `atLeastMs`. */
  addRateLimited(key: string, atLeastMs = 0): void {
    const backoff = this.#failures.get(key) ?? new Backoff({ firstMs: this.#firstMs, maxMs: this.#maxMs });
    this.#failures.set(key, backoff);
    this.addAfter(key, Math.max(atLeastMs, backoff.nextMs(), this.#bucket.take()));
  }

  /** The key succeeded: its next failure waits the shortest time again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The next key, which is then the caller's until `done`; nothing when the queue was shut down. */
  async get(): Promise<string | undefined> {
    const key = this.#waiting.shift();
    if (key !== undefined) {
      this.#take(key);
      return key;
    }
    if (this.#shutDown) return undefined;
    return await new Promise((resolve) => this.#takers.push(resolve));
  }

  /** The caller has finished with the key. */
  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key) && !this.#shutDown) this.#offer(key);
  }

  /** Ends the queue: it takes and hands out no more keys, and workers that wait get undefined. */
  shutDown(): void {
    this.#shutDown = true;
    this.#waiting.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #offer(key: string): void {
    const taker = this.#takers.shift();
    if (!taker) {
      this.#waiting.push(key);
      return;
    }
    this.#take(key);
    taker(key);
  }

  #take(key: string): void {
    this.#dirty.delete(key);
    this.#processing.add(key);
  }
}
