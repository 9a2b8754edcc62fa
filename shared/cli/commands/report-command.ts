import { invalidParams } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';
import { HELP_OPTION } from '../arguments/options.ts';
import type { OptionRow, Options } from '../arguments/options.ts';
import type { Subcommand } from '../arguments/subcommand.ts';
import { documentCommand } from './document-command.ts';
import { readDocuments, STANDARD_INPUT } from './documents.ts';
import type { CacheResult } from './report/cache-result.ts';
import { cacheResults, runsOf } from './report/cache-results.ts';
import type { LogOf } from './report/cache-results.ts';
import { readPodLogs } from './report/pod-logs.ts';
import { missingLogs, reportNotes, reportSummary, reportTable } from './report/report-table.ts';

const NAME = 'PIPELINERUN';
const SELECT = `kubectl get taskruns,customruns -l tekton.dev/pipelineRun=${NAME} -o json`;
const LOGS = `kubectl logs -l tekton.dev/pipelineRun=${NAME} --all-containers --prefix --tail=-1 --ignore-errors`;
const USAGE = `${SELECT} | tekton-cache report ${NAME} [--logs FILE]`;
const SUMMARY = 'Lists what every fetch and every upload of a PipelineRun did, in steps and in custom tasks.';

const ROWS: readonly OptionRow[] = [
  {
    name: 'file',
    short: 'f',
    kind: 'list',
    value: 'FILE',
    meaning: 'objects as `kubectl get` gives them, YAML or JSON; standard input when absent, or for -',
  },
  {
    name: 'logs',
    kind: 'list',
    value: 'FILE',
    meaning: `what \`${LOGS}\` prints, in files or for - from standard input: a row for each cache of a step, with what it moved`,
  },
  { name: 'json', kind: 'flag', meaning: 'print a JSON array with all results' },
  HELP_OPTION,
];

/** `tekton-cache report`: the results of all caches of a run, as a table or as JSON. */
export const REPORT_COMMAND: Subcommand = documentCommand({
  name: 'report',
  rows: ROWS,
  operand: NAME,
  usage: USAGE,
  summary: SUMMARY,
  check,
  answer: async ({ values, lists, flags }) => {
    const name = values.get(NAME) ?? '';
    const runs = runsOf(name, (await Promise.all(filesOf(lists).map(readDocuments))).flat());
    if (runs.length === 0) throw nothingOf(name);
    const logs = lists.get('logs');
    const podLogs = logs && (await readPodLogs(logs, LOGS.replace(NAME, name)));
    const logOf: LogOf | undefined = podLogs && ((pod, container) => podLogs.of(pod, container));
    const results = cacheResults(runs, logOf);
    if (flags.get('json') === true) return JSON.stringify(results, undefined, 2);
    return describe(name, results, logs !== undefined);
  },
});

function check({ values, lists }: Options): string[] {
  const inputs = [...filesOf(lists), ...(lists.get('logs') ?? [])].filter((file) => file === STANDARD_INPUT);
  const isTaken = lists.get('logs')?.includes(STANDARD_INPUT) === true && inputs.length > 1;
  return [
    ...(values.has(NAME) ? [] : ['The name of a PipelineRun is required.']),
    // Who has nothing to say to it would wait for nothing: this program does not ask the cluster.
    ...(lists.has('file') || !process.stdin.isTTY
      ? []
      : [
          `The objects come from standard input. Run: ${SELECT.replace(NAME, values.get(NAME) ?? NAME)} | tekton-cache report ...`,
        ]),
    ...(isTaken
      ? ['--logs -: standard input can be read only once, and the objects come from there. Give one of them as a file.']
      : []),
  ];
}

function filesOf(lists: Options['lists']): readonly string[] {
  return lists.get('file') ?? [STANDARD_INPUT];
}

function nothingOf(name: string): CacheError {
  return invalidParams(
    `No TaskRun and no CustomRun of PipelineRun ${name} is among the documents. Give it what \`${SELECT.replace(NAME, name)}\` prints.`,
  );
}

function describe(name: string, results: readonly CacheResult[], areLogsGiven: boolean): string {
  if (results.length === 0) return `No task of PipelineRun ${name} has a result of a cache.`;
  const below = [reportNotes(results), [...reportSummary(results), ...(areLogsGiven ? missingLogs(results) : [])]];
  return [reportTable(results), ...below.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))].join(
    '\n\n',
  );
}
