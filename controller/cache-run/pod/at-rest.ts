import type { Pod } from '../../kube/objects/pod.ts';
import { CONTAINER } from './helper-pod.ts';
import { isFinished } from './kept-pod.ts';

/** A node that does not answer has this long beyond the grace period of the deletion. */
export const DELETION_MARGIN_MS = 10_000;

/** Could nothing in the pod touch the workspace any more? */
export function isAtRest(pod: Pod, now: Date): boolean {
  if (isFinished(pod)) return true;
  const container = pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
  return container?.state?.terminated !== undefined || deletionOverdue(pod, now);
}

/** Containers of others, a mesh's sidecar for example, that keep the pod although ours has ended: they run, or have yet to start. */
export function isKeptBySidecars(pod: Pod): boolean {
  if (isFinished(pod) || pod.metadata.deletionTimestamp !== undefined) return false;
  const others = (pod.status?.containerStatuses ?? []).filter(({ name }) => name !== CONTAINER);
  return others.some(({ state }) => state?.terminated === undefined);
}

/** Has our container ended, and is nothing left of the pod but such containers? */
export function isLeftToSidecars(pod: Pod, now: Date): boolean {
  return isAtRest(pod, now) && isKeptBySidecars(pod);
}

export function deletionOverdue({ metadata: { deletionTimestamp } }: Pod, now: Date): boolean {
  return deletionTimestamp !== undefined && now.getTime() > Date.parse(deletionTimestamp) + DELETION_MARGIN_MS;
}
