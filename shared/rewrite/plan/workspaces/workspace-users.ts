import { invalidParams } from '../../../errors.ts';
import { userGraph } from '../../tekton/pipeline/graph.ts';
import type { TaskGraph, UserGraph } from '../../tekton/pipeline/graph.ts';
import type { Key } from '../key.ts';
import { isOurs } from '../../tekton/read/reference.ts';
import type { ResolverOptions } from '../../ask/resolver-params.ts';
import { isSkipped } from '../task-annotations.ts';
import type { PipelineSpec, PipelineTask, Run, WorkspaceBinding } from '../../tekton/tekton.ts';
import { cacheVolume, holdsWorkspace } from '../../tekton/workspaces/volume.ts';
import type { Volume } from '../../tekton/workspaces/volume.ts';
import { workspaceUses } from '../../tekton/workspaces/workspace-use.ts';

/** One named workspace of a Pipeline, and who uses it. */
export interface WorkspaceUsers {
  readonly name: string;
  readonly volume: Volume;
  readonly binding: WorkspaceBinding;
  readonly graph: UserGraph;
  readonly users: readonly PipelineTask[];
  /** `finally` tasks that need steps; on a volume that the tasks share they find the end state as it is. */
  readonly finallyUsers: readonly PipelineTask[];
  /**
   * `finally` tasks have the claim, or the files that one of ours would hash beside them, or a part of either. All of them start together: what one of ours
   * reads there, another may remove meanwhile.
   */
  readonly isUsedAtEnd: boolean;
}

export interface WorkspaceUsersInput {
  readonly binding: WorkspaceBinding;
  readonly spec: PipelineSpec;
  readonly run: Run;
  readonly graph: TaskGraph;
  readonly key: Key;
  readonly options: ResolverOptions;
}

export function workspaceUsers({ binding, spec, run, graph, key, options }: WorkspaceUsersInput): WorkspaceUsers {
  const { name } = binding;
  const volume = cacheVolume(binding);
  const users = usersOf(spec.tasks, name, options);
  const finallyUsers = usersOf(spec.finally ?? [], name, options);
  const names = users.map((task) => task.name);
  return {
    name,
    volume,
    binding,
    graph: userGraph(graph, names),
    users,
    finallyUsers: isShared({ volume }, key) ? [] : finallyUsers,
    isUsedAtEnd: volume === 'claim' && isPlaceUsedAtEnd(spec, run, name),
  };
}

/** Have tasks of `finally` the place of a workspace, or a part of it? */
export function isPlaceUsedAtEnd(spec: PipelineSpec, run: Run, workspace: string): boolean {
  return (spec.finally ?? []).flatMap(workspaceUses).some(({ name }) => areOnePlace(run, name, workspace));
}

function areOnePlace(run: Run, one: string, other: string): boolean {
  return holdsWorkspace(run, one, other) || holdsWorkspace(run, other, one);
}

/** Is the volume one that the tasks share and that has one key? It needs no handoffs. */
export function isShared({ volume }: Pick<WorkspaceUsers, 'volume'>, key: Key): boolean {
  return volume === 'claim' && !key.byTask;
}

/** Tasks of the list that use the workspace and are not to be left alone. Refuses those that cannot be rewritten. */
function usersOf(tasks: readonly PipelineTask[], workspace: string, { skipTasks }: ResolverOptions): PipelineTask[] {
  return tasks.filter((task) => {
    if (skipTasks.includes(task.name) || isSkipped(task.taskSpec?.metadata)) return false;
    if (!workspaceUses(task).some(({ name }) => name === workspace)) return false;
    const why = whyNoSteps(task);
    if (why === undefined) return true;
    throw invalidParams(
      `Task \`${task.name}\` uses workspace \`${workspace}\` and ${why}. Name the task in \`skip-tasks\`, or take \`${workspace}\` out of \`workspaces\`.`,
    );
  });
}

/** Why nothing can be put into a pipeline task; the end of a sentence about it. */
export function whyNoSteps({ taskRef, taskSpec, pipelineRef, pipelineSpec }: PipelineTask): string | undefined {
  if (pipelineRef !== undefined || pipelineSpec !== undefined) {
    const field = pipelineRef === undefined ? 'pipelineSpec' : 'pipelineRef';
    return `runs a Pipeline of its own (\`${field}\`), into whose tasks nothing can be put`;
  }
  if (taskRef?.kind === 'ClusterTask')
    return 'refers to a ClusterTask, which is gone from Tekton: use `resolver: cluster`';
  if (isCustom(taskRef) || isCustom(taskSpec)) return 'is a custom task, which has no steps';
  if (isOurs(taskRef?.resolver)) return `is resolved by \`${taskRef.resolver}\` already`;
  return undefined;
}

/** Tekton's own kinds are Task and, once, ClusterTask; `apiVersion` alone does not make a custom task of a reference by name. */
function isCustom(task: { readonly apiVersion?: string; readonly kind?: string } | undefined): boolean {
  const { apiVersion = '', kind = '' } = task ?? {};
  return (apiVersion !== '' && !apiVersion.startsWith('tekton.dev/')) || (kind !== '' && kind !== 'Task');
}
