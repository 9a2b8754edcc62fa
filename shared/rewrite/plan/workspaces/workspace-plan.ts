import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { allows } from '../../../interface/mode.ts';
import { endWriter } from './end-state.ts';
import type { EndState } from './end-state.ts';
import { cacheActions, separateActions, sharedVolumeActions, wrapActions } from './cache-actions.ts';
import type { CacheActions } from './cache-actions.ts';
import { handoffNames } from './handoff-names.ts';
import { isShared } from './workspace-users.ts';
import type { WorkspaceUsers } from './workspace-users.ts';

/** One named workspace of a Pipeline: who uses it, and what its tasks fetch and upload. */
export interface WorkspacePlan extends WorkspaceUsers {
  /** The directories of it that are cached; none: all of it. */
  readonly paths: readonly string[];
  readonly actions: CacheActions;
}

export function planWorkspace(users: Omit<WorkspacePlan, 'actions'>, end: EndState): WorkspacePlan {
  const { name, volume } = users;
  if (volume === 'emptyDir' && end.options.shared['upload-on'] === 'always') {
    throw new CacheError(
      ERROR_CODES.WorkspaceNotSupported,
      `\`upload-on: always\` is not possible for workspace \`${name}\`, an emptyDir: it ends with its task, and a step after ` +
        'a failed step never runs. Bind a PersistentVolumeClaim, or use `upload-on: success`.',
    );
  }
  return { ...users, actions: actionsOf(users, end) };
}

function actionsOf(workspace: WorkspaceUsers, end: EndState): CacheActions {
  const { name, graph, users, finallyUsers } = workspace;
  const { run, key, options, registry } = end;
  const { mode, target, fallbacks } = key;
  const wrap = options.resolver === 'wrap';
  const writer = endWriter(workspace, end);
  if (isShared(workspace, key)) return sharedVolumeActions(graph, writer, wrap ? key.base : undefined);
  if (!wrap && (key.byTask || !allows(mode, 'upload'))) return separateActions([...users, ...finallyUsers]);
  const start = wrap ? key.base : [target, ...fallbacks];
  const handoff = {
    graph,
    tasks: new Map(users.map((task) => [task.name, task])),
    names: handoffNames({ target, workspace: name, run, registry }),
    base: allows(mode, 'fetch') ? start : [],
  };
  const input = {
    handoff,
    collected: writer === 'ours',
    finallyUsers: finallyUsers.map((task) => task.name),
    keepMs: options.keepMs,
    mode,
  };
  return wrap ? wrapActions(input) : cacheActions(input);
}
