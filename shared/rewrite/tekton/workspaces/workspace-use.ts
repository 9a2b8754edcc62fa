import { strings } from '../../json/json.ts';
import type { EmbeddedTask, PipelineSpec, PipelineTask, Run, TaskSpec } from '../tekton.ts';

/** A workspace of a Pipeline in one of its tasks. */
export interface WorkspaceUse {
  /** The Pipeline's workspace. */
  readonly name: string;
  /** The Task's. */
  readonly workspace: string;
  readonly subPath?: string;
}

const VARIABLE = /\$\(workspaces\.([^.()\s]+)\.[a-z]+\)/g;

/** All workspaces of a pipeline task: those it binds, and those that Tekton propagates into an embedded Task that mentions them. */
export function workspaceUses(task: PipelineTask): WorkspaceUse[] {
  const bound = (task.workspaces ?? []).map(({ name, workspace, subPath }) => ({
    name: workspace === undefined || workspace === '' ? name : workspace,
    workspace: name,
    ...(subPath === undefined || subPath === '' ? {} : { subPath }),
  }));
  const mentioned = task.taskSpec === undefined ? [] : mentionedWorkspaces(task.taskSpec);
  const propagated = mentioned.filter((name) => !bound.some(({ workspace }) => workspace === name));
  return [...bound, ...propagated.map((name) => ({ name, workspace: name }))];
}

function mentionedWorkspaces(spec: EmbeddedTask): string[] {
  const { steps, sidecars, stepTemplate } = spec;
  const found = new Set<string>();
  for (const part of [steps, sidecars, stepTemplate]) {
    for (const text of strings(part)) for (const [, name = ''] of text.matchAll(VARIABLE)) found.add(name);
  }
  return [...found];
}

/** Does a step or sidecar name the workspace, so that only those who do see it? */
export function isIsolated(spec: TaskSpec, workspace: string): boolean {
  return [...(spec.steps ?? []), ...(spec.sidecars ?? [])].some((part) =>
    part.workspaces?.some(({ name }) => name === workspace),
  );
}

/** Every workspace name that means something: declared, bound by the run, or propagated. */
export function knownWorkspaces(spec: PipelineSpec, run: Run): string[] {
  const tasks = [...spec.tasks, ...(spec.finally ?? [])];
  return [
    ...new Set([
      ...(spec.workspaces ?? []).map(({ name }) => name),
      ...(run.spec.workspaces ?? []).map(({ name }) => name),
      ...tasks.flatMap(workspaceUses).map(({ name }) => name),
    ]),
  ];
}
