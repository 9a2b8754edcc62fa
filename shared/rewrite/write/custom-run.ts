import { CacheError, ERROR_CODES, invalidParams } from '../../errors.ts';
import { formatDuration } from '../../interface/text/duration.ts';
import { SOURCE } from '../../request/request.ts';
import { maxTimeOfLastUpload } from '../../request/step-max-time.ts';
import { expandIfGood } from '../../request/template.ts';
import { isDirectory } from '../ask/source-workspace.ts';
import { compact, mapStrings } from '../json/json.ts';
import type { Json } from '../json/json.ts';
import { inRunOrder, missingAssistant } from '../tekton/workspaces/binding-order.ts';
import { allNeeds, commonNeeds } from '../plan/workspaces/fetch-needs.ts';
import { isCyclic, taskGraph } from '../tekton/pipeline/graph.ts';
import { hasSteps, uploadsBySteps } from '../plan/tasks/pipeline-context.ts';
import type { PipelineContext } from '../plan/tasks/pipeline-context.ts';
import { freeName } from '../tekton/free-name.ts';
import { placeOfUpload } from './parts/end-conditions.ts';
import type { UploadPlace } from './parts/end-conditions.ts';
import { taskTimeoutMs } from '../tekton/task-timeout.ts';
import type { Param, PipelineSpec, PipelineTask } from '../tekton/tekton.ts';
import { findBinding } from '../tekton/workspaces/volume.ts';
import type { WorkspacePlan } from '../plan/workspaces/workspace-plan.ts';

const API_VERSION = 'cache.tekton.dev/v1alpha1';

/** What a custom task calls the workspace `source` of a Pipeline, when that is what it caches. */
const CACHED_SOURCE = 'cached-source';

interface Group {
  readonly workspaces: readonly string[];
  readonly paths: readonly string[];
  /** The pipeline tasks around which the group is fetched or uploaded. */
  readonly tasks: readonly string[];
}

/** Custom tasks for the shared volumes: a fetch before the first users of each, an upload after its sinks or in `finally`. */
export function addCustomRuns(context: PipelineContext, spec: PipelineSpec): PipelineSpec {
  const { workspaces, key, graph } = context;
  const fetched = workspaces.filter((plan) => !hasSteps(plan, context) && plan.graph.first.length > 0);
  const uploaded = workspaces.filter((plan) => !uploadsBySteps(plan, context) && plan.graph.sinks.length > 0);
  if (fetched.length === 0 && uploaded.length === 0) return spec;
  if (key.byTask) {
    throw invalidParams('{{task}} has no meaning with custom tasks, which stand between the tasks. Use steps.');
  }
  checkVolumes(context);

  const taken = [...spec.tasks, ...(spec.finally ?? [])].map(({ name }) => name);
  let tasks: readonly PipelineTask[] = spec.tasks;
  const fetchOf = new Map<string, string>();
  for (const group of groups(
    fetched,
    ({ graph }) => graph.first,
    ({ graph }) => graph.first,
  )) {
    const name = freeName('cache-fetch', taken);
    taken.push(name);
    for (const workspace of group.workspaces) fetchOf.set(workspace, name);
    const insert = (needed: readonly string[]): PipelineTask[] =>
      insertFetch(tasks, group, fetchTask(context, name, group, needed));
    const waiting = insert(allNeeds(graph, group.tasks));
    tasks = isCyclic(taskGraph({ tasks: waiting })) ? insert(commonNeeds(graph, group.tasks)) : waiting;
  }

  const places = new Map(uploaded.map((plan) => [plan.name, placeOfUpload(context, plan)]));
  const uploads = groups(
    uploaded.filter(({ name }) => places.get(name) !== undefined),
    ({ name, graph }) => [...graph.sinks, '', fetchOf.get(name) ?? '', JSON.stringify(places.get(name))],
    ({ graph }) => graph.sinks,
  ).map((group) => {
    const name = freeName('cache-upload', taken);
    taken.push(name);
    const [workspace = ''] = group.workspaces;
    const place = places.get(workspace) ?? { part: 'tasks', when: [] };
    return { part: place.part, task: uploadTask(context, { name, group, place, fetch: fetchOf.get(workspace) }) };
  });
  const between = uploads.filter(({ part }) => part === 'tasks').map(({ task }) => task);
  const last = uploads.filter(({ part }) => part === 'finally').map(({ task }) => task);
  const finallyTasks = last.length === 0 ? {} : { finally: [...(spec.finally ?? []), ...last] };
  return { ...spec, tasks: [...tasks, ...between], ...finallyTasks };
}

function groups(
  plans: readonly WorkspacePlan[],
  keyOf: (plan: WorkspacePlan) => readonly string[],
  tasksOf: (plan: WorkspacePlan) => readonly string[],
): Group[] {
  const found = new Map<string, Group>();
  for (const plan of plans) {
    const { name, paths } = plan;
    // A run has one list of paths, and its workspace `source` is for the files to hash.
    const key = JSON.stringify([keyOf(plan), paths, name === SOURCE]);
    const workspaces = [...(found.get(key)?.workspaces ?? []), name];
    found.set(key, { workspaces, paths, tasks: tasksOf(plan) });
  }
  return [...found.values()];
}

