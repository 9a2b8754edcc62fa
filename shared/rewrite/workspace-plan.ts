import { CacheError, ERROR_CODES } from '../errors.ts';
import { userGraph } from './graph.ts';
import type { TaskGraph, UserGraph } from './graph.ts';
import { allows } from '../interface/mode.ts';
import type { Key } from './key.ts';
import { cacheMoves, separateMoves, sharedVolumeMoves, wrapMoves } from './moves.ts';
import type { Moves } from './moves.ts';
import { isOurs } from './reference.ts';
import type { ResolverOptions } from './resolver-params.ts';
import { isSkipped } from './task-rewrite.ts';
import type { PipelineSpec, PipelineTask, Run, WorkspaceBinding } from './tekton.ts';
import { travelNames } from './travel-names.ts';
import { cacheVolume } from './volume.ts';
import type { Volume } from './volume.ts';
import { workspaceUses } from './workspace-use.ts';

/** One named workspace of a Pipeline: who uses it, and what moves. */
export interface WorkspacePlan {
  readonly name: string;
  readonly volume: Volume;
  readonly binding: WorkspaceBinding;
  readonly graph: UserGraph;
  readonly moves: Moves;
}

export interface WorkspacePlanInput {
  readonly binding: WorkspaceBinding;
  readonly spec: PipelineSpec;
  readonly graph: TaskGraph;
  readonly run: Run;
  readonly key: Key;
  readonly options: ResolverOptions;
}

export function planWorkspace(input: WorkspacePlanInput): WorkspacePlan {
  const { binding, spec, options } = input;
  const { name } = binding;
  const volume = cacheVolume(binding);
  const users = usersOf(spec.tasks, name, options);
  const finallyUsers = usersOf(spec.finally ?? [], name, options);
  const graph = userGraph(
    input.graph,
    users.map((task) => task.name),
  );
  if (volume === 'emptyDir' && options.shared['upload-on'] === 'always') {
    throw new CacheError(
      ERROR_CODES.WorkspaceNotSupported,
      `\`upload-on: always\` is not possible for workspace \`${name}\`, an emptyDir: it ends with its task, and a step after ` +
        'a failed step never runs. Bind a PersistentVolumeClaim, or use `upload-on: success`.',
    );
  }
  const moves = movesOf(input, { volume, graph, users, finallyUsers });
  return { name, volume, binding, graph, moves };
}

interface Users {
  readonly volume: Volume;
  readonly graph: UserGraph;
  readonly users: readonly PipelineTask[];
  readonly finallyUsers: readonly PipelineTask[];
}

function movesOf(input: WorkspacePlanInput, { volume, graph, users, finallyUsers }: Users): Moves {
  const { binding, run, key, options } = input;
  const { mode, target, fallbacks } = key;
  const wrap = options.resolver === 'wrap';
  if (volume === 'claim' && !key.byTask) return sharedVolumeMoves(graph, wrap ? key.base : undefined);
  if (!wrap && (key.byTask || !allows(mode, 'upload'))) return separateMoves([...users, ...finallyUsers]);
  const start = wrap ? key.base : [target, ...fallbacks];
  const travel = {
    graph,
    tasks: new Map(users.map((task) => [task.name, task])),
    names: travelNames({ target, workspace: binding.name, run }),
    base: allows(mode, 'fetch') ? start : [],
  };
  const moves = { travel, finallyUsers: finallyUsers.map(({ name }) => name), keepMs: options.keepMs, mode };
  return wrap ? wrapMoves(moves) : cacheMoves(moves);
}

/** Tasks of the list that use the workspace and are not to be left alone. Refuses those that cannot be rewritten. */
function usersOf(tasks: readonly PipelineTask[], workspace: string, { skipTasks }: ResolverOptions): PipelineTask[] {
  return tasks.filter((task) => {
    if (skipTasks.includes(task.name) || isSkipped(task.taskSpec?.metadata)) return false;
    if (!workspaceUses(task).some(({ name }) => name === workspace)) return false;
    const why = whyNot(task);
    if (why === undefined) return true;
    throw new CacheError(
      ERROR_CODES.InvalidParams,
      `Task \`${task.name}\` uses workspace \`${workspace}\` and ${why}. Name the task in \`skip-tasks\`, or take \`${workspace}\` out of \`workspaces\`.`,
    );
  });
}

function whyNot({ taskRef, taskSpec, pipelineRef, pipelineSpec }: PipelineTask): string | undefined {
  if (pipelineRef !== undefined || pipelineSpec !== undefined) {
    const field = pipelineRef === undefined ? 'pipelineSpec' : 'pipelineRef';
    return `runs a Pipeline of its own (\`${field}\`), into whose tasks nothing can be put`;
  }
  if (isCustom(taskRef) || isCustom(taskSpec)) return 'is a custom task, which has no steps';
  if (isOurs(taskRef?.resolver)) return `is resolved by \`${taskRef.resolver}\` already`;
  return undefined;
}

/** Tekton's own kinds are Task and, once, ClusterTask; `apiVersion` alone does not make a custom task of a reference by name. */
function isCustom(task: { readonly apiVersion?: string; readonly kind?: string } | undefined): boolean {
  const { apiVersion = '', kind = '' } = task ?? {};
  return (apiVersion !== '' && !apiVersion.startsWith('tekton.dev/')) || (kind !== '' && kind !== 'Task');
}
