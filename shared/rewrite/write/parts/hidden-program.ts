import { posix } from 'node:path';
import { objects } from '../../json/json.ts';
import type { JsonObject } from '../../json/json.ts';
import type { TaskPlan } from '../../plan/plan.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { isIsolated } from '../../tekton/workspaces/workspace-use.ts';
import { findDirectory, isWithin } from './directory-mount.ts';

/** The program in the helper image: what is mounted there, above or below, takes its place or a part of it. */
const PROGRAM = ['/app/shared', '/app/node_modules'];
/** What starts it; what is mounted below these is beside it. */
const STARTERS = ['/usr/bin/env', '/usr/local/bin/node', '/lib', '/lib64'];

/** Why our steps would not start in a Task: it mounts something, into every step, over the program of the helper image. */
export function hidesProgram(spec: TaskSpec, plan: TaskPlan): string | undefined {
  const path = mountPaths(spec, plan).find(
    (each) =>
      [...PROGRAM, ...STARTERS].some((need) => isWithin(need, each)) || PROGRAM.some((part) => isWithin(each, part)),
  );
  if (path === undefined) return undefined;
  return `Not cached: the Task mounts ${path} into every step, and our steps have their program there. Mount it elsewhere, or name the task in \`skip-tasks\`.`;
}

/** What a step of ours has mounted: all that every step has, and the workspaces and volumes that it needs. */
function mountPaths(spec: TaskSpec, { caches, source }: TaskPlan): string[] {
  const places = [...caches.map(({ workspace }) => workspace), ...(source === undefined ? [] : [source])];
  const shared = (spec.workspaces ?? []).filter(({ name }) => places.includes(name) || !isIsolated(spec, name));
  const mounts: readonly JsonObject[] = [
    ...objects(spec.stepTemplate?.['volumeMounts']),
    ...shared,
    ...places.flatMap((place) => {
      const { volumeMount } = findDirectory(spec, place) ?? {};
      return volumeMount === undefined ? [] : [volumeMount];
    }),
  ];
  return mounts.flatMap(({ mountPath }) =>
    typeof mountPath === 'string' && mountPath.startsWith('/') ? [posix.resolve(mountPath)] : [],
  );
}
