import { CacheError, ERROR_CODES } from '../errors.ts';
import { allows } from '../interface/mode.ts';
import { accountOf } from './credentials.ts';
import { didYouMean } from '../interface/nearest.ts';
import { addCustomRuns } from './custom-run.ts';
import { taskGraph } from './graph.ts';
import { checkOwnEntries, readKey } from './key.ts';
import { lateTask } from './late-task.ts';
import type { CachePlan, TaskPlan } from './plan.ts';
import type { Move } from './moves.ts';
import { podUser } from './pod-template.ts';
import { hasSteps, uploadsBySteps } from './pipeline-context.ts';
import type { PipelineContext, PipelineRewrite } from './pipeline-context.ts';
import type { ResolverOptions } from './resolver-params.ts';
import { chooseSource } from './source-workspace.ts';
import { planTask } from './task-plan.ts';
import { freeName } from './free-name.ts';
import { rewriteTask } from './task-rewrite.ts';
import type { Pipeline, PipelineSpec, PipelineTask, Run } from './tekton.ts';
import { findBinding } from './volume.ts';
import { planWorkspace } from './workspace-plan.ts';
import type { WorkspacePlan } from './workspace-plan.ts';
import { bindInTask } from './task-binding.ts';
import { knownWorkspaces, workspaceUses } from './workspace-use.ts';

/** The Pipeline with caching; the same one when it has none of the workspaces to handle. Throws InvalidParams or WorkspaceNotSupported. */
export function rewritePipeline(input: PipelineRewrite): Pipeline {
  const { pipeline, run, options } = input;
  const { spec } = pipeline;
  checkNames(spec, run, options);
  const bindings = options.workspaces.flatMap((name) => findBinding(run, name) ?? []);
  if (bindings.length === 0) return pipeline;

  const { name } = pipeline.metadata;
  const { target, insecureRegistries } = input.settings;
  const key = readKey({
    options,
    run,
    scope: 'pipeline',
    ...(name === undefined ? {} : { pipeline: name }),
    ...(target === undefined ? {} : { defaultTarget: target }),
    ...(insecureRegistries === undefined ? {} : { insecureRegistries }),
  });
  checkOwnEntries(
    key,
    bindings.map((binding) => binding.name),
  );
  const graph = taskGraph(spec);
  const workspaces = bindings.map((binding) => planWorkspace({ binding, spec, graph, run, key, options }));
  const source = key.hashed ? sourceOf(input, workspaces) : '';
  const context: PipelineContext = { ...input, spec, graph, key, workspaces, source };
  return { ...pipeline, spec: addCustomRuns(context, addSteps(context)) };
}

function addSteps(context: PipelineContext): PipelineSpec {
  const { spec } = context;
  const finallyTasks = [...(spec.finally ?? []).map((task) => rewriteOne(context, task)), ...collectTask(context)];
  return {
    ...spec,
    tasks: spec.tasks.map((task) => rewriteOne(context, task)),
    ...(finallyTasks.length === 0 ? {} : { finally: finallyTasks }),
  };
}

function rewriteOne(context: PipelineContext, task: PipelineTask): PipelineTask {
  const moves = context.workspaces.flatMap((workspace) => {
    const move = hasSteps(workspace, context) ? workspace.moves.byTask.get(task.name) : undefined;
    const kept = move === undefined || uploadsBySteps(workspace, context) ? move : withoutUpload(move);
    return kept === undefined || (kept.fetch === undefined && kept.upload === undefined)
      ? []
      : [{ workspace, move: kept }];
  });
  if (moves.length === 0) return task;

  const bound = moves.map(({ workspace, move }) => ({ ...bindInTask(task, workspace), move }));
  const caches = bound.map(({ cache, move }): CachePlan => ({ ...cache, ...move }));
  const dropped = new Set(bound.flatMap(({ renamed }) => Object.keys(renamed)));
  const plan = planFor(context, task, caches, Object.assign({}, ...bound.map(({ renamed }) => renamed)));
  if (plan.caches.length === 0) return task;
  const { workspaces, taskSpec, taskRef } = task;
  const bindings =
    dropped.size === 0 ? {} : { workspaces: (workspaces ?? []).filter(({ name }) => !dropped.has(name)) };
  if (taskSpec !== undefined) {
    const spec = rewriteTask({ spec: taskSpec, metadata: taskSpec.metadata ?? {}, plan, settings: context.settings });
    return { ...task, ...bindings, taskSpec: spec };
  }
  return { ...task, ...bindings, taskRef: lateTask(context.options.resolver, taskRef, plan) };
}

