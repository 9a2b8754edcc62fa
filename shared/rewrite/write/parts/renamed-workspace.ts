import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { compact, mapStrings } from '../../json/json.ts';
import type { JsonObject } from '../../json/json.ts';
import type { TaskPlan } from '../../plan/plan.ts';
import type { Sidecar, Step, TaskSpec } from '../../tekton/tekton.ts';
import { isIsolated } from '../../tekton/workspaces/workspace-use.ts';

/**
 * One volume for each workspace of the Pipeline. A Task that binds one under two names sees one claim twice; on emptyDirs
 * these would be two volumes, so the second name goes, and the volume of the first is mounted in its place.
 */
export function mergeWorkspaces(spec: TaskSpec, renamed: NonNullable<TaskPlan['renamed']>): TaskSpec {
  return Object.entries(renamed).reduce(
    (merged, [name, { workspace, subPath }]) => mergeOne(merged, name, { workspace, subPath }),
    spec,
  );
}

function mergeOne(
  spec: TaskSpec,
  name: string,
  kept: { readonly workspace: string; readonly subPath: string },
): TaskSpec {
  const declared = spec.workspaces?.find((workspace) => workspace.name === name);
  const mountPath = given(declared?.mountPath) ?? `/workspace/${name}`;
  const mount: JsonObject = compact({
    name: `$(workspaces.${kept.workspace}.volume)`,
    mountPath,
    subPath: kept.subPath === '' ? undefined : kept.subPath,
    readOnly: declared?.readOnly,
  });
  const { workspaces, ...rest } = isIsolated(spec, name)
    ? mountWhereNamed(spec, name, mount)
    : mountEverywhere(spec, mount);
  const replaced = mapStrings(rest, (text) =>
    text
      .replaceAll(`$(workspaces.${name}.path)`, mountPath)
      .replaceAll(`$(workspaces.${name}.bound)`, 'true')
      .replaceAll(`$(workspaces.${name}.claim)`, '')
      .replaceAll(`$(workspaces.${name}.volume)`, `$(workspaces.${kept.workspace}.volume)`),
  );
  const others = (workspaces ?? []).filter((workspace) => workspace.name !== name);
  return { ...replaced, ...(others.length === 0 ? {} : { workspaces: others }) };
}

/** Mounts in all steps by the stepTemplate, as a step that is a StepAction takes no mounts of its own. */
function mountEverywhere(spec: TaskSpec, mount: JsonObject): TaskSpec {
  const { stepTemplate = {}, sidecars } = spec;
  return {
    ...spec,
    stepTemplate: addMount(stepTemplate, mount),
    ...(sidecars === undefined ? {} : { sidecars: sidecars.map((sidecar) => addMount(sidecar, mount)) }),
  };
}

function mountWhereNamed(spec: TaskSpec, name: string, mount: JsonObject): TaskSpec {
  const moveMount = <T extends Step | Sidecar>(part: T): T => {
    const usage = part.workspaces?.find((workspace) => workspace.name === name);
    if (usage === undefined) return part;
    if (part['ref'] !== undefined) throw refusal(name);
    const { workspaces = [], ...rest } = part;
    const others = workspaces.filter((workspace) => workspace.name !== name);
    const mounted = addMount(rest, compact({ ...mount, mountPath: given(usage.mountPath) ?? mount['mountPath'] }));
    return { ...part, ...mounted, workspaces: others.length === 0 ? undefined : others };
  };
  const { steps = [], sidecars } = spec;
  const moved = { ...spec, steps: steps.map(moveMount) };
  return sidecars === undefined ? moved : { ...moved, sidecars: sidecars.map(moveMount) };
}

/** The API server stores a usage without a path with the empty one. */
function given(mountPath: string | undefined): string | undefined {
  return mountPath === '' ? undefined : mountPath;
}

function addMount<T extends JsonObject>(part: T, mount: JsonObject): T {
  const { volumeMounts } = part;
  return { ...part, volumeMounts: [...(Array.isArray(volumeMounts) ? volumeMounts : []), mount] };
}

function refusal(name: string): CacheError {
  return new CacheError(
    ERROR_CODES.WorkspaceNotSupported,
    `The Task binds one workspace of the Pipeline under two names and gives \`${name}\` to a step that is a StepAction alone, ` +
      'which takes no mount in its place. Bind the workspace once, or name the task in `skip-tasks`.',
  );
}
