import { CacheError, ERROR_CODES } from '../../errors.ts';
import { cacheResults, runsOf } from './cache-results.ts';
import type { CacheResult } from './cache-results.ts';
import { documentCommand } from './document-command.ts';
import { readDocuments, STANDARD_INPUT } from './documents.ts';
import type { OptionRow } from '../arguments/options.ts';
import type { Subcommand } from '../arguments/subcommand.ts';
import { textTable } from './text-table.ts';

const ROWS: readonly OptionRow[] = [
  {
    name: 'file',
    kind: 'list',
    value: 'FILE',
    meaning: 'objects as `kubectl get` gives them, YAML or JSON (-f); standard input when absent, or for -',
  },
  { name: 'json', kind: 'flag', meaning: 'print a JSON array with all results' },
  { name: 'help', kind: 'flag', meaning: 'show this' },
];

const NAME = 'PIPELINERUN';
const SELECT = `kubectl get taskruns,customruns -l tekton.dev/pipelineRun=${NAME} -o json`;
const USAGE = `${SELECT} | tekton-cache report ${NAME}`;
const SUMMARY = 'Lists what every fetch and every upload of a PipelineRun did, in steps and in custom tasks.';

/** `tekton-cache report`: the results of all caches of a run, as a table or as JSON. */
export const REPORT_COMMAND: Subcommand = documentCommand({
  name: 'report',
  rows: ROWS,
  operand: NAME,
  usage: USAGE,
  summary: SUMMARY,
  check: ({ values }) => (values.has(NAME) ? [] : ['The name of a PipelineRun is required.']),
  answer: async ({ values, lists, flags }) => {
    const name = values.get(NAME) ?? '';
    const results = await gather(name, lists.get('file') ?? [STANDARD_INPUT]);
    return flags.get('json') === true ? JSON.stringify(results, undefined, 2) : describe(name, results);
  },
});

async function gather(name: string, files: readonly string[]): Promise<CacheResult[]> {
  const runs = runsOf(name, (await Promise.all(files.map(readDocuments))).flat());
  if (runs.length > 0) return cacheResults(runs);
  throw new CacheError(
    ERROR_CODES.InvalidParams,
    `No TaskRun and no CustomRun of PipelineRun ${name} is among the documents. Give it what \`${SELECT.replace(NAME, name)}\` prints.`,
  );
}

function describe(name: string, results: readonly CacheResult[]): string {
  return results.length === 0 ? `No task of PipelineRun ${name} has a result of a cache.` : reportTable(results);
}

const HEAD = ['TASK', 'BY', 'CACHE', 'OUTCOME', 'REASON', 'TIME', 'SIZE', 'SENT', 'TARGET'];

/** A line for each result, in columns; sizes in bytes. */
function reportTable(results: readonly CacheResult[]): string {
  const rows = results.map((result) => {
    const { task, run, attempt, by, caches, outcome, reason, seconds, target } = result;
    const { size, bytes } = result.results;
    const time = seconds === undefined ? '' : `${seconds} s`;
    const isOneOfSeveral = results.some((other) => other.task === task && other.run !== run);
    const name = `${isOneOfSeveral ? run : task}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
    return [name, by, caches.join(','), outcome, reason, time, size, bytes, target].map((cell) => (cell ? cell : '-'));
  });
  return textTable([HEAD, ...rows]);
}
