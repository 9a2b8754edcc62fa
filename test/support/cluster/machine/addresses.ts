/**
 * Name of the cluster, part of its directories and cgroups. The addresses below are the same for all: a second cluster at the
 * same time needs a network namespace of its own.
 */
export const CLUSTER = process.env['TEKTON_CACHE_CLUSTER'] ?? 'cluster';

/** The network of the local cluster. Pods and Services have no way out of the machine. */
export const NETWORK = {
  bridge: 'tekton-cache0',
  /**
   * A bridge without an address of its own takes the lowest of its ports, and another one whenever a pod comes or goes: pods that know the
   * one before then reach nobody for some 15 seconds. The bridge plugin would give it one only if it gave the bridge its IP address, too.
   */
  bridgeHardwareAddress: '02:74:63:00:00:01',
  /** Address of the first node; the bench's own servers listen here for pods. */
  nodeAddress: '10.250.0.1',
  podRange: '10.250.0.0/24',
  serviceRange: '10.251.0.0/24',
  /** Address of the API server as pods see it: the first one of the service range. */
  apiService: '10.251.0.1',
} as const;

export const PORTS = {
  apiServer: 64430,
  registry: 5000,
  mirror: 5080,
  etcd: 23790,
  etcdPeer: 23800,
  controllerManager: 10357,
  scheduler: 10359,
  kubeProxyHealth: 10456,
  kubeProxyMetrics: 10449,
  tektonWebhook: 8443,
  tektonWebhookProbes: 18081,
  tektonControllerProbes: 18082,
  /** Built into the program. */
  tektonResolversProbes: 8080,
} as const;

export const API_SERVER_URL = `https://127.0.0.1:${PORTS.apiServer}`;
/** The image registry as containerd and the host name it. Plain http is accepted there because the host is loopback. */
export const REGISTRY = `127.0.0.1:${PORTS.registry}`;
/** The same registry as pods reach it. */
export const REGISTRY_FROM_PODS = `${NETWORK.nodeAddress}:${PORTS.registry}`;

/** Packages for builds in pods: `/npm` is an npm registry, `/go` a Go module proxy. */
export const MIRROR = `http://${NETWORK.nodeAddress}:${PORTS.mirror}`;

export type NodeName = 'node1' | 'node2';

/** What distinguishes the nodes; both are processes of this machine on the same bridge. */
export interface NodeAddresses {
  readonly name: NodeName;
  readonly address: string;
  readonly firstPod: string;
  readonly lastPod: string;
  readonly kubeletPort: number;
  readonly kubeletHealthPort: number;
  /** Own cgroup, so that whatever is in it belongs to this bench. */
  readonly cgroup: string;
}

export const NODES: Readonly<Record<NodeName, NodeAddresses>> = {
  node1: {
    name: 'node1',
    address: NETWORK.nodeAddress,
    firstPod: '10.250.0.10',
    lastPod: '10.250.0.127',
    kubeletPort: 10350,
    kubeletHealthPort: 10348,
    cgroup: `/tekton-cache-${CLUSTER}-node1`,
  },
  node2: {
    name: 'node2',
    address: '10.250.0.2',
    firstPod: '10.250.0.128',
    lastPod: '10.250.0.250',
    kubeletPort: 10351,
    kubeletHealthPort: 10349,
    cgroup: `/tekton-cache-${CLUSTER}-node2`,
  },
};
