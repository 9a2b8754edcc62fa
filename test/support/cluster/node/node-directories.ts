import { join } from 'node:path';

import type { NodeName } from '../machine/addresses.ts';
import { DIRECTORIES } from '../machine/directories.ts';

interface NodeDirectories {
  readonly root: string;
  readonly containerd: string;
  readonly containerdState: string;
  readonly containerdSocket: string;
  readonly runc: string;
  readonly kubelet: string;
  readonly podLogs: string;
  readonly network: string;
  readonly addresses: string;
  readonly registryHosts: string;
}

/** Where the processes of one node keep their things. */
export const nodeDirectories = (node: NodeName): NodeDirectories => {
  const root = join(DIRECTORIES.root, node);
  return {
    root,
    containerd: join(root, 'containerd'),
    containerdState: join(root, 'state'),
    containerdSocket: join(root, 'containerd.sock'),
    runc: join(root, 'runc'),
    kubelet: join(root, 'kubelet'),
    podLogs: join(root, 'pods'),
    network: join(root, 'cni'),
    addresses: join(root, 'ipam'),
    registryHosts: join(root, 'hosts'),
  };
};
