import type { Config } from '../../config/table.ts';

/** What the configuration says of retention; what is absent has no bound. Times in milliseconds. */
export interface RetentionRules {
  /** How long an entry stays without a use. */
  readonly unusedMs: number;
  /** So long after its push an entry goes, used or not. */
  readonly ageMs: number | undefined;
  /** So long after their last use the entries of a run go that is over. */
  readonly runsMs: number;
  /** How long an entry of an untrusted run stays without a use. */
  readonly untrustedMs: number;
  /** Tagged entries of one repository. */
  readonly entriesPerRepository: number | undefined;
  readonly quotas: Quotas;
  /** Past a quota: the least recently used entries go, or nothing goes and pushes are refused. */
  readonly whenFull: 'evict' | 'refuse';
}

/** Bounds of one namespace, and of all together. */
export interface Quotas {
  readonly ofNamespace: Quota;
  readonly inAll: Quota;
}

export interface Quota {
  readonly bytes: number | undefined;
  readonly entries: number | undefined;
}

export function rulesOf(config: Config): RetentionRules {
  return {
    unusedMs: config.storageKeepUnusedMs,
    ageMs: config.storageKeepAtMostMs,
    runsMs: config.storageKeepRunsMs,
    untrustedMs: config.storageKeepUntrustedMs,
    entriesPerRepository: config.storageEntriesPerRepository,
    quotas: {
      ofNamespace: { bytes: config.storageBytesPerNamespace, entries: config.storageEntriesPerNamespace },
      inAll: { bytes: config.storageBytes, entries: config.storageEntries },
    },
    whenFull: config.storageWhenFull,
  };
}
