import { CacheError, ERROR_CODES, invalidParams } from '../../../shared/errors.ts';
import { MAX_WORKSPACES } from '../../../shared/interface/text/bounds.ts';
import { SOURCE } from '../../../shared/request/request.ts';
import type { CacheDirectory } from '../../../shared/request/protocol.ts';
import type { Volume, VolumeMount } from '../../kube/objects/pod.ts';
import { volumeSourceOf } from '../../tekton/workspace-binding.ts';
import type { VolumeSource, WorkspaceBinding } from '../../tekton/workspace-binding.ts';
import { areNamed } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';

/** The workspaces of a run as directories of its pod. */
interface MountedWorkspaces {
  /** Directory of the workspace `source`. */
  readonly source?: string;
  readonly caches: readonly CacheDirectory[];
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

/** Where Tekton's own pods have them, so that a path in a log means the same everywhere. */
const ROOT = '/workspace';

/** The longest name that Kubernetes allows. */
const LONGEST_NAME = 253;

/** What a run binds. Throws `InvalidParams` where that is no list of named workspaces: not every API server has a schema of runs. */
export function workspacesOf({ spec }: CustomRun): readonly WorkspaceBinding[] {
  const { workspaces = [] } = spec;
  if (areNamed(workspaces)) return workspaces;
  throw invalidParams('The workspaces of the run are no list of objects with a `name`.');
}

/**
 * Names of the caches of a run: every workspace but `source`, or `source` when it is alone. Of a run with too many workspaces, or with too long
 * a name, only the first ones with names that fit: `mountWorkspaces` refuses the run, and it ends with the results of these.
 */
export function cacheNames(workspaces: readonly WorkspaceBinding[]): readonly string[] {
  const names = workspaces.slice(0, MAX_WORKSPACES).flatMap(({ name }) => (name.length <= LONGEST_NAME ? [name] : []));
  const caches = names.filter((name) => name !== SOURCE);
  return caches.length > 0 ? caches : names;
}

/** Throws `CustomRunWorkspaceNotSupported`, with the alternative, for volumes that cannot be what they are bound as. */
export function mountWorkspaces(workspaces: readonly WorkspaceBinding[]): MountedWorkspaces {
  if (workspaces.length > MAX_WORKSPACES) {
    throw invalidParams(`The run binds more than ${MAX_WORKSPACES} workspaces.`);
  }
  const caches = cacheNames(workspaces);
  for (const workspace of workspaces) {
    checkName(workspace);
    checkSubPath(workspace);
    if (caches.includes(workspace.name)) checkCache(workspace);
    else checkSource(workspace);
  }
  const claims = [...new Set(workspaces.map(claimOf).filter((claim) => claim !== undefined))];
  const volumeName = (workspace: WorkspaceBinding): string => {
    const claim = claimOf(workspace);
    return claim === undefined ? SOURCE : `claim-${claims.indexOf(claim)}`;
  };
  return {
    ...(workspaces.some(({ name }) => name === SOURCE) ? { source: directoryOf(SOURCE) } : {}),
    caches: workspaces.filter(({ name }) => name !== SOURCE).map(cacheDirectory),
    volumes: [
      ...claims.map((claim, at) => claimVolume(`claim-${at}`, claim, workspaces)),
      ...workspaces.filter((workspace) => claimOf(workspace) === undefined).map(filesVolume),
    ],
    mounts: workspaces.map((workspace) => ({
      name: volumeName(workspace),
      mountPath: directoryOf(workspace.name),
      ...(workspace.subPath ? { subPath: workspace.subPath } : {}),
      ...(isReadOnly(workspace) || !caches.includes(workspace.name) ? { readOnly: true } : {}),
    })),
  };
}

const directoryOf = (name: string): string => `${ROOT}/${name}`;
const claimOf = (workspace: WorkspaceBinding): string | undefined => workspace.persistentVolumeClaim?.claimName;
const isReadOnly = (workspace: WorkspaceBinding): boolean => workspace.persistentVolumeClaim?.readOnly === true;

function cacheDirectory(workspace: WorkspaceBinding): CacheDirectory {
  return {
    name: workspace.name,
    dir: directoryOf(workspace.name),
    ...(isReadOnly(workspace) ? { readOnly: true } : {}),
  };
}

/** One volume for each claim, however many workspaces are bound to it. It is read-only where all of them are. */
function claimVolume(name: string, claimName: string, workspaces: readonly WorkspaceBinding[]): Volume {
  const readOnly = workspaces.filter((workspace) => claimOf(workspace) === claimName).every(isReadOnly);
  return { name, persistentVolumeClaim: { claimName, ...(readOnly ? { readOnly } : {}) } };
}

function filesVolume({ configMap, secret, projected }: WorkspaceBinding): Volume {
  return {
    name: SOURCE,
    ...(configMap ? { configMap } : {}),
    ...(secret ? { secret } : {}),
    ...(projected ? { projected } : {}),
  };
}

function checkName({ name }: WorkspaceBinding): void {
  if (name.length <= LONGEST_NAME && /^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/.test(name)) return;
  throw invalidParams(`Workspace ${JSON.stringify(name)}: up to ${LONGEST_NAME} letters, digits, - _ . only.`);
}

/** Tekton replaces `$(context.taskRun.name)` for tasks with steps alone: they would have another directory than the helper. */
function checkSubPath({ name, subPath }: WorkspaceBinding): void {
  if (subPath?.includes('$(') !== true) return;
  throw new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `Workspace ${JSON.stringify(name)}: \`subPath: ${subPath}\` holds a variable that Tekton does not replace for a custom task. Write the path out, or cache in the task itself by steps.`,
  );
}

const INSTEAD: Readonly<Record<VolumeSource, string>> = {
  persistentVolumeClaim: '',
  volumeClaimTemplate:
    'nobody makes a claim of it for a CustomRun without a PipelineRun: create a PersistentVolumeClaim and bind that',
  emptyDir:
    'every pod has an emptyDir of its own, so that no later task would see the files: bind a PersistentVolumeClaim or a volumeClaimTemplate in ' +
    'the PipelineRun, or let the `cache` resolver put the fetch into the task itself',
  configMap: 'a configMap cannot be written: bind a PersistentVolumeClaim',
  secret: 'a secret cannot be written: bind a PersistentVolumeClaim',
  projected: 'a projected volume cannot be written: bind a PersistentVolumeClaim',
  csi: 'every pod has an inline csi volume of its own: bind a PersistentVolumeClaim of that driver',
};

function checkCache(workspace: WorkspaceBinding): void {
  const source = volumeSourceOf(workspace);
  if (source === 'persistentVolumeClaim') return;
  refuse(workspace, source, 'to be cached', source ? INSTEAD[source] : 'bind a PersistentVolumeClaim');
}

const SOURCES: readonly (VolumeSource | undefined)[] = ['persistentVolumeClaim', 'configMap', 'secret', 'projected'];

function checkSource(workspace: WorkspaceBinding): void {
  const source = volumeSourceOf(workspace);
  if (SOURCES.includes(source)) return;
  refuse(
    workspace,
    source,
    'with the files to hash',
    'bind a PersistentVolumeClaim, configMap, secret or projected volume',
  );
}

function refuse(workspace: WorkspaceBinding, source: string | undefined, purpose: string, instead: string): never {
  throw new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `Workspace ${JSON.stringify(workspace.name)} ${purpose} is bound to ${source ?? 'no volume'}: ${instead}.`,
  );
}
