import { invalidParams } from '../errors.ts';
import type { CacheError } from '../errors.ts';

/** What the registry of an installation holds; bytes of distinct blobs, times as ISO 8601. */
export interface StorageSummary {
  readonly at: string;
  readonly entries: number;
  readonly bytes: number;
  /** The largest first, and no more than `MAX_NAMESPACES`. */
  readonly namespaces: readonly NamespaceSummary[];
  /** Absent where the registry reads all tags that it lists. */
  readonly unread?: UnreadSummary;
}

/** Tags that the registry lists and cannot read. */
export interface UnreadSummary {
  readonly tags: number;
  /** Where they are; no more than `MAX_UNREAD`. */
  readonly repositories: readonly string[];
}

interface NamespaceSummary {
  readonly namespace: string;
  readonly entries: number;
  readonly bytes: number;
  readonly lastUse: string;
}

/** The ConfigMap in which the housekeeper tells what it knows; our manifests have it, empty. */
export const STORAGE_STATE = 'tekton-cache-storage';
/** Key of it; a ConfigMap takes a MiB. */
export const SUMMARY_KEY = 'summary';
export const MAX_NAMESPACES = 1000;
export const MAX_UNREAD = 20;

/** The summary in the data of the ConfigMap. Throws InvalidParams where it is none. */
export function readSummary(text: string): StorageSummary {
  const { at, entries, bytes, namespaces, unread } = fieldsOf(parse(text));
  if (typeof at !== 'string' || typeof entries !== 'number' || typeof bytes !== 'number') throw invalid();
  return {
    at,
    entries,
    bytes,
    namespaces: (Array.isArray(namespaces) ? namespaces : []).map(namespaceIn),
    ...(unread === undefined ? {} : { unread: unreadIn(unread) }),
  };
}

function unreadIn(value: unknown): UnreadSummary {
  const { tags, repositories } = fieldsOf(value);
  const names: readonly unknown[] = Array.isArray(repositories) ? repositories : [];
  if (typeof tags !== 'number') throw invalid();
  return { tags, repositories: names.filter((name) => typeof name === 'string') };
}

function namespaceIn(value: unknown): NamespaceSummary {
  const { namespace, entries, bytes, lastUse } = fieldsOf(value);
  const isOne = typeof namespace === 'string' && typeof lastUse === 'string';
  if (!isOne || typeof entries !== 'number' || typeof bytes !== 'number') throw invalid();
  return { namespace, entries, bytes, lastUse };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid();
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

const invalid = (): CacheError =>
  invalidParams(`The item ${SUMMARY_KEY} of the ConfigMap is no summary of the housekeeper.`);
