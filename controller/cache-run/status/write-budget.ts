import { elapsedMs } from '../../../shared/clock.ts';

interface WriteBudgetOptions {
  readonly now?: () => number;
}

/** Writes of an attempt without a wait: queued, pod made, in trouble. Its end is a fourth. */
const AT_ONCE = 3;
/** Between later writes. */
const INTERVAL_MS = 30_000;
const MAX_RUNS = 10_000;

/** How often an attempt may tell how far it is: each write goes through etcd and to every watcher. */
export class WriteBudget {
  readonly #writes = new Map<string, { readonly count: number; readonly at: number }>();
  readonly #now: () => number;

  constructor({ now = elapsedMs }: WriteBudgetOptions = {}) {
    this.#now = now;
  }

  /** Milliseconds until the run of this UID may write again. */
  waitMs(uid: string): number {
    const { count, at } = this.#writes.get(uid) ?? { count: 0, at: 0 };
    return count < AT_ONCE ? 0 : Math.max(0, at + INTERVAL_MS - this.#now());
  }

  spend(uid: string): void {
    const count = (this.#writes.get(uid)?.count ?? 0) + 1;
    this.#writes.delete(uid);
    this.#writes.set(uid, { count, at: this.#now() });
    const [oldest] = this.#writes.keys();
    if (this.#writes.size > MAX_RUNS && oldest !== undefined) this.#writes.delete(oldest);
  }

  /** The attempt is over. */
  forget(uid: string): void {
    this.#writes.delete(uid);
  }
}
