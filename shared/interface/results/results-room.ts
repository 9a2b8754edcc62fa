import { joinResults } from './join-results.ts';
import type { CacheResults } from './join-results.ts';
import type { Verb } from '../params.ts';
import { REASONS } from './results.ts';

/** The longest hash: as long as a tag, as a tag could not hold a longer one whole. */
export const HASH_LENGTH = 128;

/** The longest value of each result. */
const LONGEST: Required<CacheResults> = {
  hit: 'false',
  fetched: 'false',
  match: 'fallback',
  uploaded: 'false',
  hash: 'f'.repeat(HASH_LENGTH),
  target: 'x'.repeat(255 + ':'.length + 128),
  digest: `sha256:${'f'.repeat(64)}`,
  size: String(Number.MAX_SAFE_INTEGER),
  bytes: String(Number.MAX_SAFE_INTEGER),
  reason: Object.keys(REASONS).reduce((a, b) => (a.length >= b.length ? a : b)),
};

/** Bytes that the results of these caches take in a report, at most. */
export function resultsRoom(verb: Verb, cacheNames: readonly string[]): number {
  const caches = cacheNames.map((name) => ({ name, results: LONGEST }));
  return Buffer.byteLength(JSON.stringify(joinResults(verb, caches)));
}
