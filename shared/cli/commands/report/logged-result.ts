/** What the log of a step adds to what Tekton knows of it; pure. */
import type { LoggedCache, StepLog } from '../../../helper/report/step-log.ts';
import type { CacheResults } from '../../../interface/results/join-results.ts';
import type { Results } from '../../../interface/results/results.ts';
import { verdictOf } from './cache-result.ts';
import type { Found } from './cache-result.ts';

/**
 * The row of a step with all its results, and a row for each of several caches. A log that does not go to the end of the step, or says
 * another reason than Tekton has, adds nothing.
 */
export function withLog(row: Found, log: StepLog | undefined): Found[] {
  const { verb } = row;
  const { reason } = row.results;
  const ended = log?.ended(verb);
  if (ended === undefined || (reason !== undefined && reason !== ended.results['reason'])) return [row];
  const results: Results = { ...ended.results, ...row.results };
  const { caches, others } = ended;
  const names = caches.length === 0 ? row.caches : caches.map(({ cache }) => cache);
  const target = results['target'] || (caches.length === 1 ? caches[0]?.target : undefined) || row.target;
  const verdict = verdictOf(verb, results);
  const whole: Found = { ...row, ...verdict, results, caches: names, target, logged: true, ...received(caches) };
  const [only] = caches;
  if (only === undefined) return [{ ...whole, notes: others }];
  if (caches.length === 1) return [{ ...whole, notes: only.notes }];
  return [whole, ...caches.map((cache) => partOf(row, cache))];
}

function partOf({ by, verb }: Found, cache: LoggedCache): Found {
  const results: Results = { ...resultsOf(cache) };
  return {
    by,
    verb,
    caches: [cache.cache],
    part: true,
    ...verdictOf(verb, results),
    results,
    target: cache.target ?? '',
    logged: true,
    ...received([cache]),
    notes: cache.notes,
  };
}

function resultsOf({ verb, isDone, reason, target, amounts }: LoggedCache): CacheResults {
  const entry =
    amounts === undefined
      ? {}
      : {
          digest: amounts.digest,
          size: String(amounts.size),
          ...(verb === 'upload' ? { bytes: String(amounts.moved) } : {}),
        };
  const named = { ...(target === undefined ? {} : { target }), ...entry, reason };
  if (verb === 'upload') return { uploaded: String(isDone), ...named };
  const isHit = isDone && reason === 'exact';
  return {
    hit: String(isHit),
    fetched: String(isDone),
    match: isHit ? 'exact' : isDone ? 'fallback' : 'miss',
    ...named,
  };
}

/** What a fetch received, where it is known of each entry that it restored. */
function received(caches: readonly LoggedCache[]): Pick<Found, 'received'> {
  const restored = caches.filter(({ verb, isDone }) => verb === 'fetch' && isDone);
  const bytes = restored.flatMap(({ amounts }) => amounts?.moved ?? []);
  if (restored.length === 0 || bytes.length < restored.length) return {};
  return { received: bytes.reduce((sum, each) => sum + each, 0) };
}
