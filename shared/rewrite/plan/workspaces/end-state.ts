import { allows } from '../../../interface/mode.ts';
import type { TaskGraph } from '../../tekton/pipeline/graph.ts';
import type { Key } from '../key.ts';
import { matrixOf } from '../../tekton/pipeline/matrix.ts';
import type { ResolverOptions } from '../../ask/resolver-params.ts';
import { isSureToRun, mayFail } from './skip-causes.ts';
import type { SkipCauses } from './skip-causes.ts';
import type { PipelineTask, Run } from '../../tekton/tekton.ts';
import { isDirectory } from '../../ask/source-workspace.ts';
import { findBinding } from '../../tekton/workspaces/volume.ts';
import type { Volume } from '../../tekton/workspaces/volume.ts';
import type { WorkspaceUsers } from './workspace-users.ts';

/** What decides who writes the end state of a workspace. */
export interface EndState {
  readonly run: Run;
  readonly key: Key;
  readonly options: ResolverOptions;
  /** The workspace with the files to hash; '' without. */
  readonly source: string;
  readonly graph: TaskGraph;
  readonly skips: SkipCauses;
  /** The registry of the installation, where a run has a place of its own. */
  readonly registry?: string | undefined;
}

/** The last task, a task of ours after all of them, or nobody, where an entry might be half work. */
export type EndWriter = 'last' | 'ours' | 'nobody';

/**
 * Who writes the end state. Where there is one last task, that task does, unless the run may succeed without it: then the end state is what the tasks
 * before it left. Nor does it where a task before it may fail and leave its half work on a claim.
 *
 * Where tasks of `finally` have the claim, which they may clean up, ours cannot be beside them: it comes before, where nobody can ask whether a task
 * has failed under `onError: continue`.
 */
export function endWriter(workspace: WorkspaceUsers, end: EndState): EndWriter {
  const { graph, users, isUsedAtEnd } = workspace;
  const [last, ...others] = users.filter(({ name }) => graph.sinks.includes(name));
  if (last === undefined) return 'last';
  const ours = canCollect(workspace, end);
  if (isUsedAtEnd) {
    const goesOn = mayGoOnWithout(last, workspace, end);
    const uploader = others.length > 0 || (ours && (matrixOf(last) !== undefined || goesOn)) ? undefined : last;
    if (maySpoil(workspace, end.options, uploader)) return 'nobody';
    return uploader === undefined ? 'ours' : 'last';
  }
  if (others.length > 0) return 'ours';
  if (maySpoil(workspace, end.options, last)) return ours ? 'ours' : 'nobody';
  if (matrixOf(last) !== undefined) return ours ? 'ours' : 'last';
  return ours && mayEndWithout(last, workspace, end) ? 'ours' : 'last';
}

/** True when the run may succeed without the last task, and another one is sure to have used the workspace: ours comes after a task that was skipped, too. */
function mayGoOnWithout(last: PipelineTask, workspace: WorkspaceUsers, end: EndState): boolean {
  const hasSureUser = workspace.users.some(({ name }) => isSureToRun(end.skips, name));
  return hasSureUser && !maySpoil(workspace, end.options) && mayEndWithout(last, workspace, end);
}

/** True when an upload may find what a task has left that failed. After the steps of a task itself that failed, no step uploads. */
export function maySpoil(
  { volume, users }: Pick<WorkspaceUsers, 'volume' | 'users'>,
  options: ResolverOptions,
  uploader?: PipelineTask,
): boolean {
  return isSpoiled(volume, options) && users.some((task) => task !== uploader && mayFail(task));
}

/** True when the run may upload, and succeed without the last task and with content that is not under the key already. */
function mayEndWithout(last: PipelineTask, workspace: WorkspaceUsers, end: EndState): boolean {
  const { name } = last;
  const { key, options, skips, graph } = end;
  const { volume } = workspace;
  if (!allows(key.mode, 'upload')) return false;
  const fails = mayFail(last) && !isSpoiled(volume, options);
  const causes = [...(skips.get(name) ?? []), ...(fails ? [name] : [])];
  const [base] = options.resolver === 'wrap' && volume === 'emptyDir' ? key.base : [];
  if (base !== undefined && base !== key.target) return causes.length > 0;
  const others = workspace.graph.order.filter((user) => user !== name);
  return causes.some((cause) =>
    others.some((user) => user !== cause && graph.ancestors.get(user)?.has(cause) !== true),
  );
}

/** What a failed task left stays on a claim, and no failed build becomes a cache; of an emptyDir it is gone with the task. */
export function isSpoiled(volume: Volume, { resolver }: ResolverOptions): boolean {
  return resolver === 'cache' && volume === 'claim';
}

/** Are the files in a workspace that is there when all tasks have ended, for tasks of ours to hash? */
export function staysAfterTasks(run: Run, source: string): boolean {
  return !isDirectory(source) && findBinding(run, source)?.emptyDir === undefined;
}

/** The files on an emptyDir are gone when all tasks have ended; a handoff has its hash with it. */
function canCollect({ volume }: WorkspaceUsers, { run, key, source }: EndState): boolean {
  return volume === 'emptyDir' || !key.hashed || staysAfterTasks(run, source);
}
