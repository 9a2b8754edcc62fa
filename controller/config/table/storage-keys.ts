import { readBytes, readCount, readDuration, readOneOf, readOptional } from '../read-value.ts';
import { row } from './row.ts';

/** The housekeeper: how long entries stay in the registry of the installation, and how many. */
export const STORAGE_KEYS = {
  storageKeepUnusedMs: row({
    key: 'storage-keep-unused',
    type: 'duration',
    default: '720h',
    meaning:
      'how long an entry stays in the registry of the installation after its last fetch or upload ([storage.md](storage.md); so are all keys `storage-...`)',
    read: readDuration,
  }),
  storageKeepAtMostMs: row({
    key: 'storage-keep-at-most',
    type: 'duration',
    default: '',
    meaning: 'how long an entry stays after its upload, used or not; empty: for ever',
    read: readOptional(readDuration),
  }),
  storageKeepRunsMs: row({
    key: 'storage-keep-runs',
    type: 'duration',
    default: '1h',
    meaning: 'how long what is below `NAMESPACE/runs/UID` stays after its last use, when that run is over',
    read: readDuration,
  }),
  storageKeepUntrustedMs: row({
    key: 'storage-keep-untrusted',
    type: 'duration',
    default: '168h',
    meaning: 'how long what is below `NAMESPACE/untrusted` stays without a use',
    read: readDuration,
  }),
  storageEntriesPerRepository: row({
    key: 'storage-max-entries-per-repository',
    type: 'number',
    default: '',
    meaning: 'entries of one repository; the least recently used ones go; empty: no bound',
    read: readOptional(readCount),
  }),
  storageEntriesPerNamespace: row({
    key: 'storage-max-entries-per-namespace',
    type: 'number',
    default: '',
    meaning: 'entries of one namespace; empty: no bound',
    read: readOptional(readCount),
  }),
  storageEntries: row({
    key: 'storage-max-entries',
    type: 'number',
    default: '',
    meaning: 'entries in all; empty: no bound',
    read: readOptional(readCount),
  }),
  storageBytesPerNamespace: row({
    key: 'storage-max-bytes-per-namespace',
    type: 'bytes',
    default: '',
    meaning: 'bytes of one namespace in the registry; empty: no bound',
    read: readOptional(readBytes),
  }),
  storageBytes: row({
    key: 'storage-max-bytes',
    type: 'bytes',
    default: '',
    meaning:
      'bytes in the registry in all; empty: no bound. `release-registry.yaml` sets it below the size of its claim',
    read: readOptional(readBytes),
  }),
  storageWhenFull: row({
    key: 'storage-when-full',
    type: 'word',
    default: 'evict',
    meaning:
      'past one of the four bounds above: `evict`, the least recently used entries go; `refuse`, they stay, and nobody may push there',
    read: readOneOf('evict', 'refuse'),
  }),
  storageCollectEveryMs: row({
    key: 'storage-collect-every',
    type: 'duration',
    default: '24h',
    meaning:
      'how often, at most, entries are deleted and the registry collects its garbage. Nobody can upload for some four minutes then, and as long as the registry collects. Past a bound on bytes or entries it is an hour at most',
    read: readDuration,
  }),
} as const;
