/** The results of a run for people: a table, what went wrong in the words of the logs, and a summary; pure. */
import { formatBytes } from '../../../helper/report/text-log.ts';
import type { Verb } from '../../../interface/params.ts';
import { textTable } from '../text-table.ts';
import type { CacheResult, Outcome } from './cache-result.ts';

const CUSTOM_RUN = 'CustomRun';
const HEAD = ['TASK', 'BY', 'CACHE', 'OUTCOME', 'REASON', 'TIME', 'SIZE', 'RECEIVED', 'SENT', 'TARGET'];

/** A line for each result, in columns; of a step with several caches a line for each of them, and its time in the first one. */
export function reportTable(results: readonly CacheResult[]): string {
  const lines = results.flatMap((result, at): CacheResult[] => {
    const [before, after] = [results[at - 1], results[at + 1]];
    if (isSplit(result, after)) return [];
    const seconds = before !== undefined && isSplit(before, result) ? before.seconds : undefined;
    return [seconds === undefined ? result : { ...result, seconds }];
  });
  return textTable([HEAD, ...lines.map((result) => cellsOf(result, results).map((cell) => (cell ? cell : '-')))]);
}

/** The rows of its caches follow, and have all that it has. Those of a custom task have not. */
function isSplit({ by, part, caches }: CacheResult, after: CacheResult | undefined): boolean {
  return by !== CUSTOM_RUN && part === undefined && caches.length > 1 && after?.part === true;
}

function cellsOf(result: CacheResult, results: readonly CacheResult[]): (string | undefined)[] {
  const { by, caches, outcome, reason, seconds, received, target } = result;
  const { size, bytes } = result.results;
  const time = seconds === undefined ? '' : `${seconds} s`;
  const amounts = [amount(size, result), received === undefined ? '' : formatBytes(received), amount(bytes, result)];
  return [taskName(result, results), by, caches.join(','), outcome, reason, time, ...amounts, target];
}

function taskName({ task, run, attempt }: CacheResult, results: readonly CacheResult[]): string {
  const isOneOfSeveral = results.some((other) => other.task === task && other.run !== run);
  return `${isOneOfSeveral ? run : task}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
}

/** The initial value of a result says nothing of an entry that there is not. */
function amount(bytes: string | undefined, { results }: CacheResult): string {
  if (bytes === undefined || (bytes === '0' && !results['digest'])) return '';
  return formatBytes(Number(bytes));
}

/** The row of a result with such a reason says everything, so it needs no note. */
const USUAL: ReadonlySet<string> = new Set(['exact', 'fallback', 'not-found', 'pushed', 'unchanged', 'disabled']);

/** The notes about each cache that somebody may have to mend. */
export function reportNotes(results: readonly CacheResult[]): string[] {
  return results.flatMap((result) => {
    const { by, caches, reason, notes = [] } = result;
    if (USUAL.has(reason) || notes.length === 0) return [];
    const begin = [taskName(result, results), by, caches.join(',')].join(' ').trimEnd();
    return [`${begin}: ${reason}`, ...notes.map((note) => `  ${note}`)];
  });
}

const OUTCOMES: Readonly<Record<Verb, readonly Outcome[]>> = {
  fetch: ['hit', 'fallback', 'miss', 'not done', 'no result'],
  upload: ['uploaded', 'not uploaded', 'not done', 'no result'],
};
const WITHOUT_RESULT: readonly Outcome[] = ['not done', 'no result'];

/** What the fetches and the uploads came to, as far as it is known of all of them. */
export function reportSummary(results: readonly CacheResult[]): string[] {
  const ofVerb = (verb: Verb): CacheResult[] => results.filter((result) => result.verb === verb);
  const fetches = ofVerb('fetch').filter(({ part }) => part === undefined);
  const uploads = ofVerb('upload').filter(({ part }) => part === undefined);
  const restored = total(fetches, ({ results: { size } }) => size);
  const received = total(fetches, (fetch) => fetch.received);
  const sent = total(uploads, ({ results: { bytes } }) => bytes);
  const from = received === undefined ? '' : ` from ${formatBytes(received)} received`;
  return [
    ...sentence('Fetches', 'fetch', ofVerb('fetch'), restored ? `${formatBytes(restored)} restored${from}` : ''),
    ...sentence('Uploads', 'upload', ofVerb('upload'), sent === undefined ? '' : `${formatBytes(sent)} sent`),
  ];
}

function sentence(begin: string, verb: Verb, results: readonly CacheResult[], amounts: string): string[] {
  const single = results.filter(
    ({ part, caches }, at) => caches.length < 2 || part === true || results[at + 1]?.part !== true,
  );
  if (!single.every(isOfOneCache)) return [];
  const counts = OUTCOMES[verb].flatMap((outcome) => {
    const count = single.filter((result) => result.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return counts.length === 0 ? [] : [`${begin}: ${counts.join(', ')}${amounts === '' ? '' : `; ${amounts}`}.`];
}

/** Or of none: a step that ended before it came to its caches, or that nobody has begun with. */
function isOfOneCache({ caches, outcome, logged }: CacheResult): boolean {
  return caches.length === 1 || WITHOUT_RESULT.includes(outcome) || (caches.length === 0 && logged === true);
}

/** Undefined where it is not known of each, or nothing has ended. */
function total(
  results: readonly CacheResult[],
  bytesOf: (result: CacheResult) => string | number | undefined,
): number | undefined {
  const ended = results.filter(({ outcome }) => outcome !== 'not done');
  const bytes = ended.flatMap((result) => bytesOf(result) ?? (isMiss(result) ? 0 : []));
  if (ended.length === 0 || bytes.length < ended.length) return undefined;
  return bytes.reduce<number>((sum, each) => sum + Number(each), 0);
}

/** No entry was restored, whatever else is not known. */
function isMiss({ outcome, caches, results: { size } }: CacheResult): boolean {
  return outcome === 'miss' && (size === '0' || (size === undefined && caches.length === 1));
}

/** The steps whose lines are not all in the logs that were given. */
export function missingLogs(results: readonly CacheResult[]): string[] {
  const missing = results.filter(
    ({ by, part, outcome, logged }) =>
      by !== CUSTOM_RUN && part === undefined && outcome !== 'not done' && logged === undefined,
  );
  const names = missing.map((result) => `${taskName(result, results)} ${result.by}`);
  return names.length === 0 ? [] : [`Not in the logs, or not to the end: ${names.join(', ')}.`];
}