/** Puts the fetch before the first user in the list, and makes every first user wait for it. */
function insertFetch(tasks: readonly PipelineTask[], group: Group, fetch: PipelineTask): PipelineTask[] {
  const at = tasks.findIndex(({ name }) => group.tasks.includes(name));
  const waiting = tasks.map((task) =>
    group.tasks.includes(task.name) ? { ...task, runAfter: [...(task.runAfter ?? []), fetch.name] } : task,
  );
  return [...waiting.slice(0, at), fetch, ...waiting.slice(at)];
}

function fetchTask(context: PipelineContext, name: string, group: Group, needed: readonly string[]): PipelineTask {
  const { key, options } = context;
  const { shared } = options;
  return compact({
    name,
    taskRef: { apiVersion: API_VERSION, kind: 'CacheFetch' },
    runAfter: needed,
    params: params({
      ...references(group, { target: key.target, fallbacks: key.fallbacks }),
      paths: group.paths,
      files: key.hashed ? key.files : [],
      clean: shared.clean === true ? 'true' : undefined,
      ...commonParams(context),
    }),
    workspaces: bindings(context, group, key.hashed),
  });
}

interface Upload {
  readonly name: string;
  readonly group: Group;
  readonly fetch: string | undefined;
  readonly place: UploadPlace;
}

function uploadTask(context: PipelineContext, { name, group, fetch, place }: Upload): PipelineTask {
  const { key, options } = context;
  const { shared } = options;
  const hashes = key.hashed && fetch === undefined;
  const maxTime = place.part === 'finally' ? maxTimeInFinally(context, name) : undefined;
  return compact({
    name,
    taskRef: { apiVersion: API_VERSION, kind: 'CacheUpload' },
    runAfter: place.part === 'tasks' ? group.tasks : [],
    when: place.when,
    params: params({
      ...references(group, { target: key.target, aliases: key.aliases }),
      paths: group.paths,
      hash: key.hashed && fetch !== undefined ? `$(tasks.${fetch}.results.hash)` : undefined,
      files: hashes ? key.files : [],
      force: shared.force === true ? 'true' : undefined,
      'on-change': shared['on-change'],
      ...commonParams(context),
      ...(maxTime === undefined ? {} : { 'max-time': maxTime }),
    }),
    workspaces: bindings(context, group, hashes),
  });
}

/** For Tekton a run has failed whose time was over while its `finally` tasks ran. */
function maxTimeInFinally({ run, options }: PipelineContext, name: string): string | undefined {
  const { 'on-error': onError, 'max-time': givenMs } = options.shared;
  return maxTimeOfLastUpload({ onError, givenMs, timeoutMs: taskTimeoutMs(run, { name }, 'finally') });
}

/** The name of the workspace `source` is written out where it is cached, as it has another one in the custom task. */
function references<T extends Readonly<Record<string, string | readonly string[]>>>(
  { workspaces }: Group,
  given: T,
): T {
  return workspaces.includes(SOURCE)
    ? mapStrings(given, (template) => expandIfGood(template, { workspace: SOURCE }))
    : given;
}

function commonParams({ options, key }: PipelineContext): Readonly<Record<string, Json | undefined>> {
  const { shared } = options;
  return {
    exclude: shared.exclude ?? [],
    mode: key.mode === 'pull-push' ? undefined : key.mode,
    'on-miss': shared['on-miss'],
    'on-error': shared['on-error'],
    verify: shared.verify,
    'max-time': shared['max-time'] === undefined ? undefined : formatDuration(shared['max-time']),
    insecure: shared.insecure === true ? 'true' : undefined,
  };
}

function params(values: Readonly<Record<string, Json | undefined>>): Param[] {
  return Object.entries(compact(values)).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** `source` may be bound for the affinity assistant alone. A custom task would fetch or upload every other workspace. */
function bindings({ source, run }: PipelineContext, { workspaces }: Group, withSource: boolean) {
  const files = withSource ? source : missingAssistant(workspaces, run);
  const caches = workspaces.map((name) => ({ name: name === SOURCE ? CACHED_SOURCE : name, workspace: name }));
  return inRunOrder([...(files === undefined ? [] : [{ name: SOURCE, workspace: files }]), ...caches], run);
}

function checkVolumes({ run, key, source }: PipelineContext): void {
  if (key.hashed && isDirectory(source)) {
    throw new CacheError(
      ERROR_CODES.WorkspaceNotSupported,
      `A custom task cannot see the \`files\` to hash in ${source}, a volume of the Tasks. Use \`via: steps\` and \`upload-on: success\`.`,
    );
  }
  const binding = findBinding(run, source);
  if (!key.hashed || binding?.emptyDir === undefined) return;
  throw new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `A custom task cannot see the \`files\` to hash in workspace \`${source}\`, which is an emptyDir and new in every pod. Bind a PersistentVolumeClaim, or use \`via: steps\`.`,
  );
}
