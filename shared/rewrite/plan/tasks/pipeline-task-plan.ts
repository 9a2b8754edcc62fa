import { accountOf } from '../identity/credentials.ts';
import type { PipelineContext } from './pipeline-context.ts';
import type { CachePlan, TaskPlan } from '../plan.ts';
import { isDirectory } from '../../ask/source-workspace.ts';
import { podSystem, podUser } from '../identity/pod-template.ts';
import { fixed, widest } from './task-binding.ts';
import { planTask } from './task-plan.ts';
import { taskTimeoutMs } from '../../tekton/task-timeout.ts';
import type { PipelinePart } from '../../tekton/task-timeout.ts';
import type { PipelineTask } from '../../tekton/tekton.ts';
import { findBinding } from '../../tekton/workspaces/volume.ts';
import { workspaceUses } from '../../tekton/workspaces/workspace-use.ts';

/** A task, and where in the Pipeline it is. */
export interface PlacedTask {
  readonly task: PipelineTask;
  readonly part: PipelinePart;
}

/** What is to be put into the Task of one pipeline task. */
export function planPipelineTask(
  { key, options, run, source }: PipelineContext,
  { task, part }: PlacedTask,
  caches: readonly CachePlan[],
  renamed: NonNullable<TaskPlan['renamed']>,
): TaskPlan {
  const binding = findBinding(run, source);
  const found = binding === undefined ? undefined : widest(workspaceUses(task).filter(({ name }) => name === source));
  // A directory is in a volume of the Task itself, which a task of ours does not have.
  const theirs = task.taskRef !== undefined || task.taskSpec !== undefined;
  const workspace = isDirectory(source) ? (theirs ? source : undefined) : found?.workspace;
  const plan = planTask({
    task: task.name,
    key,
    options,
    caches,
    source: { name: source, ...(workspace === undefined ? {} : { workspace }) },
    renamed,
    user: podUser(run, task.name),
    ...podSystem(run, task.name),
    account: accountOf(run, task.name),
    timeoutMs: taskTimeoutMs(run, task, part),
  });
  // Files have the same paths in all tasks, whatever part of the workspace each of them sees.
  return plan.source === undefined || found?.subPath === undefined
    ? plan
    : { ...plan, sourceRoot: fixed(source, binding?.subPath) };
}
