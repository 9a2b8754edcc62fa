import type { Verb } from './params.ts';
import { RESULTS } from './results.ts';
import type { ResultName, ResultRow, Results } from './results.ts';

/** The plain results of one cache. */
export type CacheResults = Partial<Record<ResultName, string>>;

export interface NamedResults {
  readonly name: string;
  readonly results: CacheResults;
}

const BEST_TO_WORST = ['exact', 'fallback', 'miss'];

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
  const rows: readonly (ResultRow & { readonly name: ResultName })[] = RESULTS;
  for (const row of rows) {
    if (!row.verbs.includes(verb)) continue;
    const values = caches.map(({ results }) => results[row.name] ?? row.initial);
    joined[row.name] = values.length === 0 ? row.initial : JOIN[row.join](values);
    if (row.perCache === undefined) continue;
    caches.forEach(({ name }, at) => (joined[`${name}-${row.name}`] = values[at] ?? row.initial));
  }
  return joined;
}

const JOIN: Record<ResultRow['join'], (values: readonly string[]) => string> = {
  and: (values) => String(values.every((value) => value === 'true')),
  worst: (values) => BEST_TO_WORST[Math.max(...values.map((value) => BEST_TO_WORST.indexOf(value)))] ?? 'miss',
  sum: (values) => String(values.reduce((sum, value) => sum + Number(value), 0)),
  common: (values) => (new Set(values).size === 1 ? (values[0] ?? '') : ''),
  first: (values) => values[0] ?? '',
};
