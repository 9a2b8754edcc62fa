import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../shared/log.ts';
import { SUMMARY_KEY } from '../../shared/interface/storage-summary.ts';
import { namespaceOf } from '../../shared/scope/place.ts';
import type { StorageMetrics } from '../metrics/storage-metrics.ts';
import { fullChange } from '../storage-state.ts';
import type { Collection } from './collection/collection.ts';
import type { StateMap } from './collection/state-map.ts';
import type { StoredEntry } from './inventory/stored-entry.ts';
import type { Inventory } from './inventory/inventory.ts';
import { batchesOf } from './registry/batches.ts';
import type { RegistryApi } from './registry/registry-api.ts';
import { measure } from './registry/measure.ts';
import { walk, walkRepositories } from './registry/walk.ts';
import type { WalkParts } from './registry/walk.ts';
import { isAboutAnother } from './retention/family.ts';
import { placeKindOf } from './retention/place-kind.ts';
import { judge } from './retention/retention.ts';
import type { Gone, Judgement } from './retention/retention.ts';
import type { RetentionRules } from './retention/rules.ts';
import { summaryOf } from './summary.ts';

export interface HousekeeperOptions {
  readonly inventory: Inventory;
  /** The registry of the installation; undefined as long as the configuration names none. */
  readonly api: () => RegistryApi | undefined;
  /** Undefined as long as nobody knows them: nothing is deleted then. */
  readonly rules: () => RetentionRules | undefined;
  /** How often entries are deleted, at most; milliseconds. */
  readonly collectEveryMs: () => number;
  readonly collection: Collection;
  readonly state: StateMap;
  /** UIDs of the runs at work in these namespaces. */
  readonly activeRuns: (namespaces: ReadonlySet<string>) => Promise<ReadonlySet<string>>;
  readonly metrics: StorageMetrics;
  readonly log: Log;
  /** From one look to the next. */
  readonly everyMs?: number;
  readonly now?: () => number;
}

type Work = 'walk' | 'measure' | 'judge' | 'collect' | 'delete';

const EVERY_MS = 60_000;
const WALK_EVERY_MS = 24 * 3_600_000;
/** Retention is in hours and days. */
const CLOCKS_MS = 600_000;
const WALK_SOON_MS = 3_600_000;
const FULL_EVERY_MS = 3_600_000;

/** Keeps the inventory true, and deletes what retention lets go; again and again. */
export class Housekeeper {
  readonly #options: HousekeeperOptions;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #walkedAt = 0;
  #hasLost = false;
  /** What the ConfigMap was told last. */
  #published = '';

