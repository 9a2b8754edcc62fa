import { SUMMARY_KEY } from '../../shared/interface/storage-summary.ts';
import { namespaceOf } from '../../shared/scope/place.ts';
import type { StorageMetrics } from '../metrics/storage-metrics.ts';
import { fullChange } from '../storage-state.ts';
import type { StateMap } from './collection/state-map.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { StoredEntry } from './inventory/stored-entry.ts';
import type { UnreadTags } from './registry/unread-tags.ts';
import { placeKindOf } from './retention/place-kind.ts';
import { judge } from './retention/retention.ts';
import type { Judgement } from './retention/retention.ts';
import type { RetentionRules } from './retention/rules.ts';
import { summaryOf } from './summary.ts';

export interface ReviewOptions {
  readonly inventory: Inventory;
  /** Undefined as long as nobody knows them: nothing is deleted then. */
  readonly rules: () => RetentionRules | undefined;
  /** UIDs of the runs at work in these namespaces. */
  readonly activeRuns: (namespaces: ReadonlySet<string>) => Promise<ReadonlySet<string>>;
  readonly state: StateMap;
  readonly metrics: StorageMetrics;
  readonly unread: UnreadTags;
  readonly now: () => number;
}

/** Judges what is stored by the rules and the runs of this moment, and publishes how much that is. */
export class RetentionReview {
  readonly #options: ReviewOptions;
  /** What the ConfigMap was told last. */
  #published = '';

  constructor(options: ReviewOptions) {
    this.#options = options;
  }

  /** What goes, and what stays. Throws where nobody knows the rules or the runs at work. */
  async judge(): Promise<Judgement> {
    const { inventory, rules, activeRuns, metrics, unread, now } = this.#options;
    const known = rules();
    if (known === undefined)
      throw new Error('nobody knows how long entries stay, as the configuration is away or wrong');
    const ofRuns = inventory.repositories().filter((repository) => placeKindOf(repository).kind === 'run');
    const active = await activeRuns(new Set(ofRuns.map(namespaceOf)));
    const entries = inventory.entries();
    const judgement = judge(entries, known, { now: now(), activeRuns: active });
    const { all, namespaces } = judgement.usage;
    // The metrics get only the numbers: `usage` holds all entries, and the next look reads them anew.
    metrics.stored = { all, namespaces };
    metrics.unreadCount = unread.count;
    await this.#publish(entries, judgement, known);
    return judgement;
  }

  /** Writes the summary for people, and the namespaces past their quota for the token service, which refuses their pushes. */
  async #publish(
    entries: readonly StoredEntry[],
    { usage }: Judgement,
    { whenFull, quotas }: RetentionRules,
  ): Promise<void> {
    const { state, unread, now } = this.#options;
    const { at, ...summary } = summaryOf({ entries, usage, unread }, now());
    const full = fullChange(whenFull === 'refuse' ? usage.full(quotas) : []);
    const news = JSON.stringify({ summary, full });
    if (news === this.#published) return;
    await state.change({ ...full, [SUMMARY_KEY]: JSON.stringify({ at, ...summary }) });
    this.#published = news;
  }
}
