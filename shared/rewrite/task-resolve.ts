import { CacheError, ERROR_CODES, invalidParams } from '../errors.ts';
import { didYouMean } from '../interface/text/nearest.ts';
import { accountOf } from './plan/identity/credentials.ts';
import { checkOwnEntries, readKey } from './plan/key.ts';
import type { RewriteSettings } from './plan/tasks/pipeline-context.ts';
import { podSystem, podUser } from './plan/identity/pod-template.ts';
import type { CachePlan } from './plan/plan.ts';
import type { ResolverOptions } from './ask/resolver-params.ts';
import { cachedPaths } from './ask/cached-paths.ts';
import { refuseSharedPlaces, refuseWholeSources } from './ask/whole-sources.ts';
import { readPresets } from '../presets/choice.ts';
import { planPreset } from './plan/presets/preset-plan.ts';
import { presetNames, SOURCES_WITHOUT_WORKSPACE } from './plan/presets/preset-tasks.ts';
import { writeTask } from './write/preset-task.ts';
import { chooseSource, isDirectory } from './ask/source-workspace.ts';
import { boundPart } from './plan/tasks/task-binding.ts';
import { planTask } from './plan/tasks/task-plan.ts';
import type { Run, Task } from './tekton/tekton.ts';
import { cacheVolume, findBinding, mayHoldSources, unboundOf } from './tekton/workspaces/volume.ts';

export interface TaskResolve {
  readonly task: Task;
  readonly run: Run;
  readonly options: ResolverOptions;
  readonly settings: RewriteSettings;
}

const PIPELINE_TASK_LABEL = 'tekton.dev/pipelineTask';

/**
 * A Task for itself, asked for by a user's own `taskRef`: each named workspace is fetched before it and uploaded after it.
 *
 * A TaskRun says what its workspaces are. A PipelineRun does not say which of its workspaces the Task gets, so there the
 * declarations decide, and the helper passes over optional ones that turn out not to be bound.
 */
export function resolveTask({ task, run, options, settings }: TaskResolve): Task {
  if (options.shared.preset !== undefined) return presetTask({ task, run, options, settings }, options.shared.preset);
  const { spec, metadata } = task;
  const declared = (spec.workspaces ?? []).map(({ name }) => name);
  for (const name of options.workspaces) {
    if (!declared.includes(name)) {
      throw invalidParams(`\`workspaces\`: the Task declares no workspace \`${name}\`; ${didYouMean(name, declared)}`);
    }
  }
  refuseForTask(options);
  const cached = options.workspaces.filter((name) => isUsable(run, name));
  if (cached.length === 0) return task;

  const pipelineTask = run.kind === 'TaskRun' ? run.metadata.labels?.[PIPELINE_TASK_LABEL] : undefined;
  const { target, insecureRegistries } = settings;
  const key = readKey({
    options,
    run,
    scope: pipelineTask === undefined ? {} : { task: pipelineTask },
    ...(target === undefined ? {} : { defaultTarget: target }),
    ...(insecureRegistries === undefined ? {} : { insecureRegistries }),
  });
  checkOwnEntries(key, cached);
  refuseSharedPlaces(run, cached);
  const paths = cachedPaths(options);
  const atHand = [declared.filter((name) => run.kind === 'PipelineRun' || mayHoldSources(run, name))];
  const unbound = run.kind === 'PipelineRun' ? [] : unboundOf(run, declared);
  const source = key.hashed
    ? chooseSource({
        partly: options.resolver === 'wrap' ? cached : [...paths.keys()],
        ...(options.source === undefined ? {} : { asked: options.source }),
        known: declared,
        cached,
        atHand,
        unbound,
      })
    : '';
  if (key.hashed && options.resolver === 'cache') refuseWholeSources(run, source, cached, paths, unbound);
  const start = options.resolver === 'wrap' ? key.base : [];
  const [base, ...fallbacks] = start;
  const fetch = base === undefined ? {} : { target: base, fallbacks };
  const fetches = options.resolver === 'cache' || base !== undefined;
  for (const { name, readOnly } of spec.workspaces ?? []) {
    if (run.kind === 'PipelineRun' && fetches && readOnly === true && cached.includes(name)) throw unknown(name);
  }
  const caches = cached.map((name): CachePlan => ({
    name,
    workspace: name,
    ...partOf(run, name),
    ...(paths.has(name) ? { paths: paths.get(name) ?? [] } : {}),
    ...(fetches ? { fetch } : {}),
    upload: {},
  }));
  const plan = planTask({
    task: pipelineTask ?? '',
    key,
    options,
    caches,
    source: { name: source, ...(source === '' ? {} : { workspace: source }) },
    user: podUser(run, pipelineTask ?? ''),
    ...podSystem(run, pipelineTask ?? ''),
    account: accountOf(run, pipelineTask ?? ''),
  });
  return { ...task, ...writeTask({ spec, metadata, plan, settings }) };
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
  const plan = planPreset({
    options,
    run,
    settings,
    task: run.kind === 'TaskRun' ? (run.metadata.labels?.[PIPELINE_TASK_LABEL] ?? '') : '',
    preset: { names: presetNames(choice), named: true, sourcesWithin: isDirectory(source) || fresh },
    source,
  });
  return { ...task, ...writeTask({ spec, metadata, plan, settings }) };
}

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
 * A step writes through the volume of such a workspace: it would have the root of a volume of which the Task has a directory,
 * and a Task that mounts what is not bound cannot start.
 */
function unknown(name: string): CacheError {
  return new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `The Task declares workspace \`${name}\` as read-only, and a PipelineRun does not say which part of a volume the Task gets for it, if any. ` +
      'Let the resolver rewrite the Pipeline (`pipelineref`), or declare the workspace writable.',
  );
}

function refuseForTask({ via, skipTasks, shared }: ResolverOptions): void {
  if (via === 'customrun') throw invalidParams('`via: customrun` is for Pipelines: a Task holds no custom tasks.');
  if (skipTasks.length > 0) throw invalidParams('`skip-tasks` is for Pipelines.');
  if (shared['upload-on'] === 'always') {
    throw invalidParams('`upload-on: always` is for Pipelines: in a Task, a step after a failed step never runs.');
  }
}
