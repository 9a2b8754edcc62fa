import { CacheError, invalidParams } from '../../errors.ts';
import { didYouMean } from '../../interface/text/nearest.ts';
import { collectTasks } from './collect-task.ts';
import { addCustomRuns } from './custom-run.ts';
import { taskGraph } from '../tekton/pipeline/graph.ts';
import { readCachedPlaces } from '../plan/cached-places.ts';
import { readKey } from '../plan/key.ts';
import { deferredTaskRef } from './deferred-task-ref.ts';
import type { CachePlan, TaskPlan } from '../plan/plan.ts';
import type { CacheAction } from '../plan/workspaces/cache-actions.ts';
import { hasSteps, uploadsBySteps } from '../plan/tasks/pipeline-context.ts';
import type { PipelineContext, PipelineRewrite } from '../plan/tasks/pipeline-context.ts';
import { planPipelineTask } from '../plan/tasks/pipeline-task-plan.ts';
import type { PlacedTask } from '../plan/tasks/pipeline-task-plan.ts';
import type { ResolverOptions } from '../ask/resolver-params.ts';
import { skipCauses } from '../plan/workspaces/skip-causes.ts';
import { planPreset } from '../plan/presets/preset-plan.ts';
import { presetTasks } from '../plan/presets/preset-tasks.ts';
import { writeTask } from './preset-task.ts';
import { taskTimeoutMs } from '../tekton/task-timeout.ts';
import type { PipelinePart } from '../tekton/task-timeout.ts';
import type { Pipeline, PipelineSpec, PipelineTask, Run } from '../tekton/tekton.ts';
import { findBinding, mayHoldSources, unboundOf } from '../tekton/workspaces/volume.ts';
import { planWorkspace } from '../plan/workspaces/workspace-plan.ts';
import { declareWorkspaces } from './parts/workspace-declaration.ts';
import { bindInTask } from '../plan/tasks/task-binding.ts';
import { knownWorkspaces, workspaceUses } from '../tekton/workspaces/workspace-use.ts';
import { staysAfterTasks } from '../plan/workspaces/end-state.ts';
import { isPlaceUsedAtEnd, workspaceUsers } from '../plan/workspaces/workspace-users.ts';
import type { WorkspaceUsers } from '../plan/workspaces/workspace-users.ts';

/** The Pipeline with caching; the same one when it has none of the workspaces to handle. Throws InvalidParams or WorkspaceNotSupported. */
export function rewritePipeline(input: PipelineRewrite): Pipeline {
  const { pipeline, run, options, settings } = input;
  const { spec } = pipeline;
  checkNames(spec, run, options);
  if (options.shared.preset !== undefined) return withPresets(input, options.shared.preset);
  const bindings = options.workspaces.flatMap((name) => findBinding(run, name) ?? []);
  if (bindings.length === 0) return pipeline;

  const cached = bindings.map((binding) => binding.name);
  const { name } = pipeline.metadata;
  const pipelineName = name === undefined ? {} : { pipeline: name };
  const key = readKey({ options, run, settings, scope: 'pipeline', ...pipelineName, cached });
  const graph = taskGraph(spec);
  const users = bindings.map((binding) => workspaceUsers({ binding, spec, run, graph, key, options }));
  const hashing = firstUsers(spec, users);
  const { paths, source } = readCachedPlaces({
    key,
    run,
    options,
    known: knownWorkspaces(spec, run),
    cached,
    atHand: hashing.map((task) => namesOf([task]).filter((name) => mayHoldSources(run, name))),
    unbound: unboundOf(run, namesOf(hashing)),
  });
  const skips = skipCauses(spec, graph);
  const hashesAtEnd = key.hashed && options.via === 'steps' && staysAfterTasks(run, source);
  const isSourceUsedAtEnd = hashesAtEnd && isPlaceUsedAtEnd(spec, run, source);
  const workspaces = users.map(({ isUsedAtEnd, ...workspace }) =>
    planWorkspace(
      {
        ...workspace,
        isUsedAtEnd: isUsedAtEnd || (isSourceUsedAtEnd && workspace.volume === 'claim'),
        paths: paths.get(workspace.name) ?? [],
      },
      { run, key, options, source, graph, skips, registry: settings.registryToken?.registry },
    ),
  );
  const context: PipelineContext = { ...input, spec, graph, key, workspaces, source, skips };
  return { ...pipeline, spec: declareWorkspaces(addCustomRuns(context, addSteps(context)), spec) };
}

/** Tasks that know of no cache: a preset says what is to be kept, and the variables of the steps where it is. */
function withPresets({ pipeline, run, options, settings }: PipelineRewrite, preset: string): Pipeline {
  const { spec, metadata } = pipeline;
  const { name } = metadata;
  const found = new Map(presetTasks(spec, run, options, preset).map((one) => [one.task.name, one]));
  const rewritten = (task: PipelineTask, part: PipelinePart): PipelineTask => {
    const one = found.get(task.name);
    if (one === undefined) return task;
    const pipelineName = name === undefined ? {} : { pipeline: name };
    const timeoutMs = taskTimeoutMs(run, task, part);
    const plan = planPreset({ ...one, task: task.name, options, run, settings, timeoutMs, ...pipelineName });
    return withPlan({ options, settings }, task, plan);
  };
  const last = spec.finally === undefined ? {} : { finally: spec.finally.map((task) => rewritten(task, 'finally')) };
  const tasks = spec.tasks.map((task) => rewritten(task, 'tasks'));
  return { ...pipeline, spec: { ...spec, tasks, ...last } };
}

