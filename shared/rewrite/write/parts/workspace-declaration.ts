import type { PipelineSpec, PipelineTask } from '../../tekton/tekton.ts';

/**
 * Declares what tasks of ours bind. Where Tekton propagates the workspaces of a run into embedded Tasks, a Pipeline needs no
 * declaration, but a task that binds one does. The run has them, so that this asks nothing more of it.
 */
export function declareWorkspaces(spec: PipelineSpec, given: PipelineSpec): PipelineSpec {
  const theirs = new Set(tasksOf(given).map(({ name }) => name));
  const ours = tasksOf(spec).filter(({ name }) => !theirs.has(name));
  const bound = new Set(ours.flatMap(({ workspaces = [] }) => workspaces.flatMap(({ workspace }) => workspace ?? [])));
  const declared = spec.workspaces ?? [];
  const missing = [...bound].filter((workspace) => !declared.some(({ name }) => name === workspace));
  if (missing.length === 0) return spec;
  return { ...spec, workspaces: [...declared, ...missing.map((name) => ({ name }))] };
}

function tasksOf({ tasks, finally: last = [] }: PipelineSpec): readonly PipelineTask[] {
  return [...tasks, ...last];
}
