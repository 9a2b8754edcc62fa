import type { Pod } from '../../kube/objects/pod.ts';
import { CONTAINER } from './helper-pod.ts';

/** True when no container of the pod runs any more, or ever will. */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/**
 * What is kept of a pod in memory: all of it while it may work, then its name, its owner, its phase and its end. A cluster keeps thousands of
 * finished ones, and whoever wants the report of one asks the API server.
 */
export function keptPod(pod: Pod): Pod {
  if (!isFinished(pod)) return pod;
  const { name, namespace, uid, resourceVersion, ownerReferences } = pod.metadata;
  const { phase } = pod.status ?? {};
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    spec: { containers: [] },
    status: { ...(phase === undefined ? {} : { phase }), ...endStatus(endOf(pod)) },
  };
}

/** When our container ended; nothing where it never ran. */
export function endOf({ status }: Pod): string | undefined {
  return status?.containerStatuses?.find(({ name }) => name === CONTAINER)?.state?.terminated?.finishedAt;
}

function endStatus(finishedAt: string | undefined): NonNullable<Pod['status']> {
  if (finishedAt === undefined) return {};
  return { containerStatuses: [{ name: CONTAINER, state: { terminated: { exitCode: 0, finishedAt } } }] };
}
