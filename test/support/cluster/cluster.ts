import type { NodeName } from './machine/addresses.ts';
import type { AuditLog } from './audit-log.ts';
import { openAuditLog } from './audit-log.ts';
import type { Identity } from './machine/identities.ts';
import { isIsolationAlive } from './machine/isolation.ts';
import type { SecondNode } from './node/second-node.ts';
import { secondNode } from './node/second-node.ts';
import type { ClusterState, LocalState } from './state.ts';
import { readState } from './state.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { openKubeApi } from '../kube/kube-api.ts';

/** The running cluster, as tests and the demo use it. */
export interface Cluster {
  readonly state: ClusterState;
  /** Client of the administrator. */
  readonly api: KubeApi;
  /** File for a process that acts as somebody else. Throws where the cluster has no such file. */
  readonly kubeconfigOf: (identity: Identity) => string;
  readonly close: () => void;
}

/** What only the cluster of the bench can show. */
export interface LocalCluster extends Cluster {
  readonly local: LocalState;
  readonly auditLog: AuditLog;
  readonly secondNode: SecondNode;
  /** Whether new pods may be scheduled on a node. */
  readonly setSchedulable: (node: NodeName, schedulable: boolean) => Promise<void>;
}

const NOT_RUNNING = 'No cluster is running. Start one with "npm run cluster -- up".';

/** Opens the cluster that `npm run cluster -- up` has started, or was told to use. */
export const openCluster = async (): Promise<Cluster> => {
  const state = await readState();
  if (!state || (state.local && !isIsolationAlive())) throw new Error(NOT_RUNNING);
  const api = openKubeApi(state.kubeconfig);
  return {
    state,
    api,
    kubeconfigOf: (identity) => {
      const file = state.kubeconfigs[identity];
      if (file === undefined) throw new Error(`this cluster has no kubeconfig of ${identity}`);
      return file;
    },
    close: () => api.close(),
  };
};

/** The same, where a test looks into the machine that the cluster runs on. Undefined with any other cluster. */
export const openLocalCluster = async (): Promise<LocalCluster | undefined> => {
  const cluster = await openCluster();
  const { local } = cluster.state;
  if (!local) {
    cluster.close();
    return undefined;
  }
  return {
    ...cluster,
    local,
    auditLog: openAuditLog(local.auditLog),
    secondNode: secondNode(cluster.api),
    setSchedulable: async (node, schedulable) => {
      const name = { apiVersion: 'v1', kind: 'Node', name: node };
      await cluster.api.patch(name, { spec: { unschedulable: schedulable ? null : true } });
    },
  };
};
