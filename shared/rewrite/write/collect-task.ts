import { CacheError, ERROR_CODES } from '../../errors.ts';
import { allows } from '../../interface/mode.ts';
import { inRunOrder, missingAssistant } from '../tekton/workspaces/binding-order.ts';
import { staysAfterTasks } from '../plan/workspaces/end-state.ts';
import { freeName } from '../tekton/free-name.ts';
import { compact } from '../json/json.ts';
import { deferredTaskRef } from './deferred-task-ref.ts';
import { hadUsers, wentWell } from './parts/end-conditions.ts';
import { uploadsBySteps } from '../plan/tasks/pipeline-context.ts';
import type { PipelineContext } from '../plan/tasks/pipeline-context.ts';
import type { CachePlan } from '../plan/plan.ts';
import { isDirectory } from '../ask/source-workspace.ts';
import { planPipelineTask } from '../plan/tasks/pipeline-task-plan.ts';
import type { PipelineTask } from '../tekton/tekton.ts';
import { findBinding } from '../tekton/workspaces/volume.ts';
import type { WorkspacePlan } from '../plan/workspaces/workspace-plan.ts';

/** Where the end state is in no single task, a task of our own writes it, after a run that went well. */
export function collectTask(context: PipelineContext): PipelineTask[] {
  const { workspaces, spec, source, run, options, key } = context;
  const collected = workspaces.filter((plan) => plan.actions.collect !== undefined && uploadsBySteps(plan, context));
  if (collected.length === 0 || !allows(key.mode, 'upload')) return [];
  const taken = [...spec.tasks, ...(spec.finally ?? [])].map(({ name }) => name);
  const onVolume = collected.find(({ volume }) => volume === 'claim');
  const bound = new Set(collected.map(({ name }) => name));
  if (onVolume !== undefined && source !== '') {
    const binding = findBinding(run, source);
    if (!staysAfterTasks(run, source)) throw cannotHash(onVolume, source);
    if (binding !== undefined) bound.add(source);
  }
  const assistant = missingAssistant([...bound], run);
  const names = assistant === undefined ? [...bound] : [...bound, assistant];
  const task: PipelineTask = compact({
    name: freeName(`${options.resolver}-collect`, taken),
    when: [...wentWell(context, collected), ...hadUsers(context, collected)],
    workspaces: inRunOrder(
      names.map((name) => ({ name, workspace: name })),
      run,
    ),
  });
  const caches = collected.map(({ name, paths, actions }): CachePlan => {
    return { name, workspace: name, ...(paths.length === 0 ? {} : { paths }), ...actions.collect };
  });
  // The Task of ours declares the workspaces of its plan.
  const idle = assistant === undefined ? [] : [{ name: assistant, workspace: assistant }];
  const plan = planPipelineTask(context, task, [...caches, ...idle], {});
  return [{ ...task, taskRef: deferredTaskRef(context.options.resolver, undefined, plan) }];
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
