import { REASONS } from '../../interface/results/results.ts';
import type { CacheResults } from '../../interface/results/join-results.ts';
import { VERBS } from '../../interface/mode.ts';
import type { Verb } from '../../interface/mode.ts';
import type { TextLog } from './text-log.ts';

/** Says what became of a cache, as soon as it is known and once. */
export type Announce = (results: CacheResults) => void;

/** What a verdict says. */
export interface Verdict {
  readonly verb: Verb;
  readonly cache: string;
  /** An entry was restored, or this upload stored one. */
  readonly isDone: boolean;
  /** A word of the closed list. */
  readonly reason: string;
  /** Absent where the cache never came to have one. */
  readonly target?: string;
}

const BEGIN = 'cache ';
const WORDS: Readonly<Record<Verb, { readonly done: string; readonly not: string }>> = {
  fetch: { done: 'hit', not: 'miss' },
  upload: { done: 'uploaded', not: 'not uploaded' },
};

/** `cache NAME: hit|miss (reason) target`, and for an upload `cache NAME: uploaded|not uploaded (reason) target`. */
export function verdictLine({ verb, cache, isDone, reason, target }: Verdict): string {
  const word = WORDS[verb][isDone ? 'done' : 'not'];
  return `${BEGIN}${cache}: ${word} (${reason})${target === undefined ? '' : ` ${target}`}`;
}

/** The names of caches in results: without colons and spaces. */
const NAME = /^[\w.-]{1,253}$/;

/** What the line says; undefined of a line that is no verdict. */
export function readVerdict(line: string): Verdict | undefined {
  if (!line.startsWith(BEGIN)) return undefined;
  const colon = line.indexOf(': ');
  if (colon < 0) return undefined;
  const cache = line.slice(BEGIN.length, colon);
  const rest = line.slice(colon + ': '.length);
  const close = rest.indexOf(')');
  if (!NAME.test(cache) || close < 0) return undefined;
  const [said, end] = [rest.slice(0, close), rest.slice(close + 1)];
  if (end !== '' && !end.startsWith(' ')) return undefined;
  const open = said.indexOf(' (');
  const reason = said.slice(open + ' ('.length);
  const word = said.slice(0, Math.max(open, 0));
  const verb = VERBS.find((each) => Object.values(WORDS[each]).includes(word));
  if (verb === undefined || !Object.hasOwn(REASONS, reason)) return undefined;
  const verdict = { verb, cache, isDone: word === WORDS[verb].done, reason };
  return end === '' ? verdict : { ...verdict, target: end.slice(1) };
}

export function announceOnce(verb: Verb, cache: string, log: TextLog): Announce {
  let last = '';
  return ({ fetched, uploaded, reason = '', target }) => {
    const isDone = (verb === 'fetch' ? fetched : uploaded) === 'true';
    const line = verdictLine({ verb, cache, isDone, reason, ...(target === undefined ? {} : { target }) });
    if (line !== last) log.line(line);
    last = line;
  };
}