function withoutUpload({ fetch }: Move): Move {
  return fetch === undefined ? {} : { fetch };
}

function planFor(
  context: PipelineContext,
  task: PipelineTask,
  caches: readonly CachePlan[],
  renamed: TaskPlan['renamed'],
) {
  const { key, options, run, source } = context;
  const found = workspaceUses(task).find(({ name }) => name === source && findBinding(run, name) !== undefined);
  return planTask({
    task: task.name,
    key,
    options,
    caches,
    source: { name: source, ...(found === undefined ? {} : { workspace: found.workspace }) },
    renamed: renamed ?? {},
    user: podUser(run, task.name),
    account: accountOf(run, task.name),
  });
}

/** Where the end state is in no single task, a task of our own writes it, after a run that went well. */
function collectTask(context: PipelineContext): PipelineTask[] {
  const { workspaces, spec, source, run, options, key } = context;
  const collected = workspaces.filter((plan) => plan.moves.collect !== undefined && uploadsBySteps(plan, context));
  if (collected.length === 0 || !allows(key.mode, 'upload')) return [];
  const taken = [...spec.tasks, ...(spec.finally ?? [])].map(({ name }) => name);
  const onVolume = collected.find(({ volume }) => volume === 'claim');
  const bound = new Set(collected.map(({ name }) => name));
  if (onVolume !== undefined && source !== '') {
    const binding = findBinding(run, source);
    if (binding?.emptyDir !== undefined) throw cannotHash(onVolume, source);
    if (binding !== undefined) bound.add(source);
  }
  const task: PipelineTask = {
    name: freeName(`${options.resolver}-collect`, taken),
    when: [{ input: '$(tasks.status)', operator: 'in', values: ['Succeeded', 'Completed'] }],
    workspaces: [...bound].map((name) => ({ name, workspace: name })),
  };
  const caches = collected.map(({ name, moves }): CachePlan => ({ name, workspace: name, ...moves.collect }));
  const plan = planFor(context, task, caches, {});
  return [{ ...task, taskRef: lateTask(context.options.resolver, undefined, plan) }];
}

/** No task of ours can upload after all of them, and none of theirs may while another one writes. */
function cannotHash({ name, graph }: WorkspacePlan, source: string): CacheError {
  const last = graph.sinks.map((task) => `\`${task}\``).join(' and ');
  return new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `Workspace \`${name}\` is complete when ${last} have ended, and the \`files\` to hash are gone then: \`${source}\` is an emptyDir, ` +
      `new in every pod. Bind a PersistentVolumeClaim for \`${source}\`, or use a \`target\` without {{hash}}.`,
  );
}

function sourceOf({ pipeline, run, options }: PipelineRewrite, workspaces: readonly WorkspacePlan[]): string {
  const { spec } = pipeline;
  // Where only `finally` tasks use a workspace, they are the first.
  const first = new Set(
    workspaces.flatMap(({ graph, moves }) => (graph.first.length > 0 ? graph.first : [...moves.byTask.keys()])),
  );
  const users = [...spec.tasks, ...(spec.finally ?? [])].filter(({ name }) => first.has(name));
  return chooseSource({
    ...(options.source === undefined ? {} : { asked: options.source }),
    known: knownWorkspaces(pipeline.spec, run),
    cached: workspaces.map(({ name }) => name),
    atHand: users.map((task) =>
      workspaceUses(task)
        .map(({ name }) => name)
        .filter((name) => findBinding(run, name) !== undefined),
    ),
  });
}

function checkNames(spec: PipelineSpec, run: Run, { workspaces, skipTasks, fetchAfter }: ResolverOptions): void {
  const known = knownWorkspaces(spec, run);
  for (const name of workspaces) {
    if (!known.includes(name))
      throw invalid(`\`workspaces\`: there is no workspace \`${name}\`; ${didYouMean(name, known)}`);
  }
  const tasks = [...spec.tasks, ...(spec.finally ?? [])].map(({ name }) => name);
  for (const name of skipTasks) {
    if (!tasks.includes(name))
      throw invalid(`\`skip-tasks\`: there is no task \`${name}\`; ${didYouMean(name, tasks)}`);
  }
  for (const place of fetchAfter) {
    const [task = '', step] = place.split('/');
    if (step === undefined) throw invalid(`\`fetch-after\`: write \`TASK/STEP\` instead of \`${place}\`.`);
    if (!tasks.includes(task))
      throw invalid(`\`fetch-after\`: there is no task \`${task}\`; ${didYouMean(task, tasks)}`);
  }
}

function invalid(message: string): CacheError {
  return new CacheError(ERROR_CODES.InvalidParams, message);
}
