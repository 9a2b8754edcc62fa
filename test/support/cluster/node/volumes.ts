import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { NodeName } from '../machine/addresses.ts';
import { DIRECTORIES } from '../machine/directories.ts';

interface VolumeClass {
  readonly name: string;
  readonly nodes: readonly NodeName[];
  readonly count: number;
}

/**
 * Ready-made volumes, so that every claim binds at once, also those from a `volumeClaimTemplate`.
 * Those of the default class can be mounted on both nodes; the others have a node, as a volume of a zone has.
 */
const CLASSES: readonly VolumeClass[] = [
  { name: 'pool', nodes: ['node1', 'node2'], count: 60 },
  { name: 'pool-node1', nodes: ['node1'], count: 6 },
  { name: 'pool-node2', nodes: ['node2'], count: 6 },
];

const isDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' };

const storageClass = ({ name }: VolumeClass): object => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name, annotations: name === 'pool' ? isDefault : {} },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'Immediate',
});

// A local volume and not a hostPath: only there does the kubelet apply fsGroup, without which non-root pods could not write.
const volume = ({ name, nodes }: VolumeClass, path: string, number: number): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: `${name}-${number}`, labels: { 'app.kubernetes.io/managed-by': 'volume-pool' } },
  spec: {
    capacity: { storage: '10Gi' },
    accessModes: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'],
    storageClassName: name,
    persistentVolumeReclaimPolicy: 'Retain',
    local: { path },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: nodes }] }],
      },
    },
  },
});

const rules = [{ apiGroups: [''], resources: ['persistentvolumes'], verbs: ['get', 'list', 'watch', 'patch'] }];
const metadata = { name: 'volume-pool' };

const recyclerRole = (): readonly object[] => [
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'volume-pool' },
    subjects: [{ kind: 'ServiceAccount', name: 'volume-pool', namespace: 'kube-system' }],
  },
];

/** Makes the directories of the pool and returns the objects that describe it. */
export const createVolumes = async (): Promise<readonly object[]> => {
  const volumes: object[] = [];
  for (const kind of CLASSES) {
    for (let number = 1; number <= kind.count; number += 1) {
      const path = join(DIRECTORIES.volumes, `${kind.name}-${number}`);
      await mkdir(path, { recursive: true });
      volumes.push(volume(kind, path, number));
    }
  }
  return [...CLASSES.map(storageClass), ...recyclerRole(), ...volumes];
};
