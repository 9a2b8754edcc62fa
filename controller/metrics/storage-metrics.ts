import { Metric } from './prometheus-text.ts';
import type { MetricRow } from './prometheus-text.ts';

/** What the housekeeper counts, as a table. */
export const STORAGE_METRICS = {
  notifications: {
    name: 'tekton_cache_storage_notifications_total',
    type: 'counter',
    labels: ['outcome'],
    meaning:
      'notifications of the registry. `outcome`: `taken`, `refused` (without its secret), `malformed`, `too-large` (both are dropped, and a walk finds what they would have told) or `failed`',
  },
  deleted: {
    name: 'tekton_cache_storage_deleted_total',
    type: 'counter',
    labels: ['reason'],
    meaning:
      'manifests that the housekeeper deleted. `reason`: `unused`, `age`, `run`, `untrusted`, `too-large`, `count`, `namespace-quota`, `quota` or `orphan`',
  },
  failures: {
    name: 'tekton_cache_storage_failures_total',
    type: 'counter',
    labels: ['work'],
    meaning:
      'work of the housekeeper that failed and is tried again. `work`: `walk`, `measure`, `judge`, `collect` or `delete`',
  },
  unread: {
    name: 'tekton_cache_storage_unread_tags',
    type: 'gauge',
    labels: [],
    meaning:
      'tags that the registry lists and cannot read, as of the last walk: nothing in their repositories goes for want of a tag',
  },
  entries: {
    name: 'tekton_cache_storage_entries',
    type: 'gauge',
    labels: [],
    meaning: 'entries in the registry that retention keeps',
  },
  namespaces: {
    name: 'tekton_cache_storage_namespace_bytes',
    type: 'gauge',
    labels: ['namespace'],
    meaning: 'bytes of the entries of a namespace, for the hundred largest namespaces',
  },
  bytes: {
    name: 'tekton_cache_storage_bytes',
    type: 'gauge',
    labels: [],
    meaning: 'bytes of the entries that retention keeps; what entries share counts once',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

interface Stored {
  readonly all: { readonly entries: number; readonly bytes: number };
  readonly namespaces: ReadonlyMap<string, { readonly bytes: number }>;
}

/** A namespace is a series as long as it is one of these. */
const MAX_SERIES = 100;

export class StorageMetrics {
  /** What is stored, as of the last look. */
  stored: Stored = { all: { entries: 0, bytes: 0 }, namespaces: new Map() };
  unreadCount = 0;
  readonly notifications = new Metric(STORAGE_METRICS.notifications);
  readonly deleted = new Metric(STORAGE_METRICS.deleted);
  readonly failures = new Metric(STORAGE_METRICS.failures);
  readonly unread = new Metric(STORAGE_METRICS.unread, () => new Map([['', this.unreadCount]]));
  readonly entries = new Metric(STORAGE_METRICS.entries, () => new Map([['', this.stored.all.entries]]));
  readonly bytes = new Metric(STORAGE_METRICS.bytes, () => new Map([['', this.stored.all.bytes]]));
  readonly namespaces = new Metric(STORAGE_METRICS.namespaces, () => this.#largest());

  /** All metrics of the housekeeper, as Prometheus reads them. */
  text(): string {
    const { notifications, deleted, failures, unread, entries, bytes, namespaces } = this;
    return [notifications, deleted, failures, unread, entries, bytes, namespaces]
      .map((metric) => metric.text())
      .join('');
  }

  #largest(): ReadonlyMap<string, number> {
    const bytes = [...this.stored.namespaces].map(([namespace, amount]) => [namespace, amount.bytes] as const);
    return new Map(bytes.toSorted(([, a], [, b]) => b - a).slice(0, MAX_SERIES));
  }
}
