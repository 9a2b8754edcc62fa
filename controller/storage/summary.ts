import { MAX_NAMESPACES } from '../../shared/interface/storage-summary.ts';
import type { StorageSummary } from '../../shared/interface/storage-summary.ts';
import { namespaceOf } from '../../shared/scope/place.ts';
import type { StoredEntry } from './inventory/stored-entry.ts';
import type { Usage } from './retention/usage.ts';

/** What is stored for whom; `usage` is of these entries, without those that go. */
export function summaryOf(entries: readonly StoredEntry[], usage: Usage, now: number): StorageSummary {
  const lastUses = new Map<string, number>();
  for (const { repository, usedAt } of entries) {
    const namespace = namespaceOf(repository);
    lastUses.set(namespace, Math.max(usedAt, lastUses.get(namespace) ?? 0));
  }
  const namespaces = [...usage.namespaces]
    .filter(([, amount]) => amount.entries > 0)
    .toSorted(([, a], [, b]) => b.bytes - a.bytes)
    .slice(0, MAX_NAMESPACES)
    .map(([namespace, amount]) => ({
      namespace,
      ...amount,
      lastUse: new Date(lastUses.get(namespace) ?? 0).toISOString(),
    }));
  return { at: new Date(now).toISOString(), ...usage.all, namespaces };
}
