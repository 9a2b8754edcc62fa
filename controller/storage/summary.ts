import { MAX_NAMESPACES, MAX_UNREAD } from '../../shared/interface/storage-summary.ts';
import type { StorageSummary } from '../../shared/interface/storage-summary.ts';
import { namespaceOf } from '../../shared/scope/place.ts';
import type { StoredEntry } from './inventory/stored-entry.ts';
import type { UnreadTags } from './registry/unread-tags.ts';
import type { Usage } from './retention/usage.ts';

export interface Known {
  readonly entries: readonly StoredEntry[];
  /** Of these entries, without those that go. */
  readonly usage: Usage;
  readonly unread: Pick<UnreadTags, 'count' | 'repositories'>;
}

/** What is stored for whom. */
export function summaryOf({ entries, usage, unread }: Known, now: number): StorageSummary {
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
  const { count, repositories } = unread;
  return {
    at: new Date(now).toISOString(),
    ...usage.all,
    namespaces,
    ...(count === 0 ? {} : { unread: { tags: count, repositories: repositories.slice(0, MAX_UNREAD) } }),
  };
}