/** An embedded Task gets its steps at once, a referenced one when Tekton asks for it. */
function withPlan(
  { options, settings }: Pick<PipelineRewrite, 'options' | 'settings'>,
  task: PipelineTask,
  plan: TaskPlan,
): PipelineTask {
  const { taskSpec, taskRef } = task;
  if (taskSpec === undefined) return { ...task, taskRef: deferredTaskRef(options.resolver, taskRef, plan) };
  const { metadata: given, ...rest } = taskSpec;
  const { spec, metadata } = inTask(task.name, () => writeTask({ spec: rest, metadata: given ?? {}, plan, settings }));
  const named = Object.keys(metadata).length === 0 ? {} : { metadata };
  return { ...task, taskSpec: { ...named, ...spec } };
}

/** Says of which task of the Pipeline a refusal is. */
function inTask<Written>(name: string, write: () => Written): Written {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof CacheError)) throw error;
    throw new CacheError(error.code, `Task \`${name}\`: ${error.message}`, { cause: error });
  }
}

function addSteps(context: PipelineContext): PipelineSpec {
  const { spec } = context;
  const ours = collectTasks(context);
  const rewritten = (tasks: readonly PipelineTask[], part: PipelinePart): PipelineTask[] =>
    tasks.map((task) => rewriteOne(context, { task, part }));
  const finallyTasks = [...rewritten(spec.finally ?? [], 'finally'), ...ours.finally];
  return {
    ...spec,
    tasks: [...rewritten(spec.tasks, 'tasks'), ...ours.tasks],
    ...(finallyTasks.length === 0 ? {} : { finally: finallyTasks }),
  };
}

function rewriteOne(context: PipelineContext, { task, part }: PlacedTask): PipelineTask {
  const actions = context.workspaces.flatMap((workspace) => {
    const action = hasSteps(workspace, context) ? workspace.actions.byTask.get(task.name) : undefined;
    const kept = action === undefined || uploadsBySteps(workspace, context) ? action : withoutUpload(action);
    return kept === undefined || (kept.fetch === undefined && kept.upload === undefined)
      ? []
      : [{ workspace, action: kept }];
  });
  if (actions.length === 0) return task;

  const bound = actions.map(({ workspace, action }) => ({ ...bindInTask(task, workspace), action }));
  const caches = bound.map(({ cache, action }): CachePlan => ({ ...cache, ...action }));
  const dropped = new Set(bound.flatMap(({ renamed }) => Object.keys(renamed)));
  const renamed = Object.assign({}, ...bound.map((one) => one.renamed));
  const plan = planPipelineTask(context, { task, part }, caches, renamed);
  if (plan.caches.length === 0) return task;
  const bindings =
    dropped.size === 0 ? {} : { workspaces: (task.workspaces ?? []).filter(({ name }) => !dropped.has(name)) };
  return withPlan(context, { ...task, ...bindings }, plan);
}

function withoutUpload({ fetch }: CacheAction): CacheAction {
  return fetch === undefined ? {} : { fetch };
}

/** The tasks that use the cached workspaces first: they hash. */
function firstUsers(spec: PipelineSpec, workspaces: readonly WorkspaceUsers[]): readonly PipelineTask[] {
  // Where only `finally` tasks use a workspace, they are the first.
  const first = new Set(
    workspaces.flatMap(({ graph, finallyUsers }) =>
      graph.first.length > 0 ? graph.first : finallyUsers.map(({ name }) => name),
    ),
  );
  return [...spec.tasks, ...(spec.finally ?? [])].filter(({ name }) => first.has(name));
}

function namesOf(tasks: readonly PipelineTask[]): string[] {
  return tasks.flatMap(workspaceUses).map(({ name }) => name);
}

function checkNames(spec: PipelineSpec, run: Run, { workspaces, skipTasks, fetchAfter }: ResolverOptions): void {
  const known = knownWorkspaces(spec, run);
  for (const name of workspaces) {
    if (!known.includes(name))
      throw invalidParams(`\`workspaces\`: there is no workspace \`${name}\`; ${didYouMean(name, known)}`);
  }
  const tasks = [...spec.tasks, ...(spec.finally ?? [])].map(({ name }) => name);
  for (const name of skipTasks) {
    if (!tasks.includes(name))
      throw invalidParams(`\`skip-tasks\`: there is no task \`${name}\`; ${didYouMean(name, tasks)}`);
  }
  for (const place of fetchAfter) {
    const [task = '', step] = place.split('/');
    if (step === undefined) throw invalidParams(`\`fetch-after\`: write \`TASK/STEP\` instead of \`${place}\`.`);
    if (!tasks.includes(task))
      throw invalidParams(`\`fetch-after\`: there is no task \`${task}\`; ${didYouMean(task, tasks)}`);
  }
}
