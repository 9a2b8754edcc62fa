/** What the caches of a PipelineRun did, gathered from the status of its TaskRuns and CustomRuns, and from the logs of its steps; pure. */
import type { StepLog } from '../../../helper/report/step-log.ts';
import { CACHE_KINDS, VERBS } from '../../../interface/mode.ts';
import type { Verb } from '../../../interface/mode.ts';
import { resultNames } from '../../../interface/results/results.ts';
import type { Results } from '../../../interface/results/results.ts';
import { isList, isObject, objects } from '../../../rewrite/json/json.ts';
import type { Json, JsonObject } from '../../../rewrite/json/json.ts';
import { PIPELINE_TASK_LABEL } from '../../../rewrite/tekton/tekton.ts';
import { stepName } from '../../../rewrite/tekton/step-name.ts';
import { HELPER_PROGRAM } from '../../../rewrite/write/step.ts';
import { verdictOf } from './cache-result.ts';
import type { CacheResult, Found, Verdict } from './cache-result.ts';
import { givenCaches } from './given-caches.ts';
import { withLog } from './logged-result.ts';

/** The log of a container; undefined where it is not there. */
export type LogOf = (pod: string, container: string) => StepLog | undefined;

const GROUP = 'cache.tekton.dev/';
const PIPELINE_RUN_LABEL = 'tekton.dev/pipelineRun';

/** The TaskRuns and CustomRuns of a PipelineRun among all kinds of objects. */
export function runsOf(pipelineRun: string, documents: readonly JsonObject[]): JsonObject[] {
  return documents.filter(
    ({ kind, metadata }) =>
      (kind === 'TaskRun' || kind === 'CustomRun') && labelOf(metadata, PIPELINE_RUN_LABEL) === pipelineRun,
  );
}

/** In the order in which the runs began; within one in that of attempts and steps. */
export function cacheResults(runs: readonly JsonObject[], logOf: LogOf = () => undefined): CacheResult[] {
  const begun = (run: JsonObject): string => text(attemptsOf(run)[0]?.['startTime']) ?? '~';
  return runs
    .toSorted((a, b) => (begun(a) < begun(b) ? -1 : begun(a) > begun(b) ? 1 : 0))
    .flatMap((run) => resultsOfRun(run, logOf));
}

function resultsOfRun(run: JsonObject, logOf: LogOf): CacheResult[] {
  const metadata = isObject(run['metadata']) ? run['metadata'] : {};
  const name = text(metadata['name']) ?? '';
  const task = labelOf(metadata, PIPELINE_TASK_LABEL) ?? name;
  return attemptsOf(run).flatMap((status, at) => {
    const found = run['kind'] === 'CustomRun' ? ofCustomRun(run, status) : ofTaskRun(status, logOf);
    return found.map((result) => ({ run: name, task, attempt: at + 1, ...result }));
  });
}

function ofCustomRun({ spec }: JsonObject, status: JsonObject): Found[] {
  const { customRef, customSpec } = isObject(spec) ? spec : {};
  const { apiVersion, kind } = isObject(customRef) ? customRef : isObject(customSpec) ? customSpec : {};
  const verb = text(apiVersion)?.startsWith(GROUP) === true ? CACHE_KINDS.get(text(kind) ?? '') : undefined;
  if (verb === undefined) return [];
  const all = namedValues(status['results']);
  if (Object.keys(all).length === 0) {
    const condition = objects(status['conditions']).find(({ type }) => type === 'Succeeded');
    return [
      {
        by: 'CustomRun',
        verb,
        caches: [],
        outcome: 'not done',
        reason: text(condition?.['reason']) ?? '',
        results: {},
        target: '',
      },
    ];
  }
  const plain = resultNames(verb);
  const caches = Object.keys(all).flatMap((name) =>
    name.endsWith('-reason') ? [name.slice(0, -'-reason'.length)] : [],
  );
  const row = (names: readonly string[], results: Results): Found => ({
    by: 'CustomRun',
    verb,
    caches: names,
    ...verdictOf(verb, results),
    results,
    target: results['target'] ?? '',
  });
  const pick = (prefix: string): Results =>
    Object.fromEntries(
      plain.flatMap((name) => (all[prefix + name] === undefined ? [] : [[name, all[prefix + name] ?? '']])),
    );
  const each =
    caches.length > 1 ? caches.map((cache) => ({ ...row([cache], pick(`${cache}-`)), part: true as const })) : [];
  return [{ ...row(caches, pick('')), ...duration(status['startTime'], status['completionTime']) }, ...each];
}

