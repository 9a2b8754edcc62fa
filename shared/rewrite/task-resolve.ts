import { CacheError, ERROR_CODES, invalidParams } from '../errors.ts';
import { didYouMean } from '../interface/text/nearest.ts';
import { accountOf } from './plan/identity/credentials.ts';
import { readCachedPlaces } from './plan/cached-places.ts';
import { readKey } from './plan/key.ts';
import type { Key } from './plan/key.ts';
import type { RewriteSettings } from './plan/tasks/pipeline-context.ts';
import { podSystem, podUser } from './plan/identity/pod-template.ts';
import type { CachePlan } from './plan/plan.ts';
import type { ResolverOptions } from './ask/resolver-params.ts';
import type { CachedPaths } from './ask/cached-paths.ts';
import { readPresets } from '../presets/choice.ts';
import { planPreset } from './plan/presets/preset-plan.ts';
import { presetNames, SOURCES_WITHOUT_WORKSPACE } from './plan/presets/preset-tasks.ts';
import { writeTask } from './write/preset-task.ts';
import { chooseSource, isDirectory } from './ask/source-workspace.ts';
import { boundPart } from './plan/tasks/task-binding.ts';
import { planTask } from './plan/tasks/task-plan.ts';
import { taskTimeoutMs } from './tekton/task-timeout.ts';
import { PIPELINE_TASK_LABEL } from './tekton/tekton.ts';
import type { Run, Task } from './tekton/tekton.ts';
import { cacheVolume, findBinding, mayHoldSources, unboundOf } from './tekton/workspaces/volume.ts';

interface TaskResolve {
  readonly task: Task;
  readonly run: Run;
  readonly options: ResolverOptions;
  readonly settings: RewriteSettings;
}

/**
 * A Task for itself, asked for by a user's own `taskRef`: each named workspace is fetched before it and uploaded after it.
 *
 * A TaskRun says what its workspaces are. A PipelineRun does not say which of its workspaces the Task gets, so the declarations of the Task
 * decide. The helper passes over optional ones that turn out not to be bound.
 */
export function resolveTask(input: TaskResolve): Task {
  const { task, run, options, settings } = input;
  if (options.shared.preset !== undefined) return presetTask(input, options.shared.preset);
  const { spec, metadata } = task;
  const declared = (spec.workspaces ?? []).map(({ name }) => name);
  checkNames(declared, options);
  refuseForTask(options);
  const cached = options.workspaces.filter((name) => isUsable(run, name));
  if (cached.length === 0) return task;

  const pipelineTask = pipelineTaskOf(run);
  const key = readKey({
    options,
    run,
    settings,
    scope: pipelineTask === undefined ? {} : { task: pipelineTask },
    cached,
  });
  const { paths, source } = readCachedPlaces({
    key,
    run,
    options,
    known: declared,
    cached,
    atHand: [declared.filter((name) => run.kind === 'PipelineRun' || mayHoldSources(run, name))],
    unbound: run.kind === 'PipelineRun' ? [] : unboundOf(run, declared),
  });
  const name = pipelineTask ?? '';
  const plan = planTask({
    task: name,
    key,
    options,
    caches: cachesOf(input, { key, cached, paths }),
    source: { name: source, ...(source === '' ? {} : { workspace: source }) },
    user: podUser(run, name),
    ...podSystem(run, name),
    account: accountOf(run, name),
    timeoutMs: taskTimeoutMs(run, { name }),
  });
  return { ...task, ...writeTask({ spec, metadata, plan, settings }) };
}

interface Chosen {
  readonly key: Key;
  readonly cached: readonly string[];
  readonly paths: CachedPaths;
}

