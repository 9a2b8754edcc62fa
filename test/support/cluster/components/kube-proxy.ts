import { join } from 'node:path';

import { NETWORK, PORTS } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { DIRECTORIES } from '../machine/directories.ts';
import { kubeconfigOf } from '../machine/identities.ts';

const configurationFile = join(DIRECTORIES.configuration, 'kube-proxy.json');

/** One process programs the Services for all nodes, because they share the network of the host. */
export const kubeProxy = (toolsDirectory: string): Component => ({
  name: 'kube-proxy',
  command: join(toolsDirectory, 'kube-proxy'),
  args: [`--config=${configurationFile}`],
  files: {
    [configurationFile]: JSON.stringify({
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      clientConnection: { kubeconfig: kubeconfigOf('kubeProxy') },
      mode: 'nftables',
      hostnameOverride: 'node1',
      clusterCIDR: NETWORK.podRange,
      healthzBindAddress: `127.0.0.1:${PORTS.kubeProxyHealth}`,
      metricsBindAddress: `127.0.0.1:${PORTS.kubeProxyMetrics}`,
      // Connection tracking belongs to the host: zero leaves its settings alone.
      conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
      nftables: { syncPeriod: '30s', minSyncPeriod: '0s' },
    }),
  },
});
