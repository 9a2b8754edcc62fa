import type { Pod } from '../../kube/objects/pod.ts';
import { CONTAINER } from './helper-pod.ts';
import { isFinished } from './kept-pod.ts';

/** After the grace period of a deletion, the controller waits this long for a node that does not answer. */
export const DELETION_MARGIN_MS = 10_000;

/** True when nothing in the pod can touch the workspace any more. */
export function isAtRest(pod: Pod, now: Date): boolean {
  if (isFinished(pod)) return true;
  const container = pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
  return container?.state?.terminated !== undefined || deletionOverdue(pod, now);
}

/** True when other containers, such as a mesh's sidecar, keep the pod although ours has ended: they run, or have yet to start. */
export function isKeptBySidecars(pod: Pod): boolean {
  if (isFinished(pod) || pod.metadata.deletionTimestamp !== undefined) return false;
  const others = (pod.status?.containerStatuses ?? []).filter(({ name }) => name !== CONTAINER);
  return others.some(({ state }) => state?.terminated === undefined);
}

/** True when our container has ended, and only such containers keep the pod. */
export function isLeftToSidecars(pod: Pod, now: Date): boolean {
  return isAtRest(pod, now) && isKeptBySidecars(pod);
}

export function deletionOverdue({ metadata: { deletionTimestamp } }: Pod, now: Date): boolean {
  return deletionTimestamp !== undefined && now.getTime() > Date.parse(deletionTimestamp) + DELETION_MARGIN_MS;
}