/** A step of ours is known by its command, or by the results that it declares; one that was killed has none of them. */
function ofTaskRun(status: JsonObject, logOf: LogOf): Found[] {
  const spec = isObject(status['taskSpec']) ? status['taskSpec'] : {};
  const states = objects(status['steps']);
  const pod = text(status['podName']) ?? '';
  return objects(spec['steps']).flatMap((step, at) => {
    const verb = injectedVerb(step) ?? verbOf(objects(step['results']).flatMap(({ name }) => text(name) ?? []));
    if (verb === undefined) return [];
    const by = stepName(step, at);
    const state = states.find(({ name }) => name === by) ?? {};
    const results = namedValues(state['results']);
    const found = results['reason'] === undefined ? withoutResults(state) : verdictOf(verb, results);
    const { startedAt, finishedAt } = isObject(state['terminated']) ? state['terminated'] : {};
    const given = givenCaches(words(step['args']));
    const target = results['target'] ?? given.target;
    const row = { by, verb, caches: given.names, ...found, ...duration(startedAt, finishedAt), results, target };
    return withLog(row, logOf(pod, text(state['container']) ?? `step-${by}`));
  });
}

function duration(begin: Json | undefined, end: Json | undefined): Pick<CacheResult, 'seconds'> {
  const milliseconds = Date.parse(text(end) ?? '') - Date.parse(text(begin) ?? '');
  return Number.isNaN(milliseconds) ? {} : { seconds: Math.round(milliseconds / 1000) };
}

function withoutResults({ terminated, terminationReason, waiting }: JsonObject): Verdict {
  if (!isObject(terminated)) {
    return { outcome: 'not done', reason: (isObject(waiting) ? text(waiting['reason']) : undefined) ?? '' };
  }
  if (terminationReason === 'Skipped') return { outcome: 'not done', reason: '' };
  return { outcome: 'no result', reason: text(terminationReason) ?? text(terminated['reason']) ?? '' };
}

/** Earlier attempts, then the present one, which has no status as long as nobody has begun with it. */
function attemptsOf(run: JsonObject): JsonObject[] {
  const status = isObject(run['status']) ? run['status'] : {};
  return [...objects(status['retriesStatus']), status];
}

/** The verb of an injected step, by the command that it has in the rewritten Task. */
function injectedVerb({ command, args }: JsonObject): Verb | undefined {
  if (!isList(command) || command.at(-1) !== HELPER_PROGRAM) return undefined;
  const [first] = isList(args) ? args : [];
  return VERBS.find((verb) => verb === first);
}

function words(args: Json | undefined): string[] {
  return isList(args) ? args.flatMap((word) => text(word) ?? []) : [];
}

/** The verb, by the results that only one of the verbs has. */
function verbOf(names: readonly string[]): Verb | undefined {
  return VERBS.find((verb) => resultNames(verb).every((name) => names.includes(name)));
}

function namedValues(list: Json | undefined): Results {
  const pairs = objects(list).flatMap(({ name, value }) => {
    const found = text(value);
    return typeof name === 'string' && found !== undefined ? [[name, found] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function labelOf(metadata: Json | undefined, label: string): string | undefined {
  const labels = isObject(metadata) && isObject(metadata['labels']) ? metadata['labels'] : {};
  return text(labels[label]);
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