  constructor(options: HousekeeperOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Has it compared the inventory with the registry once? */
  get hasWalked(): boolean {
    return this.#walkedAt > 0;
  }

  /** Notifications were lost: a walk is due, but not one after the other. */
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

  /** One look. Never throws: what fails is logged, and done at a later one. */
  async look(): Promise<void> {
    const api = this.#options.api();
    if (api === undefined) return;
    const everyMs = this.#hasLost ? WALK_SOON_MS : WALK_EVERY_MS;
    if (this.#isPast(this.#walkedAt, everyMs)) {
      this.#hasLost = false;
      const isDone = await this.#try('walk', async () => await walk(this.#walkParts(api)));
      if (isDone) this.#walkedAt = this.#now();
      else this.#hasLost = true;
    }
    // What is not known is no reason to delete.
    if (!this.hasWalked) return;
    await this.#try('measure', async () => await measure(this.#walkParts(api, 'measure')));
    await this.#try('judge', async () => {
      const { gone, heldBack } = await this.#judgement();
      if (!(await this.#isDue(gone))) return;
      await this.#checkClock(api);
      if (heldBack > 0)
        this.#options.log.warn('more would go than goes at once; the rest stays until the next time', { heldBack });
      await this.#try('collect', async () => await this.#collect(async () => await this.#deleteGone(api)));
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

  async #collect(deleting: () => Promise<void>): Promise<void> {
    const { collection, log } = this.#options;
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

  async #judgement(): Promise<Judgement> {
    const { inventory, rules, activeRuns, metrics } = this.#options;
    const known = rules();
    if (known === undefined)
      throw new Error('nobody knows how long entries stay, as the configuration is away or wrong');
    const ofRuns = inventory.repositories().filter((repository) => placeKindOf(repository).kind === 'run');
    const active = await activeRuns(new Set(ofRuns.map(namespaceOf)));
    const [entries, now] = [inventory.entries(), this.#now()];
    const present = { now, activeRuns: active };
    const judgement = judge(entries, known, present);
    const { all, namespaces } = judgement.usage;
    // Not the usage itself: all entries hang on it, and the next look reads them anew.
    metrics.stored = { all, namespaces };
    await this.#publish(entries, judgement, known);
    return judgement;
  }

  #walkParts(api: RegistryApi, work: Work = 'walk'): WalkParts {
    const onFailure = (repository: string, error: unknown): void => this.#failed(work, error, { repository });
    return { api, inventory: this.#options.inventory, signal: this.#stop.signal, now: this.#now, onFailure };
  }

  /**
   * Notifications may be lost, or come in another order than their pushes: a manifest without a tag in the inventory may have one in the registry,
   * and to delete the manifest is to delete the tag. So the registry is asked once more, as nobody can push.
   */
  async #deleteGone(api: RegistryApi): Promise<void> {
    const isTagless = ({ entry }: Gone): boolean => entry.tags.every(isAboutAnother);
    const doubtful = (await this.#judgement()).gone.filter(isTagless).map(({ entry }) => entry.repository);
    const asked = await walkRepositories(this.#walkParts(api), [...new Set(doubtful)]);
    const { gone } = await this.#judgement();
    await this.#delete(
      api,
      gone.filter((one) => !isTagless(one) || asked.has(one.entry.repository)),
    );
  }

  /** For the token service, which refuses pushes past a quota, and for people. */
  async #publish(
    entries: readonly StoredEntry[],
    { usage }: Judgement,
    { whenFull, quotas }: RetentionRules,
  ): Promise<void> {
    const { state } = this.#options;
    const { at, ...summary } = summaryOf(entries, usage, this.#now());
    const full = fullChange(whenFull === 'refuse' ? usage.full(quotas) : []);
    const news = JSON.stringify({ summary, full });
    if (news === this.#published) return;
    await state.change({ ...full, [SUMMARY_KEY]: JSON.stringify({ at, ...summary }) });
    this.#published = news;
  }

  async #delete(api: RegistryApi, gone: readonly Gone[]): Promise<void> {
    const byRepository = Map.groupBy(gone, ({ entry }) => entry.repository);
    for (const batch of batchesOf([...byRepository.keys()])) {
      if (!(await this.#try('delete', async () => await api.prepare(batch, this.#stop.signal)))) continue;
      for (const one of batch.flatMap((repository) => byRepository.get(repository) ?? [])) {
        await this.#try('delete', async () => await this.#deleteOne(api, one));
      }
    }
  }

  async #deleteOne(api: RegistryApi, { entry, reason }: Gone): Promise<void> {
    const { inventory, metrics, log } = this.#options;
    const { repository, digest } = entry;
    const present = inventory.find(repository, digest);
    // Somebody used it since it was judged.
    if (present === undefined || present.usedAt > entry.usedAt) return;
    await api.delete(repository, digest, this.#stop.signal);
    inventory.forget(repository, digest);
    metrics.deleted.add({ reason });
    log.info('deleted an entry', { repository, tags: entry.tags, digest, reason });
  }

  async #try(work: Work, action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failed(work, error);
      return false;
    }
  }

  #failed(work: Work, error: unknown, what: Readonly<Record<string, string>> = {}): void {
    const { metrics, log } = this.#options;
    metrics.failures.add({ work });
    log.warn('housekeeping failed, and is tried again', { work, ...what, problem: describe(error) });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
