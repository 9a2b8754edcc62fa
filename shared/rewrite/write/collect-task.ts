import { CacheError, ERROR_CODES } from '../../errors.ts';
import { allows } from '../../interface/mode.ts';
import { inRunOrder, missingAssistant } from '../tekton/workspaces/binding-order.ts';
import { staysAfterTasks } from '../plan/workspaces/end-state.ts';
import { freeName } from '../tekton/free-name.ts';
import { compact } from '../json/json.ts';
import { deferredTaskRef } from './deferred-task-ref.ts';
import { placeOfCollection } from './parts/end-conditions.ts';
import type { UploadPlace } from './parts/end-conditions.ts';
import { uploadsBySteps } from '../plan/tasks/pipeline-context.ts';
import type { PipelineContext } from '../plan/tasks/pipeline-context.ts';
import type { CachePlan } from '../plan/plan.ts';
import { isDirectory } from '../ask/source-workspace.ts';
import { planPipelineTask } from '../plan/tasks/pipeline-task-plan.ts';
import type { PipelinePart } from '../tekton/task-timeout.ts';
import type { PipelineTask } from '../tekton/tekton.ts';
import { findBinding } from '../tekton/workspaces/volume.ts';
import type { WorkspacePlan } from '../plan/workspaces/workspace-plan.ts';

/**
 * Where the end state is in no single task, tasks of our own write it, after a run that went well: one for the workspaces that have the same conditions.
 * Returns what they are in each part of the Pipeline.
 */
export function collectTasks(context: PipelineContext): Record<PipelinePart, readonly PipelineTask[]> {
  const { workspaces, spec, options, key } = context;
  const collected = workspaces.filter((plan) => plan.actions.collect !== undefined && uploadsBySteps(plan, context));
  const byPlace = new Map<string, { readonly place: UploadPlace; readonly plans: WorkspacePlan[] }>();
  for (const plan of allows(key.mode, 'upload') ? collected : []) {
    const place = placeOfCollection(context, plan);
    const same = JSON.stringify(place);
    byPlace.set(same, { place, plans: [...(byPlace.get(same)?.plans ?? []), plan] });
  }
  const taken = [...spec.tasks, ...(spec.finally ?? [])].map(({ name }) => name);
  const tasks = [...byPlace.values()].map(({ place, plans }) => {
    const name = freeName(`${options.resolver}-collect`, taken);
    taken.push(name);
    return { part: place.part, task: collectTask(context, name, place, plans) };
  });
  const of = (part: PipelinePart) => tasks.filter((one) => one.part === part).map(({ task }) => task);
  return { tasks: of('tasks'), finally: of('finally') };
}

function collectTask(
  context: PipelineContext,
  name: string,
  { part, when }: UploadPlace,
  collected: readonly WorkspacePlan[],
): PipelineTask {
  const { source, run } = context;
  const onVolume = collected.find(({ volume }) => volume === 'claim');
  const bound = new Set(collected.map((plan) => plan.name));
  if (onVolume !== undefined && source !== '') {
    const binding = findBinding(run, source);
    if (!staysAfterTasks(run, source)) throw cannotHash(onVolume, source);
    if (binding !== undefined) bound.add(source);
  }
  const assistant = missingAssistant([...bound], run);
  const names = assistant === undefined ? [...bound] : [...bound, assistant];
  const task: PipelineTask = compact({
    name,
    runAfter: part === 'tasks' ? [...new Set(collected.flatMap(({ graph }) => graph.sinks))] : [],
    when,
    workspaces: inRunOrder(
      names.map((workspace) => ({ name: workspace, workspace })),
      run,
    ),
  });
  const caches = collected.map(({ name: workspace, paths, actions }): CachePlan => {
    return { name: workspace, workspace, ...(paths.length === 0 ? {} : { paths }), ...actions.collect };
  });
  // The Task of ours declares the workspaces of its plan.
  const idle = assistant === undefined ? [] : [{ name: assistant, workspace: assistant }];
  const plan = planPipelineTask(context, { task, part }, [...caches, ...idle], {});
  return { ...task, taskRef: deferredTaskRef(context.options.resolver, undefined, plan) };
}

/** No task of ours can upload after all tasks, and no task of theirs may run while ours writes. */
function cannotHash({ name, graph }: WorkspacePlan, source: string): CacheError {
  const last = graph.sinks.map((task) => `\`${task}\``).join(' and ');
  return new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `Workspace \`${name}\` is complete when ${last} have ended, and the \`files\` to hash are gone then: \`${source}\` is ` +
      (isDirectory(source)
        ? 'in a volume of the Tasks. Have them in a workspace on a PersistentVolumeClaim, '
        : `an emptyDir, new in every pod. Bind a PersistentVolumeClaim for \`${source}\`, `) +
      'or use a `target` without {{hash}}.',
  );
}
