import { invalidParams } from '../../../errors.ts';
import { isList, isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import type { Mount } from './mount.ts';

/**
 * Volumes that Tekton gives to every step.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/pod/pod.go (implicitVolumeMounts)
 */
const EVERYWHERE = ['/workspace', '/tekton/home'];

/** How a step of ours gets at a directory that the Task's own steps have: by the mount that has it there. */
export function mountDirectory(spec: TaskSpec, dir: string): Mount {
  const mount = findDirectory(spec, dir);
  if (mount !== undefined) return mount;
  throw invalidParams(
    `\`source\`: no step of the Task mounts a volume at ${dir} or above it, so that our step cannot see the files there. ` +
      'Name the directory in a volume of the Task, or the workspace with the files.',
  );
}

/** Returns undefined where no step of the Task has a volume there. */
export function findDirectory(spec: TaskSpec, dir: string): Mount | undefined {
  const shared = mountsOf(spec.stepTemplate).filter((mount) => holds(mount, dir));
  const ofSteps = (spec.steps ?? []).flatMap(mountsOf).filter((mount) => holds(mount, dir));
  // Kubernetes shows the innermost of several mounts; what the stepTemplate mounts our step has anyway.
  const [mount] = [...shared, ...ofSteps].toSorted((a, b) => pathOf(b).length - pathOf(a).length);
  if (mount !== undefined) return shared.includes(mount) ? { dir } : { dir, volumeMount: mount };
  return EVERYWHERE.some((path) => isWithin(dir, path)) ? { dir } : undefined;
}

/**
 * Does a step have a volume of its own at a directory that all steps share otherwise, or the Task a workspace there? That may be a Secret, or bound to
 * one step.
 */
export function isMountedOver({ steps = [], workspaces = [] }: TaskSpec, dir: string): boolean {
  const usages = steps.flatMap((step) => step.workspaces ?? []);
  return [...steps.flatMap(mountsOf), ...workspaces, ...usages].some((mount) => holds(mount, dir));
}

function mountsOf(part: JsonObject | undefined): JsonObject[] {
  const mounts = part?.['volumeMounts'];
  return isList(mounts) ? mounts.filter((mount: Json) => isObject(mount)) : [];
}

function holds(mount: JsonObject, dir: string): boolean {
  const path = pathOf(mount);
  return path !== '' && isWithin(dir, path);
}

export function isWithin(dir: string, path: string): boolean {
  return `${dir}/`.startsWith(`${path}/`);
}

function pathOf({ mountPath }: JsonObject): string {
  if (typeof mountPath !== 'string') return '';
  let end = mountPath.length;
  while (mountPath[end - 1] === '/') end--;
  return mountPath.slice(0, end);
}
