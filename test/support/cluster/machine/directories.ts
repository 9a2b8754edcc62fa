import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { cacheDirectory } from '../../cache-directory.ts';
import { CLUSTER } from './addresses.ts';

// The longest socket below the root is <root>/node1/kubelet/device-plugins/kubelet.sock, and 108 bytes is what the kernel takes.
const LONGEST_ROOT = 60;

/** Everything of the running cluster is below this directory; `down` deletes it. */
const clusterRoot = (): string => {
  const preferred = cacheDirectory(CLUSTER);
  return preferred.length <= LONGEST_ROOT
    ? preferred
    : join(tmpdir(), `tekton-cache-${CLUSTER}-${process.getuid?.() ?? 0}`);
};

const root = clusterRoot();

export const DIRECTORIES = {
  root,
  logs: join(root, 'log'),
  pids: join(root, 'pid'),
  certificates: join(root, 'pki'),
  kubeconfigs: join(root, 'kubeconfig'),
  configuration: join(root, 'conf'),
  etcd: join(root, 'etcd'),
  registry: join(root, 'registry'),
  audit: join(root, 'audit'),
  volumes: join(root, 'volumes'),
} as const;

export const FILES = {
  /** Names the process that everything else descends from, and what to put back on the host. */
  isolation: join(root, 'isolation.json'),
  state: join(root, 'state.json'),
  startLog: join(root, 'start.log'),
  auditLog: join(DIRECTORIES.audit, 'audit.log'),
  mirrorLog: join(DIRECTORIES.logs, 'mirror-access.log'),
  tokens: join(root, 'tokens.csv'),
} as const;

export const makeDirectories = async (): Promise<void> => {
  for (const directory of Object.values(DIRECTORIES)) await mkdir(directory, { recursive: true });
};
