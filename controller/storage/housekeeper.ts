import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../shared/log.ts';
import type { Collection } from './collection/collection.ts';
import { Deletion } from './deletion.ts';
import { Failures } from './failures.ts';
import type { Work } from './failures.ts';
import type { RegistryApi } from './registry/registry-api.ts';
import { measure } from './registry/measure.ts';
import { UnreadTags } from './registry/unread-tags.ts';
import { walk } from './registry/walk.ts';
import type { WalkParts } from './registry/walk.ts';
import { RetentionReview } from './retention-review.ts';
import type { ReviewOptions } from './retention-review.ts';
import type { Gone } from './retention/retention.ts';

interface HousekeeperOptions extends Omit<ReviewOptions, 'now' | 'unread'> {
  /** The registry of the installation; undefined as long as the configuration names none. */
  readonly api: () => RegistryApi | undefined;
  /** How often entries are deleted, at most; milliseconds. */
  readonly collectEveryMs: () => number;
  readonly collection: Collection;
  readonly log: Log;
  /** From one look to the next. */
  readonly everyMs?: number;
  readonly now?: () => number;
}

const EVERY_MS = 60_000;
const WALK_EVERY_MS = 24 * 3_600_000;
/** How far the clocks here and there may differ: retention is in hours and days. */
const CLOCKS_MS = 600_000;
const WALK_SOON_MS = 3_600_000;
const FULL_EVERY_MS = 3_600_000;

/** Keeps the inventory true, and deletes what retention lets go; again and again. */
export class Housekeeper {
  readonly #options: HousekeeperOptions;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  readonly #unread = new UnreadTags();
  readonly #failures: Failures;
  readonly #review: RetentionReview;
  readonly #deletion: Deletion;
  #running: Promise<void> | undefined;
  #walkedAt = 0;
  #hasLost = false;

  constructor(options: HousekeeperOptions) {
    const { metrics, log, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#failures = new Failures({ metrics, log, signal: this.#stop.signal });
    this.#review = new RetentionReview({ ...options, now, unread: this.#unread });
    this.#deletion = new Deletion({ judge: () => this.#review.judge(), failures: this.#failures, metrics, log });
  }

  /** Has it compared the inventory with the registry once? */
  get hasWalked(): boolean {
    return this.#walkedAt > 0;
  }

  /** Notifications were lost: a walk is due sooner than otherwise, but not at once, as more may be lost. */
  walkSoon(): void {
    this.#hasLost = true;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the housekeeper was stopped'));
    await this.#running;
  }

  /** Takes one look at the registry. It never throws: work that fails is logged, and a later look does it. */
  async look(): Promise<void> {
    const api = this.#options.api();
    if (api === undefined) return;
    const everyMs = this.#hasLost ? WALK_SOON_MS : WALK_EVERY_MS;
    if (this.#isPast(this.#walkedAt, everyMs)) {
      this.#hasLost = false;
      const isDone = await this.#failures.attempt('walk', async () => await walk(this.#walkParts(api)));
      if (isDone) this.#walkedAt = this.#now();
      else this.#hasLost = true;
    }
    // Nothing is deleted before the inventory was compared with the registry once.
    if (!this.hasWalked) return;
    await this.#failures.attempt('measure', async () => await measure(this.#walkParts(api, 'measure')));
    await this.#failures.attempt('judge', async () => {
      const { gone, heldBack } = await this.#review.judge();
      if (!(await this.#isDue(gone))) return;
      await this.#checkClock(api);
      if (heldBack > 0)
        this.#options.log.warn(
          'retention lets more entries go than are deleted at a time: the others stay until the next time',
          { heldBack },
        );
      await this.#failures.attempt('collect', async () => await this.#collect(api));
    });
  }

  /** A quota that is passed waits an hour at most. */
  async #isDue(gone: readonly Gone[]): Promise<boolean> {
    if (gone.length === 0) return false;
    const { collection, collectEveryMs } = this.#options;
    const isFull = gone.some(({ reason }) => reason === 'quota' || reason === 'namespace-quota');
    const everyMs = isFull ? Math.min(FULL_EVERY_MS, collectEveryMs()) : collectEveryMs();
    return this.#isPast(await collection.lastAt(), everyMs);
  }

  /** A clock that was ahead leaves times that are yet to come: they count as long past. */
  #isPast(time: number, ms: number): boolean {
    const since = this.#now() - time;
    return since < 0 || since >= ms;
  }

  /** Throws where two clocks say different times: nobody knows then how long an entry was not used. */
  async #checkClock(api: RegistryApi): Promise<void> {
    const there = await api.clock(this.#stop.signal);
    const aheadMs = there === undefined ? 0 : this.#now() - there;
    if (Math.abs(aheadMs) <= CLOCKS_MS) return;
    const seconds = Math.round(aheadMs / 1000);
    throw new Error(
      `the clock here is ${seconds} s ahead of the registry's: nothing is deleted until the nodes agree on the time`,
    );
  }

  async #collect(api: RegistryApi): Promise<void> {
    const { collection, log } = this.#options;
    const deleting = async (signal: AbortSignal): Promise<void> =>
      await this.#deletion.run({ ...this.#walkParts(api), signal });
    if (!(await collection.run(deleting, this.#stop.signal))) log.info('an earlier collection has to end first');
  }

  async #run(): Promise<void> {
    const { everyMs = EVERY_MS } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.look();
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #walkParts(api: RegistryApi, work: Work = 'walk'): WalkParts {
    const onFailure = (repository: string, error: unknown): void => this.#failures.tell(work, error, { repository });
    const onUnread = (repository: string, tags: readonly string[], error: unknown): void =>
      this.#failures.tellUnread(repository, tags, error);
    const { inventory } = this.#options;
    return { api, inventory, signal: this.#stop.signal, now: this.#now, unread: this.#unread, onFailure, onUnread };
  }
}
