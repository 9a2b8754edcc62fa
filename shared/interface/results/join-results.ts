import type { Verb } from '../params.ts';
import { BEST_TO_WORST, RESULTS } from './results.ts';
import type { ResultName, ResultRow, Results } from './results.ts';

/** The plain results of one cache. */
export type CacheResults = Partial<Record<ResultName, string>>;

interface NamedResults {
  readonly name: string;
  readonly results: CacheResults;
}

const MATCHES = ['exact', 'fallback', 'miss'];
const REASONS: readonly string[] = BEST_TO_WORST;

/** The results of a run that has not done anything: those that a pod which never starts must have as well. */
export function initialResults(verb: Verb, cacheNames: readonly string[]): Results {
  return joinResults(
    verb,
    cacheNames.map((name) => ({ name, results: {} })),
  );
}

/**
 * The results of several caches as one set: the plain names joined by the rule of their row, and `NAME-result` for each cache,
 * also when there is only one. What a cache leaves out has its initial value.
 */
export function joinResults(verb: Verb, caches: readonly NamedResults[]): Results {
  const joined: Results = {};
  const told = worstOf(caches);
  const rows: readonly (ResultRow & { readonly name: ResultName })[] = RESULTS;
  for (const row of rows) {
    if (!row.verbs.includes(verb)) continue;
    const values = caches.map(({ results }) => results[row.name] ?? row.initial);
    joined[row.name] = values.length === 0 ? row.initial : JOIN[row.join](values, told);
    if (row.perCache === undefined) continue;
    caches.forEach(({ name }, at) => (joined[`${name}-${row.name}`] = values[at] ?? row.initial));
  }
  return joined;
}

/** Where the first of the caches with the worst reason is. One without a reason has not ended yet, which is worse than any. */
function worstOf(caches: readonly NamedResults[]): number {
  const ranks = caches.map(({ results: { reason = '' } }) =>
    reason === '' ? REASONS.length : REASONS.indexOf(reason),
  );
  return ranks.indexOf(Math.max(...ranks));
}

const JOIN: Record<ResultRow['join'], (values: readonly string[], worst: number) => string> = {
  and: (values) => String(values.every((value) => value === 'true')),
  worst: (values) => MATCHES[Math.max(...values.map((value) => MATCHES.indexOf(value)))] ?? 'miss',
  sum: (values) => String(values.reduce((sum, value) => sum + Number(value), 0)),
  common: (values) => (new Set(values).size === 1 ? (values[0] ?? '') : ''),
  'of-worst': (values, worst) => values[worst] ?? '',
};
