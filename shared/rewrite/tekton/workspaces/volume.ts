import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { holdsPlace } from '../../../interface/places/claim-place.ts';
import type { ClaimPlace } from '../../../interface/places/claim-place.ts';
import type { Run, WorkspaceBinding } from '../tekton.ts';

/** `emptyDir`: a new volume for each task. `claim`: one volume that the tasks share. */
export type Volume = 'emptyDir' | 'claim';

const UNSUPPORTED: Readonly<Record<string, string>> = {
  configMap: 'a ConfigMap cannot be written',
  secret: 'a Secret cannot be written',
  projected: 'a projected volume cannot be written',
  csi: 'a CSI volume is written by its driver alone',
};

/** How the run binds a workspace, or nothing when it does not. */
export function findBinding(run: Run, workspace: string): WorkspaceBinding | undefined {
  return run.spec.workspaces?.find(({ name }) => name === workspace);
}

/** The workspaces that the run does not bind. A refusal names them, as one may have been forgotten. */
export function unboundOf(run: Run, workspaces: readonly string[]): string[] {
  return [...new Set(workspaces)].filter((name) => findBinding(run, name) === undefined);
}

/** May the sources of a build be in it? Secrets, ConfigMaps and the like are for credentials and settings. */
export function mayHoldSources(run: Run, workspace: string): boolean {
  const binding = findBinding(run, workspace);
  if (binding === undefined) return false;
  const { emptyDir, persistentVolumeClaim, volumeClaimTemplate } = binding;
  return (emptyDir ?? persistentVolumeClaim ?? volumeClaimTemplate) !== undefined;
}

/** Is all of a workspace within another one, as they are bound by the run? */
export function holdsWorkspace(run: Run, outer: string, inner: string): boolean {
  return outer === inner || holdsPlace(placeOf(run, outer), placeOf(run, inner));
}

function placeOf(run: Run, workspace: string): ClaimPlace {
  const binding = findBinding(run, workspace);
  return { claim: binding?.persistentVolumeClaim?.['claimName'], subPath: binding?.subPath };
}

/** Refuses volumes that cannot hold a cache. */
export function cacheVolume(binding: WorkspaceBinding): Volume {
  const { name, persistentVolumeClaim } = binding;
  if (binding.emptyDir !== undefined) return 'emptyDir';
  if (persistentVolumeClaim?.['readOnly'] === true) {
    throw refusal(
      `Workspace \`${name}\` is bound read-only, so nothing can be fetched into it. Bind the claim without \`readOnly\`.`,
    );
  }
  if (persistentVolumeClaim !== undefined || binding.volumeClaimTemplate !== undefined) return 'claim';
  const field = Object.keys(UNSUPPORTED).find((kind) => binding[kind] !== undefined);
  const why = field === undefined ? 'its volume is of an unknown kind' : (UNSUPPORTED[field] ?? '');
  throw refusal(
    `Workspace \`${name}\` cannot be a cache: ${why}. Bind an emptyDir or a PersistentVolumeClaim, or take it out of \`workspaces\`.`,
  );
}

function refusal(message: string): CacheError {
  return new CacheError(ERROR_CODES.WorkspaceNotSupported, message);
}
