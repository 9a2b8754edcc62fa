/** The registry of the installation, as `release-registry.yaml` has it, in the cluster of the bench. */
import { join } from 'node:path';

import type { Cluster } from '../../cluster/cluster.ts';
import { runCommand } from '../../command.ts';
import { provideSampleImage } from '../../image/sample-images.ts';
import type { KubeApi, KubeObject, NewObject, ObjectName } from '../../kube/kube-api.ts';
import { toolSet } from '../../prerequisites/go-tools.ts';
import { REGISTRY_OVERLAY, releaseManifest } from '../../release/manifests.ts';
import { parseObjects } from '../yaml-files.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
const NAMESPACE = 'tekton-cache';
/** As targets name it. */
export const REGISTRY_HOST = `tekton-cache-registry.${NAMESPACE}.svc`;
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap', namespace: NAMESPACE, name: 'tekton-cache-config' };
const CONTROLLER = 'tekton-cache-controller';
/** What pods can pull nowhere here, and the bench builds from the same sources. */
const REGISTRY_IMAGE = /image: docker\.io\/library\/registry:\S+@sha256:[0-9a-f]{64}$/gm;
const READY_MS = 180_000;

interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The objects of `release-registry.yaml`, with a registry that the nodes of the bench can pull. */
const registryObjects = async (cluster: Cluster, image: string): Promise<readonly NewObject[]> => {
  const text = await releaseManifest(REPOSITORY, image, REGISTRY_OVERLAY);
  if (text.search(REGISTRY_IMAGE) < 0) throw new Error('the manifests name no image of the registry by its digest');
  const registry = await provideSampleImage('registry', cluster.state.registry.host);
  // The volumes of the bench are smaller.
  const fitting = text.replace(REGISTRY_IMAGE, `image: ${registry}`).replace('storage: 50Gi', 'storage: 1Gi');
  return parseObjects(fitting, 'release-registry.yaml');
};

/** `kubectl apply -f release-registry.yaml`, and waits until everything of it answers. */
export const installWithRegistry = async (cluster: Cluster, image: string): Promise<void> => {
  const objects = await registryObjects(cluster, image);
  for (const object of objects) await cluster.api.apply(object);
  await waitForDeployments(cluster.api, objects);
};

/**
 * Applies all but the controller, whose configuration gets the keys of the overlay; a controller that runs already makes the
 * certificates. Returns how to take everything away again.
 */
export const installRegistry = async (cluster: Cluster, image: string): Promise<() => Promise<void>> => {
  const { api } = cluster;
  const objects = await registryObjects(cluster, image);
  const own = objects.filter(({ metadata }) => metadata.name !== CONTROLLER && metadata.name !== CONFIG_MAP.name);
  const config = objects.find((object) => object.kind === 'ConfigMap' && object.metadata.name === CONFIG_MAP.name);
  const data = dataOf(config);
  const before = (await api.find<ConfigMap>(CONFIG_MAP))?.data ?? {};
  const remove = async (): Promise<void> => {
    await api.patch(CONFIG_MAP, {
      data: Object.fromEntries(Object.keys(data).map((key) => [key, before[key] ?? null])),
    });
    for (const object of own.toReversed()) if (isOnlyHere(object)) await api.delete(nameOf(object), 1);
  };
  try {
    for (const object of own) await api.apply(object);
    await api.patch(CONFIG_MAP, { data });
    await waitForDeployments(api, own);
    return remove;
  } catch (error) {
    await remove();
    throw error;
  }
};

/** Runs a command of a shell where the registry keeps its storage. */
export const inRegistry = async ({ state }: Cluster, command: string): Promise<void> => {
  const tools = await toolSet('kubernetes', (line) => process.stderr.write(`${line}\n`));
  await runCommand(
    join(tools, 'kubectl'),
    ['exec', '-n', NAMESPACE, 'deployment/tekton-cache-registry', '-c', 'registry', '--', 'sh', '-c', command],
    { env: { KUBECONFIG: state.kubeconfig } },
  );
};

/** Waits until every Deployment among the objects has all of its replicas. */
const waitForDeployments = async (api: KubeApi, objects: readonly NewObject[]): Promise<void> => {
  for (const object of objects.filter(({ kind }) => kind === 'Deployment')) {
    await api.waitFor<Deployment>(
      nameOf(object),
      ({ metadata, spec, status }) =>
        status?.observedGeneration === metadata.generation &&
        [status?.updatedReplicas, status?.readyReplicas].every((count) => (count ?? 0) === (spec.replicas ?? 1)),
      READY_MS,
    );
  }
};

/** The rest is part of any installation, or may be in use by another test. */
const isOnlyHere = ({ metadata }: NewObject): boolean => /^tekton-cache-(?:registry|token|storage)/.test(metadata.name);

const nameOf = ({ apiVersion, kind, metadata: { name, namespace } }: NewObject): ObjectName => ({
  apiVersion,
  kind,
  name,
  namespace,
});

const dataOf = (object: NewObject | undefined): Readonly<Record<string, string>> => {
  const data = object?.['data'];
  if (typeof data !== 'object' || data === null) throw new Error('the overlay has no configuration');
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]));
};