/** The cache of each workspace: fetched by the key, or under `wrap` from `base`, and uploaded by the key. */
function cachesOf({ task, run, options }: TaskResolve, { key, cached, paths }: Chosen): CachePlan[] {
  const [base, ...fallbacks] = options.resolver === 'wrap' ? key.base : [];
  const fetches = options.resolver === 'cache' || base !== undefined;
  if (run.kind === 'PipelineRun' && fetches) refuseReadOnly(task, cached);
  const fetch = base === undefined ? {} : { target: base, fallbacks };
  return cached.map((name) => ({
    name,
    workspace: name,
    ...partOf(run, name),
    ...(paths.has(name) ? { paths: paths.get(name) ?? [] } : {}),
    ...(fetches ? { fetch } : {}),
    upload: {},
  }));
}

/** A Task that knows of no cache. */
function presetTask({ task, run, options, settings }: TaskResolve, preset: string): Task {
  const choice = readPresets(preset);
  const { spec, metadata } = task;
  const declared = (spec.workspaces ?? []).map(({ name }) => name);
  refuseForTask(options);
  const candidates = declared.filter((name) => run.kind === 'PipelineRun' || mayHoldSources(run, name));
  const asked = options.source ?? (candidates.length === 0 ? SOURCES_WITHOUT_WORKSPACE : undefined);
  const source = chooseSource({
    ...(asked === undefined ? {} : { asked }),
    known: declared,
    cached: [],
    partly: [],
    atHand: [candidates],
  });
  const fresh = run.kind === 'TaskRun' && findBinding(run, source)?.emptyDir !== undefined;
  const name = pipelineTaskOf(run) ?? '';
  const plan = planPreset({
    options,
    run,
    settings,
    task: name,
    preset: { names: presetNames(choice), named: true, sourcesWithin: isDirectory(source) || fresh },
    source,
    timeoutMs: taskTimeoutMs(run, { name }),
  });
  return { ...task, ...writeTask({ spec, metadata, plan, settings }) };
}

/** Which task of a Pipeline a TaskRun is, if it is one. */
function pipelineTaskOf(run: Run): string | undefined {
  return run.kind === 'TaskRun' ? run.metadata.labels?.[PIPELINE_TASK_LABEL] : undefined;
}

/** A PipelineRun does not say what the Task is bound to. */
function isUsable(run: Run, name: string): boolean {
  if (run.kind === 'PipelineRun') return true;
  const binding = findBinding(run, name);
  if (binding !== undefined) cacheVolume(binding);
  return binding !== undefined;
}

/** What of the volume a TaskRun gives to the Task. */
function partOf(run: Run, name: string): Pick<CachePlan, 'subPath'> {
  const binding = run.kind === 'TaskRun' ? findBinding(run, name) : undefined;
  return binding === undefined ? {} : boundPart(binding);
}

/**
 * A step writes to a read-only workspace through its volume. It would have the root of a volume of which the Task has a directory. A Task that
 * mounts what is not bound cannot start.
 */
function refuseReadOnly({ spec }: Task, cached: readonly string[]): void {
  const found = spec.workspaces?.find(({ name, readOnly }) => readOnly === true && cached.includes(name));
  if (found === undefined) return;
  throw new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `The Task declares workspace \`${found.name}\` as read-only, and a PipelineRun does not say which part of a volume the Task gets for it, if any. ` +
      'Let the resolver rewrite the Pipeline (`pipelineref`), or declare the workspace writable.',
  );
}

function checkNames(declared: readonly string[], { workspaces }: ResolverOptions): void {
  const name = workspaces.find((one) => !declared.includes(one));
  if (name === undefined) return;
  throw invalidParams(`\`workspaces\`: the Task declares no workspace \`${name}\`; ${didYouMean(name, declared)}`);
}

function refuseForTask({ via, skipTasks, shared }: ResolverOptions): void {
  if (via === 'customrun') throw invalidParams('`via: customrun` is for Pipelines: a Task holds no custom tasks.');
  if (skipTasks.length > 0) throw invalidParams('`skip-tasks` is for Pipelines.');
  if (shared['upload-on'] === 'always') {
    throw invalidParams('`upload-on: always` is for Pipelines: in a Task, a step after a failed step never runs.');
  }
}
