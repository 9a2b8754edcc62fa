import type { LocalCluster } from '../cluster/cluster.ts';
import type { KubeObject } from '../kube/kube-api.ts';
import { downloads, readAccessLog } from '../mirror/access-log.ts';

interface Pod extends KubeObject {
  readonly status?: { readonly podIP?: string };
}

/**
 * How many packages the pods of a PipelineRun downloaded, to be asked when it is over. An address has one pod after another, many pods
 * later: what came before the run was made is somebody else's.
 */
export async function downloadsOfRun({ api, local }: LocalCluster, { metadata }: KubeObject): Promise<number> {
  const { name, namespace = '', creationTimestamp = '' } = metadata;
  const pods = await api.list<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace }, `tekton.dev/pipelineRun=${name}`);
  const addresses = new Set(
    pods.map((pod) => {
      if (pod.status?.podIP === undefined) throw new Error(`pod ${namespace}/${pod.metadata.name} has no address`);
      return pod.status.podIP;
    }),
  );
  const made = Date.parse(creationTimestamp);
  const records = downloads(await readAccessLog(local.mirrorLog));
  return records.filter(({ client, time }) => addresses.has(client) && Date.parse(time) >= made).length;
}
