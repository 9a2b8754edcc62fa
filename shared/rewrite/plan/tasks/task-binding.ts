import type { CachePlan, TaskPlan } from '../plan.ts';
import { fixedSubPath } from '../../tekton/workspaces/sub-path.ts';
import type { PipelineTask, WorkspaceBinding } from '../../tekton/tekton.ts';
import type { WorkspacePlan } from '../workspaces/workspace-plan.ts';
import { workspaceUses } from '../../tekton/workspaces/workspace-use.ts';
import type { WorkspaceUse } from '../../tekton/workspaces/workspace-use.ts';

interface TaskBinding {
  readonly cache: Pick<CachePlan, 'name' | 'workspace' | 'root' | 'subPath' | 'paths'>;
  /** Further names of the workspace in this task, which must go where each name would be a volume of its own. */
  readonly renamed: NonNullable<TaskPlan['renamed']>;
}

/** The one name by which our steps reach a workspace in a task, and whether that shows all of it. */
export function bindInTask(task: PipelineTask, { name, volume, binding, paths }: WorkspacePlan): TaskBinding {
  const uses = workspaceUses(task).filter((use) => use.name === name);
  const kept = widest(uses);
  if (kept === undefined) throw new Error(`Task ${task.name} does not use ${name}.`);
  const place = kept.subPath === undefined ? boundPart(binding) : { root: fixed(name, binding.subPath) };
  const cache = { name, workspace: kept.workspace, ...place, ...(paths.length === 0 ? {} : { paths }) };
  if (volume === 'claim') return { cache, renamed: {} };
  const others = uses.filter((use) => use !== kept);
  const placeOf = ({ subPath }: WorkspaceUse): string =>
    [fixed(name, binding.subPath), fixed(name, subPath)].filter((part) => part !== '').join('/');
  return {
    cache,
    renamed: Object.fromEntries(
      others.map((use) => [use.workspace, { workspace: kept.workspace, subPath: placeOf(use) }]),
    ),
  };
}

/** The use that our steps go by: one that shows all of the workspace, where there is one. */
export function widest(uses: readonly WorkspaceUse[]): WorkspaceUse | undefined {
  return uses.find(({ subPath }) => subPath === undefined) ?? uses[0];
}

/** The directory of a volume that a run binds, for a mount of our own. */
export function boundPart({ subPath = '' }: WorkspaceBinding): Pick<CachePlan, 'subPath'> {
  return subPath === '' ? {} : { subPath };
}

/** A path that stands in a field of a step afterwards, where the variables of a Pipeline are not replaced. */
export function fixed(name: string, subPath = ''): string {
  return fixedSubPath(name, subPath, 'bind the workspace once and whole, or name the task in `skip-tasks`');
}
