import { leastRecentlyUsed } from './family.ts';
import type { Family } from './family.ts';
import { placeKindOf } from './place-kind.ts';
import type { Quotas } from './rules.ts';
import type { Usage } from './usage.ts';

export type QuotaReason = 'namespace-quota' | 'quota';

/**
 * Who an entry is for, where there is no room. `apart`: an untrusted run, or a run that is over. Such entries go first, so a pull request evicts no
 * entry of others. `shared`: runs that come. Their entries go next. `atWork`: a run at work. Its entries stay.
 */
type Holder = 'apart' | 'shared' | 'atWork';

export function holderOf({ root }: Family, activeRuns: ReadonlySet<string>): Holder {
  const place = placeKindOf(root.repository);
  if (place.kind === 'shared') return 'shared';
  return place.kind === 'run' && activeRuns.has(place.run) ? 'atWork' : 'apart';
}

/** Takes families out of what is stored, the least recently used ones first, until no quota is passed. */
export class Eviction {
  readonly #usage: Usage;
  readonly #activeRuns: ReadonlySet<string>;
  readonly #evicted = new Map<Family, QuotaReason>();

  /** @param usage of all families that may go; what is evicted is taken out of it */
  constructor(usage: Usage, activeRuns: ReadonlySet<string>) {
    this.#usage = usage;
    this.#activeRuns = activeRuns;
  }

  get evicted(): ReadonlyMap<Family, QuotaReason> {
    return this.#evicted;
  }

  fitNamespace(namespace: string, families: readonly Family[], quotas: Quotas): void {
    this.#makeRoom(families, () => this.#usage.isNamespaceOver(namespace, quotas), 'namespace-quota');
  }

  /** Evicts entries of all namespaces until they fit together; each namespace fits already. */
  fitAll(families: readonly Family[], quotas: Quotas): void {
    const left = families.filter((family) => !this.#evicted.has(family));
    this.#makeRoom(left, () => this.#usage.isOver(quotas), 'quota');
  }

  #makeRoom(families: readonly Family[], isOver: () => boolean, reason: QuotaReason): void {
    const {
      apart = [],
      shared = [],
      atWork = [],
    } = Object.groupBy(leastRecentlyUsed(families), (family) => holderOf(family, this.#activeRuns));
    this.#evict(apart, isOver, reason);
    // A run at work ends by itself, and its entries go then. No shared entry has to go for them.
    for (const family of atWork) this.#usage.remove(family);
    this.#evict(shared, isOver, reason);
    for (const family of atWork) this.#usage.add(family);
  }

  #evict(families: readonly Family[], isOver: () => boolean, reason: QuotaReason): void {
    for (const family of families) {
      if (!isOver()) return;
      this.#evicted.set(family, reason);
      this.#usage.remove(family);
    }
  }
}
