import { posix } from 'node:path';
import { PROJECTED_TOKEN } from '../../../interface/places/registry-token.ts';
import { CA_BUNDLE, CREDENTIALS_DIRECTORY } from '../../../request/protocol.ts';
import { compact } from '../../json/json.ts';
import type { JsonObject } from '../../json/json.ts';
import { freeName } from '../../tekton/free-name.ts';
import { fixedSubPath } from '../../tekton/workspaces/sub-path.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { isIsolated } from '../../tekton/workspaces/workspace-use.ts';

/** How a step of ours gets at a workspace. */
export interface Mount {
  /** Where it is; Tekton replaces the variable. */
  readonly dir: string;
  readonly volumeMount?: JsonObject;
  /** The workspace has to be named by the step. */
  readonly usage?: { readonly name: string };
}

/** The directory of our own mounts: not below /workspace, where Tekton mounts, nor below /tekton, which it refuses. */
const OWN_MOUNTS = '/tekton-cache';

/** Paths that our steps have there besides. Of two mounts in one place Tekton keeps one, and Kubernetes takes neither. */
const TAKEN = [CREDENTIALS_DIRECTORY, CA_BUNDLE.directory, PROJECTED_TOKEN.directory].map((path) =>
  posix.basename(path),
);

interface MountInput {
  readonly spec: TaskSpec;
  readonly workspace: string;
  /** Mount the volume itself, from this directory of it, although the Task sees a part of it only. */
  readonly root?: string;
  /** The directory of the volume that the whole workspace is. */
  readonly subPath?: string;
  readonly writable: boolean;
}

/**
 * The path that the Task uses, where that shows the whole workspace and may be written. Else the volume at a path of our own:
 * a `readOnly` declaration would bind our step as well. A step that names a workspace takes it from all steps that do not. So ours names it
 * only where the Task has done so already.
 */
export function mountWorkspace({ spec, workspace, root, subPath = '', writable }: MountInput): Mount {
  const declared = spec.workspaces?.find(({ name }) => name === workspace);
  if (root !== undefined) return ownMount(workspace, root);
  if (writable && declared?.readOnly === true) {
    return ownMount(workspace, fixedSubPath(workspace, subPath, 'or let the Task declare the workspace writable'));
  }
  const dir = `$(workspaces.${workspace}.path)`;
  return isIsolated(spec, workspace) ? { dir, usage: { name: workspace } } : { dir };
}

/** Mounts the root of a volume, as Kubernetes does when a mount has no `subPath`. */
function ownMount(workspace: string, directory: string): Mount {
  const dir = `${OWN_MOUNTS}/${freeName(workspace, TAKEN)}`;
  const subPath = directory === '' ? undefined : directory;
  return { dir, volumeMount: compact({ name: `$(workspaces.${workspace}.volume)`, mountPath: dir, subPath }) };
}
