import { join } from 'node:path';

import type { NodeAddresses } from '../machine/addresses.ts';
import { NETWORK, REGISTRY, REGISTRY_FROM_PODS } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { servesCri } from '../node/cri-probe.ts';
import { nodeDirectories } from '../node/node-directories.ts';

const UNUSED_PLUGINS = [
  'snapshotter.v1.btrfs',
  'snapshotter.v1.zfs',
  'snapshotter.v1.aufs',
  'snapshotter.v1.devmapper',
  'tracing.processor.v1.otlp',
  'internal.v1.tracing',
].map((name) => `io.containerd.${name}`);

const configuration = (node: NodeAddresses): string => {
  const directories = nodeDirectories(node.name);
  return `version = 2
root = "${directories.containerd}"
state = "${directories.containerdState}"
oom_score = 0
disabled_plugins = ${JSON.stringify(UNUSED_PLUGINS)}
[grpc]
  address = "${directories.containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directories.containerd}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${REGISTRY}/pause:1"
  stream_server_address = "127.0.0.1"
  # Root of a container or a small virtual machine may not lower the score; runc would fail with "can't get final child's PID".
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "${directories.runc}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directories.network}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${directories.registryHosts}"
`;
};

const network = (node: NodeAddresses): string =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: NETWORK.bridge,
        isGateway: true,
        // No way out of the machine: what a build downloads, it downloads from the bench.
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: nodeDirectories(node.name).addresses,
          routes: [{ dst: '0.0.0.0/0' }],
          ranges: [
            [
              {
                subnet: NETWORK.podRange,
                rangeStart: node.firstPod,
                rangeEnd: node.lastPod,
                gateway: NETWORK.nodeAddress,
              },
            ],
          ],
        },
      },
    ],
  });

const plainHttp = (host: string): string =>
  `server = "http://${host}"\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`;

/** The container runtime of one node, with its own storage, sockets and range of pod addresses. */
export const containerd = (node: NodeAddresses): Component => {
  const directories = nodeDirectories(node.name);
  const configurationFile = join(directories.root, 'containerd.toml');
  const hosts = [REGISTRY, REGISTRY_FROM_PODS].map(
    (host) => [join(directories.registryHosts, host, 'hosts.toml'), plainHttp(host)] as const,
  );
  return {
    name: `containerd-${node.name}`,
    command: 'containerd',
    args: ['--config', configurationFile, '--log-level', 'warn'],
    files: {
      [configurationFile]: configuration(node),
      [join(directories.network, '10-bridge.conflist')]: network(node),
      ...Object.fromEntries(hosts),
    },
    ready: async () => await servesCri(directories.containerdSocket),
  };
};
