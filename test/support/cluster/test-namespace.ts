import { randomBytes } from 'node:crypto';

import type { KubeApi, KubeObject } from '../kube/kube-api.ts';

/** A namespace that one test has for itself. */
export interface TestNamespace {
  readonly name: string;
  /** A claim that is bound to an empty volume when this returns. */
  readonly createClaim: (name: string, options?: ClaimOptions) => Promise<Claim>;
  /** Deletes everything in it; volumes of the pool become available again. Does not wait unless asked to. */
  readonly delete: (options?: { readonly wait: boolean }) => Promise<void>;
}

interface ClaimOptions {
  /** The default class when left out; `pool-node1` and `pool-node2` have volumes of one node. */
  readonly storageClass?: string;
  readonly accessModes?: readonly string[];
}

export interface Claim {
  readonly name: string;
  /** Name of its PersistentVolume: in the cluster of the bench also the name of a directory below `local.volumes`. */
  readonly volume: string;
}

interface BoundClaim extends KubeObject {
  readonly spec: { readonly volumeName?: string };
  readonly status?: { readonly phase?: string };
}

export interface NamespaceOptions {
  /** Begins the namespace's name. */
  readonly prefix?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Makes a namespace in which pods can be created: its default service account is there. */
export const createTestNamespace = async (api: KubeApi, options: NamespaceOptions = {}): Promise<TestNamespace> => {
  const namespace = `${options.prefix ?? 'test'}-${randomBytes(4).toString('hex')}`;
  const object = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  await api.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: options.labels ?? {} },
  });
  await api.waitFor({ apiVersion: 'v1', kind: 'ServiceAccount', name: 'default', namespace }, () => true, 15_000);
  return {
    name: namespace,
    createClaim: async (name, { storageClass, accessModes = ['ReadWriteOnce'] } = {}) => {
      const identity = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
      await api.create({
        ...identity,
        metadata: { name, namespace },
        spec: { accessModes, storageClassName: storageClass, resources: { requests: { storage: '1Gi' } } },
      });
      const bound = await api.waitFor<BoundClaim>(
        { ...identity, name, namespace },
        (claim) => claim.status?.phase === 'Bound',
        30_000,
      );
      return { name, volume: bound.spec.volumeName ?? '' };
    },
    delete: async ({ wait } = { wait: false }) => {
      await api.delete(object);
      if (wait) await api.waitUntilGone(object);
    },
  };
};
