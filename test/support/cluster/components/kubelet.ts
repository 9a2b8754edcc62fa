import { join } from 'node:path';

import type { NodeAddresses } from '../machine/addresses.ts';
import { NETWORK } from '../machine/addresses.ts';
import { AUTHORITY, KUBELETS } from '../machine/certificates.ts';
import type { Component } from '../machine/component.ts';
import { kubeconfigOf } from '../machine/identities.ts';
import { nodeDirectories } from '../node/node-directories.ts';

const EVICTION_LIMITS = {
  'memory.available': '50Mi',
  'nodefs.available': '1%',
  'nodefs.inodesFree': '1%',
  'imagefs.available': '1%',
  'imagefs.inodesFree': '1%',
} as const;

const configuration = (node: NodeAddresses): object => {
  const directories = nodeDirectories(node.name);
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: AUTHORITY.certificate },
    },
    authorization: { mode: 'Webhook' },
    address: '0.0.0.0',
    port: node.kubeletPort,
    readOnlyPort: 0,
    healthzPort: node.kubeletHealthPort,
    tlsCertFile: KUBELETS[node.name].certificate,
    tlsPrivateKeyFile: KUBELETS[node.name].key,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: node.cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    containerRuntimeEndpoint: `unix://${directories.containerdSocket}`,
    podLogsDir: directories.podLogs,
    volumePluginDir: join(directories.kubelet, 'plugins'),
    // Pods must not use the resolver of the host.
    resolvConf: join(directories.root, 'resolv.conf'),
    clusterDNS: [NETWORK.nodeAddress],
    clusterDomain: 'cluster.local',
    makeIPTablesUtilChains: false,
    serializeImagePulls: false,
    registryPullQPS: 0,
    registryBurst: 100,
    eventRecordQPS: 0,
    // A developer's disk is often nearly full; the images here are few and small.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: EVICTION_LIMITS,
  };
};

export const kubelet = (toolsDirectory: string, node: NodeAddresses): Component => {
  const directories = nodeDirectories(node.name);
  const configurationFile = join(directories.root, 'kubelet.json');
  return {
    name: `kubelet-${node.name}`,
    command: join(toolsDirectory, 'kubelet'),
    files: {
      [configurationFile]: JSON.stringify(configuration(node)),
      [join(directories.root, 'resolv.conf')]: '',
    },
    args: [
      `--config=${configurationFile}`,
      `--kubeconfig=${kubeconfigOf(node.name)}`,
      `--root-dir=${directories.kubelet}`,
      `--cert-dir=${join(directories.kubelet, 'pki')}`,
      `--hostname-override=${node.name}`,
      `--node-ip=${node.address}`,
    ],
  };
};
