import type { CacheResults } from '../../interface/results/join-results.ts';
import type { Verb } from '../../interface/params.ts';
import type { TextLog } from './text-log.ts';

/** Says what became of a cache, as soon as it is known and once. */
export type Announce = (results: CacheResults) => void;

/** `cache NAME: hit|miss (reason) target`, and for an upload `cache NAME: uploaded|not uploaded (reason) target`. */
function verdictLine(verb: Verb, cache: string, { fetched, uploaded, reason, target }: CacheResults): string {
  const word =
    verb === 'fetch' ? (fetched === 'true' ? 'hit' : 'miss') : uploaded === 'true' ? 'uploaded' : 'not uploaded';
  return `cache ${cache}: ${word} (${reason ?? ''})${target === undefined ? '' : ` ${target}`}`;
}

export function announceOnce(verb: Verb, cache: string, log: TextLog): Announce {
  let last = '';
  return (results) => {
    const line = verdictLine(verb, cache, results);
    if (line !== last) log.line(line);
    last = line;
  };
}
