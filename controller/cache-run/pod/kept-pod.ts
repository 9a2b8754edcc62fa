import type { Pod } from '../../kube/objects/pod.ts';

/** Nothing of the pod runs any more, or ever will. */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/**
 * What is kept of a pod in memory: all of it while it may work, then its name, its owner and its phase. A cluster keeps thousands of
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
    status: phase === undefined ? {} : { phase },
  };
}
