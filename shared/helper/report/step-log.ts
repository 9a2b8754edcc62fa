/** The log of one fetch or upload of some caches: its notes and its last line, and what is read back of the whole. */
import type { Verb } from '../../interface/params.ts';
import { joinResults } from '../../interface/results/join-results.ts';
import { resultNames } from '../../interface/results/results.ts';
import type { Results } from '../../interface/results/results.ts';
import { readRestored, readStored } from './amounts.ts';
import type { ReadAmounts } from './amounts.ts';
import { isProgress } from './progress.ts';
import { readVerdict } from './verdict.ts';
import type { Verdict } from './verdict.ts';

const INDENT = '  ';

/** A line about the verdict before it. No line of a note begins as a verdict does. */
export function noteLine(note: string): string {
  return INDENT + note.replaceAll('\n', `\n${INDENT}`);
}

/** The last line: all results. */
export function resultsLine(results: Results): string {
  return JSON.stringify(results);
}

/** What the log says of one cache. */
export interface LoggedCache extends Verdict {
  /** The amounts of the entry that was restored, or that is the target now. */
  readonly amounts?: ReadAmounts;
  /** Why it missed, what went wrong. */
  readonly notes: readonly string[];
}

interface EndedLog {
  /** The plain ones. */
  readonly results: Results;
  /** Empty where they are not all there. */
  readonly caches: readonly LoggedCache[];
  /** What was said of no cache: a param that is wrong, a stop. */
  readonly others: readonly string[];
}

/** Further caches and longer notes are dropped; of too many notes, the last ones are kept. */
const MAX_CACHES = 64;
const MAX_NOTES = 30;
const MAX_NOTE = 2000;
const MAX_VALUE = 1000;

/** Reasons of a verdict with an entry, whose amounts are the first that follow. */
const WITH_AMOUNTS: ReadonlySet<string> = new Set(['exact', 'fallback', 'pushed', 'unchanged']);

/** Reads line after line. Another program may write lines like ours: the caller passes only the lines of the step. */
export class StepLog {
  readonly #caches = new Map<string, LoggedCache>();
  #current: string | undefined;
  #doubtful = '';
  #isCut = false;
  #last = '';
  readonly #others: string[] = [];

  add(line: string): void {
    const verdict = readVerdict(line);
    if (verdict !== undefined) this.#begin(verdict);
    else if (line.startsWith(INDENT)) this.#note(line.slice(INDENT.length));
    else if (line.startsWith('{')) this.#last = line;
    else if (!isProgress(line) && this.#others.length < MAX_NOTES) this.#others.push(plain(line));
  }

  /** A line that may be the first of the step. It is believed only where a note shows that a verdict is missing before it. */
  addDoubtful(line: string): void {
    this.#doubtful = line;
  }

  /** The caches in the order of their first verdicts. Of several verdicts about a cache the last one counts. */
  caches(verb: Verb): readonly LoggedCache[] {
    return [...this.#caches.values()].filter((cache) => cache.verb === verb);
  }

  /** Undefined where the last line is missing. */
  ended(verb: Verb): EndedLog | undefined {
    const written = parseObject(this.#last);
    const values = resultNames(verb).map((name) => [name, written[name]] as const);
    const known = values.flatMap(([name, value]) => (isValue(value) ? [[name, value] as const] : []));
    if (known.length < values.length) return undefined;
    const results: Results = Object.fromEntries(known);
    const caches = this.caches(verb);
    return { results, caches: !this.#isCut && areAll(verb, caches, written) ? caches : [], others: this.#others };
  }

  #begin({ target, ...verdict }: Verdict): void {
    const { cache } = verdict;
    const isOneTooMany = !this.#caches.has(cache) && this.#caches.size >= MAX_CACHES;
    this.#current = isOneTooMany ? undefined : cache;
    if (isOneTooMany) return;
    this.#caches.set(cache, { ...verdict, ...(target === undefined ? {} : { target: plain(target) }), notes: [] });
  }

  #beginDoubtful(): void {
    const verdict = readVerdict(this.#doubtful);
    if (verdict === undefined) this.#isCut = true;
    else this.#begin(verdict);
  }

  #note(text: string): void {
    if (this.#caches.size === 0) this.#beginDoubtful();
    const cache = this.#caches.get(this.#current ?? '');
    if (cache === undefined) return;
    const awaited = cache.amounts === undefined && WITH_AMOUNTS.has(cache.reason);
    const amounts = awaited ? (cache.verb === 'fetch' ? readRestored(text) : readStored(text)) : undefined;
    // The files of a hash come first, and what went wrong comes last.
    const notes = amounts === undefined ? [...cache.notes, plain(text)].slice(-MAX_NOTES) : cache.notes;
    this.#caches.set(cache.cache, { ...cache, ...(amounts === undefined ? {} : { amounts }), notes });
  }
}

/** Whether the log told of all caches: by their names and reasons, which only the results of `preset: auto` lack, and by the reason of the whole. */
function areAll(verb: Verb, caches: readonly LoggedCache[], written: Record<string, unknown>): boolean {
  const end = '-reason';
  const names = Object.keys(written).filter((name) => name.endsWith(end));
  const isOther = caches.some(({ cache, reason }) => written[cache + end] !== reason);
  if (caches.length === 0 || (names.length > 0 && (isOther || names.length !== caches.length))) return false;
  const each = caches.map(({ cache, reason }) => ({ name: cache, results: { reason } }));
  return joinResults(verb, each)['reason'] === written['reason'];
}

/** The text without characters that move a cursor, or turn the direction of text. */
function plain(text: string): string {
  return text.slice(0, MAX_NOTE).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

function isValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_VALUE && plain(value) === value;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
